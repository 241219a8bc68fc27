/*
 * No statement reads a table from end to end: the server complains of each that would.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startServer } from '../lib/server.mjs';
import { addReferrer, campaign, importCoupons, pair, qualified, reward } from './kit/world.mjs';

let server;

before(async () => {
  server = await startServer({ args: ['--rate-limit', '0'], env: { REFMILL_CHECK_PLANS: '1' } });
});
after(() => server?.stop());

test('no call that reads or writes does without an index', async () => {
  const spring = campaign(server);
  reward(server, spring, { metric: 'amount', value: '5', more: ['--every', '1', '--auto'] });
  reward(server, spring, { metric: 'coupon', whom: 'lead', when: 'invited' });
  importCoupons(server, spring, ['A-1', 'A-2', 'A-3']);
  const { lead } = await pair(server, spring);
  await qualified(server, lead);
  await fetch(lead.url, { redirect: 'manual' });
  const gone = await addReferrer(server, spring);
  const filters = (field, operator, value) => ({ filters: { operator: 'OR', value: [{ field, operator, value }, { field: 'id', operator: '<', value: 0 }] } });
  const calls = [
    ['PUT', `/api/v1/users/${lead.id}`, { first_name: 'Leo', qualified: false }],
    ['PUT', `/api/v1/users/${lead.id}`, { qualified: true }],
    ['DELETE', `/api/v1/users/${gone.id}`],
    ...['/api/v1/users', '/api/v1/campaigns', '/api/v1/rewards', `/api/v2/campaigns/${spring}/stats`, `/api/v2/campaigns/${spring}/clicks`, `/api/v2/campaigns/${spring}/leaderboard`,
      '/api/n8n/campaigns', '/api/n8n/rewards'].map((path) => ['GET', path]),
    ...['users', 'campaigns', 'rewards', 'rewards/dashboard/amount', 'rewards/due/coupon', 'rewards/issued/amount', 'rewards/coupons'].flatMap((list) => [
      ['GET', `/api/v2/${list}?with=campaign.analytics,user.analytics`],
      ['GET', `/api/v2/${list}?campaign_id=${spring}&sort=id`],
    ]),
    ...['email', 'code', 'first_name', 'reach', 'referrer_id', 'ip', 'qualified_at'].map((field) =>
      ['POST', '/api/v2/users/search', filters(field, 'NOT NULL')]),
    ['POST', '/api/v2/users/search', filters('email', '=', lead.email)],
    ['POST', '/api/v2/users/search?sort=first_name', filters('type', '=', 'person_invited')],
  ];
  for (const [method, path, body] of calls) {
    const answer = await server.api(method, path, body);
    assert.ok(answer.status < 400, `${method} ${path}: ${answer.text}`);
  }
  assert.deepEqual(server.log.split('\n').filter((line) => line.startsWith('No index')), []);
});
