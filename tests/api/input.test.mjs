/*
 * How calls come in, whatever they ask for: forms as well as JSON, scopes of tokens, pages of other origins.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startServer } from '../lib/server.mjs';
import { assertError, assertFieldErrors } from './kit/errors.mjs';
import { addReferrer, campaign, email, tally } from './kit/world.mjs';

const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' };
let server, spring;

before(async () => {
  server = await startServer({ args: ['--rate-limit', '0'] });
  spring = campaign(server);
});
after(() => server?.stop());

describe('a form body', () => {
  const post = (body, where = '/api/v2/users') => server.api('POST', where, body, { headers: FORM });

  test('is read like the JSON of the same meaning', async () => {
    const address = email('form');
    const { status, body, text } = await post(`campaign_id=${spring}&first_name=Zo%C3%AB+Lee&email=${encodeURIComponent(address)}&promotion=0`);
    assert.equal(status, 201, text);
    assert.equal(body.data.first_name, 'Zoë Lee');
    assert.equal(body.data.email, address);
  });

  test('may have empty pairs, and its charset named', async () => {
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded; charset=UTF-8' };
    const { status, text } = await server.api('POST', '/api/v2/users', `&campaign_id=${spring}&&first_name=Mara&email=${email()}&`, { headers });
    assert.equal(status, 201, text);
  });

  test('nests by brackets, raw and percent-encoded', async () => {
    const referrer = await addReferrer(server, spring);
    const { status, body, text } = await post(
      `campaign_id=${spring}&first_name=Lee&email=${email()}&referrer[field]=code&referrer%5Bvalue%5D=${referrer.code}` +
        '&meta[0][field]=Size&meta[0][value]=M&meta%5B1%5D%5Bfield%5D=Hue&meta%5B1%5D%5Bvalue%5D=red',
    );
    assert.equal(status, 201, text);
    assert.equal(body.data.referrer_id, referrer.id);
    assert.deepEqual(body.data.meta, [{ field: 'Size', value: 'M' }, { field: 'Hue', value: 'red' }]);
  });

  test('has its fields checked by name', async () => {
    assertFieldErrors(await post(`campaign_id=x&first_name=&email=${email()}&promotion=2`), ['campaign_id', 'first_name', 'promotion'], 'v2');
  });

  test('that can not be read is a 400 and changes nothing', async () => {
    const before = tally(server);
    const rest = `&campaign_id=${spring}&first_name=Mara&email=${email()}`;
    for (const bad of ['meta=1&meta[0]=2', 'meta[5]=1', 'meta[=1', 'referrer[a][b][c][d][e][f][g][h][i]=1', 'meta=%zz', 'meta=%ff', 'meta=%00', 'meta[]=1&'.repeat(1001)])
      assertError(await post(bad + rest), 400);
    assert.deepEqual(tally(server), before);
  });
});

describe('a JSON body', () => {
  const post = (body) => server.api('POST', '/api/v2/users', body);

  test('that names a member twice says so', async () => {
    assertError(await post('{"email":"a@example.org","email":"b@example.org"}'), 400, { message: /names the same member twice/ });
  });

  test('with a whole number beyond 64 bits says so', async () => {
    assertError(await post('{"campaign_id":9223372036854775808}'), 400, { message: /number that is too large/ });
  });
});

describe('a query string', () => {
  test('has its known parameters checked, and others ignored', async () => {
    const user = await addReferrer(server, spring);
    assert.equal((await server.api('GET', `/api/v2/users/${user.id}?campaign_id=${spring}&x[=1&y=%zz`)).status, 200);
    assertFieldErrors(await server.api('GET', `/api/v2/users/${user.id}?campaign_id=abc`), ['campaign_id'], 'v2');
    assertError(await server.api('GET', `/api/v2/users/${user.id}?campaign_id[=1`), 400);
  });
});

describe('scopes', () => {
  const tokenWith = (...scopes) => server.cli('token', 'create', '--name', 'narrow', ...scopes.flatMap((each) => ['--scope', each]));

  test('a token may do what its scopes say and nothing else', async () => {
    const user = await addReferrer(server, spring);
    const token = tokenWith('users:read', 'campaigns:read');
    assert.equal((await server.api('GET', `/api/v2/users/${user.id}`, undefined, { token })).status, 200);
    assert.equal((await server.api('GET', '/api/n8n/campaigns', undefined, { token })).status, 200);
    assert.equal((await server.api('GET', '/api/n8n/test', undefined, { token })).status, 200);
    const before = tally(server);
    const person = { campaign_id: spring, first_name: 'Mara', email: email() };
    for (const family of ['n8n', 'v2'])
      assertError(await server.api('POST', `/api/${family}/users`, person, { token }), 403, { message: /users:write/ });
    assertError(await server.api('DELETE', '/api/n8n/webhooks/1', undefined, { token }), 403, { message: /webhooks:write/ });
    assert.deepEqual(tally(server), before);
  });

  test('the command line knows them by name', () => {
    assert.throws(() => tokenWith('users:dance'), /There is no scope "users:dance"/);
  });
});

describe('pages of other origins', () => {
  const preflight = (path) =>
    server.api('OPTIONS', path, undefined, {
      token: null,
      headers: { Origin: 'https://shop.example', 'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'authorization,content-type,with' },
    });

  test('are told what they may send, without a token', async () => {
    for (const path of ['/api/v1/users', '/api/v2/users/', '/api/n8n/users']) {
      const { status, headers, text } = await preflight(path);
      assert.equal(status, 204);
      assert.equal(text, '');
      assert.equal(headers.get('access-control-allow-origin'), '*');
      assert.match(headers.get('access-control-allow-methods'), /GET, POST, PUT, DELETE/);
      for (const name of ['Authorization', 'Content-Type', 'with', 'select', 'Idempotency-Key'])
        assert.ok(headers.get('access-control-allow-headers').split(', ').includes(name), name);
      assert.ok(Number(headers.get('access-control-max-age')) > 0);
      assert.equal(headers.get('access-control-allow-credentials'), null);
    }
  });

  test('may read every answer, errors too', async () => {
    for (const token of [server.token, null]) {
      const { headers } = await server.api('GET', '/api/n8n/test', undefined, { token });
      assert.equal(headers.get('access-control-allow-origin'), '*');
      assert.match(headers.get('access-control-expose-headers'), /Retry-After/);
    }
  });
});
