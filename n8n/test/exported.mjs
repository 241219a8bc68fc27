/** A workflow as n8n exports it, with both nodes of Referral Factory. */
export const EXPORTED = {
  name: 'Old friends',
  active: true,
  staticData: { 'node:Friend': { webhookId: 9001 } },
  nodes: [
    {
      id: 'a', name: 'Friend', type: 'n8n-nodes-referral-factory.referralFactoryTrigger', typeVersion: 1, position: [0, 0], webhookId: 'a1',
      parameters: { event: 'user.join', sources: ['Referred'], campaign_id: 101 }, credentials: { referralFactoryApi: { id: '5', name: 'RF' } },
    },
    {
      id: 'b', name: 'Qualify', type: 'n8n-nodes-referral-factory.referralFactory', typeVersion: 1, position: [200, 0],
      parameters: { operation: 'qualify_user', qualify_by: 'by_email_address', campaign_id: '101', email: '={{ $json.email }}' },
      credentials: { referralFactoryApi: { id: '5', name: 'RF' } },
    },
    { id: 'c', name: 'Done', type: 'n8n-nodes-base.noOp', typeVersion: 1, position: [400, 0], parameters: {} },
  ],
  connections: { Friend: { main: [[{ node: 'Qualify', type: 'main', index: 0 }]] } },
};
