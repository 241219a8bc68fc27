/*
 * Orders, refunds, qualification by the v2 API (U7), single grants and explanations, definitions of rewards.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startServer } from '../lib/server.mjs';
import { assertError, assertFieldErrors as assertErrorsOf } from './kit/errors.mjs';
import { addLead, addReferrer, campaign, grants, pair, qualified, sql, tally, unique } from './kit/world.mjs';

let server;

before(async () => {
  server = await startServer({ args: ['--rate-limit', '0'] });
});
after(() => server?.stop());

const assertFieldErrors = (answer, fields) => assertErrorsOf(answer, fields, 'v2');
const post = (path, body) => server.api('POST', `/api/v2${path}`, body);
const put = (path, body) => server.api('PUT', `/api/v2${path}`, body);
const get = (path) => server.api('GET', `/api/v2${path}`);
const remove = (path) => server.api('DELETE', `/api/v2${path}`);
const order = (lead, more = {}) => post('/conversions', { id: lead.id, order_id: unique('order'), amount: '100.00', currency: 'USD', ...more });

async function made(campaignId, more = {}) {
  const { status, body } = await post('/rewards', { campaign_id: campaignId, name: 'Cash', metric: 'amount', value_minor: 2500, currency: 'USD',
    reward_for: 'person_referring', when_referral: 'qualified', ...more });
  assert.equal(status, 201, JSON.stringify(body));
  return body.data;
}
const commission = (campaignId, more = {}) => made(campaignId, { metric: 'commission', value_minor: 1250, frequency: 'order', ...more });

/** What the ledger says must be: every posting adds up to zero. */
function assertLedger() {
  assert.deepEqual(sql(server, 'SELECT posting_id FROM ledger_entry GROUP BY account_id, posting_id, currency HAVING sum(amount_minor) <> 0 OR count(*) <> 2'), []);
}

describe('an order', () => {
  test('qualifies the lead and pays a commission, once however often it is sent', async () => {
    const id = campaign(server);
    await commission(id);
    const { lead } = await pair(server, id);
    const said = { id: lead.id, order_id: unique('order'), amount: '99.99', currency: 'USD', occurred_at: '2026-01-14T09:30:00Z' };
    const answers = await Promise.all(Array.from({ length: 30 }, () => post('/conversions', said)));
    assert.deepEqual(answers.map((each) => each.status).sort(), [...Array(29).fill(200), 201]);
    for (const { body } of answers) assert.deepEqual(body, answers[0].body);
    const { id: number, created_at, ...rest } = answers[0].body.data;
    assert.ok(number > 0 && created_at);
    assert.deepEqual(rest, { campaign_id: id, user_id: lead.id, order_id: said.order_id, amount: 99.99, amount_minor: 9999, refunded: 0, refunded_minor: 0,
      currency: 'USD', qualified: true, occurred_at: '2026-01-14T09:30:00.000Z', refunded_at: null });
    assert.deepEqual((await get(`/conversions/${number}`)).body, answers[0].body);
    assert.deepEqual(grants(server, id).map((each) => each.value), ['12.49']);
    assert.equal((await get(`/users/${lead.id}`)).body.data.qualified, true);
    assertError(await post('/conversions', { ...said, amount: '100' }), 409, { message: /refund|order_id/i });
    assert.equal(grants(server, id).length, 1);
    assertLedger();
  });

  test('may be a number, and may only be noted', async () => {
    const { lead } = await pair(server, campaign(server));
    const { status, body } = await order(lead, { amount: 49.9, qualified: false });
    assert.equal(status, 201);
    assert.deepEqual([body.data.amount_minor, body.data.qualified], [4990, false]);
    assert.equal((await get(`/users/${lead.id}`)).body.data.qualified, false);
  });

  test('is found for code, e-mail with campaign, and customer id', async () => {
    const id = campaign(server), referrer = await addReferrer(server, id);
    for (const key of [(lead) => ({ code: lead.code }), (lead) => ({ email: lead.email, campaign_id: id }), (lead) => ({ customer_id: lead.customer_id })]) {
      const lead = await addLead(server, referrer, { customer_id: unique('customer') });
      const { body } = await post('/conversions', { ...key(lead), order_id: unique('order'), amount: 1, currency: 'USD' });
      assert.equal(body.data?.user_id, lead.id, JSON.stringify(body));
    }
  });

  test('with the number of another one is refused, unless it is of another campaign', async () => {
    const id = campaign(server), { lead } = await pair(server, id), other = (await pair(server, id)).lead, elsewhere = (await pair(server, campaign(server))).lead;
    const { body } = await order(lead);
    const before = tally(server);
    for (const [who, more] of [[lead, { currency: 'EUR' }], [lead, { amount: '100.01' }], [other, {}]])
      assertError(await order(who, { order_id: body.data.order_id, ...more }), 409, { message: /order/ });
    assert.deepEqual(tally(server), before);
    assert.equal((await order(elsewhere, { order_id: body.data.order_id })).status, 201);
  });

  test('that is wrong is refused with the field and changes nothing', async () => {
    const { referrer, lead } = await pair(server, campaign(server));
    const before = tally(server);
    assertFieldErrors(await post('/conversions', { id: lead.id }), ['amount', 'currency', 'order_id']);
    assertError(await order(lead, { amount: '1.234' }), 422, { message: /amount/ });
    assertError(await order(lead, { currency: 'usd' }), 422, { message: /currency/ });
    assertError(await order(lead, { amount: '99999999999999' }), 422, { message: /amount/ });
    assertError(await order(lead, { order_id: 'a\u0007' }), 422, { message: /order/ });
    assertError(await order(referrer), 422, { message: /person referring/ });
    assertError(await order({ id: 999999 }), 404);
    assertError(await post('/conversions', { order_id: 'x', amount: 1, currency: 'USD' }), 422, { message: /id, code/ });
    assertError(await get('/conversions/999999'), 404);
    assertError(await post('/conversions/999999/refund', {}), 404);
    assert.deepEqual(tally(server), before);
  });

  test('refunded in part shrinks the commission, refunded wholly ends it and un-qualifies', async () => {
    const id = campaign(server);
    await commission(id);
    const { lead } = await pair(server, id);
    const number = (await order(lead, { amount: '80.00' })).body.data.id;
    const { status, body } = await post(`/conversions/${number}/refund`, { amount: '20.01' });
    assert.equal(status, 200);
    assert.deepEqual([body.data.refunded, body.data.refunded_at], [20.01, null]);
    assert.equal(grants(server, id)[0].value, '7.49');
    assertError(await post(`/conversions/${number}/refund`, { amount: '60' }), 422, { message: /59\.99/ });
    assert.equal((await post(`/conversions/${number}/refund`, {})).body.data.refunded, 80);
    assert.equal(grants(server, id)[0].status, 'canceled');
    assert.equal((await get(`/users/${lead.id}`)).body.data.qualified, false);
    assertError(await post(`/conversions/${number}/refund`, {}), 422, { message: /already/ });
    assertLedger();
  });
});

test('64 orders at once against a cap of 10 are paid exactly ten times', async () => {
  const id = campaign(server), { id: rewardId } = await made(id, { frequency: 'order', automatic: true, caps: [{ scope: 'campaign', period: 'ever', most_count: 10 }] });
  const referrer = await addReferrer(server, id), leads = [];
  for (let i = 0; i < 8; i++) leads.push(await addLead(server, referrer));
  const answers = await Promise.all(Array.from({ length: 64 }, (_, i) => order(leads[i % 8])));
  for (const { status } of answers) assert.equal(status, 201);
  assert.deepEqual(grants(server, id).map((each) => [each.reward_id, each.status]), Array(10).fill([rewardId, 'issued']));
  assert.equal(sql(server, `SELECT count(*) AS n FROM decision WHERE outcome = 'cap_reached' AND user_id = ${referrer.id}`)[0].n, 54);
  assert.deepEqual((await get(`/users/${referrer.id}/explain`)).body.data.balances, [{ currency: 'USD', owed_minor: 0, paid_minor: 25000 }]);
  assertLedger();
});

describe('qualification (U7)', () => {
  test('sets and clears it, and again changes nothing', async () => {
    const id = campaign(server);
    await made(id);
    const { lead } = await pair(server, id);
    for (const [said, status] of [[true, 'due'], [false, 'canceled'], [true, 'due']]) {
      for (let i = 0; i < 2; i++) {
        const answer = await put('/users/qualification', { code: lead.code, qualified: said });
        assert.equal(answer.status, 200, answer.text);
        assert.equal(answer.body.data.qualified, said);
      }
      assert.deepEqual(grants(server, id).map((each) => each.status), [status]);
    }
  });

  test('takes id, code, customer id, coupon, and e-mail with campaign; a person referring and nobody are refused', async () => {
    const id = campaign(server), referrer = await addReferrer(server, id), [customer_id, coupon] = [unique('customer'), unique('COUPON')];
    await made(id, { metric: 'coupon', reward_for: 'person_invited', when_referral: 'invited', automatic: true });
    await post('/coupons', { campaign_id: id, codes: [coupon] });
    const lead = await addLead(server, referrer, { customer_id });
    for (const key of [{ id: lead.id }, { id: String(lead.id) }, { code: lead.code }, { customer_id }, { coupon }, { email: lead.email, campaign_id: id }])
      assert.equal((await put('/users/qualification', { ...key, qualified: true })).body.data.id, lead.id);
    assertError(await put('/users/qualification', { id: referrer.id, qualified: true }), 422, { message: /person referring/ });
    assertError(await put('/users/qualification', { id: 999999, qualified: true }), 404);
    assertError(await put('/users/qualification', { email: lead.email, qualified: true }), 422, { message: /campaign_id/ });
    assertFieldErrors(await put('/users/qualification', { id: lead.id }), ['qualified']);
    assertFieldErrors(await put('/users/qualification', { id: lead.id, qualified: 'maybe' }), ['qualified']);
  });

  test('with an amount it pays the commission of that', async () => {
    const id = campaign(server);
    await commission(id, { frequency: 'each' });
    const { lead } = await pair(server, id);
    const said = { id: lead.id, qualified: true, amount: '50.00', currency: 'USD' };
    for (let i = 0; i < 2; i++) assert.equal((await put('/users/qualification', said)).status, 200);
    assert.deepEqual(grants(server, id).map((each) => each.value), ['6.25']);
  });
});

describe('a grant', () => {
  async function one(more = {}) {
    const id = campaign(server);
    await made(id, more);
    const { referrer, lead } = await pair(server, id);
    await qualified(server, lead);
    return { referrer, lead, grant: grants(server, id)[0] };
  }

  test('is cancelled for good', async () => {
    const { lead, grant } = await one();
    const { status, body } = await post(`/rewards/cancel/${grant.id}`, { reason: 'Not a customer' });
    assert.deepEqual([status, body.data.status], [200, 'canceled']);
    assertError(await post(`/rewards/cancel/${grant.id}`), 422, { message: /already/ });
    assertError(await post(`/rewards/issue/${grant.id}`), 422, { message: /cancel/ });
    await put('/users/qualification', { id: lead.id, qualified: false });
    await put('/users/qualification', { id: lead.id, qualified: true });
    assert.equal((await get(`/grants/${grant.id}`)).body.data.status, 'canceled');
    assertError(await post('/rewards/cancel/999999'), 404);
  });

  test('that was issued can not be cancelled, but fail, be retried and be taken back', async () => {
    const { referrer, grant } = await one();
    const act = async (action) => (await post(`/grants/${grant.id}/${action}`, {})).body.data?.status;
    assert.equal(await act('issue'), 'issued');
    assertError(await post(`/rewards/cancel/${grant.id}`), 422, { message: /issued/ });
    assert.equal(await act('fail'), 'failed');
    assert.equal(await act('retry'), 'due');
    assert.equal(await act('issue'), 'issued');
    assert.equal(await act('reverse'), 'reversed');
    for (const action of ['issue', 'cancel', 'approve', 'fail', 'retry', 'reverse']) assertError(await post(`/grants/${grant.id}/${action}`), 422);
    const { body } = await get(`/grants/${grant.id}`);
    assert.deepEqual(body.data.ledger.map((each) => [each.kind, each.book, each.amount_minor]), [
      ['grant', 'promised', -2500], ['grant', 'owed', 2500], ['issue', 'owed', -2500], ['issue', 'paid', 2500], ['fail', 'paid', -2500], ['fail', 'owed', 2500],
      ['issue', 'owed', -2500], ['issue', 'paid', 2500], ['reverse', 'owed', -2500], ['reverse', 'promised', 2500]]);
    assert.deepEqual(body.data.decisions.map((each) => each.outcome), ['granted', 'failed', 'reversed']);
    assert.deepEqual((await get(`/users/${referrer.code}/explain`)).body.data.balances, [{ currency: 'USD', owed_minor: -2500, paid_minor: 2500 }]);
  });

  test('waits for its approval', async () => {
    const { grant } = await one({ approval: true, automatic: true });
    assert.equal(grant.status, 'pending');
    assertError(await post(`/rewards/issue/${grant.id}`), 422, { message: /approval/ });
    assert.equal((await post(`/grants/${grant.id}/approve`)).body.data.status, 'issued');
  });

  test('that is held is issued by itself when its time has come', async () => {
    const { grant } = await one({ hold_s: 86400, automatic: true });
    assert.equal(grant.status, 'pending');
    sql(server, `UPDATE reward_grant SET release_us = 1 WHERE id = ${grant.id}`);
    const deadline = Date.now() + 20_000;
    let status;
    do ({ status } = (await get(`/grants/${grant.id}`)).body.data);
    while (status !== 'issued' && Date.now() < deadline);
    assert.equal(status, 'issued');
  });

  test('of a commission waits for its total spend', async () => {
    const { grant } = await one({ metric: 'commission', value_minor: 1000 });
    assert.equal((await get(`/grants/${grant.id}`)).body.data.can_be_issued, false);
    assertError(await post(`/rewards/issue/${grant.id}`), 422, { message: /total/ });
    for (const path of ['due', 'total']) {
      const { status, body } = await put(`/rewards/${path}/${grant.id}`, { total: 250.0 });
      assert.equal(status, 200);
      assert.deepEqual([body.data.total, body.data.can_be_issued], [25, true]);
    }
    assertError(await put(`/rewards/due/${grant.id}`, { total: '1.234' }), 422, { message: /total/ });
    assertFieldErrors(await put(`/rewards/due/${grant.id}`, {}), ['total']);
    assert.equal((await post(`/rewards/issue/${grant.id}`)).body.data.status, 'issued');
    assertError(await put(`/rewards/due/${grant.id}`, { total: 1 }), 422);
    assertLedger();
  });

  test('of a user with thousands of orders are explained in one answer', async () => {
    const { lead } = await pair(server, campaign(server));
    const first = (await order(lead)).body.data, many = 9000;
    const copy = (table, columns, id) => sql(server, `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${many - 1})
      INSERT INTO ${table} SELECT account_id, 1000000 + i, ${columns} FROM ${table}, n WHERE user_id = ${lead.id} AND ${id}`);
    copy('conversion', "campaign_id, user_id, order_id || '-' || i, amount_minor, refunded_minor, currency, counts, occurred_us, created_us, refunded_us", `id = ${first.id}`);
    copy('decision', 'kind, user_id, grant_id, conversion_id, rule, outcome, inputs, decided_us', `conversion_id = ${first.id}`);
    const { status, body } = await get(`/users/${lead.id}/explain`);
    assert.equal(status, 200);
    assert.equal(body.data.orders.length, many);
    assert.equal(body.data.decisions.filter((each) => each.conversion_id === first.id).length, many);
  });

  test('and an order are explained', async () => {
    const id = campaign(server);
    await commission(id);
    const { referrer, lead } = await pair(server, id);
    const { body: { data: conversion } } = await order(lead);
    const [grant] = grants(server, id);
    const { body } = await get(`/orders/${encodeURIComponent(conversion.order_id)}/explain?campaign_id=${id}`);
    assert.deepEqual(body.data.conversion, conversion);
    assert.deepEqual(body.data.grants.map((each) => each.id), [grant.id]);
    assert.deepEqual(body.data.decisions.map((each) => [each.kind, each.rule, each.outcome]), [['qualification', 'order', 'qualified'], ['reward', 'order', 'granted']]);
    assert.equal(body.data.decisions[1].inputs.basis_points, 1250);
    assertError(await get(`/orders/none/explain?campaign_id=${id}`), 404);
    const story = (await get(`/users/${referrer.id}/explain`)).body.data;
    assert.deepEqual([story.referrer_id, story.grants.length, story.user.id], [null, 1, referrer.id]);
    assert.equal((await get(`/users/${encodeURIComponent(lead.email)}/explain`)).body.data.orders[0].id, conversion.id);
  });
});

describe('a definition', () => {
  test('is made, read, changed and archived', async () => {
    const id = campaign(server);
    const reward = await made(id, { frequency: 'milestones', steps: [{ at_count: 1, value_minor: 100 }, { at_count: 3, value_minor: 900 }],
      caps: [{ scope: 'person', period: 'month', most_count: 5, most_minor: 5000 }], hold_s: 86400, approval: true, issue: 'paypal' });
    const read = (await get(`/rewards/${reward.id}`)).body.data;
    assert.deepEqual(read, reward);
    assert.deepEqual([read.type, read.steps[1], read.caps[0], read.hold_s, read.issue], ['amount', { at_count: 3, value_minor: 900 },
      { scope: 'person', period: 'month', most_count: 5, most_minor: 5000 }, 86400, 'paypal']);
    const changed = (await put(`/rewards/${reward.id}`, { name: 'More cash', caps: [] })).body.data;
    assert.deepEqual(changed, { ...reward, name: 'More cash', caps: [] });
    assert.equal((await remove(`/rewards/${reward.id}`)).status, 200);
    assert.equal((await get(`/rewards/${reward.id}`)).body.data.status, 'inactive');
    const { lead } = await pair(server, id);
    await qualified(server, lead);
    assert.deepEqual(grants(server, id), []);
    for (const call of [get, remove, (path) => put(path, { name: 'x' })]) assertError(await call('/rewards/999999'), 404);
  });

  test('for both makes two', async () => {
    const id = campaign(server), both = await made(id, { reward_for: 'both' });
    assert.deepEqual(both.map((each) => each.reward_for), ['person_referring', 'person_invited']);
    await qualified(server, (await pair(server, id)).lead);
    assert.equal(grants(server, id).length, 2);
  });

  test('that has been granted keeps what it counts by', async () => {
    const id = campaign(server), { id: rewardId } = await made(id);
    await qualified(server, (await pair(server, id)).lead);
    assertError(await put(`/rewards/${rewardId}`, { frequency: 'once' }), 422, { message: /granted/ });
    assert.equal((await put(`/rewards/${rewardId}`, { value_minor: 100 })).status, 200);
    assert.equal(grants(server, id)[0].value, '25.00');
  });

  test('that makes no sense names the field', async () => {
    const id = campaign(server), good = { campaign_id: id, name: 'x', metric: 'custom', value_minor: 100, reward_for: 'person_referring', when_referral: 'qualified' };
    assertFieldErrors(await post('/rewards', {}), ['campaign_id', 'metric', 'name', 'reward_for', 'when_referral']);
    for (const [field, value] of [['metric', 'gold'], ['value_minor', 0], ['value_minor', -1], ['reward_for', 'all'], ['when_referral', 'paid'], ['frequency', 'often'], ['every', -1], ['period', 'month'],
      ['steps', [{}]], ['steps', [1]], ['caps', [{ scope: 'all', period: 'day' }]], ['caps', Array(9).fill({ scope: 'person', period: 'day', most_count: 1 })], ['hold_s', 1e12], ['issue', 'cash'], ['currency', 'usd'],
      ['campaign_id', 999999], ['cap_minor', 5], ['status', 'gone'], ['name', ' ']])
      assertFieldErrors(await post('/rewards', { ...good, [field]: value }), [field]);
  });
});

describe('coupons', () => {
  test('are uploaded as codes or CSV, all or none, and voided while they are free', async () => {
    const id = campaign(server), [one, two, three] = [unique('C'), unique('C'), unique('C')];
    assert.deepEqual((await post('/coupons', { campaign_id: id, codes: [one, two] })).body.data, { campaign_id: id, uploaded: 2 });
    assertError(await post('/coupons', { campaign_id: id, codes: [three, one] }), 409, { message: /there already/ });
    assert.equal((await post('/coupons', { campaign_id: id, csv: `code\n${three}\n` })).status, 201);
    assertFieldErrors(await post('/coupons', { campaign_id: id, csv: 'code\nbad\u0001' }), ['csv']);
    for (const body of [{ codes: [] }, { codes: [1] }, {}, { codes: [''] }, { csv: '"' }]) assertError(await post('/coupons', { campaign_id: id, ...body }), 422);
    assertFieldErrors(await post('/coupons', { codes: [one] }), ['campaign_id']);
    const number = (code) => sql(server, `SELECT id FROM coupon WHERE code = '${code}'`)[0].id;
    assert.equal((await remove(`/coupons/${number(one)}`)).status, 200);
    await made(id, { metric: 'coupon', automatic: true });
    await qualified(server, (await pair(server, id)).lead);
    assert.equal(grants(server, id)[0].coupon, two, 'a void coupon is not handed out');
    const remaining = async (query) => (await get(`/rewards/coupons?campaign_id=${id}${query}`)).body;
    assert.deepEqual([(await remaining('')).meta.total, (await remaining('')).data.map((each) => each.coupon)], [1, [three]]);
    assert.equal((await remaining(`&coupon=${three}`)).meta.total, 1);
    assert.equal((await remaining(`&coupon=${two}`)).meta.total, 0);
    assertError(await remove(`/coupons/${number(two)}`), 422, { message: /handed out/ });
    assertError(await remove('/coupons/999999'), 404);
  });

  test('go to automatic rewards that waited for them, the oldest first', async () => {
    const id = campaign(server), code = unique('C');
    await made(id, { metric: 'coupon', automatic: true });
    const { referrer, lead } = await pair(server, id);
    for (const each of [lead, await addLead(server, referrer)]) await qualified(server, each);
    await post('/coupons', { campaign_id: id, codes: [code] });
    assert.deepEqual(grants(server, id).map((each) => [each.status, each.coupon]), [['issued', code], ['due', '']]);
  });
});

describe('the credit window', () => {
  const DAY = 86_400;
  const joinedDaysAgo = (lead, days) =>
    sql(server, `UPDATE users SET signed_up_us = signed_up_us - ${days * DAY} * 1000000 WHERE id = ${lead.id}`);

  async function world() {
    const { body } = await post('/campaigns', { name: unique('Campaign'), status: 'launched', credit_window_s: 30 * DAY });
    const id = body.data.id;
    const rewards = { each: await made(id), thing: await made(id, { name: 'Thing', reward_for: 'person_invited' }), share: await commission(id) };
    return { id, rewards, ...(await pair(server, id)) };
  }
  const ofReferrer = (id, referrer) => grants(server, id).filter((each) => each.recipient_id === referrer.id);
  const count = async (referrer) => (await get(`/users/${referrer.id}?with=user.analytics`)).body.data.analytics.qualified_referrals;

  test('over, a lead still qualifies and is rewarded, and the referrer gets and loses nothing', async () => {
    const { id, referrer, lead } = await world();
    joinedDaysAgo(lead, 31);
    await qualified(server, lead);
    assert.equal((await order(lead)).status, 201);
    assert.equal(grants(server, id).length, 1);
    assert.deepEqual(ofReferrer(id, referrer), []);
    assert.equal(await count(referrer), 0);
    const { body } = await get(`/users/${lead.id}/explain`);
    assert.match(JSON.stringify(body), /qualified_too_late_for_credit/);
    await put('/users/qualification', { id: lead.id, qualified: false });
    assert.equal(await count(referrer), 0);
    assertLedger();
  });

  test('within it, the referrer is credited; for orders after it not any more', async () => {
    const { id, referrer, lead } = await world();
    joinedDaysAgo(lead, 29);
    await qualified(server, lead);
    await order(lead);
    assert.equal(ofReferrer(id, referrer).length, 2);
    assert.equal(await count(referrer), 1);
    joinedDaysAgo(lead, 2);
    await order(lead);
    assert.equal(ofReferrer(id, referrer).length, 2);
    assertLedger();
  });
});
