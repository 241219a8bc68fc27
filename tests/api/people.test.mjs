/*
 * Users after they have joined: changing (v2 U5) and erasing (U6).
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startServer, until } from '../lib/server.mjs';
import { assertError, assertFieldErrors } from './kit/errors.mjs';
import { addLead, addReferrer, campaign, email, events, pair, qualified, reward, sql, unique } from './kit/world.mjs';

let server, spring;

before(async () => {
  server = await startServer({ args: ['--rate-limit', '0'] });
  spring = campaign(server);
});
after(() => server?.stop());

const read = (id) => server.api('GET', `/api/v2/users/${id}`);
const change = (id, body) => server.api('PUT', `/api/v2/users/${id}`, body);
const erase = (id) => server.api('DELETE', `/api/v2/users/${id}`);

describe('changing a user', () => {
  test('changes what is sent, and what is not stays', async () => {
    const mara = await addReferrer(server, spring, { meta: [{ field: 'Country', value: 'NL' }] });
    const said = { first_name: 'Maria', email: email('maria'), customer_id: unique('customer') };
    const { status, body } = await change(mara.id, said);
    assert.equal(status, 200);
    assert.deepEqual(body.data, { ...mara, ...said });
    assert.deepEqual((await read(mara.id)).body.data, body.data);
    assert.equal((await read(encodeURIComponent(said.email))).body.data.id, mara.id);
    assertError(await read(encodeURIComponent(mara.email)), 404);

    assert.deepEqual((await change(mara.id, { meta: [{ field: 'City', value: 'Oslo' }] })).body.data.meta, [{ field: 'City', value: 'Oslo' }]);
    assert.deepEqual((await change(mara.id, { meta: [] })).body.data.meta, []);
    assert.equal((await change(mara.id, { customer_id: null })).body.data.customer_id, null);
    assert.deepEqual((await change(mara.id, {})).body.data, { ...mara, ...said, meta: [], customer_id: null });
  });

  test('keeps link, referrer and events', async () => {
    const { referrer, lead } = await pair(server, spring);
    const before = events(server).length;
    const { data } = (await change(lead.id, { first_name: 'Leo' })).body;
    assert.deepEqual([data.code, data.referrer_id], [lead.code, referrer.id]);
    assert.equal(events(server).length, before);
  });

  test('the same person may write the address in another way', async () => {
    const mara = await addReferrer(server, spring);
    assert.equal((await change(mara.id, { email: mara.email.toUpperCase() })).body.data.email, mara.email.toUpperCase());
  });

  test('refuses what is wrong or taken, and changes nothing', async () => {
    const { referrer, lead } = await pair(server, spring);
    const customer_id = unique('customer');
    await change(referrer.id, { customer_id });
    const wrong = [
      ['email', { email: referrer.email }], ['email', { email: 'nobody' }], ['first_name', { first_name: 'x'.repeat(101) }],
      ['first_name', { first_name: 'a\u0007b' }], ['meta', { meta: [{ field: '' }] }], ['meta', { meta: 'Oslo' }],
      ['customer_id', { customer_id }], ['customer_id', { customer_id: 'x'.repeat(201) }], ['customer_id', { customer_id: 'a\u0007b' }],
    ];
    for (const [field, body] of wrong) assertFieldErrors(await change(lead.id, { first_name: 'Leo', ...body }), [field], 'v2');
    assertError(await change(lead.id, { email: referrer.email }), 422, { message: /can't refer themselves/ });
    assert.deepEqual((await read(lead.id)).body.data, lead);
    for (const id of [999_999, 0, 'x']) assertError(await change(id, { first_name: 'Leo' }), 404);
  });

  test('in another campaign the same address and customer id are free', async () => {
    const mara = await addReferrer(server, spring), noah = await addReferrer(server, campaign(server));
    const customer_id = unique('customer');
    await change(mara.id, { customer_id });
    assert.equal((await change(noah.id, { email: mara.email, customer_id })).status, 200);
  });
});

describe('erasing a user', () => {
  const rows = (id) =>
    sql(server, `SELECT (SELECT count(*) FROM users WHERE id = ${id}) AS users, (SELECT count(*) FROM user_home WHERE id = ${id}) AS homes,
      (SELECT count(*) FROM user_count WHERE user_id = ${id}) AS counts`)[0];

  test('leaves nothing of them: no row, no link, no place in lists; the address is free again', async () => {
    const id = campaign(server), mara = await addReferrer(server, id);
    const total = async () => (await server.api('GET', `/api/v2/users?campaign_id=${id}`)).body.meta.total;
    assert.equal((await fetch(`${server.url}/${mara.code}`)).status, 200);
    const { status, body } = await erase(mara.id);
    assert.equal(status, 200);
    assert.match(body.message, /erased/);
    assert.deepEqual(rows(mara.id), { users: 0, homes: 0, counts: 0 });
    assert.equal(await total(), 0);
    for (const identifier of [mara.id, mara.code, encodeURIComponent(mara.email)]) assertError(await read(identifier), 404);
    for (const page of ['', '/welcome', '/qr-code']) assert.equal((await fetch(`${server.url}/${mara.code}${page}`)).status, 404);
    assertError(await erase(mara.id), 404);
    assert.notEqual((await addReferrer(server, id, { email: mara.email })).id, mara.id);
  });

  test('a click of the moment before is counted for the campaign and for nobody', async () => {
    const id = campaign(server), mara = await addReferrer(server, id);
    assert.equal((await fetch(`${server.url}/${mara.code}`)).status, 200);
    await erase(mara.id);
    await until(() => sql(server, `SELECT reach FROM campaign_count WHERE campaign_id = ${id}`)[0]?.reach === 1, { what: 'the click' });
    assert.deepEqual(rows(mara.id), { users: 0, homes: 0, counts: 0 });
  });

  test("a lead's referrer counts one less, and what is due because of the lead is cancelled", async () => {
    const id = campaign(server);
    reward(server, id, { whom: 'referrer', when: 'qualified' });
    const { referrer, lead } = await pair(server, id);
    await addLead(server, referrer);
    await qualified(server, lead);
    await erase(lead.id);
    assert.deepEqual(sql(server, `SELECT referrals, qualified_referrals FROM user_count WHERE user_id = ${referrer.id}`),
      [{ referrals: 1, qualified_referrals: 0 }]);
    const due = (await server.api('GET', '/api/v2/rewards/due/custom')).body.data.filter(({ recipient_id }) => recipient_id === referrer.id);
    assert.deepEqual(due, []);
  });

  test("a referrer's leads stay, and can be erased in their turn", async () => {
    const { referrer, lead } = await pair(server, campaign(server));
    await erase(referrer.id);
    assert.equal((await read(lead.id)).body.data.type, 'person_invited');
    await erase(lead.id);
    assert.deepEqual(rows(referrer.id), { users: 0, homes: 0, counts: 0 });
  });
});
