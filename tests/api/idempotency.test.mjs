/*
 * Idempotency-Key: a write sent again gets the same answer and changes nothing.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { startServer } from '../lib/server.mjs';
import { assertError, assertFieldErrors } from './kit/errors.mjs';
import { addLead, addReferrer, campaign, email, events, grants, otherAccount, reward, sql, tally, unique } from './kit/world.mjs';

let server, spring;

before(async () => {
  server = await startServer({ args: ['--rate-limit', '0', '--webhook-allow', '127.0.0.0/8'] });
  spring = campaign(server);
});
after(() => server?.stop());

const keyed = (key, method, where, body, options = {}) =>
  server.api(method, where, body, { ...options, headers: { 'Idempotency-Key': key, ...options.headers } });
const person = (more = {}) => ({ campaign_id: spring, first_name: 'Mara', email: email('mara'), ...more });
const isReplay = (answer) => answer.headers.get('idempotent-replayed') === 'true';

describe('the same write again', () => {
  test('gets the same answer, told as a replay, in every family', async () => {
    for (const family of ['n8n', 'v2']) {
      const [key, body] = [unique('key'), person()];
      const first = await keyed(key, 'POST', `/api/${family}/users`, body);
      assert.equal(first.status, 201, first.text);
      assert.ok(!isReplay(first));
      const before = tally(server);
      const again = await keyed(key, 'POST', `/api/${family}/users`, body);
      assert.equal(again.status, 201);
      assert.equal(again.text, first.text);
      assert.ok(isReplay(again));
      assert.deepEqual(tally(server), before);
    }
  });

  test('gets the same portal link, though nothing is written for one', async () => {
    const [key, { id }] = [unique('key'), await addReferrer(server, spring)];
    const make = (expires_in_s) => keyed(key, 'POST', `/api/v2/users/${id}/portal-link`, { expires_in_s });
    const first = await make(60);
    assert.equal((await make(60)).text, first.text);
    assertFieldErrors(await make(61), ['Idempotency-Key'], 'v2');
  });

  test('a hundred times at once is one user, one event; who asks while it is under way is told so', async () => {
    const [key, body] = [unique('key'), person()];
    const hundred = await Promise.all(Array.from({ length: 100 }, () => keyed(key, 'POST', '/api/v2/users', body)));
    const answers = hundred.filter((each) => each.status !== 409);
    assert.deepEqual([...new Set(answers.map((each) => `${each.status} ${each.text}`))], [`201 ${answers[0].text}`]);
    assert.equal(answers.filter((each) => !isReplay(each)).length, 1);
    assert.equal(events(server, `user_id = ${answers[0].body.data.id}`).length, 1);
  });

  for (const [what, where, bodyOf] of [['one', '/api/v2/users', person], ['many', '/api/v2/users/bulk', () => ({ users: [person(), person()] })]])
    test(`while the first is under way is refused with 409, for ${what}; afterwards it gets the first's answer`, async () => {
      const [key, body] = [unique('key'), bodyOf()];
      const locker = spawn('sqlite3', ['-batch', server.db]);
      locker.stdin.write('.timeout 10000\nBEGIN IMMEDIATE;\nSELECT 1;\n'); // nobody can write: whichever comes first stays under way
      await once(locker.stdout, 'data');
      const both = [0, 1].map(() => keyed(key, 'POST', where, body));
      const refused = await Promise.race(both);
      locker.stdin.end('ROLLBACK;\n');
      assertError(refused, 409, { message: /under way/ });
      assert.equal(refused.headers.get('retry-after'), '1');
      const done = (await Promise.all(both)).find((each) => each !== refused);
      assert.ok(done.status < 300 && !isReplay(done), done.text);
      const again = await keyed(key, 'POST', where, body);
      assert.deepEqual([again.text, isReplay(again)], [done.text, true]);
    });

  for (const how of ['with a key', 'without one'])
    test(`a hundred times at once, ${how}: one referral, one order, one grant, one event of each`, async () => {
      const id = campaign(server);
      reward(server, id, { metric: 'amount', value: '25.00', more: ['--auto'] });
      const referrer = await addReferrer(server, id);
      const hundred = (method, where, body) => {
        const key = unique('key');
        const call = () => (how === 'with a key' ? keyed(key, method, where, body) : server.api(method, where, body));
        return Promise.all(Array.from({ length: 100 }, call));
      };
      const lead = { campaign_id: id, first_name: 'Lee', email: email('lee'), referrer: { field: 'code', value: referrer.code } };
      const joined = await hundred('POST', '/api/v2/users', lead);
      const ids = new Set(joined.filter((each) => each.status !== 409).map((each) => each.body.data.id));
      assert.equal(ids.size, 1);
      const order = { id: [...ids][0], order_id: unique('order'), amount: '80.00', currency: 'USD' };
      const ordered = await hundred('POST', '/api/v2/conversions', order);
      assert.deepEqual(ordered.filter((each) => each.status > 201 && !(each.status === 409 && how === 'with a key')), []);
      assert.deepEqual(events(server, `campaign_id = ${id}`).map((each) => each.body.event),
        ['user.join', 'user.join', 'user.qualified', 'reward_issued']);
      assert.equal(grants(server, id).length, 1);
      assert.equal(sql(server, `SELECT count(*) AS n FROM conversion WHERE user_id = ${order.id}`)[0].n, 1);
      const [counts] = sql(server, `SELECT referrals, qualified_referrals FROM user_count WHERE user_id = ${referrer.id}`);
      assert.deepEqual(counts, { referrals: 1, qualified_referrals: 1 });
    });

  test('qualifies once, and tells the first answer after the state has changed', async () => {
    const lead = await addLead(server, await addReferrer(server, spring));
    const key = unique('key');
    const first = await keyed(key, 'POST', '/api/n8n/users/qualify', { code: lead.code });
    assert.equal(first.status, 200, first.text);
    sql(server, `UPDATE users SET first_name = 'Changed' WHERE id = ${lead.id}`);
    assert.equal((await keyed(key, 'POST', '/api/n8n/users/qualify', { code: lead.code })).text, first.text);
    assert.equal(events(server, `user_id = ${lead.id} AND type = 1`).length, 1);
  });

  test('shows a secret again to who has the key', async () => {
    const key = unique('key');
    for (const [where, body] of [['/api/v2/tokens', { name: 'ci' }], ['/api/n8n/webhooks', { url: 'http://127.0.0.1:9/x', event: 'user.join' }]]) {
      const first = await keyed(key + where, 'POST', where, body);
      assert.equal(first.status, 201, first.text);
      assert.equal((await keyed(key + where, 'POST', where, body)).text, first.text);
    }
  });

  test('works for PUT and DELETE', async () => {
    const { body } = await server.api('POST', '/api/v2/tokens', { name: 'gone soon' });
    const key = unique('key');
    const first = await keyed(key, 'DELETE', `/api/v2/tokens/${body.data.id}`);
    assert.equal(first.status, 200);
    const again = await keyed(key, 'DELETE', `/api/v2/tokens/${body.data.id}`);
    assert.deepEqual([again.status, again.text, isReplay(again)], [200, first.text, true]);
    assertError(await server.api('DELETE', `/api/v2/tokens/${body.data.id}`), 404);
  });
});

describe('another request with the same key', () => {
  test('is refused, whether path, query, method or body differ', async () => {
    const [key, body] = [unique('key'), person()];
    await keyed(key, 'POST', '/api/v2/users', body);
    const before = tally(server);
    for (const [method, where, other] of [
      ['POST', '/api/v2/users', person()],
      ['POST', '/api/n8n/users', body],
      ['POST', '/api/v2/users?x=1', body],
      ['DELETE', '/api/n8n/webhooks/1', undefined],
    ])
      assertFieldErrors(await keyed(key, method, where, other), ['Idempotency-Key'], where.includes('v2') ? 'v2' : 'n8n');
    assert.deepEqual(tally(server), before);
  });

  test('of another account is its own', async () => {
    const other = otherAccount(server);
    const [key, body] = [unique('key'), person()];
    const mine = await keyed(key, 'POST', '/api/v2/users', body);
    const theirs = await keyed(key, 'POST', '/api/v2/users', { ...body, campaign_id: other.campaign }, { token: other.token });
    assert.equal(theirs.status, 201, theirs.text);
    assert.notEqual(theirs.body.data.id, mine.body.data.id);
  });
});

describe('a key', () => {
  test('of a failure may be used again', async () => {
    const key = unique('key');
    assertFieldErrors(await keyed(key, 'POST', '/api/v2/users', person({ email: 'nonsense' })), ['email'], 'v2');
    assert.equal((await keyed(key, 'POST', '/api/v2/users', person())).status, 201);
  });

  test('has 1 to 255 printable characters', async () => {
    assert.equal((await keyed('k'.repeat(255), 'POST', '/api/v2/users', person())).status, 201);
    for (const bad of ['', 'k'.repeat(256), 'k\tk', 'clé'])
      assertFieldErrors(await keyed(bad, 'POST', '/api/v2/users', person()), ['Idempotency-Key'], 'v2');
  });

  test('means nothing to a read', async () => {
    const user = await addReferrer(server, spring);
    for (const key of ['same', 'same', ''])
      assert.equal((await keyed(key, 'GET', `/api/v2/users/${user.id}`)).status, 200);
  });

  test('is forgotten after a day, and its row then makes room', async () => {
    const [key, body] = [unique('key'), person()];
    await keyed(key, 'POST', '/api/v2/users', body);
    sql(server, `UPDATE idempotency SET created_us = created_us - 86400000000`);
    const again = await keyed(key, 'POST', '/api/v2/users', body);
    assert.deepEqual([again.status, isReplay(again)], [200, false]);
    for (let rows = Infinity; rows > 4; rows = sql(server, `SELECT count(*) AS rows FROM idempotency WHERE created_us < 1000000 * (unixepoch() - 80000)`)[0].rows)
      await keyed(unique('key'), 'POST', '/api/v2/users', person());
  });

  test('opens what is kept: the database alone tells nothing', async () => {
    const name = 'Xanthippe-Serafina';
    const { body } = await keyed(unique('key'), 'POST', '/api/v2/tokens', { name });
    for (const row of sql(server, 'SELECT hex(body) AS body FROM idempotency'))
      for (const secret of [body.data.token, name]) assert.ok(!row.body.includes(Buffer.from(secret).toString('hex').toUpperCase()));
    assert.ok(!readFileSync(server.db, 'latin1').includes(body.data.token));
  });
});
