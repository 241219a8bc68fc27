/*
 * Whose referral somebody is: every kind of trace, first and last touch, windows, joining again, attaching by hand.
 * The rule itself has its table in src/domain/attribution_cases.h.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startServer, until } from '../lib/server.mjs';
import { assertError, assertFieldErrors } from './kit/errors.mjs';
import { addLead, addReferrer, campaign, email, events, importCoupons, pair, qualified, reward, sql, tally, unique } from './kit/world.mjs';

let server;

before(async () => {
  server = await startServer({ args: ['--rate-limit', '0'] });
});
after(() => server?.stop());

async function make(settings = {}) {
  const { body } = await server.api('POST', '/api/v2/campaigns', { name: unique('Campaign'), landing_url: 'https://shop.example/', ...settings });
  return body.data.id;
}

const join = (campaignId, more = {}) =>
  server.api('POST', '/api/v2/users', { campaign_id: campaignId, first_name: 'Lee', email: email('lee'), ...more });

async function joined(campaignId, more) {
  const { status, body } = await join(campaignId, more);
  assert.ok(status === 200 || status === 201, JSON.stringify(body));
  return body.data;
}

/** Opens a link, gives the click id that the shop gets. */
async function click(user) {
  const { headers } = await fetch(`${server.url}/${user.code}`, { redirect: 'manual' });
  return new URL(headers.get('location')).searchParams.get('click');
}

const user = async (id) => (await server.api('GET', `/api/v2/users/${id}`)).body.data;
const counts = (id) =>
  sql(server, `SELECT referrals, qualified_referrals AS qualified FROM user_count WHERE user_id = ${id}`)[0] ?? { referrals: 0, qualified: 0 };
const decisions = (id) =>
  sql(server, `SELECT rule, outcome, inputs FROM decision WHERE kind = 0 AND user_id = ${id} ORDER BY id`).map((row) => ({
    ...row,
    inputs: JSON.parse(row.inputs),
  }));

describe('each trace credits its referrer', () => {
  const traces = {
    'referrer by id': (mara) => ({ referrer: { field: 'id', value: mara.id } }),
    'referrer by code': (mara) => ({ referrer: { field: 'code', value: mara.code } }),
    'referrer by e-mail': (mara) => ({ referrer: { field: 'email', value: mara.email.toUpperCase() } }),
    'referrer by customer id': (mara) => ({ referrer: { field: 'customer_id', value: mara.customer_id } }),
    'referrer by click id': async (mara) => ({ referrer: { field: 'click_id', value: await click(mara) } }),
    'referrer_code': (mara) => ({ referrer_code: mara.code }),
    'click_id': async (mara) => ({ click_id: await click(mara) }),
  };
  for (const [name, trace] of Object.entries(traces)) {
    test(name, async () => {
      const id = await make();
      const mara = await joined(id, { customer_id: unique('customer') });
      const lee = await joined(id, await trace(mara));
      assert.equal(lee.referrer_id, mara.id);
      assert.equal(lee.type, 'person_invited');
      assert.equal(lee.source, 'Referred');
      assert.deepEqual(counts(mara.id), { referrals: 1, qualified: 0 });
      const [decision] = decisions(lee.id);
      assert.deepEqual([decision.rule, decision.outcome, decision.inputs.referrer_id], ['first', 'credited', mara.id]);
      assert.equal(events(server, `user_id = ${lee.id}`)[0].body.referrer.id, mara.id);
    });
  }

  test('a coupon credits whom it was handed to', async () => {
    const id = campaign(server);
    reward(server, id, { metric: 'coupon', whom: 'referrer', when: 'joined', more: ['--auto'] });
    const code = unique('COUPON');
    importCoupons(server, id, [code]);
    const mara = await addReferrer(server, id);
    assert.equal((await joined(id, { coupon: code })).referrer_id, mara.id);
    assert.equal((await joined(id, { referrer: { field: 'coupon', value: code } })).referrer_id, mara.id);
  });

  test('a lead refers on', async () => {
    const id = await make();
    const { lead } = await pair(server, id);
    assert.equal((await joined(id, { referrer_code: lead.code })).referrer_id, lead.id);
  });

  test('a join without traces writes no decision', async () => {
    const person = await joined(await make());
    assert.equal(person.type, 'person_referring');
    assert.deepEqual(decisions(person.id), []);
  });
});

describe('several traces', () => {
  test('first touch: the click before the code', async () => {
    const id = await make({ attribution: 'first' });
    const mara = await joined(id), noah = await joined(id);
    const click_id = await click(mara);
    await until(async () => (await click(mara)) !== click_id, { what: 'the next second' }); // in which clicks are kept
    const lee = await joined(id, { click_id, referrer_code: noah.code });
    assert.equal(lee.referrer_id, mara.id);
    const [{ inputs }] = (await server.api('GET', `/api/v2/users/${lee.id}/explain`)).body.data.decisions;
    assert.deepEqual(inputs.traces.map(({ by, referrer_id, reason }) => [by, referrer_id, reason]),
      [['code', noah.id, 'lost_to_earlier'], ['click_id', mara.id, 'won']]);
  });

  test('last touch: the code after the click', async () => {
    const id = await make({ attribution: 'last' });
    const mara = await joined(id), noah = await joined(id);
    const click_id = await click(mara);
    await until(async () => (await click(mara)) !== click_id, { what: 'the next second' });
    assert.equal((await joined(id, { click_id, referrer_code: noah.code })).referrer_id, noah.id);
  });
});

describe('traces that are worth nothing', () => {
  test('who names a referrer that does not fit is told so, and nothing changes', async () => {
    const id = await make(), other = await make();
    const mara = await joined(id), stranger = await joined(other);
    const before = tally(server);
    const wrong = [
      ['referrer', { referrer: { field: 'code', value: 'u0000000' } }],
      ['referrer', { referrer: { field: 'id', value: stranger.id } }],
      ['referrer', { referrer: { field: 'email', value: stranger.email } }],
      ['referrer', { referrer: { field: 'click_id', value: 'x'.repeat(25) } }],
      ['referrer', { referrer: { field: 'shoe_size', value: '42' } }],
      ['referrer_code', { referrer_code: 'nobody' }],
      ['referrer_code', { referrer_code: stranger.code }],
      ['email', { referrer_code: mara.code, email: mara.email }],
    ];
    for (const [field, more] of wrong) assertFieldErrors(await join(id, more), [field], 'v2');
    assert.deepEqual(tally(server), before);
  });

  test('a click id or coupon that is worthless credits nobody, and the decision says so', async () => {
    const id = await make(), stranger = await joined(await make());
    const forged = `${(await click(stranger)).slice(0, -1)}~`;
    for (const [more, reason] of [
      [{ click_id: forged }, 'unknown'], [{ click_id: '?' }, 'unknown'], [{ coupon: 'NEVER' }, 'unknown'],
      [{ click_id: await click(stranger) }, 'other_campaign'],
    ]) {
      const person = await joined(id, more);
      assert.equal(person.type, 'person_referring');
      const [decision] = decisions(person.id);
      assert.deepEqual([decision.outcome, decision.inputs.traces[0].reason], ['nobody', reason]);
    }
  });

  test('a click is worthless when its window has passed', async () => {
    const id = await make({ click_window_s: 1 }), mara = await joined(id);
    const click_id = await click(mara);
    await until(async () => (await joined(id, { click_id })).referrer_id === null, { what: 'the click to expire' });
    assertFieldErrors(await join(id, { referrer: { field: 'click_id', value: click_id } }), ['referrer'], 'v2');
  });
});

describe('joining again', () => {
  test('a person referring stays one, and a lead keeps its referrer', async () => {
    const id = await make();
    const mara = await joined(id), noah = await joined(id), lee = await joined(id, { referrer_code: mara.code });
    const again = (person, more) => joined(id, { email: person.email, ...more });
    assert.equal((await again(noah, { referrer_code: mara.code })).type, 'person_referring');
    assert.equal((await again(lee, { referrer_code: noah.code })).referrer_id, mara.id);
    assert.deepEqual(counts(mara.id), { referrals: 1, qualified: 0 });
    assert.equal(decisions(lee.id).at(-1).inputs.traces[0].reason, 'already_referred');
    await again(lee, { referrer_code: mara.code });
    assert.equal(decisions(lee.id).length, 2, 'what is known is not explained again');
  });

  test('with last touch a later referrer takes an unqualified lead over, and once only', async () => {
    const id = await make({ attribution: 'last' });
    const mara = await joined(id), noah = await joined(id), lee = await joined(id, { referrer_code: mara.code });
    const before = events(server).length;
    for (const _ of [1, 2]) assert.equal((await joined(id, { email: lee.email, referrer_code: noah.code })).referrer_id, noah.id);
    assert.deepEqual([counts(mara.id).referrals, counts(noah.id).referrals], [0, 1]);
    assert.equal(events(server).length, before, 'nobody has joined');
    const last = decisions(lee.id).at(-1);
    assert.deepEqual([last.rule, last.outcome, last.inputs.referrer_id_before, last.inputs.referrer_id], ['last', 'credited', mara.id, noah.id]);

    await qualified(server, lee);
    assert.equal((await joined(id, { email: lee.email, referrer_code: mara.code })).referrer_id, noah.id);
    assert.equal(decisions(lee.id).at(-1).inputs.traces[0].reason, 'already_qualified');
  });

  test('the customer id knows somebody who comes with another address', async () => {
    const id = await make(), customer_id = unique('customer');
    const lee = await joined(id, { customer_id });
    const { status, body } = await join(id, { customer_id });
    assert.deepEqual([status, body.data.id, body.data.email], [200, lee.id, lee.email]);
    assert.notEqual((await joined(await make(), { customer_id })).id, lee.id, 'in another campaign it is somebody else');
    assertFieldErrors(await join(id, { email: (await joined(id)).email, customer_id }), ['customer_id'], 'v2');
    assertFieldErrors(await join(id, { referrer: { field: 'id', value: lee.id }, email: email(), customer_id }), ['email'], 'v2');
  });

  test('an empty customer id is filled, and stays', async () => {
    const id = await make(), customer_id = unique('customer');
    const lee = await joined(id);
    assert.equal((await joined(id, { email: lee.email, customer_id })).customer_id, customer_id);
    assert.equal((await joined(id, { email: lee.email, customer_id: unique('other') })).customer_id, customer_id);
  });
});

describe('attaching a referrer later', () => {
  const attach = (id, body) => server.api('POST', `/api/v2/users/${id}/referrer`, body);

  test('makes a person referring a lead; counts and decision follow, nothing is announced', async () => {
    const id = await make(), mara = await joined(id), lee = await joined(id), mia = await addLead(server, lee);
    const before = events(server).length;
    const { status, body } = await attach(lee.id, { field: 'code', value: mara.code, reason: 'Told us on the phone' });
    assert.equal(status, 200);
    assert.deepEqual([body.data.referrer_id, body.data.type, body.data.source], [mara.id, 'person_invited', 'Referred']);
    assert.deepEqual(body.data, await user(lee.id));
    assert.deepEqual([counts(mara.id).referrals, counts(lee.id).referrals], [1, 1]);
    assert.equal((await user(mia.id)).referrer_id, lee.id);
    assert.equal(events(server).length, before);
    const [decision] = decisions(lee.id);
    assert.deepEqual([decision.rule, decision.outcome, decision.inputs.reason], ['attached_by_hand', 'credited', 'Told us on the phone']);

    await attach(lee.id, { field: 'id', value: mara.id });
    assert.equal(counts(mara.id).referrals, 1, 'doing it again is nothing');
    const leads = await server.api('GET', `/api/v2/users?campaign_id=${id}&type=person_invited`);
    assert.equal(leads.body.meta.total, 2);
  });

  test('grants what an invitation earns, and takes it from who had the lead before', async () => {
    const id = campaign(server);
    reward(server, id, { whom: 'referrer', when: 'invited' });
    const mara = await addReferrer(server, id), noah = await addReferrer(server, id), lee = await addLead(server, mara);
    await attach(lee.id, { field: 'id', value: noah.id });
    const state = (person) => sql(server, `SELECT state FROM reward_grant WHERE recipient_id = ${person.id}`).map((row) => row.state);
    assert.equal(state(mara).length, 1);
    assert.equal(state(noah).length, 1);
    assert.notDeepEqual(state(mara), state(noah));
    assert.deepEqual([counts(mara.id).referrals, counts(noah.id).referrals], [0, 1]);
  });

  test('refuses oneself, circles, other campaigns, unknown people and the qualified', async () => {
    const id = await make(), mara = await joined(id), lee = await joined(id, { referrer_code: mara.code });
    const mia = await addLead(server, lee), stranger = await joined(await make());
    const before = tally(server);
    assertFieldErrors(await attach(mara.id, { field: 'id', value: mara.id }), ['email'], 'v2');
    for (const below of [lee, mia]) assertFieldErrors(await attach(mara.id, { field: 'id', value: below.id }), ['referrer'], 'v2');
    assertFieldErrors(await attach(mara.id, { field: 'code', value: stranger.code }), ['referrer'], 'v2');
    assertFieldErrors(await attach(mara.id, { field: 'email', value: 'nobody@example.org' }), ['referrer'], 'v2');
    assertFieldErrors(await attach(mara.id, { field: 'shoe_size', value: 'x' }), ['field'], 'v2');
    assertFieldErrors(await attach(mara.id, { field: 'code' }), ['value'], 'v2');
    assertError(await attach(999_999, { field: 'code', value: mara.code }), 404);
    await qualified(server, mia);
    assertFieldErrors(await attach(mia.id, { field: 'code', value: mara.code }), ['id'], 'v2');
    assert.deepEqual({ ...tally(server), qualified: 0, event: 0 }, { ...before, qualified: 0, event: 0 });
  });
});

describe('the credit window', () => {
  const grants = (id) => sql(server, `SELECT recipient_id, state FROM reward_grant WHERE campaign_id = ${id}`);

  test('a lead who qualifies after it earns the referrer nothing, and is qualified all the same', async () => {
    const id = await make({ credit_window_s: 1 });
    reward(server, id, { whom: 'referrer', when: 'qualified' });
    reward(server, id, { whom: 'lead', when: 'qualified' });
    const mara = await joined(id), late = await joined(id, { referrer_code: mara.code });
    sql(server, `UPDATE users SET signed_up_us = signed_up_us - 2000000 WHERE id = ${late.id}`);
    assert.equal((await qualified(server, late)).qualified, true);
    assert.deepEqual(counts(mara.id), { referrals: 1, qualified: 0 });
    assert.deepEqual(grants(id).map(({ recipient_id }) => recipient_id), [late.id]);
    assert.equal(events(server, `user_id = ${late.id}`).at(-1).body.referrer.id, mara.id);

    await server.api('PUT', '/api/v2/users/qualification', { id: late.id, qualified: false });
    assert.deepEqual(counts(mara.id), { referrals: 1, qualified: 0 });
  });

  test('a lead who qualifies within it counts, and counts no more when it is undone or erased', async () => {
    const id = await make({ credit_window_s: 3600 });
    reward(server, id, { whom: 'referrer', when: 'qualified' });
    const mara = await joined(id), lee = await joined(id, { referrer_code: mara.code });
    await qualified(server, lee);
    assert.deepEqual(counts(mara.id), { referrals: 1, qualified: 1 });
    assert.equal(grants(id)[0].recipient_id, mara.id);
    await server.api('PUT', '/api/v2/users/qualification', { id: lee.id, qualified: false });
    assert.deepEqual(counts(mara.id), { referrals: 1, qualified: 0 });
    await qualified(server, lee);
    await server.api('DELETE', `/api/v2/users/${lee.id}`);
    assert.deepEqual(counts(mara.id), { referrals: 0, qualified: 0 });
  });
});

describe('sources and kinds', () => {
  test('a campaign takes people by its sources alone', async () => {
    const id = await make({ sources: ['N8n', 'Referred'] });
    assertFieldErrors(await join(id), ['campaign_id'], 'v2');
    const mara = await addReferrer(server, id);
    assert.equal((await joined(id, { referrer_code: mara.code })).source, 'Referred');
    const closed = await make({ sources: ['Api'] }), noah = await joined(closed);
    assertFieldErrors(await join(closed, { referrer_code: noah.code }), ['campaign_id'], 'v2');
    assert.equal((await join(closed, { email: noah.email })).status, 200, 'who is in stays in');
  });

  test('an invite-only campaign has no open sign-up page, but landing pages', async () => {
    const id = await make({ kind: 'invite_only', landing_url: null });
    const { code } = (await server.api('GET', `/api/v2/campaigns/${id}`)).body.data;
    assert.match(await (await fetch(`${server.url}/${code}/signup`)).text(), /by invitation only/);
    const posted = await fetch(`${server.url}/${code}/signup`, { method: 'POST', body: new URLSearchParams({ first_name: 'A', email: email(), consent: 'yes' }) });
    assert.equal(posted.status, 409);
    const mara = await joined(id);
    assert.match(await (await fetch(`${server.url}/${mara.code}`)).text(), /<form/);
  });
});
