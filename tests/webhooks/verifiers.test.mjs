/*
 * What others made to verify webhooks accepts every delivery: of each event, each attempt, sent again, and while
 * the secret changes, with either one. What was changed on the way it refuses.
 */
import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';
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

/** A character of each block of 256 that has any, without controls. */
const ALL_OF_UNICODE = Array.from({ length: 0x1100 }, (_, block) => block * 0x100 + 0x61).filter((code) => code < 0xd800 || code > 0xdfff)
  .map((code) => String.fromCodePoint(code));

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

test('whatever of Unicode people write comes as it was, and the largest body has less than 20 KB (WH-04)', async () => {
  const to = receiver.inbox(unique('unicode')), { body } = await server.api('POST', '/api/v2/webhooks', { url: to.url, event: 'user.join' });
  const texts = [0, 1500, 3000].map((from) => ALL_OF_UNICODE.slice(from, from + 1500).join(''));
  texts.push('"\\'.repeat(990));
  for (const value of texts) await addReferrer(server, campaignId, { meta: [{ field: 'Said', value }] });
  const most = Array.from({ length: 8 }, (_, i) => ({ field: `Said ${i}`, value: '李'.repeat(i < 2 ? 200 : 800) }));
  const { body: large } = await server.api('POST', '/api/n8n/users', { campaign_id: campaignId, first_name: '😀'.repeat(100), email: `${unique('l')}@example.org`, meta: most });
  assert.ok(large.user, JSON.stringify(large));
  const requests = await to.wait(texts.length + 1), said = new Set(requests.map((request) => verified(request, body.data.secret).meta[0].value));
  for (const value of texts) assert.ok(said.has(value), value.slice(0, 20));
  const longest = Math.max(...requests.map(({ bytes }) => bytes.length));
  assert.ok(longest > 15 * 1024 && longest < 20 * 1024, `${longest} bytes`);
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

/* What stands before the 32 bytes of an ed25519 key in its DER form. */
const ED25519_DER = Buffer.from('302a300506032b6570032100', 'hex');

/** How many of a request's entries of v1a node's own ed25519 finds good by the key. */
function goodEntries({ headers, bytes }, publicKey) {
  assert.match(publicKey, /^whpk_[0-9A-Za-z+/]{43}=$/);
  const key = createPublicKey({ key: Buffer.concat([ED25519_DER, Buffer.from(publicKey.slice(5), 'base64')]), format: 'der', type: 'spki' });
  const signed = Buffer.concat([Buffer.from(`${headers['webhook-id']}.${headers['webhook-timestamp']}.`), bytes]);
  const entries = headers['webhook-signature'].split(' ').filter((entry) => entry.startsWith('v1a,'));
  return entries.filter((entry) => verify(null, signed, key, Buffer.from(entry.slice(4), 'base64'))).length;
}

test('v1a comes beside v1 when it is wanted, by the public key that is told, and by the old one too while it changes (WH-63)', async () => {
  const to = receiver.inbox(unique('v1a')), { body } = await server.api('POST', '/api/v2/webhooks', { url: to.url, event: 'user.join', ed25519: true });
  const { id, secret, public_key: first } = body.data, path = `/api/v2/webhooks/${id}`;
  const next = async () => {
    await server.api('POST', `${path}/test`, {});
    const request = to.received().at(-1);
    return { request, entries: request.headers['webhook-signature'].split(' ').map((entry) => entry.split(',')[0]) };
  };
  const once = await next();
  assert.deepEqual(once.entries, ['v1', 'v1a']);
  assert.equal(goodEntries(once.request, first), 1);
  assert.equal(goodEntries({ ...once.request, bytes: Buffer.from('{}') }, first), 0);
  verified(once.request, secret);

  const rotated = (await server.api('POST', `${path}/secret`)).body.data.secret, { public_key: second } = (await server.api('GET', path)).body.data;
  assert.notEqual(second, first);
  const both = await next();
  assert.deepEqual(both.entries, ['v1', 'v1', 'v1a', 'v1a']);
  assert.deepEqual([first, second].map((key) => goodEntries(both.request, key)), [1, 1]);
  for (const each of [secret, rotated]) verified(both.request, each);

  await server.api('DELETE', `${path}/old-secrets`);
  const alone = await next();
  assert.deepEqual([first, second].map((key) => goodEntries(alone.request, key)), [0, 1]);
  assert.equal((await server.api('PUT', path, { ed25519: false })).body.data.public_key, null);
  assert.deepEqual((await next()).entries, ['v1']);
});
