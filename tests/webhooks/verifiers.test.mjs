/*
 * What others made to verify webhooks accepts every delivery: of each event, each attempt, sent again, and while
 * the secret changes, with either one. What was changed on the way it refuses.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { bodyOf, startReceiver, verified } from '../api/kit/receiver.mjs';
import { addLead, addReferrer, campaign, qualified, reward, unique } from '../api/kit/world.mjs';
import { startServer, until } from '../lib/server.mjs';

const NAMES = ['Mara', 'Zoë', '李', "O'Neil", '<b>Bo</b>', '😀', '"quoted\\', 'نور'];

let server, receiver, campaignId, hooks;

before(async () => {
  receiver = await startReceiver();
  server = await startServer({ args: ['--rate-limit', '0', '--webhook-allow', '127.0.0.0/8', '--webhook-schedule', '1,1,1'] });
  campaignId = campaign(server);
  reward(server, campaignId, { issue: 'n8n', more: ['--auto'] });
  hooks = [];
  for (const event of ['user.join', 'user.qualified', 'reward_issued']) {
    // Each delivery is refused once, so that each comes twice.
    const to = receiver.inbox(unique(event), (request, before) => ({ status: before % 2 ? 200 : 500 }));
    const { body } = await server.api('POST', '/api/n8n/webhooks', { url: to.url, event });
    hooks.push({ event, to, ...body.webhook });
  }
});
after(() => Promise.all([server?.stop(), receiver?.close()]));

async function everyEvent() {
  for (const name of NAMES) {
    const referrer = await addReferrer(server, campaignId, { first_name: name });
    await qualified(server, await addLead(server, referrer, { first_name: name }));
  }
}

const settled = () => until(async () => {
  for (const { id } of hooks)
    for (const state of ['pending', 'dead', 'blocked'])
      if ((await server.api('GET', `/api/v2/webhooks/${id}/deliveries?state=${state}`)).body.data.length) return false;
  return true;
}, { timeoutMs: 60_000, everyMs: 200, what: 'everything to be delivered' });

test('every delivery is accepted by the verifiers of Standard Webhooks and Svix, with either secret while it changes (WH-04, WH-61)', async () => {
  await everyEvent();
  await settled();
  const inTime = hooks.map((hook) => hook.to.received().length);
  const next = [];
  for (const hook of hooks) next.push((await server.api('POST', `/api/v2/webhooks/${hook.id}/secret`)).body.data.secret);
  await everyEvent();
  await settled();
  for (const [i, hook] of hooks.entries()) {
    const requests = hook.to.received(), ids = new Set(requests.map((each) => each.id));
    assert.ok(requests.length > inTime[i] && inTime[i] >= 2 * NAMES.length, `${requests.length} requests of ${hook.event}`);
    assert.equal(requests.length, 2 * ids.size, 'each is refused once');
    for (const request of requests) verified(request, hook.secret);
    for (const request of requests.slice(inTime[i])) verified(request, next[i]);
    for (const request of requests.slice(0, inTime[i])) assert.throws(() => verified(request, next[i]));
  }
});

test('what was forged, cut or is old is refused (A2)', () => {
  const [hook] = hooks, [request] = hook.to.received();
  const changed = (headers, bytes = request.bytes) => () => verified({ bytes, headers: { ...request.headers, ...headers } }, hook.secret);
  changed({})();
  for (const name of ['webhook-id', 'webhook-timestamp', 'webhook-signature']) assert.throws(changed({ [name]: undefined }), name);
  const seconds = Number(request.headers['webhook-timestamp']), signature = request.headers['webhook-signature'];
  assert.throws(changed({ 'webhook-timestamp': String(seconds - 301) }));
  assert.throws(changed({ 'webhook-timestamp': String(seconds + 1) }));
  assert.throws(changed({ 'webhook-signature': signature.slice(0, 8) }));
  assert.throws(changed({ 'webhook-signature': 'v1,' }));
  assert.throws(changed({ 'webhook-id': 'evt_another' }));
  assert.throws(changed({}, Buffer.from(JSON.stringify({ ...bodyOf(request), first_name: 'Eve' }))));
  changed({ 'webhook-signature': `v2,x v1a,y ${signature}` })();
});
