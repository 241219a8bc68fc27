/*
 * What a webhook's requests look like: method, headers, and picked and renamed members (contract 3.1).
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { bodyOf, startReceiver, verified } from '../api/kit/receiver.mjs';
import { addReferrer, campaign, sql, unique } from '../api/kit/world.mjs';
import { startServer, until } from '../lib/server.mjs';

let server, receiver;

before(async () => {
  receiver = await startReceiver();
  server = await startServer({ args: ['--rate-limit', '0', '--webhook-allow', '127.0.0.0/8', '--webhook-schedule', '1,1'] });
});
after(() => Promise.all([server?.stop(), receiver?.close()]));

async function webhook(more, answer) {
  const to = receiver.inbox(unique('shape'), answer), campaignId = campaign(server);
  const { status, body, text } = await server.api('POST', '/api/v2/webhooks', { url: to.url + (more.query ?? ''), event: 'user.join', campaign_id: campaignId, ...more });
  assert.equal(status, 201, text);
  return { to, campaignId, ...body.data, path: `/api/v2/webhooks/${body.data.id}`, join: (person) => addReferrer(server, campaignId, person) };
}
const change = async (hook, body) => {
  const { status, text, body: answer } = await server.api('PUT', hook.path, body);
  assert.equal(status, 200, text);
  return answer.data;
};
const refused = async (more, field) => {
  const { status, body } = await server.api('POST', '/api/v2/webhooks', { url: 'http://127.0.0.1:9/x', event: 'user.join', ...more });
  assert.equal(status, 422, JSON.stringify(more));
  assert.ok(body.errors[field], JSON.stringify(body));
};
const FIELDS = [{ field: 'email', as: 'email_address' }, { field: 'campaign.name', as: 'Programme' }, { field: 'referrer.email', as: 'by' }, { field: 'event' }];

describe('a webhook', { concurrency: true }, () => {
  test('is sent by the method that was chosen', async () => {
    for (const method of ['PUT', 'PATCH', 'POST']) {
      const hook = await webhook({ method });
      assert.equal(hook.method, method);
      await hook.join();
      const [request] = await hook.to.wait(1);
      assert.equal(request.method, method);
      assert.equal(verified(request, hook.secret).event, 'user.join');
    }
  });

  test('by GET sends the plain members of its body as a query string', async () => {
    const hook = await webhook({ method: 'GET', fields: [{ field: 'email', as: 'e mail' }, { field: 'id' }, { field: 'qualified' }, { field: 'ip' }, { field: 'campaign' }] });
    const user = await hook.join({ email: 'zoe+1&x=y@example.org' });
    const where = new URL(hook.to.url).pathname;
    const request = await until(() => receiver.requests.find((each) => each.path.startsWith(`${where}?`)), { what: 'the GET' });
    assert.deepEqual([...new URL(request.path, 'http://x').searchParams], [['e mail', 'zoe+1&x=y@example.org'], ['id', String(user.id)], ['qualified', 'false']]);
    assert.equal(request.bytes.length, 0);
    assert.equal(request.headers['content-type'], undefined);
    assert.ok(request.headers['webhook-signature']);
  });

  test('carries the headers that were set, and tells their values to nobody (WH-72)', async () => {
    const hook = await webhook({ headers: [{ name: 'Authorization', value: 'Bearer s3cret-of-theirs' }, { name: 'X-Team', value: 'blue: yes' }] });
    const shown = [{ name: 'Authorization', value: '***' }, { name: 'X-Team', value: '***' }];
    assert.deepEqual(hook.headers, shown);
    await hook.join();
    const [request] = await hook.to.wait(1);
    assert.equal(request.headers.authorization, 'Bearer s3cret-of-theirs');
    assert.equal(request.headers['x-team'], 'blue: yes');
    verified(request, hook.secret);
    assert.deepEqual((await server.api('GET', hook.path)).body.data.headers, shown);
    for (const file of [server.db, `${server.db}-wal`]) assert.equal(readFileSync(file).includes('s3cret-of-theirs'), false, file);
    assert.equal(server.log.includes('s3cret-of-theirs'), false);
    assert.deepEqual((await change(hook, { method: 'PUT' })).headers, shown, 'what is not named stays');
    assert.deepEqual((await change(hook, { headers: [] })).headers, []);
    await hook.join();
    assert.equal((await hook.to.wait(2))[1].headers['x-team'], undefined);
  });

  test('sends only the members that were picked, under their new names, the same bytes at each attempt (WH-03)', async () => {
    let answers = 0;
    const hook = await webhook({ fields: FIELDS }, () => ({ status: ++answers < 3 ? 500 : 200 }));
    assert.deepEqual(hook.fields, [...FIELDS.slice(0, 3), { field: 'event', as: 'event' }]);
    const user = await hook.join();
    await hook.to.wait(1);
    await change(hook, { fields: [{ field: 'id' }] }); // for what comes later
    const requests = await hook.to.wait(3);
    const { body: { data: { name } } } = await server.api('GET', `/api/v2/campaigns/${hook.campaignId}`);
    assert.deepEqual(verified(requests[0], hook.secret), { email_address: user.email, Programme: name, by: null, event: 'user.join' });
    assert.equal(new Set(requests.map((each) => each.bytes.toString())).size, 1);
    const next = await hook.join();
    assert.deepEqual(bodyOf((await hook.to.wait(4))[3]), { id: next.id });
    await change(hook, { fields: [] });
    await hook.join();
    assert.equal(bodyOf((await hook.to.wait(5))[4]).campaign.id, hook.campaignId);
  });

  test('keeps nothing about a person who is erased in what was picked (WH-52)', async () => {
    const hook = await webhook({ fields: FIELDS }), user = await hook.join();
    await hook.to.wait(1);
    const bodies = () => sql(server, `SELECT body FROM delivery WHERE webhook_id = ${hook.id}`).map((each) => each.body);
    assert.ok(bodies()[0].includes(user.email));
    assert.equal((await server.api('DELETE', `/api/v2/users/${user.id}`)).status, 200);
    assert.equal(bodies().length, 1);
    assert.ok(!bodies()[0].includes(user.email), bodies()[0]);
    assert.equal(JSON.parse(bodies()[0]).event, 'user.join');
  });

  test('is made and changed by the command line, with the same limits (WH-82)', async () => {
    const to = receiver.inbox(unique('shape')), campaignId = campaign(server);
    const create = (...more) => server.cli('webhook', 'create', '--url', to.url, '--event', 'user.join', '--campaign', campaignId, ...more);
    const id = Number(create('--method', 'PUT', '--header', 'X-Api-Key: a, b', '--header', 'X-B:c', '--field', 'email=address', 'event', '--sources', 'N8n', '--rate-limit', '10/second'));
    const hook = async () => (await server.api('GET', `/api/v2/webhooks/${id}`)).body.data;
    const { url, event, campaign_id, sources, expects_ack, method, headers, fields, rate_limit } = await hook();
    assert.deepEqual({ url, event, campaign_id, sources, expects_ack, method, headers, fields, rate_limit }, {
      url: to.url, event: 'user.join', campaign_id: campaignId, sources: ['N8n'], expects_ack: false, method: 'PUT', rate_limit: '10/second',
      headers: [{ name: 'X-Api-Key', value: '***' }, { name: 'X-B', value: '***' }], fields: [{ field: 'email', as: 'address' }, { field: 'event', as: 'event' }],
    });
    const { email } = await addReferrer(server, campaignId);
    const [request] = await to.wait(1);
    assert.deepEqual([request.method, request.headers['x-api-key'], request.headers['x-b']], ['PUT', 'a, b', 'c']);
    assert.deepEqual(verified(request, server.cli('webhook', 'secret', '--webhook', id)), { address: email, event: 'user.join' });
    const changed = (...more) => JSON.parse(server.cli('webhook', 'change', '--webhook', id, '--json', ...more));
    const now = changed('--header', 'X-C: 1', '--field', 'id', 'email=to');
    assert.deepEqual([now.method, now.headers, now.fields, now.rate_limit], ['PUT', 'X-C', 'id=id,email=to', '10/second']);
    const plain = changed('--header', 'none', '--field', 'none', '--method', 'POST');
    assert.deepEqual([plain.method, plain.headers, plain.fields, (await hook()).headers], ['POST', '', '', []]);
    const many = (count, of) => Array.from({ length: count }, (_, i) => of(i));
    for (const [option, ...wrong] of [
      ['--header', 'Host: x'], ['--header', 'X-A'], ['--header', 'X-A:'], ['--header', 'X-A: ü'], ['--header', 'X-A: 1', 'x-a: 2'], ['--header', ...many(11, (i) => `X-${i}: 1`)],
      ['--field', 'E-Mail'], ['--field', 'email='], ['--field', 'email=a', 'id=a'], ['--field', ...many(51, (i) => `${'a'.repeat(i + 1)}=n${i}`)], ['--method', 'DELETE'],
    ]) assert.throws(() => server.cli('webhook', 'change', '--webhook', id, option, ...wrong), new RegExp(option), wrong.join());
    assert.throws(() => create('--event', 'nothing'), /--event/);
    assert.throws(() => create('--sources', 'Nowhere'), /--sources/);
    assert.deepEqual((await hook()).headers, []);
  });

  test('takes no header that ends the line, frames the message or is ours, and no field that is none (WH-72)', async () => {
    const header = (name, value = 'x') => ({ headers: [{ name, value }] });
    for (const name of ['a b', 'a:b', 'a\r\nb', '', 'Host', 'content-length', 'Transfer-Encoding', 'Connection', 'webhook-signature', 'Proxy-Authorization'])
      await refused(header(name), 'headers');
    for (const value of ['a\r\nX-Evil: 1', 'a\nb', 'a\u0001b', 'ü', '', '***', 'x'.repeat(1001)]) await refused(header('X-Ok', value), 'headers');
    await refused({ headers: [{ name: 'X-A', value: '1' }, { name: 'x-a', value: '2' }] }, 'headers');
    await refused({ headers: ['X-A: 1'] }, 'headers');
    await refused({ headers: Array.from({ length: 11 }, (_, i) => ({ name: `X-${i}`, value: '1' })) }, 'headers');
    for (const field of ['', 'E-Mail', 'a=b', 'x'.repeat(101), 7]) await refused({ fields: [{ field }] }, 'fields');
    for (const as of ['', 'a\nb', 'x'.repeat(101)]) await refused({ fields: [{ field: 'email', as }] }, 'fields');
    await refused({ fields: [{ field: 'email', as: 'a' }, { field: 'id', as: 'a' }] }, 'fields');
    await refused({ fields: [{ field: 'meta', as: 'a' }, { field: 'meta', as: 'b' }] }, 'fields');
    await refused({ method: 'DELETE' }, 'method');
  });
});
