/*
 * Many users in one call: each row as if it had come alone, with a result of its own.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startServer } from '../lib/server.mjs';
import { assertError, assertFieldErrors } from './kit/errors.mjs';
import { rawRequest, requestBytes } from './kit/raw.mjs';
import { addReferrer, campaign, email, events, pair, sql, tally, unique } from './kit/world.mjs';

let server, spring;

before(async () => {
  server = await startServer({ args: ['--rate-limit', '0'] });
  spring = campaign(server);
});
after(() => server?.stop());

const add = (users, options) => server.api('POST', '/api/v2/users/bulk', { users }, options);
const qualify = (users, options) => server.api('POST', '/api/v2/users/qualification/bulk', { users }, options);
const person = (more = {}) => ({ campaign_id: spring, first_name: 'Mara', email: email('mara'), ...more });

describe('adding many', () => {
  test('gives each row its result, in order, and a bad row stops nobody', async () => {
    const referrer = await addReferrer(server, spring);
    const known = person({ email: referrer.email });
    const before = tally(server);
    const { status, body, text } = await add([
      person(), person({ email: 'nonsense' }), person({ campaign_id: 999_999 }), 'no object', known,
      person({ referrer: { field: 'code', value: referrer.code } }), person({ referrer: { field: 'colour', value: 'red' } }), {}, person(),
    ]);
    assert.equal(status, 200, text);
    assert.deepEqual(body.data.map((each) => each.index), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
    assert.deepEqual(body.data.map((each) => each.status), [201, 422, 422, 422, 200, 201, 422, 422, 201]);
    assert.deepEqual(Object.keys(body.data[1].error.errors), ['email']);
    assert.deepEqual(Object.keys(body.data[7].error.errors).sort(), ['campaign_id', 'email', 'first_name']);
    assert.equal(body.data[4].data.id, referrer.id);
    const lead = (await server.api('GET', `/api/v2/users/${body.data[5].data.code}`)).body.data;
    assert.deepEqual([lead.id, lead.referrer_id], [body.data[5].data.id, referrer.id]);
    const after = tally(server);
    assert.deepEqual([after.users - before.users, after.event - before.event], [3, 3]);
  });

  test('takes thousands, the same person named twice once', async () => {
    const [first, stamp] = [tally(server).event, unique('bulk')];
    const users = Array.from({ length: 3001 }, (_, i) => ({ campaign_id: spring, first_name: 'B', email: `${stamp}-${i % 3000}@example.org` }));
    const { body } = await add(users);
    assert.equal(body.data.length, 3001);
    assert.deepEqual(body.data.map((each) => each.status), [...Array(3000).fill(201), 200]);
    assert.equal(body.data[3000].data.id, body.data[0].data.id);
    assert.equal(tally(server).event, first + 3000);
    const again = await add(users);
    assert.ok(again.body.data.every((each) => each.status === 200));
    assert.equal(sql(server, `SELECT count(*) AS n FROM users WHERE email LIKE '${stamp}%'`)[0].n, 3000);
  });

  test('takes 10000 whole people in one call, more than a megabyte, and qualifies them in another', async () => {
    const stamp = unique('whole'), { id: referrer } = await addReferrer(server, spring);
    const users = Array.from({ length: 10_000 }, (_, i) => person({
      email: `${stamp}-${i}@example.org`, last_name: 'Odum', customer_id: `${stamp}-${i}`, referrer: { field: 'id', value: referrer },
      meta: [{ field: 'Country', value: 'NL' }, { field: 'Note', value: 'x'.repeat(100) }],
    }));
    assert.ok(JSON.stringify({ users }).length > 2 * 1024 * 1024);
    const key = { headers: { 'Idempotency-Key': stamp } };
    const first = await add(users, key);
    assert.equal(first.status, 200, first.text.slice(0, 500));
    assert.ok(first.body.data.length === 10_000 && first.body.data.every((each) => each.status === 201));
    const again = await add(users, key);
    assert.equal(again.headers.get('idempotent-replayed'), 'true');
    assert.equal(again.text, first.text);
    const codes = first.body.data.map(({ data }) => ({ code: data.code })), other = { headers: { 'Idempotency-Key': `${stamp}-q` } };
    const qualified = await qualify(codes, other);
    assert.ok(qualified.body.data.length === 10_000 && qualified.body.data.every((each) => each.status === 200));
    assert.equal((await qualify(codes, other)).text, qualified.text);
    assert.deepEqual(sql(server, `SELECT qualified_referrals AS n FROM user_count WHERE user_id = ${referrer}`), [{ n: 10_000 }]);
  });

  test('takes bodies of up to 8 MiB, other calls of up to 1 MiB', async () => {
    const long = 'x'.repeat(1024 * 1024);
    assertFieldErrors(await add(Array(1).fill({}).concat(Array(10_000).fill('x'.repeat(800)))), ['users'], 'v2');
    assert.equal((await add(['x'.repeat(9 * 1024 * 1024)])).status, 413);
    assert.equal((await server.api('POST', '/api/v2/users', person({ padding: long }))).status, 413);
    assert.equal((await add([person({ padding: long })])).body.data[0].status, 201);
  });

  test('without a token that may add, bodies beyond 1 MiB are refused before they are taken, by length or by chunks', async () => {
    const [reader, mine] = [server.cli('token', 'create', '--name', 'reader', '--scope', 'users:read'), server.token];
    const head = (token, more) => requestBytes('POST', '/api/v2/users/bulk', { Host: 'a', ...(token && { Authorization: `Bearer ${token}` }), ...more });
    for (const token of [undefined, 'nonsense', reader])
      for (const more of [{ 'Content-Length': 8 * 1024 * 1024 }, { 'Transfer-Encoding': 'chunked' }]) {
        const start = head(token, more); // of a body that never comes
        assertError(await rawRequest(server, Buffer.concat([start, Buffer.from(more['Content-Length'] ? '' : '110000\r\n')])), 413);
      }
    const body = JSON.stringify({ users: Array(1).fill({ padding: 'x'.repeat(2 * 1024 * 1024) }) });
    const answer = await rawRequest(server, Buffer.concat([head(mine, { 'Content-Length': body.length, Connection: 'close' }), Buffer.from(body)]));
    assert.equal(answer.status, 200);
  });

  test('needs 1 to 10000 rows', async () => {
    for (const users of [[], Array(10_001).fill({})]) assertFieldErrors(await add(users), ['users'], 'v2');
    for (const users of [undefined, 'x', {}]) assertFieldErrors(await add(users), ['users'], 'v2');
    const { body } = await add(Array(10_000).fill({}));
    assert.ok(body.data.length === 10_000 && body.data.every((each) => each.status === 422));
  });

  test('needs the scope for one', async () => {
    const token = server.cli('token', 'create', '--name', 'narrow', '--scope', 'users:read');
    assertError(await add([person()], { token }), 403, { message: /users:write/ });
  });
});

describe('an Idempotency-Key', () => {
  const send = (users, key) => server.api('POST', '/api/v2/users/bulk', { users }, { headers: { 'Idempotency-Key': key } });

  test('gives the same answer again and changes nothing', async () => {
    const [key, rows] = [unique('key'), [person(), {}, person()]];
    const first = await send(rows, key);
    assert.deepEqual(first.body.data.map((each) => each.status), [201, 422, 201]);
    assert.equal(first.headers.get('idempotent-replayed'), null);
    const before = tally(server);
    const again = await send(rows, key);
    assert.equal(again.headers.get('idempotent-replayed'), 'true');
    assert.deepEqual(again.body, first.body);
    assert.deepEqual(tally(server), before);
  });

  test('is refused with other rows, and none of them is done', async () => {
    const key = unique('key');
    await send([person()], key);
    const before = tally(server);
    assertFieldErrors(await send([person()], key), ['Idempotency-Key'], 'v2');
    assert.deepEqual(tally(server), before);
  });

  test('of a call that was refused as a whole is free', async () => {
    const key = unique('key');
    assertFieldErrors(await send([], key), ['users'], 'v2');
    assert.equal((await send([person()], key)).body.data[0].status, 201);
  });
});

describe('qualifying many', () => {
  test('takes orders, other keys, and takes back', async () => {
    const [one, two] = [(await pair(server, spring)).lead, (await pair(server, spring)).lead];
    const order = { amount: '50.00', currency: 'USD', order_id: unique('order') };
    const rows = [{ id: one.id, ...order }, { id: one.id, ...order }, { code: two.code, ...order }, { id: two.id, amount: 'much', order_id: 'x', currency: 'USD' }];
    const { body, text } = await qualify(rows);
    assert.deepEqual(body.data.map((each) => each.status), [200, 200, 409, 422], text);
    const spent = () => sql(server, `SELECT user_id, amount_minor FROM conversion WHERE order_id = '${order.order_id}'`);
    assert.deepEqual(spent(), [{ user_id: one.id, amount_minor: 5000 }]);
    const back = await qualify([{ id: one.id, qualified: false }, { id: one.id, qualified: 'perhaps' }]);
    assert.deepEqual(back.body.data.map((each) => each.status), [200, 422], back.text);
    assert.equal((await server.api('GET', `/api/v2/users/${one.id}`)).body.data.qualified_at, null);
  });

  test('gives each row its result, and counts each lead once', async () => {
    const { referrer, lead } = await pair(server, spring);
    const other = (await pair(server, spring)).lead;
    const { body, text } = await qualify([{ code: lead.code }, { code: lead.code }, { campaign_id: spring, email: other.email }, { code: referrer.code }, { code: 'uAAAAAAA' }, {}]);
    assert.deepEqual(body.data.map((each) => each.status), [200, 200, 200, 422, 404, 422], text);
    assert.deepEqual(body.data[0].data, { id: lead.id, code: lead.code });
    assert.equal(events(server, `type = 1 AND user_id IN (${lead.id}, ${other.id})`).length, 2);
  });
});

test('a hundred rows cost as much as one call', async () => {
  const limited = await startServer({ args: ['--rate-limit', '600'] });
  try {
    const id = campaign(limited);
    const users = Array.from({ length: 501 }, (_, i) => ({ campaign_id: id, first_name: 'B', email: `b${i}@example.org` }));
    const left = async (list) => Number((await limited.api('POST', '/api/v2/users/bulk', { users: list })).headers.get('x-ratelimit-remaining'));
    const start = await left(users.slice(0, 1));
    assert.ok([start - 6, 594].includes(await left(users))); // or another minute began
  } finally {
    await limited.stop();
  }
});
