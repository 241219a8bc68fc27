/*
 * A URL that must repeat a challenge before it is registered (WH-84).
 */
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, describe, test } from 'node:test';
import { startServer } from '../lib/server.mjs';
import { assertError, assertFieldErrors } from '../api/kit/errors.mjs';
import { bodyOf, startReceiver, verified } from '../api/kit/receiver.mjs';
import { unique } from '../api/kit/world.mjs';

let server, receiver;

before(async () => {
  receiver = await startReceiver();
  server = await startServer({ args: ['--rate-limit', '0', '--webhook-allow', '127.0.0.0/8'] });
});
after(() => Promise.all([server?.stop(), receiver?.close()]));

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const inbox = (answer) => receiver.inbox(unique('challenge'), answer);
const repeating = ({ bytes }) => ({ status: 200, type: 'text/plain', body: JSON.parse(bytes.toString()).challenge });
const register = (to, more, options) => server.api('POST', '/api/v2/webhooks', { url: to.url, event: 'user.join', challenge: true, ...more }, options);
const registered = async (to) => (await server.api('GET', '/api/v2/webhooks?limit=500')).body.data.filter((each) => each.url === to.url).length;

describe('a challenge', { concurrency: true }, () => {
  test('is signed with the secret of the webhook that follows, and repeating it registers', async () => {
    const to = inbox(repeating);
    const { status, body } = await register(to, { secret: SECRET });
    assert.equal(status, 201);
    assert.equal(body.data.secret, SECRET);
    const [request, ...others] = to.received();
    assert.equal(others.length, 0);
    assert.ok(verified(request, SECRET));
    assert.equal(request.headers['x-webhook-event'], 'webhook.challenge');
    assert.equal(request.headers['x-webhook-test'], 'true');
    const { challenge, ...sent } = bodyOf(request);
    assert.match(challenge, /^[0-9a-f]{32}$/);
    assert.deepEqual({ ...sent, occurred_at: '' }, { event: 'webhook.challenge', live: false, event_id: request.id, occurred_at: '' });
    const own = inbox(repeating), made = (await register(own)).body.data.secret;
    assert.ok(verified(own.received()[0], made), 'a secret that we make signs it, too');
    assert.notEqual(bodyOf(own.received()[0]).challenge, challenge);
  });

  test('may be repeated inside of JSON, and goes by the method and with the headers of the webhook', async () => {
    const put = inbox(({ bytes, method, headers }) => ({ status: 200, body: JSON.stringify({ again: method === 'PUT' && headers['x-api-key'] === '123' ? bodyOf({ bytes }).challenge : null }) }));
    assert.equal((await register(put, { method: 'PUT', headers: [{ name: 'X-Api-Key', value: '123' }], fields: [{ field: 'email' }] })).status, 201);
  });

  test('by GET stands in the query', async () => {
    const own = http.createServer((request, response) => response.end(new URL(request.url, 'http://own').searchParams.get('challenge'))).listen(0, '127.0.0.1');
    try {
      await new Promise((resolve) => own.once('listening', resolve));
      assert.equal((await register({ url: `http://127.0.0.1:${own.address().port}/` }, { method: 'GET' })).status, 201);
    } finally {
      own.close();
    }
  });

  const refusals = {
    'nothing of it': [() => ({ status: 200, body: '{"received":true}' }), /without the value of challenge/],
    'an old one': [() => ({ status: 200, body: '00000000000000000000000000000000' }), /without the value of challenge/],
    'it with a failure': [({ bytes }) => ({ ...repeating({ bytes }), status: 500 }), /status 500 \(server_error\)/],
    'it from elsewhere': [() => ({ status: 302, headers: { Location: 'http://127.0.0.1:1/' } }), /status 302/],
    'the page of an n8n that starts': [() => ({ status: 404, body: '{"code":404}' }), /status 404/],
    'by hanging up': [() => null, /has not answered the challenge/],
  };
  for (const [what, [answer, why]] of Object.entries(refusals)) {
    test(`that is answered with ${what} registers nothing`, async () => {
      const to = inbox(answer);
      const response = await register(to);
      assertFieldErrors(response, ['url'], 'v2');
      assert.match(response.text, why);
      assert.equal(to.received().length, 1);
      assert.equal(await registered(to), 0);
    });
  }

  test('is not sent for what would be refused anyway', async () => {
    assertFieldErrors(await register({ url: 'ftp://127.0.0.1/' }), ['url'], 'v2');
    const to = inbox(repeating);
    assertFieldErrors(await register(to, { challenge: 'perhaps' }), ['challenge'], 'v2');
    assertFieldErrors(await register(to, { event: 'user.left' }), ['event'], 'v2');
    assert.equal(to.received().length, 0);
    assertFieldErrors(await register(to, { campaign_id: 999999 }), ['campaign_id'], 'v2');
    assert.equal(await registered(to), 0);
  });

  test('is asked for through the calls of n8n as well, and its answer kept under the Idempotency-Key', async () => {
    const to = inbox(repeating), key = unique('key');
    const call = () => server.api('POST', '/api/n8n/webhooks', { url: to.url, event: 'user.join', challenge: true }, { headers: { 'Idempotency-Key': key } });
    const first = await call();
    to.answer(() => ({ status: 503 }));
    const second = await call();
    assert.equal(second.headers.get('idempotent-replayed'), 'true');
    assert.equal(first.status, 201);
    assert.deepEqual(second.body, first.body);
    assert.equal(to.received().length, 1);
    assert.equal(await registered(to), 1);
  });

  test('goes nowhere that deliveries may not go', async () => {
    const own = await startServer();
    try {
      const to = inbox(repeating);
      const response = await own.api('POST', '/api/v2/webhooks', { url: to.url, event: 'user.join', challenge: true });
      assertFieldErrors(response, ['url'], 'v2');
      assert.equal(to.received().length, 0);
    } finally {
      await own.stop();
    }
  });

  test('needs the scope that registering needs', async () => {
    const reader = server.cli('token', 'create', '--name', 'reader', '--scope', 'webhooks:read'), to = inbox(repeating);
    assertError(await register(to, {}, { token: reader }), 403);
    assert.equal(to.received().length, 0);
  });
});
