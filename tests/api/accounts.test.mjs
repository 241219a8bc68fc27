/*
 * Two accounts on one server: what one has, the other never finds, and can't change.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startServer } from '../lib/server.mjs';
import { addLead, addReferrer, campaign, email, importCoupons, otherAccount, pair, qualified, reward, sql, tally, unique } from './kit/world.mjs';

let server, mine, other;
const hook = () => `http://127.0.0.1:9/webhook/${unique('hook')}`;

before(async () => {
  server = await startServer({ args: ['--rate-limit', '0', '--webhook-allow', '127.0.0.0/8'] });
  other = otherAccount(server);
  const spring = campaign(server), coupons = campaign(server);
  importCoupons(server, coupons, ['MINE-1']);
  reward(server, coupons, { metric: 'coupon', whom: 'lead', when: 'invited', more: ['--auto'] });
  const swag = reward(server, spring, { issue: 'n8n' });
  const { referrer, lead } = await pair(server, spring);
  const held = await pair(server, coupons); // holds the coupon
  const done = await addLead(server, referrer);
  await qualified(server, done);
  const webhook = (await server.api('POST', '/api/n8n/webhooks', { url: hook(), event: 'user.join' })).body.webhook;
  const bound = (await server.api('PUT', `/api/n8n/rewards/${swag}`, { url: hook() })).body.webhook;
  const [due] = sql(server, `SELECT id FROM reward_grant WHERE state = 0 AND account_id = 1`);
  mine = { spring, swag, referrer, lead, holder: held.lead, webhook, bound, due: due.id };
});
after(() => server?.stop());

const call = (method, path, body) => server.api(method, path, body, { token: other.token });

/** Each route with each id of the first account in it, and the answers that say nothing. */
const CALLS = [
  ['GET', () => `/api/v2/users/${mine.lead.id}`, null, 404],
  ['GET', () => `/api/v2/users/${mine.lead.code}`, null, 404],
  ['GET', () => `/api/v2/users/${mine.lead.code.toLowerCase()}`, null, 404],
  ['GET', () => `/api/v2/users/${mine.lead.email}`, null, 404],
  ['GET', () => `/api/v2/users/${mine.lead.email}?campaign_id=${mine.spring}`, null, 404],
  ['POST', () => '/api/v2/users', () => ({ campaign_id: mine.spring, first_name: 'Eve', email: email() }), 422],
  ['POST', () => '/api/n8n/users', () => ({ campaign_id: mine.spring, first_name: 'Eve', email: email() }), 422],
  ['POST', () => '/api/n8n/users', () => ({ campaign_id: mine.spring, first_name: 'Eve', email: mine.lead.email }), 422],
  ['POST', () => '/api/v2/users', () => ({ campaign_id: other.campaign, first_name: 'Eve', email: email(), referrer: { field: 'id', value: mine.referrer.id } }), 422],
  ['POST', () => '/api/v2/users', () => ({ campaign_id: other.campaign, first_name: 'Eve', email: email(), referrer: { field: 'code', value: mine.referrer.code } }), 422],
  ['POST', () => '/api/v2/users', () => ({ campaign_id: other.campaign, first_name: 'Eve', email: email(), referrer: { field: 'email', value: mine.referrer.email } }), 422],
  ['POST', () => '/api/n8n/users/qualify', () => ({ code: mine.lead.code }), 404],
  ['POST', () => '/api/n8n/users/qualify', () => ({ code: mine.lead.code.toUpperCase() }), 404],
  ['POST', () => '/api/n8n/users/qualify', () => ({ campaign_id: mine.spring, email: mine.lead.email }), 404],
  ['POST', () => '/api/n8n/users/qualify', () => ({ coupon: 'MINE-1' }), 404],
  ['POST', () => '/api/n8n/webhooks', () => ({ url: hook(), event: 'user.join', campaign_id: mine.spring }), 422],
  ['POST', () => '/api/n8n/webhooks', () => ({ url: hook(), event: 'reward_issued', reward_id: mine.swag }), [404, 422]],
  ['GET', () => `/api/n8n/webhooks/${mine.webhook.id}`, null, 404],
  ['DELETE', () => `/api/n8n/webhooks/${mine.webhook.id}`, null, 200],
  ['PUT', () => `/api/n8n/rewards/${mine.swag}`, () => ({ url: hook(), event: 'reward_issued' }), 404],
  ['DELETE', () => `/api/n8n/rewards/${mine.swag}`, null, 200],
  ['DELETE', () => `/api/n8n/rewards/${mine.swag}?webhook_id=${mine.bound.id}`, null, 200],
  ['DELETE', () => `/api/n8n/rewards/${other.reward}?webhook_id=${mine.bound.id}`, null, 200],
  ['POST', () => `/api/v2/rewards/issue/${mine.due}`, null, 404],
];

describe('the other account', () => {
  for (const [method, path, body, status] of CALLS) {
    test(`${method} ${path.toString().slice(6)} ${body ? body.toString().slice(6) : ''} finds and changes nothing`, async () => {
      const before = tally(server);
      const answer = await call(method, path(), body?.() ?? undefined);
      assert.ok([status].flat().includes(answer.status), answer.text);
      assert.deepEqual(tally(server), before);
    });
  }

  test('an id of the other account is answered exactly like one that nobody has', async () => {
    const same = async (method, [a, b], bodies = []) => {
      const [one, two] = [await call(method, a, bodies[0]), await call(method, b, bodies[1])];
      const plain = (answer) => JSON.stringify({ ...answer.body, request_id: 0 }).replaceAll(/\d{4,}/g, '#');
      assert.equal(one.status, two.status);
      assert.equal(plain(one).replaceAll(String(mine.due), '#').replaceAll(String(mine.lead.id), '#').replaceAll(String(mine.spring), '#'), plain(two));
    };
    await same('GET', [`/api/v2/users/${mine.lead.code}`, '/api/v2/users/uAAAAAAA']);
    await same('POST', ['/api/n8n/users/qualify', '/api/n8n/users/qualify'], [{ coupon: 'MINE-1' }, { coupon: 'NONE-1' }]);
    await same('GET', [`/api/n8n/webhooks/${mine.webhook.id}`, '/api/n8n/webhooks/999999']);
    await same('DELETE', [`/api/n8n/webhooks/${mine.webhook.id}`, '/api/n8n/webhooks/999999']);
  });

  test('lists only what is its own', async () => {
    assert.deepEqual((await call('GET', '/api/n8n/campaigns')).body, { campaigns: [{ id: other.campaign, name: 'Other campaign' }] });
    assert.deepEqual((await call('GET', '/api/n8n/rewards')).body, { rewards: [{ id: other.reward, name: 'Other reward' }] });
    const ours = (await server.api('GET', '/api/n8n/campaigns')).body.campaigns.map((each) => each.id);
    assert.ok(!ours.includes(other.campaign));
  });

  test('has people, webhooks, grants and coupons of its own, the same addresses and URLs among them', async () => {
    const token = { token: other.token };
    const referrer = (await call('POST', '/api/n8n/users', { campaign_id: other.campaign, first_name: 'Mara', email: mine.referrer.email })).body.user;
    assert.notEqual(referrer.id, mine.referrer.id);
    const lead = (await call('POST', '/api/v2/users', { campaign_id: other.campaign, first_name: 'Lee', email: mine.lead.email, referrer: { field: 'id', value: referrer.id } })).body.data;
    const webhook = await call('POST', '/api/n8n/webhooks', { url: mine.webhook.url, event: 'user.join' });
    assert.equal(webhook.status, 201);
    assert.notEqual(webhook.body.webhook.id, mine.webhook.id);
    assert.equal((await server.api('POST', '/api/n8n/users/qualify', { coupon: other.coupon })).status, 404);
    const answer = await server.api('POST', '/api/n8n/users/qualify', { coupon: other.coupon }, token);
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.body.user.id, lead.id);
    assert.deepEqual(sql(server, `SELECT account_id, recipient_id FROM reward_grant WHERE referral_id = ${lead.id} AND metric = 3`), [{ account_id: other.id, recipient_id: referrer.id }]);
  });

  test('events of one account go to its own webhooks only', async () => {
    await addReferrer(server, mine.spring);
    assert.deepEqual(sql(server, `SELECT count(*) AS n FROM delivery AS d JOIN webhook AS w ON w.id = d.webhook_id WHERE w.account_id <> d.account_id`), [{ n: 0 }]);
    assert.deepEqual(sql(server, `SELECT count(*) AS n FROM delivery WHERE account_id = ${other.id} AND event_seq NOT IN (SELECT seq FROM event WHERE account_id = ${other.id})`), [{ n: 0 }]);
  });
});
