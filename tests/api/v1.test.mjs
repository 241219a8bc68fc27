/*
 * /api/v1 with its quirks (contract 2.2).
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startServer } from '../lib/server.mjs';
import { assertError, assertFieldErrors } from './kit/errors.mjs';
import { assertPage } from './kit/shapes.mjs';
import { addLead, addReferrer, campaign, email, otherAccount, reward, tally, today } from './kit/world.mjs';

let server, spring, autumn, other;

before(async () => {
  server = await startServer({ args: ['--rate-limit', '0'] });
  spring = campaign(server);
  autumn = campaign(server);
  other = otherAccount(server);
});
after(() => server?.stop());

const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' };
const v1 = (method, path, body, options) => server.api(method, `/api/v1${path}`, body, options);
const form = (method, path, body) => v1(method, path, body, { headers: FORM });
const person = (more = {}) => ({ campaign_id: spring, first_name: 'Lee', email: email('lee'), ...more });
const names = (answer) => answer.body.data.map((user) => user.first_name).sort();

/** The whole v1 User; `expected` has what differs from a person who has just been added. */
function assertUser1(user, expected) {
  assert.ok(Number.isInteger(user.id));
  const url = `${server.url}/${user.code}`;
  assert.deepEqual(user, {
    id: user.id,
    referrer_id: null,
    campaign_id: spring,
    qualified: false,
    qualified_at: null,
    first_name: 'Lee',
    last_name: null,
    code: user.code,
    reach: 0,
    referrals_count: 0,
    converted_referrals_count: 0,
    source: 'Api',
    date: today(),
    url,
    sharing: user.sharing,
    qr: { url: `${url}/qr-code` },
    ...expected,
  });
  assert.ok(Array.isArray(user.sharing));
  assert.deepEqual(user.sharing.find((each) => each.social === 'whatsapp'), { social: 'whatsapp', url: `${url}/socials/whatsapp` });
}

describe('POST /users', () => {
  test('answers 201 with the user and a message', async () => {
    const body = person();
    const answer = await v1('POST', '/users', body);
    assert.equal(answer.status, 201);
    assert.deepEqual(Object.keys(answer.body), ['data', 'message']);
    assert.match(answer.body.message, /\S/);
    assertUser1(answer.body.data, { email: body.email });
  });

  test('again with the same e-mail and campaign gives the same user, in another campaign a new one', async () => {
    const body = person();
    const first = (await v1('POST', '/users', body)).body.data;
    const before = tally(server);
    const again = await v1('POST', '/users', { ...body, first_name: 'Other', email: body.email.toUpperCase() });
    assert.equal(again.status, 200);
    assert.deepEqual(again.body.data, first);
    assert.match(again.body.message, /\S/);
    assert.deepEqual(tally(server), before);
    const other = await v1('POST', '/users', { ...body, campaign_id: autumn });
    assert.equal(other.status, 201);
    assert.notEqual(other.body.data.code, first.code);
  });

  test('takes forms, with empty pairs in them, and numbers as text', async () => {
    const address = email('form');
    const answer = await form('POST', '/users', `&&campaign_id=${spring}&&first_name=Mar%C3%ADa+Jos%C3%A9&email=${encodeURIComponent(address)}&last_name=Odum&select=&`);
    assert.equal(answer.status, 201, answer.text);
    assertUser1(answer.body.data, { first_name: 'María José', last_name: 'Odum', email: address });
  });

  test('with referrer_code makes a lead of that code\'s owner', async () => {
    const mara = await addReferrer(server, spring);
    const body = person({ referrer_code: mara.code, select: 'id', last_name: 'Odum' });
    const lead = (await v1('POST', '/users', body)).body.data;
    assertUser1(lead, { email: body.email, referrer_id: mara.id, source: 'Referred', last_name: 'Odum' });
    const shown = (await v1('GET', `/users/${mara.id}`)).body.data;
    assert.equal(shown.referrals_count, 1);
    assert.equal(shown.converted_referrals_count, 0);
  });

  test('refuses an unknown referrer_code and wrong fields, by name, with texts in arrays', async () => {
    const elsewhere = await addReferrer(server, autumn);
    for (const referrer_code of ['uAAAAAAA', 'x', elsewhere.code])
      assertFieldErrors(await v1('POST', '/users', person({ referrer_code })), ['referrer_code']);
    assertFieldErrors(await v1('POST', '/users', {}), ['campaign_id', 'email', 'first_name']);
    assertFieldErrors(await form('POST', '/users', '&&'), ['campaign_id', 'email', 'first_name']);
    assertFieldErrors(await v1('POST', '/users', person({ email: 'nonsense' })), ['email']);
    assertFieldErrors(await v1('POST', '/users', person({ campaign_id: 999999 })), ['campaign_id']);
  });
});

describe('PUT /users/{id}', () => {
  test('qualifies by true, 1, "1" and forms, and again without effect', async () => {
    const mara = await addReferrer(server, spring);
    for (const send of [
      (id) => v1('PUT', `/users/${id}`, { qualified: true, campaign_id: spring, select: 'id' }),
      (id) => v1('PUT', `/users/${id}`, { qualified: 1 }),
      (id) => v1('PUT', `/users/${id}/`, { qualified: '1' }),
      (id) => form('PUT', `/users/${id}`, '&&qualified=1&'),
    ]) {
      const lead = await addLead(server, mara);
      const first = await send(lead.id);
      assert.equal(first.status, 200, first.text);
      assert.deepEqual(Object.keys(first.body), ['data', 'message']);
      assert.equal(first.body.data.qualified, true);
      assert.ok(Math.abs(Date.now() - new Date(first.body.data.qualified_at).getTime()) < 60_000);
      const before = tally(server);
      assert.deepEqual((await send(lead.id)).body.data, first.body.data);
      assert.deepEqual(tally(server), before);
    }
    assert.equal((await v1('GET', `/users/${mara.id}`)).body.data.converted_referrals_count, 4);
  });

  test('un-qualifies by false and 0', async () => {
    const mara = await addReferrer(server, spring);
    const lead = await addLead(server, mara);
    for (const [body, headers] of [[{ qualified: false }, {}], [{ qualified: 0 }, {}], ['qualified=0', FORM]]) {
      await v1('PUT', `/users/${lead.id}`, { qualified: true });
      const answer = await v1('PUT', `/users/${lead.id}`, body, { headers });
      assert.equal(answer.body.data.qualified, false);
      assert.equal(answer.body.data.qualified_at, null);
    }
    assert.equal((await v1('GET', `/users/${mara.id}`)).body.data.converted_referrals_count, 0);
  });

  test('refuses who is no lead, who is not there, and what is no boolean', async () => {
    const mara = await addReferrer(server, spring);
    assertError(await v1('PUT', `/users/${mara.id}`, { qualified: true }), 422);
    for (const id of ['999999', '0', '-1', 'x', mara.code]) assertError(await v1('PUT', `/users/${id}`, { qualified: true }), 404);
    assertFieldErrors(await v1('PUT', `/users/${mara.id}`, { qualified: 'maybe' }), ['qualified']);
  });
});

describe('PUT /users/{id} of names and addresses', () => {
  test('changes what is sent and leaves the rest', async () => {
    const mara = await addReferrer(server, spring);
    const lead = await addLead(server, mara, { first_name: 'Lee' });
    const address = email('new');
    const named = await v1('PUT', `/users/${lead.id}`, { first_name: 'Leo' });
    assert.deepEqual([named.status, named.body.data.first_name, named.body.data.email, named.body.data.qualified], [200, 'Leo', lead.email, false]);
    const both = await form('PUT', `/users/${lead.id}`, `email=${encodeURIComponent(address)}&qualified=1&with=campaign`);
    assert.deepEqual([both.body.data.first_name, both.body.data.email, both.body.data.qualified, both.body.data.campaign.id], ['Leo', address, true, spring]);
    assert.deepEqual((await v1('PUT', `/users/${lead.id}`, {})).body.data, (await v1('GET', `/users/${lead.id}`)).body.data);
  });

  test('changes nothing when a part of it can not be', async () => {
    const mara = await addReferrer(server, spring, { first_name: 'Mara' });
    assertError(await v1('PUT', `/users/${mara.id}`, { first_name: 'Other', qualified: true }), 422);
    assertFieldErrors(await v1('PUT', `/users/${mara.id}`, { first_name: 'Other', email: 'nonsense' }), ['email']);
    assert.equal((await v1('GET', `/users/${mara.id}`)).body.data.first_name, 'Mara');
  });
});

describe('DELETE /users/{id}', () => {
  test('erases the user and says so', async () => {
    const mara = await addReferrer(server, spring);
    const answer = await v1('DELETE', `/users/${mara.id}`);
    assert.equal(answer.status, 200);
    assert.deepEqual(Object.keys(answer.body), ['message']);
    for (const again of [await v1('GET', `/users/${mara.id}`), await v1('DELETE', `/users/${mara.id}`)]) assertError(again, 404);
    assert.equal((await v1('GET', `/users?filters[0][field]=email&filters[0][value]=${mara.email}`)).body.meta.total, 0);
  });

  test('finds nobody of another account', async () => {
    const mara = await addReferrer(server, spring);
    assertError(await v1('DELETE', `/users/${mara.id}`, undefined, { token: other.token }), 404);
    assert.equal((await v1('GET', `/users/${mara.id}`)).status, 200);
  });
});

describe('GET /users', () => {
  let kim;
  before(async () => {
    kim = await addReferrer(server, autumn, { first_name: 'Kim' });
  });

  test('gives pages of everybody and ignores campaign_id, as the original does', async () => {
    const total = tally(server).users;
    for (const path of ['/users', '/users/', `/users?campaign_id=${autumn}`]) assert.equal((await v1('GET', path)).body.meta.total, total, path);
    assertPage(server, await v1('GET', '/users?per_page=2'), { path: '/api/v1/users', perPage: 2, total, query: '&per_page=2' });
    assert.equal((await v1('GET', '/users?page=0}&per_page=200')).body.meta.current_page, 1);
  });

  test('filters by brackets, raw or encoded, several at once', async () => {
    for (const [open, close] of ['[]', ['%5B', '%5D']]) {
      const at = (index, field, value) => `filters${open}${index}${close}${open}field${close}=${field}&filters${open}${index}${close}${open}value${close}=${encodeURIComponent(value)}`;
      assert.deepEqual(names(await v1('GET', `/users/?${at(0, 'code', kim.code)}`)), ['Kim']);
      assert.deepEqual(names(await v1('GET', `/users?${at(0, 'email', kim.email)}&${at(1, 'campaign_id', autumn)}`)), ['Kim']);
      assert.deepEqual(names(await v1('GET', `/users?${at(0, 'email', kim.email)}&${at(1, 'campaign_id', spring)}`)), []);
    }
    assertFieldErrors(await v1('GET', '/users?filters[0][field]=shoe_size&filters[0][value]=42'), ['filters']);
  });

  test('shows the campaign with=campaign or all, from query, header or body', async () => {
    const shown = { id: autumn, name: (await v1('GET', `/campaigns/${autumn}`)).body.data.name };
    for (const [path, headers] of [[`/users/${kim.id}?with=campaign`, {}], [`/users/${kim.id}?with=all`, {}], [`/users/${kim.id}`, { with: 'campaign' }], [`/users/${kim.id}`, { With: 'all' }]])
      assert.deepEqual((await v1('GET', path, undefined, { headers })).body.data.campaign, shown, path);
    const body = person({ campaign_id: autumn, with: 'campaign' });
    assert.deepEqual((await v1('POST', '/users', body)).body.data.campaign, shown);
    const listed = await v1('GET', `/users?with=campaign&filters[0][field]=id&filters[0][value]=${kim.id}`);
    assert.deepEqual(listed.body.data[0].campaign, shown);
    for (const path of [`/users/${kim.id}`, `/users/${kim.id}?with=nothing`]) assert.equal('campaign' in (await v1('GET', path)).body.data, false);
  });

  test('takes Content-Type: application/json without a body', async () => {
    assert.equal((await v1('GET', `/users/${kim.id}`, undefined, { headers: { 'Content-Type': 'application/json' } })).status, 200);
  });

  test('finds nobody by an id of no user', async () => {
    for (const id of ['999999', '0', 'x']) assertError(await v1('GET', `/users/${id}`), 404);
  });
});

describe('campaigns and rewards', () => {
  test('are lists of all, in the order they were made', async () => {
    const campaigns = await v1('GET', '/campaigns/');
    assert.deepEqual(Object.keys(campaigns.body), ['data']);
    assert.deepEqual(campaigns.body.data.map((each) => each.id), [spring, autumn]);
    const [first] = campaigns.body.data;
    assert.deepEqual(first, { id: spring, name: first.name, lang: 'en', url: `${server.url}/${first.code}`, code: first.code, status: 'launched', reach: 0, live: true, starts_at: null, ends_at: null, start_at: null, end: null });
    assert.deepEqual((await v1('GET', `/campaigns/${spring}`)).body, { data: first });
    assertError(await v1('GET', '/campaigns/999999'), 404);
  });

  test('copy their dates to start_at and end', async () => {
    const { data } = (await server.api('POST', '/api/v2/campaigns', { name: 'Dated', starts_at: '2026-01-02', ends_at: '2030-03-04' })).body;
    const shown = (await v1('GET', `/campaigns/${data.id}`)).body.data;
    assert.equal(shown.start_at, shown.starts_at);
    assert.equal(shown.end, shown.ends_at);
    assert.equal(shown.start_at, '2026-01-02');
  });

  test('show rewards with their enums', async () => {
    const gift = reward(server, spring, { metric: 'custom', value: '1' });
    const [shown] = (await v1('GET', '/rewards')).body.data;
    assert.deepEqual(shown, { id: gift, campaign_id: spring, name: shown.name, reward_for: 'person_referring', type: 'custom', value: '1', when_referral: 'qualified' });
  });
});

describe('what the original does not have', () => {
  test('is 404', async () => {
    for (const [method, path] of [['POST', '/users/1/qualify'], ['POST', '/users/1/convert'], ['GET', '/account'], ['GET', '/me'], ['GET', '/plan'], ['GET', '/webhooks'], ['GET', '/events']])
      assertError(await v1(method, path), 404);
  });
});

test('another account finds nobody and nothing of this one', async () => {
  const mine = await addReferrer(server, spring);
  const options = { token: other.token };
  assertError(await v1('GET', `/users/${mine.id}`, undefined, options), 404);
  assertError(await v1('PUT', `/users/${mine.id}`, { qualified: true }, options), 404);
  assertError(await v1('GET', `/campaigns/${spring}`, undefined, options), 404);
  assert.equal((await v1('GET', '/users', undefined, options)).body.meta.total, 0);
  assert.deepEqual((await v1('GET', '/campaigns', undefined, options)).body.data.map((each) => each.id), [other.campaign]);
});
