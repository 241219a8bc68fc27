/*
 * Webhooks by hand and the feed of events, additions under /api/v2.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startServer } from '../lib/server.mjs';
import { assertError, assertFieldErrors } from './kit/errors.mjs';
import { startReceiver, verified } from './kit/receiver.mjs';
import { addReferrer, campaign, otherAccount, pair, qualified, tally, unique } from './kit/world.mjs';

let server, receiver, spring, other;

before(async () => {
  server = await startServer({ args: ['--rate-limit', '0', '--webhook-allow', '127.0.0.0/8'] });
  receiver = await startReceiver();
  spring = campaign(server);
  other = otherAccount(server);
});
after(async () => {
  await server?.stop();
  await receiver?.close();
});

describe('a webhook', () => {
  const register = (more = {}) => server.api('POST', '/api/v2/webhooks', { url: receiver.inbox(unique('hook')).url, event: 'user.join', ...more });

  test('is registered with a secret that is shown once, and signs with it', async () => {
    const inbox = receiver.inbox(unique('hook'));
    const { status, body, text } = await server.api('POST', '/api/v2/webhooks', { url: inbox.url, event: 'user.join', campaign_id: spring, sources: ['N8n'] });
    assert.equal(status, 201, text);
    const { secret, ...rest } = body.data;
    assert.match(secret, /^whsec_/);
    assert.deepEqual(rest, { id: rest.id, event: 'user.join', url: inbox.url, campaign_id: spring, reward_id: null, sources: ['N8n'], expects_ack: false, method: 'POST', headers: [], fields: [], expires_at: null, rate_limit: null, rate_burst: null, schedule: null, ordered: false, ed25519: false, public_key: null });
    assert.deepEqual((await server.api('GET', `/api/v2/webhooks/${rest.id}`)).body.data, rest);
    assert.deepEqual((await server.api('GET', '/api/v2/webhooks')).body.data.find((each) => each.id === rest.id), rest);
    const user = await addReferrer(server, spring);
    const [request] = await inbox.wait(1);
    assert.equal(verified(request, secret).id, user.id);
  });

  test('has its filters changed, and cleared by null and []', async () => {
    const { body: { data } } = await register({ campaign_id: spring, sources: ['Api'], expects_ack: true });
    const change = async (body) => (await server.api('PUT', `/api/v2/webhooks/${data.id}`, body)).body.data;
    assert.deepEqual((await change({ sources: ['Referred', 'Api'] })).sources, ['Referred', 'Api']);
    const cleared = await change({ campaign_id: null, sources: [], expects_ack: false });
    assert.deepEqual([cleared.campaign_id, cleared.sources, cleared.expects_ack], [null, [], false]);
    assert.deepEqual(await change({}), cleared);
    assertFieldErrors(await server.api('PUT', `/api/v2/webhooks/${data.id}`, { campaign_id: 999999 }), ['campaign_id'], 'v2');
    assertFieldErrors(await server.api('PUT', `/api/v2/webhooks/${data.id}`, { sources: ['Mars'] }), ['sources'], 'v2');
  });

  test('is removed once', async () => {
    const { body: { data } } = await register();
    assert.equal((await server.api('DELETE', `/api/v2/webhooks/${data.id}`)).status, 200);
    for (const method of ['GET', 'DELETE']) assertError(await server.api(method, `/api/v2/webhooks/${data.id}`), 404);
    assertError(await server.api('PUT', `/api/v2/webhooks/${data.id}`, {}), 404);
  });

  test('of another account is not found and not changed', async () => {
    const { body: { data } } = await register();
    const { token } = other;
    const before = tally(server);
    for (const method of ['GET', 'PUT', 'DELETE'])
      assertError(await server.api(method, `/api/v2/webhooks/${data.id}`, method === 'PUT' ? { sources: ['Api'] } : undefined, { token }), 404);
    assert.deepEqual((await server.api('GET', '/api/v2/webhooks', undefined, { token })).body.data, []);
    assert.deepEqual(tally(server), before);
  });
});

describe('the feed of events', () => {
  const feed = async (query = '') => (await server.api('GET', `/api/v2/events${query}`)).body;

  test('gives every event in its order, page by page, as webhooks get it (WH-44)', async () => {
    const { next_after: start } = await feed('?limit=1000');
    const id = campaign(server);
    const { lead, referrer } = await pair(server, id);
    await qualified(server, lead);
    const seen = [];
    for (let after = start, page; (page = await feed(`?after=${after}&limit=2`)).data.length; after = page.next_after) {
      assert.ok(page.data.length <= 2);
      assert.equal(page.next_after, page.data.at(-1).seq);
      seen.push(...page.data);
      if (!page.has_more) break;
    }
    assert.deepEqual(seen.map((each) => [each.event, each.body.id]), [['user.join', referrer.id], ['user.join', lead.id], ['user.qualified', lead.id]]);
    for (const event of seen) {
      assert.deepEqual(Object.keys(event), ['seq', 'event_id', 'event', 'occurred_at', 'body']);
      assert.match(event.event_id, /^evt_/);
      assert.equal(event.body.event, event.event);
    }
    const end = await feed(`?after=${seen.at(-1).seq}`);
    assert.deepEqual(end, { data: [], next_after: seen.at(-1).seq, has_more: false });
  });

  test('is filtered by campaign and kind, and goes on behind what it left out', async () => {
    const id = campaign(server);
    const { lead } = await pair(server, id);
    await qualified(server, lead);
    await pair(server, spring);
    const page = await feed(`?campaign_id=${id}&event=user.qualified&limit=1000`);
    assert.deepEqual(page.data.map((each) => each.body.id), [lead.id]);
    assert.ok(page.next_after > page.data[0].seq);
    assert.equal(page.has_more, false);
  });

  test('of another account is its own', async () => {
    assert.deepEqual((await server.api('GET', '/api/v2/events', undefined, { token: other.token })).body, { data: [], next_after: 0, has_more: false });
  });

  test('refuses what is no place, no number and no event', async () => {
    assertFieldErrors(await server.api('GET', '/api/v2/events?after=-1&limit=1001&campaign_id=x'), ['after', 'limit', 'campaign_id'], 'v2');
    assertFieldErrors(await server.api('GET', '/api/v2/events?event=user.dance'), ['event'], 'v2');
  });
});
