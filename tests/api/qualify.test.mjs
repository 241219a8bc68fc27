/*
 * Qualify User (N10).
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startServer } from '../lib/server.mjs';
import { assertError, assertFieldErrors } from './kit/errors.mjs';
import { asN8n } from './kit/raw.mjs';
import { assertUser } from './kit/shapes.mjs';
import { addLead, addReferrer, campaign, events, grants, importCoupons, pair, qualify, qualified, reward, sql, tally, today, unique } from './kit/world.mjs';

let server, spring;

before(async () => {
  server = await startServer({ args: ['--rate-limit', '0'] });
  spring = campaign(server);
});
after(() => server?.stop());

/** A lead who was handed a coupon for joining. */
async function coupled() {
  const id = campaign(server), coupon = unique('SPRING');
  importCoupons(server, id, [coupon]);
  reward(server, id, { metric: 'coupon', whom: 'lead', when: 'invited', more: ['--auto'] });
  return { ...(await pair(server, id)), id, coupon };
}

describe('each form', () => {
  test('by code answers 200 with the whole user, qualified today', async () => {
    const { referrer, lead } = await pair(server, spring);
    const answer = await asN8n(server, 'POST', '/users/qualify', { code: lead.code });
    assert.equal(answer.status, 200, answer.text);
    assert.deepEqual(Object.keys(answer.body), ['user']);
    assertUser(server, answer.body.user, { campaign_id: spring, first_name: 'Lee', email: lead.email, referrer_id: referrer.id, source: 'Referred',
      type: 'person_invited', qualified: true, qualified_at: today() });
  });

  test('by e-mail and campaign, in any case, the campaign as number or text', async () => {
    for (const form of [(lead) => ({ campaign_id: spring, email: lead.email }), (lead) => ({ campaign_id: String(spring), email: lead.email.toUpperCase() }),
      (lead) => ({ campaign_id: spring, email: ` ${lead.email} ` })]) {
      const { lead } = await pair(server, spring);
      const { status, body } = await qualify(server, form(lead));
      assert.equal(status, 200);
      assert.equal(body.user.id, lead.id);
      assert.equal(body.user.qualified, true);
    }
  });

  test('by a coupon that was handed to a lead', async () => {
    const { lead, coupon } = await coupled();
    const { status, body } = await qualify(server, { coupon });
    assert.equal(status, 200);
    assert.equal(body.user.id, lead.id);
    assert.equal(body.user.qualified_at, today());
  });

  test('fields that older nodes send along, empty or missing, do not matter', async () => {
    for (const more of [{ campaign_id: '', email: '' }, { campaign_id: null, email: null }, { email: '', coupon: '' }, { campaign_id: spring }, { campaign_id: String(spring), email: '' }, { coupon: null }]) {
      const { lead } = await pair(server, spring);
      assert.equal((await qualify(server, { code: lead.code, ...more })).status, 200, JSON.stringify(more));
    }
    const { coupon } = await coupled();
    assert.equal((await qualify(server, { coupon, campaign_id: '', email: '', code: '' })).status, 200);
    const { lead } = await pair(server, spring);
    assert.equal((await qualify(server, { campaign_id: spring, email: lead.email, code: '', coupon: '' })).status, 200);
  });

  test('a coupon out of a spreadsheet may be a number', async () => {
    const id = campaign(server);
    importCoupons(server, id, ['40004000']);
    reward(server, id, { metric: 'coupon', whom: 'lead', when: 'invited', more: ['--auto'] });
    const { lead } = await pair(server, id);
    const { status, body } = await qualify(server, { coupon: 40004000 });
    assert.equal(status, 200);
    assert.equal(body.user.id, lead.id);
  });

  test('the same address in another campaign is not touched', async () => {
    const { lead } = await pair(server, spring);
    const other = await addLead(server, await addReferrer(server, campaign(server)), { email: lead.email });
    await qualify(server, { campaign_id: spring, email: lead.email });
    assert.equal((await server.api('GET', `/api/v2/users/${other.id}`)).body.data.qualified, false);
  });
});

describe('codes', () => {
  test('are found without regard to case when that fits one user only', async () => {
    for (const spelled of [(code) => code.toLowerCase(), (code) => code.toUpperCase(), (code) => ` ${code} `]) {
      const { lead } = await pair(server, spring);
      const { status, body } = await qualify(server, { code: spelled(lead.code) });
      assert.equal(status, 200, lead.code);
      assert.equal(body.user.id, lead.id);
    }
  });
});

describe('again', () => {
  test('it is 200 and changes nothing: no event, no grant, no new date', async () => {
    const id = campaign(server);
    reward(server, id, { metric: 'amount', value: '25.00', more: ['--auto'] });
    const { referrer, lead } = await pair(server, id);
    const first = await qualified(server, lead);
    const before = tally(server), stamp = sql(server, `SELECT qualified_us FROM users WHERE id = ${lead.id}`);
    for (const body of [{ code: lead.code }, { campaign_id: id, email: lead.email }]) {
      const answer = await qualify(server, body);
      assert.equal(answer.status, 200);
      assert.deepEqual(answer.body.user, first);
    }
    assert.deepEqual(tally(server), before);
    assert.deepEqual(sql(server, `SELECT qualified_us FROM users WHERE id = ${lead.id}`), stamp);
    assert.equal(sql(server, `SELECT qualified_referrals AS n FROM user_count WHERE user_id = ${referrer.id}`)[0].n, 1);
    assert.equal(grants(server, id).length, 1);
  });

  test('fifty at once make one event and one grant', async () => {
    const id = campaign(server);
    reward(server, id, { metric: 'amount', value: '25.00', more: ['--auto'] });
    const { referrer, lead } = await pair(server, id);
    const forms = [{ code: lead.code }, { code: lead.code.toLowerCase() }, { campaign_id: id, email: lead.email }];
    const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => qualify(server, forms[i % forms.length])));
    for (const answer of answers) assert.equal(answer.status, 200);
    assert.equal(grants(server, id).length, 1);
    const names = events(server, `campaign_id = ${id}`).map((each) => each.body.event);
    assert.deepEqual(names, ['user.join', 'user.join', 'user.qualified', 'reward_issued']);
    assert.equal(sql(server, `SELECT qualified_referrals AS n FROM user_count WHERE user_id = ${referrer.id}`)[0].n, 1);
  });
});

describe('refusals', () => {
  test('a person referring is 422 with the reason', async () => {
    const referrer = await addReferrer(server, spring);
    const before = tally(server);
    assertError(await qualify(server, { code: referrer.code }), 422, { message: /person referring/i });
    assertError(await qualify(server, { campaign_id: spring, email: referrer.email }), 422, { message: /person referring/i });
    assert.deepEqual(tally(server), before);
  });

  test('nobody there is 404', async () => {
    for (const body of [{ code: 'uAAAAAAA' }, { code: 'x' }, { code: 'cAAAAAAA' }, { code: '12345678' }, { code: 12345678 }, { coupon: 'NONE' }, { campaign_id: spring, email: 'nobody@example.org' },
      { campaign_id: 999999, email: 'nobody@example.org' }, { code: "u' OR '1" }, { code: 'ü'.repeat(4) }])
      assertError(await qualify(server, body), 404);
  });

  test('an address is looked for in its campaign only', async () => {
    const { lead } = await pair(server, spring);
    assertError(await qualify(server, { campaign_id: campaign(server), email: lead.email }), 404);
  });

  test('no complete form is 422 and says which there are', async () => {
    for (const body of [{}, { campaign_id: spring }, { email: 'a@example.org' }, { code: '' }, { coupon: ' ' }, { code: null, coupon: null, email: null, campaign_id: null },
      { campaign_id: '', email: 'a@example.org' }, { qualified: true }])
      assertError(await qualify(server, body), 422, { message: /code.*coupon.*email.*campaign_id/ });
  });

  test('every wrong field is named', async () => {
    assertFieldErrors(await qualify(server, { code: {}, coupon: [], campaign_id: 'x', email: 5 }), ['campaign_id', 'code', 'coupon', 'email']);
    assertFieldErrors(await qualify(server, { campaign_id: 1.5, email: 'a@example.org' }), ['campaign_id']);
    assertFieldErrors(await qualify(server, { code: 'x'.repeat(1000) }), ['code']);
  });

  test('a coupon that nobody has, or a referrer has, qualifies nobody (Q25)', async () => {
    const id = campaign(server), free = unique('FREE'), taken = unique('TAKEN');
    importCoupons(server, id, [taken, free]);
    reward(server, id, { metric: 'coupon', whom: 'referrer', when: 'invited', more: ['--auto'] });
    await pair(server, id);
    assert.equal(sql(server, `SELECT user_id IS NOT NULL AS taken FROM coupon WHERE code = '${taken}'`)[0].taken, 1);
    const before = tally(server);
    assertError(await qualify(server, { coupon: free }), 404);
    assertError(await qualify(server, { coupon: taken }), 404);
    assert.deepEqual(tally(server), before);
  });

  test('the coupon decides by its exact text', async () => {
    const { coupon } = await coupled();
    assertError(await qualify(server, { coupon: `${coupon}x` }), 404);
    assertError(await qualify(server, { coupon: coupon.slice(0, -1) }), 404);
  });
});
