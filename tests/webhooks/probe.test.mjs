/*
 * Trying a webhook: an example of its event is sent now, and request and answer are shown in full (WH-43).
 */
import assert from 'node:assert/strict';
import { execFile as execFileOf } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { startServer } from '../lib/server.mjs';
import { assertError, assertFieldErrors } from '../api/kit/errors.mjs';
import { bodyOf, startReceiver, verified } from '../api/kit/receiver.mjs';
import { sql, unique } from '../api/kit/world.mjs';

let server, receiver;

before(async () => {
  receiver = await startReceiver();
  server = await startServer({ args: ['--rate-limit', '0', '--webhook-allow', '127.0.0.0/8'] });
});
after(() => Promise.all([server?.stop(), receiver?.close()]));

const execFile = promisify(execFileOf);
const EVENTS = ['user.join', 'user.qualified', 'reward_issued', 'login.requested', 'webhook.trouble'];
const inbox = (answer) => receiver.inbox(unique('probe'), answer);
const make = async (to, more) => (await server.api('POST', '/api/v2/webhooks', { url: to.url, event: 'user.join', ...more })).body.data;
const probe = (webhook, body = {}) => server.api('POST', `/api/v2/webhooks/${webhook.id}/test`, body);
const valueOf = (headers, name) => headers.find((each) => each.name.toLowerCase() === name)?.value;

describe('trying a webhook', { concurrency: true }, () => {
  for (const event of EVENTS) {
    test(`sends an example of ${event} that fits its schema and is signed (WH-05, WH-43)`, async () => {
      const to = inbox(), webhook = await make(to, { event: event === 'login.requested' ? 'user.join' : event });
      const { status, body } = await probe(webhook, { event });
      assert.equal(status, 200);
      assert.equal(body.data.delivered, true);
      const [request] = to.received();
      const sent = bodyOf(request);
      assert.equal(sent.event, event);
      assert.equal(sent.live, false);
      assert.equal(sent.event_id, request.id);
      assert.equal(body.data.event_id, request.id);
      assert.equal(body.data.request.body, request.bytes.toString());
      assert.equal(request.headers['x-webhook-test'], 'true');
      assert.ok(verified(request, webhook.secret));
      server.schemas.checkEvent(event, sent);
    });
  }

  test('shows request and answer in full, but no header that its owner set (WH-43)', async () => {
    const long = 'x'.repeat(20_000);
    const to = inbox(() => ({ status: 503, type: 'text/plain', body: `no\u0000pe ${long}`, headers: { 'x-why': 'closed' } }));
    const webhook = await make(to, { method: 'PUT', headers: [{ name: 'Authorization', value: 'Bearer hidden' }], fields: [{ field: 'email', as: 'mail' }] });
    const { status, body } = await probe(webhook);
    assert.equal(status, 200, JSON.stringify(body));
    const { request, attempt, delivered, answer_headers: headers } = body.data;
    assert.equal(delivered, false);
    assert.equal(request.method, 'PUT');
    assert.equal(request.url, to.url);
    assert.deepEqual(JSON.parse(request.body), { mail: 'lee@example.org' });
    assert.equal(valueOf(request.headers, 'authorization'), '***');
    assert.equal(to.received()[0].headers.authorization, 'Bearer hidden');
    assert.equal(valueOf(request.headers, 'webhook-signature'), to.received()[0].headers['webhook-signature']);
    assert.equal(attempt.http_status, 503);
    assert.equal(attempt.outcome, 'server_error');
    assert.equal(attempt.address, '127.0.0.1');
    assert.equal(valueOf(headers, 'x-why'), 'closed');
    assert.equal(attempt.answer.length, 16 * 1024);
    assert.ok(attempt.answer.startsWith('no.pe xxx'));
    assert.ok(attempt.microseconds.total >= attempt.microseconds.first_byte);
  });

  test('also reaches one that rests; nothing is written, and it stays as it was', async () => {
    const to = inbox(() => ({ status: 410 })), webhook = await make(to);
    await server.api('POST', `/api/v2/webhooks/${webhook.id}/pause`);
    assert.equal((await probe(webhook)).body.data.attempt.http_status, 410);
    const { body } = await server.api('GET', `/api/v2/webhooks/${webhook.id}/state`);
    assert.equal(body.data.state, 'paused');
    assert.equal(body.data.failures, 0);
    assert.equal(sql(server, `SELECT count(*) AS n FROM delivery WHERE webhook_id = ${webhook.id}`)[0].n, 0);
    assert.equal(sql(server, `SELECT count(*) AS n FROM attempt WHERE webhook_id = ${webhook.id}`)[0].n, 0);
  });

  test('tells why nothing came back', async () => {
    const webhook = await make({ url: 'http://127.0.0.1:1/nobody' });
    const { body } = await probe(webhook);
    assert.equal(body.data.delivered, false);
    assert.equal(body.data.attempt.outcome, 'connect');
    assert.equal(body.data.attempt.http_status, null);
    const own = await make(inbox(), { expects_ack: true });
    assert.equal((await probe(own)).body.data.delivered, true);
  });

  test('is refused for a webhook or an event that is not there', async () => {
    assertError(await probe({ id: 999999 }), 404);
    assertFieldErrors(await probe(await make(inbox()), { event: 'user.left' }), ['event'], 'v2');
  });

  test('the command line does it too, beside the server, by the same address rules', async () => {
    const to = inbox(), webhook = await make(to, { expects_ack: true });
    const run = (...more) => execFile(server.bin, ['webhook', 'test', '--db', server.db, '--webhook', String(webhook.id), ...more], { env: server.env });
    const { stdout } = await run('--webhook-allow', '127.0.0.0/8', '--json');
    const shown = JSON.parse(stdout);
    assert.equal(shown.delivered, true);
    assert.equal(shown.event_id, to.received()[0].id);
    assert.ok(verified(to.received()[0], webhook.secret));
    assert.match((await run('--webhook-allow', '127.0.0.0/8', '--event', 'reward_issued')).stdout, /^POST http[^]*"event":"reward_issued"[^]*\nok after \d+ ms\nHTTP\/1\.1 200/);
    assert.equal(to.received().length, 2);
    assert.equal(JSON.parse((await run('--json')).stdout).attempt.outcome, 'address_loopback');
    assert.equal(to.received().length, 2);
  });
});

/* Apart from the others, whose calls would be told so, too. */
test('many tries at once are all answered, or told to come later', async () => {
  const webhook = await make(inbox());
  const answers = await Promise.all(Array.from({ length: 40 }, () => probe(webhook)));
  assert.deepEqual([...new Set(answers.map((each) => each.status))].filter((status) => status !== 200 && status !== 503), []);
  assert.ok(answers.some((each) => each.status === 200));
});

describe('a server with --webhook-https-only (WH-71)', () => {
  let strict;
  before(async () => {
    strict = await startServer({ args: ['--webhook-https-only'] });
  });
  after(() => strict?.stop());

  test('takes http:// to allowed addresses only', async () => {
    const register = (url) => strict.api('POST', '/api/v2/webhooks', { url, event: 'user.join' });
    const refused = await register('http://8.8.8.8/hook');
    assertFieldErrors(refused, ['url'], 'v2');
    assert.match(refused.body.message, /https:\/\//);
    const { body } = await register('https://8.8.8.8/hook');
    assert.ok(body.data.id);
    await strict.api('DELETE', `/api/v2/webhooks/${body.data.id}`);
  });

  test('does not start with a --webhook-ca that has no certificate', async () => {
    const run = execFile(server.bin, ['serve', '--db', `${server.db}-other`, '--listen', '127.0.0.1:0', '--webhook-ca', '/dev/null'], { env: server.env, timeout: 60_000 });
    await assert.rejects(run, (error) => /--webhook-ca/.test(error.stderr));
  });
});

describe('a server that stops', () => {
  test('does not wait for a test event whose receiver hangs, and answers its caller', async () => {
    const stopping = await startServer({ args: ['--webhook-allow', '127.0.0.0/8'] });
    try {
      const to = inbox(() => new Promise((answer) => setTimeout(() => answer({ status: 200 }), 60_000).unref()));
      const { body } = await stopping.api('POST', '/api/v2/webhooks', { url: to.url, event: 'user.join' });
      const asked = stopping.api('POST', `/api/v2/webhooks/${body.data.id}/test`, {});
      await to.wait(1);
      const from = performance.now();
      await stopping.stop({ keep: true });
      assert.ok(performance.now() - from < 15_000, 'it waited');
      assert.equal((await asked).body.data.attempt.outcome, 'interrupted');
    } finally {
      await stopping.stop();
    }
  });
});
