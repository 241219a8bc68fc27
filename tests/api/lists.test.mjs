/*
 * Lists of rewards: definitions, totals, due, issued, remaining coupons (contract 2.3: R1 to R7).
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startServer } from '../lib/server.mjs';
import { assertError, assertFieldErrors } from './kit/errors.mjs';
import { assertPage } from './kit/shapes.mjs';
import { addLead, addReferrer, campaign, importCoupons, otherAccount, qualified, reward, today } from './kit/world.mjs';

let server, spring, cash, gift, vouchers, mara, leads, codes;

before(async () => {
  server = await startServer({ args: ['--rate-limit', '0'] });
  spring = campaign(server);
  cash = reward(server, spring, { metric: 'amount', value: '25.50', more: ['--every', '1'] });
  gift = reward(server, spring, { metric: 'custom', value: '2', more: ['--every', '1'] });
  vouchers = reward(server, spring, { metric: 'coupon', whom: 'lead', when: 'invited' });
  codes = ['SPRING-1', 'SPRING-2', 'SPRING-3'];
  importCoupons(server, spring, codes);
  mara = await addReferrer(server, spring);
  leads = [await addLead(server, mara), await addLead(server, mara)];
  for (const lead of leads) await qualified(server, lead);
});
after(() => server?.stop());

const get = (path, options) => server.api('GET', `/api/v2/rewards${path}`, undefined, options);
const search = (path, filters) => server.api('POST', `/api/v2/rewards${path}/search`, { filters: { operator: 'AND', value: filters } });

describe('rewards', () => {
  test('are listed with what they give, to whom and when', async () => {
    const answer = await get('');
    assertPage(server, answer, { path: '/api/v2/rewards', total: 3 });
    const [coupons, custom, amount] = answer.body.data;
    const pick = ({ id, campaign_id, reward_for, type, value, when_referral }) => ({ id, campaign_id, reward_for, type, value, when_referral });
    assert.deepEqual(pick(amount), { id: cash, campaign_id: spring, reward_for: 'person_referring', type: 'amount', value: '25.50', when_referral: 'qualified' });
    assert.deepEqual(pick(custom), { id: gift, campaign_id: spring, reward_for: 'person_referring', type: 'custom', value: '2', when_referral: 'qualified' });
    assert.deepEqual(pick(coupons), { id: vouchers, campaign_id: spring, reward_for: 'person_invited', type: 'coupon', value: null, when_referral: 'invited' });
  });

  test('are searched', async () => {
    const found = await search('', [{ field: 'type', operator: '=', value: 'custom' }, { field: 'campaign_id', operator: '=', value: spring }]);
    assert.deepEqual(found.body.data.map((each) => each.id), [gift]);
    assert.deepEqual((await get('?type=amount')).body.data.map((each) => each.id), [cash]);
  });
});

describe('the dashboard', () => {
  test('tells what each reward of a metric has led to', async () => {
    const [amount] = (await get('/dashboard/amount')).body.data;
    assert.equal(amount.id, cash);
    assert.equal(amount.count, 2);
    assert.equal(amount.total, 51);
    const [custom] = (await search('/dashboard/custom', [{ field: 'id', operator: '=', value: gift }])).body.data;
    assert.equal(custom.count, 2);
    assert.equal(custom.total, 4);
    const [coupons] = (await get('/dashboard/coupon')).body.data;
    assert.equal(coupons.id, vouchers);
    assert.ok(codes.includes(coupons.coupon));
    assert.equal('total' in coupons, false);
  });
});

describe('due and issued rewards', () => {
  test('are apart, and by metric', async () => {
    const due = await get('/due/amount');
    assertPage(server, due, { path: '/api/v2/rewards/due/amount', total: 2 });
    for (const grant of due.body.data) {
      assert.equal(grant.reward_id, cash);
      assert.equal(grant.recipient_id, mara.id);
      assert.equal(grant.can_be_issued, true);
      assert.equal(grant.count, 1);
      assert.equal(grant.total, 25.5);
      assert.equal('coupon' in grant, false);
    }
    const [first] = (await get('/due/custom?sort=id&per_page=1')).body.data;
    assert.equal((await server.api('POST', `/api/v2/rewards/issue/${first.id}`)).status, 200);
    const [issued] = (await get('/issued/custom')).body.data;
    assert.equal(issued.id, first.id);
    assert.equal(issued.issued_at, today());
    assert.equal(issued.status, 'issued');
    assert.equal((await get('/due/custom')).body.meta.total, 1);
    for (const [action, status] of [['reverse', 'reversed'], ['fail', 'failed']]) {
      const [grant] = (await get('/due/amount')).body.data;
      for (const step of ['issue', action]) assert.equal((await server.api('POST', step === 'issue' ? `/api/v2/rewards/issue/${grant.id}` : `/api/v2/grants/${grant.id}/${step}`)).status, 200);
      assert.deepEqual((await get('/issued/amount')).body.data.find(({ id }) => id === grant.id).status, status, 'what was issued stays in its list');
    }
  });

  test('of coupons have their coupon', async () => {
    const due = await get('/due/coupon');
    assert.deepEqual(due.body.data.map((grant) => grant.recipient_id).sort(), leads.map((lead) => lead.id).sort());
    for (const grant of due.body.data) {
      assert.ok(codes.includes(grant.coupon));
      assert.equal('total' in grant, false);
    }
  });

  test('are searched by whom they are for', async () => {
    const found = await search('/due/coupon', [{ field: 'recipient_id', operator: '=', value: leads[1].id }]);
    assert.deepEqual(found.body.data.map((grant) => grant.recipient_id), [leads[1].id]);
    assert.equal((await search('/issued/amount', [{ field: 'recipient_id', operator: '=', value: leads[0].id }])).body.meta.total, 0);
    assert.equal((await search('/due/amount', [{ field: 'status', operator: '=', value: 'issued' }])).body.meta.total, 0);
    assertFieldErrors(await search('/due/amount', [{ field: 'status', operator: '=', value: 'lost' }]), ['status'], 'v2');
  });

  test('of an unknown metric are not there', async () => {
    for (const path of ['/due/gold', '/issued/', '/issued/0', '/dashboard/%20']) assertError(await get(path), 404);
  });
});

test('grants of every state are in one list', async () => {
  const all = await server.api('GET', '/api/v2/grants?sort=id');
  assert.equal(all.body.meta.total, 6);
  const found = await server.api('POST', '/api/v2/grants/search', { filters: { operator: 'AND', value: [{ field: 'status', operator: 'IN', value: ['due', 'issued'] }, { field: 'metric', operator: '=', value: 'custom' }] } });
  assert.deepEqual(found.body.data.map((grant) => grant.status).sort(), ['due', 'issued']);
});

describe('remaining coupons', () => {
  test('are those that nobody has, by either path', async () => {
    for (const path of ['/remaining/coupon', '/coupons']) {
      const answer = await get(path);
      assertPage(server, answer, { path: `/api/v2/rewards${path}`, total: 1 });
      const [coupon] = answer.body.data;
      assert.equal(coupon.coupon, 'SPRING-3');
      assert.equal(coupon.reward_id, vouchers);
      assert.equal(coupon.campaign_id, spring);
    }
    assert.equal((await get('/coupons?coupon=SPRING-1')).body.meta.total, 0);
  });
});

test('another account sees its own rewards only', async () => {
  const other = otherAccount(server);
  assert.equal((await get('', { token: other.token })).body.meta.total, 2);
  assert.deepEqual((await get('/coupons', { token: other.token })).body.data.map((each) => each.coupon), [other.coupon]);
  for (const path of ['/due/amount', '/issued/custom', '/due/coupon']) assert.equal((await get(path, { token: other.token })).body.meta.total, 0);
});
