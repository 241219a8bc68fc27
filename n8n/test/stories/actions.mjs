/*
 * Every action in a real n8n: one workflow in which each node works with what those
 * before it gave, and one in which each is asked for what can't be.
 */
import assert from 'node:assert/strict';
import { startRecorder } from '../../harness/recorder.mjs';
import { request } from '../../harness/util.mjs';
import { notOffered } from './inputs.mjs';
import { areAsDescribed } from './outputs.mjs';

const CODES = ['CUP-1', 'CUP-2', 'CUP-3'];
const of = (node, what) => `={{ $('${node}').first().json.${what} }}`;
const person = (name, more = {}) => ({ resource: 'user', operation: 'create_user', first_name: name, email: `${name}@example.com`, additionalFields: more });
const invitedBy = (node) => ({ referrer: { values: { field: 'code', value: of(node, 'code') } } });

/** The actions, in an order in which each finds what it needs. */
function goodActions(webhookId) {
  const user = (operation, node, more = {}) => ({ resource: 'user', operation, user: of(node, 'id'), ...more });
  const grants = (status) => ({ resource: 'grant', operation: 'getAll', returnAll: true, filters: { status } });
  const grant = (operation, node, more = {}) => ({ resource: 'grant', operation, grant_id: of(node, 'id'), ...more });
  const inCampaign = { campaign_id: of('Campaign', 'id') };
  const reward = (name, more = {}) => ({
    resource: 'reward', operation: 'create', ...inCampaign, name, metric: 'amount', value_minor: 500, reward_for: 'person_referring',
    when_referral: 'qualified', additionalFields: { currency: 'EUR', issue: 'manual', ...more },
  });
  const webhook = (operation, more = {}) => ({ resource: 'webhook', operation, webhook_id: { __rl: true, mode: 'id', value: String(webhookId) }, ...more });
  return {
    Campaign: { resource: 'campaign', operation: 'create', name: 'All actions', status: 'draft', additionalFields: { offer: 'A cup', lang: 'en', fraud: '{"burner_domain": "hold"}' } },
    Launched: { resource: 'campaign', operation: 'launch', ...inCampaign },
    Paused: { resource: 'campaign', operation: 'pause', ...inCampaign },
    'On again': { resource: 'campaign', operation: 'launch', ...inCampaign },
    Renamed: { resource: 'campaign', operation: 'update', ...inCampaign, updateFields: { name: 'Every action', fields: '{"person_invited":[]}', sources: ['N8n', 'Referred'], cookie_days: 30, embed_origins: 'https://shop.example.com' } },
    'The campaign': { resource: 'campaign', operation: 'get', campaign_id: { __rl: true, mode: 'code', value: of('Campaign', 'code') } },
    Campaigns: { resource: 'campaign', operation: 'getAll', returnAll: false, limit: 1, filters: { status: 'launched' }, conditions: { values: [{ field: 'name', operator: 'LIKE', value: 'Every%' }] } },

    Reward: reward('Five euros'),
    Automatic: reward('By itself', { automatic: true, hold_s: 0 }),
    'Needs approval': reward('Slow', { approval: true }),
    'By spend': { ...reward('A tenth'), metric: 'commission', value_minor: 1000 },
    Changed: { resource: 'reward', operation: 'update', reward_id: of('Reward', 'id'), updateFields: { name: 'Six euros', value_minor: 600 } },
    'The reward': { resource: 'reward', operation: 'get', reward_id: of('Reward', 'id') },
    Rewards: { resource: 'reward', operation: 'getAll', returnAll: true, filters: inCampaign },
    Coupons: { resource: 'coupon', operation: 'upload', ...inCampaign, codes: CODES.join(', ') },
    'Coupons left': { resource: 'coupon', operation: 'getAll', returnAll: true, filters: inCampaign },
    Voided: { resource: 'coupon', operation: 'delete', coupon_id: of('Coupons left', 'id') },

    Mara: { ...person('mara', { customer_id: 'shop-1', meta: { values: [{ field: 'City', value: 'Ghent' }] }, last_name: 'Odum' }), ...inCampaign },
    Lee: { ...person('lee', invitedBy('Mara')), ...inCampaign },
    Kim: { ...person('kim', invitedBy('Mara')), ...inCampaign },
    Max: { ...person('max', { notify: true, promotion: true, ip: '198.51.100.7' }), ...inCampaign },
    Sly: { ...person('sly', invitedBy('Mara')), email: 'sly@mailinator.com', ...inCampaign },
    Shady: { ...person('shady', invitedBy('Mara')), email: 'shady@mailinator.com', ...inCampaign },
    'In review': { resource: 'review', operation: 'getAll', returnAll: true },
    'Let in': { resource: 'review', operation: 'approve', user: of('Sly', 'id') },
    'Sent away': { resource: 'review', operation: 'reject', user: of('Shady', 'id') },
    Attached: { ...user('attachReferrer', 'Max'), field: 'code', value: of('Mara', 'code'), additionalFields: { reason: 'Told us by telephone' } },
    'By e-mail': { resource: 'user', operation: 'get', user: { __rl: true, mode: 'email', value: 'lee@example.com' }, simplify: true, options: inCampaign },
    'By code': { resource: 'user', operation: 'get', user: of('Lee', 'code'), simplify: false },
    Found: { resource: 'user', operation: 'find', by: 'customer_id', value: 'shop-1' },
    'Found nobody': { resource: 'user', operation: 'find', by: 'email', value: 'nobody@example.com' },
    Users: { resource: 'user', operation: 'getAll', returnAll: true, filters: { ...inCampaign, type: 'person_invited' }, conditions: { values: [{ field: 'email', operator: 'IN', value: 'lee@example.com,kim@example.com' }] } },
    Updated: user('update', 'Lee', { updateFields: { first_name: 'Leonie' } }),
    Code: { resource: 'code', operation: 'check', code: of('Mara', 'code') },
    'No code': { resource: 'code', operation: 'check', code: 'nobody00' },
    Link: user('getLink', 'Mara', { binaryProperty: 'qr' }),

    Qualified: { resource: 'user', operation: 'qualify_user', qualify_by: 'by_id', id: of('Lee', 'id') },
    Order: { resource: 'order', operation: 'create', order_id: 'A-1', amount: '49.90', currency: 'EUR', person: { code: of('Kim', 'code') } },
    'The order': { resource: 'order', operation: 'get', conversion_id: of('Order', 'id') },
    'Why this order': { resource: 'order', operation: 'explain', ...inCampaign, order_id: 'A-1' },
    'Why Mara': user('explain', 'Mara'),
    Leaders: { resource: 'user', operation: 'getLeaderboard', ...inCampaign, limit: 5 },
    Statistics: { resource: 'campaign', operation: 'getStatistics', ...inCampaign },

    Tenths: { ...grants('due'), filters: { status: 'due', metric: 'commission', reward_id: of('By spend', 'id') }, conditions: { values: [{ field: 'referral_id', operator: '=', value: of('Lee', 'id') }] } },
    Spent: grant('setTotal', 'Tenths', { total: '50.00', additionalFields: { currency: 'EUR' } }),
    Due: grants('due'),
    'The grant': grant('get', 'Due'),
    Failed: grant('fail', 'Due', { additionalFields: { reason: 'The bank said no' } }),
    Retried: grant('retry', 'Due'),
    Issued: grant('issue', 'Due'),
    Reversed: grant('reverse', 'Due'),
    Pending: grants('pending'),
    Approved: grant('approve', 'Pending'),
    Cancelled: grant('cancel', 'Pending'),
    Totals: { resource: 'reward', operation: 'getTotals', metric: 'amount', returnAll: true },

    Refunded: { resource: 'order', operation: 'refund', conversion_id: of('Order', 'id') },
    'Qualified by code': { resource: 'user', operation: 'qualify_user', qualify_by: 'by_referral_code', code: of('Max', 'code') },
    'Un-qualified': { resource: 'user', operation: 'unqualify', qualify_by: 'by_email_address', ...inCampaign, email: 'max@example.com' },

    Events: { resource: 'event', operation: 'getAll', after: 0, returnAll: false, limit: 3, filters: inCampaign },
    Webhooks: { resource: 'webhook', operation: 'getAll' },
    Webhook: webhook('get'),
    Deliveries: webhook('getDeliveries', { returnAll: true, filters: {} }),
    Rests: webhook('pause'),
    State: webhook('getState'),
    'Goes on': webhook('resume'),
    Missed: { ...webhook('replay', { since: '0' }), resource: 'event' },
    'Sent again': webhook('replayDelivery', { seq: of('Deliveries', 'seq') }),
    Counted: webhook('replay', { options: { dry_run: true } }),
    Replayed: webhook('replay', { options: { state: 'delivered', rate_limit: '10/second' } }),
    Replays: webhook('getReplays'),
    'The replay': webhook('getReplay', { replay: of('Replayed', 'id') }),
    'No replay': webhook('cancelReplay', { replay: of('Replayed', 'id') }),
    Tried: webhook('test'),
    'A call': { resource: 'customCall', operation: 'call', method: 'GET', path: '/api/v2/users', query: '{"per_page": 1}' },

    Erased: user('delete', 'Kim'),
    'No reward': { resource: 'reward', operation: 'delete', reward_id: of('Reward', 'id') },
    Ended: { resource: 'campaign', operation: 'end', ...inCampaign },
    Archived: { resource: 'campaign', operation: 'delete', ...inCampaign },
  };
}

/** Each with the status that the server refuses it with. */
const NOWHERE = '999999999';
const BAD = {
  'user create_user': [422, { campaign_id: 'CAMPAIGN', first_name: 'Ann', email: 'not an address' }],
  'user qualify_user': [404, { qualify_by: 'by_referral_code', code: 'nobody00' }],
  'user unqualify': [404, { qualify_by: 'by_id', id: NOWHERE }],
  'user get': [404, { user: 'nobody@example.com' }],
  'user getAll': [422, { conditions: { values: [{ field: 'qualified', operator: '=', value: 'perhaps' }] } }],
  'user getLink': [404, { user: NOWHERE }],
  'user update': [404, { user: NOWHERE, updateFields: { first_name: 'X' } }],
  'user delete': [404, { user: NOWHERE }],
  'user attachReferrer': [404, { user: NOWHERE, field: 'id', value: '1' }],
  'user explain': [404, { user: NOWHERE }],
  'user getLeaderboard': [404, { campaign_id: NOWHERE }],
  'campaign create': [422, { name: 'X', additionalFields: { lang: 'no language at all' } }],
  'campaign get': [404, { campaign_id: NOWHERE }],
  'campaign getAll': [422, { conditions: { values: [{ field: 'name', operator: 'LIKE', value: '%%%%%%' }] } }],
  'campaign update': [404, { campaign_id: NOWHERE, updateFields: { name: 'X' } }],
  'campaign launch': [404, { campaign_id: NOWHERE }],
  'campaign pause': [404, { campaign_id: NOWHERE }],
  'campaign end': [404, { campaign_id: NOWHERE }],
  'campaign delete': [404, { campaign_id: NOWHERE }],
  'campaign getStatistics': [422, { campaign_id: 'CAMPAIGN', options: { from: 'long ago' } }],
  'reward create': [422, { campaign_id: 'CAMPAIGN', name: 'X', metric: 'amount', value_minor: 1, additionalFields: { currency: 'none' } }],
  'reward get': [404, { reward_id: NOWHERE }],
  'reward update': [404, { reward_id: NOWHERE, updateFields: { name: 'X' } }],
  'reward delete': [404, { reward_id: NOWHERE }],
  'coupon upload': [422, { campaign_id: 'CAMPAIGN', codes: 'x'.repeat(1000) }],
  'coupon delete': [404, { coupon_id: NOWHERE }],
  'grant get': [404, { grant_id: NOWHERE }],
  'grant issue': [404, { grant_id: NOWHERE }],
  'grant cancel': [404, { grant_id: NOWHERE }],
  'grant approve': [404, { grant_id: NOWHERE }],
  'grant fail': [404, { grant_id: NOWHERE }],
  'grant retry': [404, { grant_id: NOWHERE }],
  'grant reverse': [404, { grant_id: NOWHERE }],
  'grant setTotal': [404, { grant_id: NOWHERE, total: '5' }],
  'order create': [422, { order_id: 'A-2', amount: 'much', currency: 'EUR', person: { id: '1' } }],
  'order get': [404, { conversion_id: NOWHERE }],
  'order refund': [404, { conversion_id: NOWHERE }],
  'order explain': [404, { campaign_id: 'CAMPAIGN', order_id: 'no such order' }],
  'event replay': [404, { webhook_id: NOWHERE, since: '0' }],
  'webhook get': [404, { webhook_id: NOWHERE }],
  'webhook getDeliveries': [404, { webhook_id: NOWHERE }],
  'webhook getState': [404, { webhook_id: NOWHERE }],
  'webhook pause': [404, { webhook_id: NOWHERE }],
  'webhook resume': [404, { webhook_id: NOWHERE }],
  'webhook test': [404, { webhook_id: NOWHERE }],
  'webhook cancelReplay': [404, { webhook_id: NOWHERE, replay: NOWHERE }],
  'webhook getReplay': [404, { webhook_id: NOWHERE, replay: NOWHERE }],
  'webhook getReplays': [404, { webhook_id: NOWHERE }],
  'webhook replay': [404, { webhook_id: NOWHERE }],
  'webhook replayDelivery': [404, { webhook_id: NOWHERE, seq: '1' }],
  'review approve': [404, { user: NOWHERE }],
  'review reject': [404, { user: NOWHERE }],
  'customCall call': [404, { method: 'GET', path: '/v2/nothing' }],
};

/** Whatever these are asked for, an answer without results is right: what they can be refused for is the token. */
const UNKNOWN_TOKEN = {
  'user find': { by: 'email', value: 'nobody@example.com' },
  'code check': { code: 'nobody00' },
  'coupon getAll': {},
  'grant getAll': {},
  'reward getAll': {},
  'reward getTotals': { metric: 'amount' },
  'event getAll': {},
  'webhook getAll': {},
  'review getAll': {},
};

/** How the server words a refusal with that status. */
const WORDS = { 401: /^Unauthenticated/, 404: /^(No |There is no)/, 422: /^(?!No |There is no|Unauthenticated)[A-Z].{10,}/ };

async function operationsOf(world) {
  const [type] = await world.n8n.nodeTypes(({ name }) => name === 'n8n-nodes-refmill.refmill');
  return type.properties.filter(({ name }) => name === 'operation').flatMap((property) => {
    const [resource] = property.displayOptions.show.resource;
    // The last is n8n's own, which leads to its HTTP Request node.
    return property.options.filter(({ value }) => value !== '__CUSTOM_API_CALL__').map(({ value }) => `${resource} ${value}`);
  }).sort();
}

export function actionStories(story, world) {
  story('every action does its work, with what those before it gave', async () => {
    await world.referrer(world.campaign());
    const receiver = await startRecorder({ answer: () => ({ body: {} }) });
    const { data: hook } = await world.refmill.ask('POST', '/v2/webhooks', { url: receiver.url, event: 'user.join' });
    const actions = goodActions(hook.id);
    const run = await world.actions(actions);
    await receiver.close();
    const went = Object.keys(actions).filter((name) => run.nodes[name]);
    assert.equal(run.status, 'success', `after ${went.at(-1)}: ${JSON.stringify(run.error)}`);
    const item = (name) => run.nodes[name][0].items[0][0];
    // Without results n8n was asked to go on with an empty item.
    const all = (name) => run.nodes[name][0].items[0].filter((json) => Object.keys(json).length > 0);

    for (const [name, { resource, operation, simplify = true }] of Object.entries(actions)) {
      if (resource !== 'customCall' && simplify) await areAsDescribed(world.n8n, 'refmill', `/${resource}/${operation}`, all(name));
    }

    assert.deepEqual([item('Campaign').status, item('Launched').status, item('Paused').status], ['draft', 'launched', 'paused']);
    assert.deepEqual([item('The campaign').name, item('The campaign').offer], ['Every action', undefined]);
    assert.deepEqual([item('Renamed').sources, item('Renamed').cookie_days, item('Renamed').embed_origins], [['Referred', 'N8n'], 30, 'https://shop.example.com']);
    assert.deepEqual(all('Campaigns').map(({ id }) => id), [item('Campaign').id]);
    assert.deepEqual([item('The reward').name, all('Rewards').length], ['Six euros', 4]);
    assert.deepEqual([item('Coupons').uploaded, all('Coupons left').length, item('Voided')], [3, 3, { deleted: true }]);
    assert.deepEqual(Object.fromEntries(item('Mara').meta.map((m) => [m.field, m.value])), { City: 'Ghent', 'Last Name': 'Odum' });
    assert.equal(item('Lee').referrer_id, item('Mara').id);
    assert.equal(item('Attached').referrer_id, item('Mara').id);
    assert.deepEqual([item('By e-mail').id, item('By e-mail').sharing], [item('Lee').id, undefined]);
    assert.ok(item('By code').sharing);
    assert.deepEqual([all('Found').map(({ id }) => id), all('Found nobody')], [[item('Mara').id], []]);
    assert.deepEqual(all('Users').map(({ email }) => email).sort(), ['kim@example.com', 'lee@example.com']);
    assert.equal(item('Updated').first_name, 'Leonie');
    assert.deepEqual([item('Code').valid, item('Code').user.id, item('No code')], [true, item('Mara').id, { code: 'nobody00', valid: false }]);
    assert.equal(item('Link').url, item('Mara').url);
    assert.deepEqual([item('Qualified').id, item('Qualified').qualified], [item('Lee').id, true]);
    const inReview = all('In review').map(({ user }) => user.email);
    assert.ok(inReview.includes('sly@mailinator.com') && inReview.includes('shady@mailinator.com'));
    assert.deepEqual([item('Let in').review, item('Sent away').review], ['approved', 'rejected']);
    assert.deepEqual([item('Tenths').can_be_issued, item('Spent').total_minor, item('Spent').currency], [false, 500, 'EUR']);
    assert.equal(item('The order').order_id, 'A-1');
    assert.ok(item('Why Mara').decisions.length > 0);
    assert.deepEqual([item('Leaders').user_id, item('Leaders').qualified_referrals], [item('Mara').id, 2]);
    assert.equal(item('Statistics').totals.qualified, 2);
    assert.ok(all('Due').every(({ status, recipient_id }) => status === 'due' && recipient_id === item('Mara').id));
    assert.deepEqual(['Failed', 'Retried', 'Issued', 'Reversed'].map((name) => item(name).status), ['failed', 'due', 'issued', 'reversed']);
    assert.equal(item('Approved').status, 'due');
    assert.equal(item('Cancelled').status, 'canceled');
    assert.ok(all('Totals').length >= 2);
    assert.deepEqual([item('Qualified by code').qualified, item('Un-qualified').qualified], [true, false]);
    assert.deepEqual(all('Events').map(({ event, seq }) => [event, typeof seq]), Array(3).fill(['user.join', 'number']));
    assert.equal(item('Webhook').event, 'user.join');
    assert.equal(item('State').state, 'paused');
    assert.ok(item('Missed').count >= 1, 'those from before it was there');
    assert.equal(item('Sent again').message, 'It goes again.');
    assert.deepEqual([item('Counted').id, item('Counted').state, item('Replayed').status, item('Replayed').state], [null, 'dead', 'running', 'delivered']);
    for (const each of [item('The replay'), item('No replay'), item('Replays')]) assert.equal(each.id, item('Replayed').id);
    assert.notEqual(item('No replay').status, 'running');
    assert.deepEqual([item('Tried').delivered, item('Tried').request.method], [true, 'POST']);
    assert.equal(item('A call').data.length, 1);
    assert.deepEqual(item('Erased'), { deleted: true });

    const shown = Object.values(actions).map(({ resource, operation }) => `${resource} ${operation}`);
    assert.deepEqual((await operationsOf(world)).filter((name) => !shown.includes(name)), [], 'every action has its good case');
  });

  story('whatever a call of the server takes, its action offers', async () => {
    const { json: openapi } = await request('GET', `${world.refmill.url}/openapi.json`);
    assert.deepEqual(notOffered(openapi), []);
  });

  story('every action says what the server refused', async () => {
    const campaign = world.campaign();
    const actionsOf = (cases) => Object.fromEntries(Object.entries(cases).map(([name, values]) => {
      const [resource, operation] = name.split(' ');
      return [name, { resource, operation, ...values, ...(values.campaign_id === 'CAMPAIGN' ? { campaign_id: campaign.id } : {}) }];
    }));
    const refused = async (cases, statusOf, credential) => {
      const run = await world.actions(actionsOf(cases), { onError: 'continueErrorOutput', credential });
      for (const name of Object.keys(cases)) {
        const { items: [, errors] } = run.nodes[name][0];
        assert.equal(errors?.length, 1, name);
        assert.match(errors[0].error, WORDS[statusOf(name)], name);
      }
    };
    await refused(Object.fromEntries(Object.entries(BAD).map(([name, [, values]]) => [name, values])), (name) => BAD[name][0]);
    await world.n8n.createCredential({ ...world.credential, name: 'Unknown', data: { ...world.credential.data, apiToken: 'nonsense' } });
    await refused(UNKNOWN_TOKEN, () => 401, 'Unknown');
    assert.deepEqual(await operationsOf(world), Object.keys({ ...BAD, ...UNKNOWN_TOKEN }).sort(), 'every action has its bad case');
  });
}
