/*
 * Receivers that were away: what they missed is sent when they come back, each event once; and webhooks that expire.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startServer, until } from '../lib/server.mjs';
import { assertFieldErrors } from '../api/kit/errors.mjs';
import { bodyOf, startReceiver } from '../api/kit/receiver.mjs';
import { addReferrer, campaign, otherAccount, reward, sql, unique } from '../api/kit/world.mjs';

let server, receiver;

before(async () => {
  receiver = await startReceiver();
  server = await startServer({ args: ['--rate-limit', '0', '--webhook-allow', '127.0.0.0/8'] });
});
after(() => Promise.all([server?.stop(), receiver?.close()]));

const inbox = () => receiver.inbox(unique('missed'));
const ids = (list) => list.map((each) => bodyOf(each).id);

async function subscribe(to, body, on) {
  const answer = await server.api('POST', '/api/n8n/webhooks', { url: to.url, event: 'user.join', ...body }, on);
  assert.ok(answer.status === 201 || answer.status === 200, answer.text);
  return answer.body.webhook;
}

/** So many people join, one after the other. */
async function join(campaignId, count) {
  const list = [];
  for (let i = 0; i < count; i++) list.push((await addReferrer(server, campaignId)).id);
  return list;
}

const lastEvent = () => sql(server, 'SELECT coalesce(max(seq), 0) AS seq FROM event WHERE account_id = 1')[0].seq;
const states = (id) => sql(server, `SELECT state FROM delivery WHERE webhook_id = ${id} ORDER BY event_seq`).map((each) => each.state);
const hasLeft = (id) => until(() => sql(server, `SELECT 1 FROM webhook WHERE id = ${id} AND left_us IS NULL`).length === 0,
  { everyMs: 250, timeoutMs: 90_000, what: `webhook ${id} to be gone` });

describe('what was missed', { concurrency: true }, () => {
  test('comes after the event that is named, in its order, and once however often it is asked for', async () => {
    const spring = campaign(server), to = inbox(), from = lastEvent();
    const people = await join(spring, 5);
    const [, second] = sql(server, `SELECT seq FROM event WHERE campaign_id = ${spring} ORDER BY seq`);
    const webhook = await subscribe(to, { campaign_id: spring, since: second.seq });
    assert.deepEqual(webhook.caught_up, { count: 3, next_since: null });
    assert.deepEqual((await subscribe(to, { campaign_id: spring, since: String(second.seq) })).caught_up, { count: 0, next_since: null });
    await to.wait(3);
    assert.deepEqual(ids(to.received()).sort(), people.slice(2).sort());
    assert.deepEqual((await subscribe(to, { campaign_id: spring, since: from })).caught_up, { count: 2, next_since: null });
    await to.wait(5);
    assert.deepEqual(ids(to.received()).sort(), [...people].sort());
    const order = sql(server, `SELECT event_seq FROM delivery WHERE webhook_id = ${webhook.id} ORDER BY due_us, event_seq`).map((each) => each.event_seq);
    assert.equal(order.length, 5);
  });

  test('comes from the time that is named, and only what the filters want', async () => {
    const spring = campaign(server), other = campaign(server), to = inbox();
    await join(spring, 1);
    const at = new Date(sql(server, `SELECT max(occurred_us) AS at FROM event WHERE campaign_id = ${spring}`)[0].at / 1000 + 1).toISOString();
    const later = await join(spring, 2);
    await join(other, 1);
    assert.equal((await subscribe(to, { campaign_id: spring, sources: ['Referred'], since: at })).caught_up.count, 0);
    assert.equal((await subscribe(to, { campaign_id: spring, sources: ['N8n', 'Api'], since: at })).caught_up.count, 2);
    await to.wait(2);
    assert.deepEqual(ids(to.received()).sort(), later.sort());
  });

  test('of a URL that was removed comes with "last": what waited then and what happened since, nothing twice', async () => {
    const spring = campaign(server), to = inbox();
    const { id } = await subscribe(to, { campaign_id: spring });
    await join(spring, 1);
    await to.wait(1);
    await until(() => states(id).every((state) => state === 2), { what: 'the first to be settled' });
    await server.api('DELETE', `/api/n8n/webhooks/${id}`);
    const meanwhile = await join(spring, 2);
    await hasLeft(id);
    assert.deepEqual(states(id), [2, 5, 5]);
    const later = await join(spring, 2);
    const webhook = await subscribe(to, { campaign_id: spring, since: 'last' });
    assert.equal(webhook.id, id);
    assert.deepEqual(webhook.caught_up, { count: 4, next_since: null });
    assert.equal((await subscribe(to, { campaign_id: spring, since: 'last' })).caught_up.count, 0);
    await to.wait(5);
    assert.deepEqual(ids(to.received()).slice(1).sort(), [...meanwhile, ...later].sort());
    assert.deepEqual(states(id).filter((state) => state === 5), []);
  });

  test('is nothing for a URL that is new, and is not sent when it is not asked for', async () => {
    const spring = campaign(server), to = inbox();
    await join(spring, 1);
    assert.deepEqual((await subscribe(to, { campaign_id: spring, since: 'last' })).caught_up, { count: 0, next_since: null });
    const webhook = await subscribe(to, { campaign_id: spring });
    assert.equal(webhook.caught_up, undefined);
    assert.deepEqual(states(webhook.id), []);
  });

  test('of a reward that is bound comes too, of that reward only; a changed webhook keeps its secret', async () => {
    const spring = campaign(server), one = reward(server, spring), to = inbox();
    const answer = await server.api('PUT', `/api/n8n/rewards/${one}`, { url: to.url, since: 0 });
    assert.equal(answer.status, 201, answer.text);
    assert.equal(answer.body.webhook.caught_up.count, sql(server, `SELECT 1 FROM reward_grant WHERE reward_id = ${one} AND issued_us IS NOT NULL`).length);
    const made = await server.api('POST', '/api/v2/webhooks', { url: `${to.url}?v2`, event: 'user.join', campaign_id: spring });
    const people = await join(spring, 1);
    sql(server, `DELETE FROM delivery WHERE webhook_id = ${made.body.data.id}`);
    const changed = await server.api('PUT', `/api/v2/webhooks/${made.body.data.id}`, { since: 0 });
    assert.deepEqual(changed.body.data.caught_up, { count: people.length, next_since: null });
  });

  test('of somebody who was erased since then is left out', async () => {
    const spring = campaign(server), to = inbox(), from = lastEvent();
    const [gone, there] = await join(spring, 2);
    assert.equal((await server.api('DELETE', `/api/v2/users/${gone}`)).status, 200);
    assert.equal((await subscribe(to, { campaign_id: spring, since: from })).caught_up.count, 1);
    await to.wait(1);
    assert.deepEqual(ids(to.received()), [there]);
  });

  test('is sent a thousand at a time; the answer tells where to go on', async () => {
    const other = otherAccount(server), to = inbox(); // its numbers are its own
    await server.api('POST', '/api/n8n/users', { campaign_id: other.campaign, first_name: 'Ann', email: 'ann@example.org' }, other);
    const [event] = sql(server, `SELECT seq FROM event WHERE account_id = ${other.id}`);
    sql(server, `INSERT INTO event (account_id, seq, type, campaign_id, user_id, occurred_us, body) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1004)
      SELECT account_id, seq + n.i, 0, campaign_id, user_id, occurred_us, body FROM event, n WHERE account_id = ${other.id} AND seq = ${event.seq}`);
    const first = await subscribe(to, { since: event.seq }, other);
    assert.deepEqual(first.caught_up, { count: 1000, next_since: event.seq + 1000 });
    assert.deepEqual((await subscribe(to, { since: 'last' }, other)).caught_up, { count: 4, next_since: null });
    await server.api('DELETE', `/api/n8n/webhooks/${first.id}`, undefined, other);
  });

  test('is asked for by a word, a number or a time, and by nothing else', async () => {
    for (const since of ['first', '-1', 'last ', '2026-13-01', {}, true]) assertFieldErrors(await server.api('POST', '/api/n8n/webhooks', { url: inbox().url, event: 'user.join', since }), ['since']);
  });
});

describe('a webhook that expires', () => {
  test('tells when, is removed by itself, and is for ever when it is registered without', async () => {
    const to = inbox();
    const webhook = await subscribe(to, { expires_in: 1 });
    const left = Date.parse(webhook.expires_at) - Date.now();
    assert.ok(left > -60_000 && left <= 1000, webhook.expires_at);
    await until(async () => (await server.api('GET', `/api/n8n/webhooks/${webhook.id}`)).status === 404, { everyMs: 250, timeoutMs: 90_000, what: 'the webhook to be gone' });
    assert.equal((await subscribe(to, { expires_in: 600 })).id, webhook.id);
    assert.equal((await subscribe(to, {})).expires_at, null);
  });
});
