/*
 * Rewards: who is granted what and when, and issuing it.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startServer } from '../lib/server.mjs';
import { assertError } from './kit/errors.mjs';
import { addLead, addReferrer, campaign, events, grants, importCoupons, listed, pair, qualified, qualify, reward, sql, tally, today, unique } from './kit/world.mjs';

let server;

before(async () => {
  server = await startServer({ args: ['--rate-limit', '0'] });
});
after(() => server?.stop());

const issue = (id) => server.api('POST', `/api/v2/rewards/issue/${id}`);
const brief = (list) => list.map(({ reward_id, recipient_id, referral_id, status }) => ({ reward_id, recipient_id, referral_id, status }));
const codes = (count) => Array.from({ length: count }, () => unique('COUPON'));

const METRICS = {
  amount: { options: { metric: 'amount', value: '25.00' }, listed: { value: '25.00', currency: 'USD' }, body: { count: 1, total: 25, total_minor: 2500, currency: 'USD' } },
  custom: { options: { metric: 'custom', value: '2' }, listed: { value: '2.00', currency: '' }, body: { count: 1, total: 2, total_minor: 200, currency: null } },
  coupon: { options: { metric: 'coupon' }, listed: { currency: '' }, body: { currency: null } },
};
/** Who can be rewarded for what: a lead who joins is "invited", joining rewards the one who joins. */
const CAUSES = [
  { whom: 'referrer', when: 'joined' }, { whom: 'referrer', when: 'invited' }, { whom: 'referrer', when: 'qualified' },
  { whom: 'lead', when: 'invited' }, { whom: 'lead', when: 'qualified' },
];

describe('every metric, for everybody, on every occasion', () => {
  for (const [metric, facts] of Object.entries(METRICS)) {
    for (const cause of CAUSES) {
      for (const automatic of [false, true]) {
        test(`${metric} for the ${cause.whom} when ${cause.when}, ${automatic ? 'issued at once' : 'issued by hand'}`, async () => {
          const id = campaign(server), stock = codes(3);
          importCoupons(server, id, stock);
          const rewardId = reward(server, id, { ...facts.options, ...cause, more: automatic ? ['--auto'] : [] });
          const referrer = await addReferrer(server, id);
          if (cause.when !== 'qualified') assert.equal(grants(server, id).length, cause.when === 'joined' ? 1 : 0);
          const lead = await addLead(server, referrer);
          if (cause.when === 'qualified') assert.deepEqual(grants(server, id), []);
          await qualified(server, lead);

          const recipient = cause.whom === 'lead' ? lead : referrer, referral = cause.when === 'joined' ? referrer : lead;
          const [grant, ...others] = grants(server, id);
          assert.equal(others.length, 0);
          const coupon = metric === 'coupon' ? grant.coupon : '';
          if (metric === 'coupon') assert.ok(stock.includes(coupon));
          assert.deepEqual({ ...grant, value: facts.listed.value ?? grant.value }, { id: grant.id, reward_id: rewardId, recipient_id: recipient.id, referral_id: referral.id,
            status: automatic ? 'issued' : 'due', value: grant.value, coupon, ...facts.listed });

          const named = () => events(server, `campaign_id = ${id} AND type = 2`).map((each) => each.body);
          assert.equal(named().length, automatic ? 1 : 0);
          if (!automatic) {
            const { status, body } = await issue(grant.id);
            assert.equal(status, 200);
            assert.deepEqual(body, { data: { id: grant.id, reward_id: rewardId, recipient_id: recipient.id, status: 'issued', issued_at: today(), ...facts.body,
              ...(metric === 'coupon' ? { coupon } : {}) } });
          }
          const [event, ...more] = named();
          assert.equal(more.length, 0);
          assert.equal(event.id, grant.id);
          assert.equal(event.recipient.id, recipient.id);
          assert.equal(event.referral.id, referral.id);
          assert.equal(event.coupon, metric === 'coupon' ? coupon : null);
        });
      }
    }
  }
});

describe('how often', () => {
  async function leads(id, referrer, count) {
    const list = [];
    for (let i = 0; i < count; i++) list.push(await addLead(server, referrer));
    for (const lead of list) await qualified(server, lead);
    return list;
  }

  test('every time: a grant for each lead', async () => {
    const id = campaign(server), rewardId = reward(server, id);
    const referrer = await addReferrer(server, id), list = await leads(id, referrer, 4);
    assert.deepEqual(brief(grants(server, id)), list.map((lead) => ({ reward_id: rewardId, recipient_id: referrer.id, referral_id: lead.id, status: 'due' })));
  });

  test('--every 3: for the third, the sixth, …, counted for each referrer alone', async () => {
    const id = campaign(server);
    reward(server, id, { more: ['--every', '3'] });
    const [one, two] = [await addReferrer(server, id), await addReferrer(server, id)];
    const [first, second] = [await leads(id, one, 7), await leads(id, two, 2)];
    assert.deepEqual(grants(server, id).map((each) => each.referral_id), [first[2].id, first[5].id]);
    assert.equal(second.length, 2);
  });

  test('--every 2 on invited counts those who join', async () => {
    const id = campaign(server);
    reward(server, id, { when: 'invited', more: ['--every', '2'] });
    const referrer = await addReferrer(server, id), list = [];
    for (let i = 0; i < 5; i++) list.push(await addLead(server, referrer));
    assert.deepEqual(grants(server, id).map((each) => each.referral_id), [list[1].id, list[3].id]);
  });

  test('--once: for the first lead only, for each referrer', async () => {
    const id = campaign(server);
    reward(server, id, { more: ['--once'] });
    const [one, two] = [await addReferrer(server, id), await addReferrer(server, id)];
    const [first, second] = [await leads(id, one, 3), await leads(id, two, 2)];
    assert.deepEqual(grants(server, id).map((each) => each.referral_id), [first[0].id, second[0].id]);
  });

  test('both sides: two rewards, two grants', async () => {
    const id = campaign(server), [forReferrer, forLead] = [reward(server, id), reward(server, id, { whom: 'lead' })];
    const { referrer, lead } = await pair(server, id);
    await qualified(server, lead);
    assert.deepEqual(brief(grants(server, id)), [{ reward_id: forReferrer, recipient_id: referrer.id, referral_id: lead.id, status: 'due' },
      { reward_id: forLead, recipient_id: lead.id, referral_id: lead.id, status: 'due' }]);
  });

  test('rewards of other campaigns, and people who only refer, count for nothing', async () => {
    const [id, other] = [campaign(server), campaign(server)];
    reward(server, other);
    reward(server, id, { when: 'invited' });
    await addReferrer(server, id);
    const { lead } = await pair(server, campaign(server));
    await qualified(server, lead);
    assert.deepEqual([...grants(server, id), ...grants(server, other)], []);
  });
});

describe('at the same time', () => {
  test('fifty leads qualified at once: each grant takes a coupon of its own', async () => {
    const id = campaign(server), stock = codes(50);
    importCoupons(server, id, stock);
    reward(server, id, { metric: 'coupon', more: ['--auto'] });
    const referrer = await addReferrer(server, id);
    const leads = await Promise.all(Array.from({ length: 50 }, () => addLead(server, referrer)));
    await Promise.all(leads.map((lead) => qualified(server, lead)));
    const list = grants(server, id);
    assert.equal(list.length, 50);
    assert.deepEqual(list.map((each) => each.coupon).sort(), [...stock].sort());
    assert.ok(list.every((each) => each.status === 'issued'));
    assert.ok(listed(server, 'coupon', '--campaign', String(id)).every((each) => each.user_id === referrer.id));
  });

  test('fifty leads for twenty coupons: twenty are issued, thirty wait', async () => {
    const id = campaign(server);
    importCoupons(server, id, codes(20));
    reward(server, id, { metric: 'coupon', more: ['--auto'] });
    const referrer = await addReferrer(server, id);
    const leads = await Promise.all(Array.from({ length: 50 }, () => addLead(server, referrer)));
    await Promise.all(leads.map((lead) => qualified(server, lead)));
    const list = grants(server, id);
    const issued = list.filter((each) => each.status === 'issued');
    assert.equal(issued.length, 20);
    assert.equal(new Set(issued.map((each) => each.coupon)).size, 20);
    assert.equal(list.filter((each) => each.status === 'due' && each.coupon === '').length, 30);
  });

  test('thirty leads at once on --every 3: ten grants', async () => {
    const id = campaign(server);
    reward(server, id, { more: ['--every', '3'] });
    const referrer = await addReferrer(server, id);
    const leads = await Promise.all(Array.from({ length: 30 }, () => addLead(server, referrer)));
    await Promise.all(leads.map((lead) => qualified(server, lead)));
    assert.equal(grants(server, id).length, 10);
    assert.deepEqual(sql(server, `SELECT referrals, qualified_referrals FROM user_count WHERE user_id = ${referrer.id}`), [{ referrals: 30, qualified_referrals: 30 }]);
  });

  test('fifty calls that issue one reward: one 200, one event', async () => {
    const id = campaign(server);
    reward(server, id);
    const { lead } = await pair(server, id);
    await qualified(server, lead);
    const [grant] = grants(server, id);
    const answers = await Promise.all(Array.from({ length: 50 }, () => issue(grant.id)));
    assert.deepEqual(answers.map((each) => each.status).sort(), [200, ...Array(49).fill(422)]);
    assert.equal(events(server, `campaign_id = ${id} AND type = 2`).length, 1);
  });
});

describe('issuing by hand', () => {
  test('is 200 once and 422 after, with the reason', async () => {
    const id = campaign(server);
    reward(server, id);
    const { lead } = await pair(server, id);
    await qualified(server, lead);
    const [grant] = grants(server, id);
    assert.equal((await issue(grant.id)).status, 200);
    const before = tally(server);
    assertError(await issue(grant.id), 422, { message: /issued already/ });
    assert.deepEqual(tally(server), before);
  });

  test('is 404 for what is not there', async () => {
    for (const id of [999999, 0, -1, 'x', '1.5', '9'.repeat(30), '%00']) assertError(await issue(id), 404);
  });

  test('without a coupon left is 422, and 200 after an import', async () => {
    const id = campaign(server), [one, two] = codes(2);
    importCoupons(server, id, [one]);
    reward(server, id, { metric: 'coupon' });
    const { referrer, lead } = await pair(server, id);
    await qualified(server, lead);
    await qualified(server, await addLead(server, referrer));
    const [first, second] = grants(server, id);
    assert.equal(first.coupon, one);
    assert.equal(second.coupon, '');
    const before = tally(server);
    assertError(await issue(second.id), 422, { message: /coupon/i });
    assert.deepEqual(tally(server), before);
    importCoupons(server, id, [two]);
    const { status, body } = await issue(second.id);
    assert.equal(status, 200);
    assert.equal(body.data.coupon, two);
    assert.equal((await issue(first.id)).body.data.coupon, one);
  });

  test('automatic coupon rewards that found none are issued by the next import, the oldest first', async () => {
    const id = campaign(server), stock = codes(2);
    reward(server, id, { metric: 'coupon', whom: 'lead', more: ['--auto'] });
    const { referrer, lead } = await pair(server, id);
    for (const each of [lead, await addLead(server, referrer), await addLead(server, referrer)]) await qualified(server, each);
    assert.deepEqual(grants(server, id).map((each) => [each.status, each.coupon]), [['due', ''], ['due', ''], ['due', '']]);
    importCoupons(server, id, stock);
    assert.deepEqual(grants(server, id).map((each) => [each.status, each.coupon]), [['issued', stock[0]], ['issued', stock[1]], ['due', '']]);
    const issued = events(server, `campaign_id = ${id} AND type = 2`);
    assert.equal(issued.length, 2);
    assert.equal(issued[0].body.recipient.url, `${server.url}/${lead.code}`, 'the command line knows where links lead');
    assert.equal((await qualify(server, { coupon: stock[0] })).status, 200);
  });

  test('coupons of another campaign are not taken', async () => {
    const id = campaign(server);
    importCoupons(server, campaign(server), codes(3));
    reward(server, id, { metric: 'coupon' });
    const { lead } = await pair(server, id);
    await qualified(server, lead);
    assertError(await issue(grants(server, id)[0].id), 422);
  });

  test('money keeps its digits: cents, yen and fils', async () => {
    const id = campaign(server);
    const create = (currency, value) => server.cli('reward', 'create', '--campaign', String(id), '--name', currency, '--metric', 'amount', '--value', value, '--currency', currency,
      '--for', 'referrer', '--when', 'qualified', '--issue', 'manual');
    create('USD', '0.01');
    create('JPY', '2500');
    create('KWD', '1.234');
    create('EUR', '19.9');
    const { lead } = await pair(server, id);
    await qualified(server, lead);
    const texts = [];
    for (const grant of grants(server, id)) texts.push((await issue(grant.id)).text.match(/"total":([\d.]+),"total_minor":(\d+)/).slice(1));
    assert.deepEqual(texts, [['0.01', '1'], ['2500', '2500'], ['1.234', '1234'], ['19.90', '1990']]);
  });
});
