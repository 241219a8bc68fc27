/*
 * Tokens by the API: several, with scopes, an end and their last use; the main one (Q23).
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startServer, until } from '../lib/server.mjs';
import { assertError, assertFieldErrors } from './kit/errors.mjs';
import { otherAccount, sql, unique } from './kit/world.mjs';

let server;

before(async () => {
  server = await startServer({ args: ['--rate-limit', '0'] });
});
after(() => server?.stop());

const make = (body, options) => server.api('POST', '/api/v2/tokens', { name: unique('token'), ...body }, options);
const list = async () => (await server.api('GET', '/api/v2/tokens')).body.data;
const works = async (token) => (await server.api('GET', '/api/n8n/test', undefined, { token })).status === 200;

describe('a token', () => {
  test('is shown when it is made, and never again', async () => {
    const { status, body, text } = await make({ name: 'ci', scopes: ['users:read', 'users:write'] });
    assert.equal(status, 201, text);
    const { token, ...rest } = body.data;
    assert.match(token, /^[0-9A-Za-z]{80}$/);
    assert.deepEqual({ ...rest, id: 0, created_at: 0 }, {
      id: 0, name: 'ci', kind: 'api', scopes: ['users:read', 'users:write'], main: false, created_at: 0, expires_at: null, last_used_at: null,
    });
    assert.deepEqual((await list()).find((each) => each.id === rest.id), rest);
    assert.ok(!sql(server, `SELECT quote(hash) || name AS text FROM token`).some((row) => row.text.includes(token)));
    assert.ok(await works(token));
  });

  test('without scopes named may do as much as the one that made it', async () => {
    const { body: { data: narrow } } = await make({ scopes: ['tokens:write', 'users:read'] });
    const { body: { data } } = await make({}, { token: narrow.token });
    assert.deepEqual(data.scopes, ['users:read', 'tokens:write']);
  });

  test('can not give what it does not have', async () => {
    const { body: { data: narrow } } = await make({ scopes: ['tokens:write', 'users:read'] });
    const options = { token: narrow.token };
    assertError(await make({ scopes: ['rewards:write'] }, options), 403, { message: /rewards:write/ });
    assertError(await make({ main: true }, options), 403);
    assertError(await make({ kind: 'inbound' }, options), 403, { message: /users:write/ });
  });

  test('ends at its time', async () => {
    const { body: { data } } = await make({ expires_at: '2999-12-31' });
    assert.equal(data.expires_at, '2999-12-31T00:00:00.000Z');
    assert.ok(await works(data.token));
    sql(server, `UPDATE token SET expires_us = 1 WHERE id = ${data.id}`);
    assert.equal((await server.api('GET', '/api/n8n/test', undefined, { token: data.token })).status, 401);
    assertFieldErrors(await make({ expires_at: '2020-01-01' }), ['expires_at'], 'v2');
    assertFieldErrors(await make({ expires_at: 'soon' }), ['expires_at'], 'v2');
  });

  test('that is revoked is gone at once', async () => {
    const { body: { data } } = await make({});
    assert.ok(await works(data.token));
    assert.equal((await server.api('DELETE', `/api/v2/tokens/${data.id}`)).status, 200);
    assert.ok(!(await works(data.token)));
    assertError(await server.api('DELETE', `/api/v2/tokens/${data.id}`), 404);
    assertError(await server.api('DELETE', '/api/v2/tokens/x'), 404);
  });

  test('that may do everything is not revoked by the API when it is the last such one', async () => {
    const alone = await startServer();
    try {
      const ask = (method, path, body, token = alone.token) => alone.api(method, `/api/v2/tokens${path}`, body, { token });
      const [own] = (await ask('GET', '')).body.data;
      const narrow = (await ask('POST', '', { name: 'narrow', scopes: ['tokens:write', 'users:read'] })).body.data;
      await ask('POST', '', { name: 'inbound', kind: 'inbound' });
      for (const token of [alone.token, narrow.token]) {
        assertError(await ask('DELETE', `/${own.id}`, undefined, token), 409, { message: /Make another one/ });
        assert.equal((await ask('GET', '')).status, 200);
      }
      assert.equal((await ask('DELETE', `/${narrow.id}`)).status, 200);
      await ask('POST', '', { name: 'next' });
      assert.equal((await ask('DELETE', `/${own.id}`)).status, 200);
      assert.equal((await ask('GET', '')).status, 401);
    } finally {
      await alone.stop();
    }
  });

  test('has its last use kept', async () => {
    const { body: { data } } = await make({});
    assert.equal(data.last_used_at, null);
    await works(data.token);
    const used = await until(async () => (await list()).find((each) => each.id === data.id).last_used_at, { what: 'the last use' });
    assert.ok(Math.abs(Date.now() - Date.parse(used)) < 60_000);
  });

  test('of another account is not found', async () => {
    const other = otherAccount(server);
    const { body: { data } } = await make({});
    assertError(await server.api('DELETE', `/api/v2/tokens/${data.id}`, undefined, { token: other.token }), 404);
    assert.ok(!(await server.api('GET', '/api/v2/tokens', undefined, { token: other.token })).body.data.some((each) => each.id === data.id));
    assert.ok(await works(data.token));
  });

  test('is refused with names that nobody knows', async () => {
    assertFieldErrors(await make({ scopes: ['users:dance'] }), ['scopes'], 'v2');
    assertFieldErrors(await make({ scopes: [7] }), ['scopes'], 'v2');
    assertFieldErrors(await make({ scopes: 'users:read' }), ['scopes'], 'v2');
    assertFieldErrors(await make({ kind: 'golden' }), ['kind'], 'v2');
    assertFieldErrors(await make({ name: 'a\u0007b' }), ['name'], 'v2');
    assertFieldErrors(await make({ kind: 'inbound', main: true }), ['main'], 'v2');
  });
});

describe('the main token', () => {
  test('ends the main one before it at once, and no other', async () => {
    const [first, side] = [(await make({ main: true })).body.data, (await make({})).body.data];
    assert.ok(await works(first.token));
    const second = (await make({ main: true })).body.data;
    assert.ok(second.main);
    assert.ok(!(await works(first.token)));
    assert.ok(await works(second.token));
    assert.ok(await works(side.token));
    assert.ok(await works(server.token));
  });
});

describe('an inbound token', () => {
  test('opens nothing of the API', async () => {
    const { body: { data } } = await make({ kind: 'inbound' });
    assert.deepEqual(data.scopes, []);
    assert.ok(!(await works(data.token)));
  });
});

describe('the command line', () => {
  test('makes, lists and revokes them too', async () => {
    const token = server.cli('token', 'create', '--name', 'cli', '--expires', '2999-01-01', '--scope', 'users:read');
    assert.ok(await works(token));
    const row = (await list()).find((each) => each.name === 'cli');
    assert.deepEqual([row.scopes, row.expires_at], [['users:read'], '2999-01-01T00:00:00.000Z']);
    server.cli('token', 'revoke', '--id', String(row.id));
    assert.ok(!(await works(token)));
    assert.throws(() => server.cli('token', 'revoke', '--id', String(row.id)), /no such token/);
  });
});
