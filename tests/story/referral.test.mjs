/*
 * The whole way of one referral: added by API → link → a friend signs up by the form → New Referral → qualified by
 * code → Referral Qualified → reward granted and issued → Reward Issued. Database, API and events agree at the end.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startServer, until } from '../lib/server.mjs';
import { bodyOf, startReceiver, verified } from '../api/kit/receiver.mjs';
import { email, importCoupons, listed, sql, today, unique } from '../api/kit/world.mjs';

let server, receiver;

before(async () => {
  receiver = await startReceiver(); // first, so that it is closed also when the server does not start
  server = await startServer({ args: ['--webhook-allow', '127.0.0.0/8', '--webhook-schedule', '1,1,1'] });
});
after(() => Promise.all([server?.stop(), receiver?.close()]));

const user = async (identifier) => (await server.api('GET', `/api/v2/users/${identifier}`)).body.data;

describe('a referral', { concurrency: false }, () => {
  const friend = { first_name: 'Lee', email: email('lee') };
  const coupon = unique('WELCOME');
  let campaign, cash, gift, inboxes, secrets, mara, lee;

  before(async () => {
    campaign = Number(server.cli('campaign', 'create', '--name', 'Spring invite', '--offer', 'A coffee for both of you'));
    cash = Number(server.cli('reward', 'create', '--campaign', String(campaign), '--name', 'Cash', '--metric', 'amount', '--value', '25.00', '--currency', 'USD', '--for', 'referrer', '--when', 'qualified', '--issue', 'n8n', '--auto'));
    gift = Number(server.cli('reward', 'create', '--campaign', String(campaign), '--name', 'Gift', '--metric', 'coupon', '--for', 'lead', '--when', 'qualified', '--issue', 'n8n'));
    importCoupons(server, campaign, [coupon]);
    inboxes = { join: receiver.inbox('join'), qualified: receiver.inbox('qualified'), cash: receiver.inbox('cash'), gift: receiver.inbox('gift') };
    const register = async (method, path, body) => (await server.api(method, `/api/n8n${path}`, { ...body, expects_ack: true })).body.webhook.secret;
    secrets = {
      join: await register('POST', '/webhooks', { url: inboxes.join.url, event: 'user.join', sources: ['Referred'], campaign_id: campaign }),
      qualified: await register('POST', '/webhooks', { url: inboxes.qualified.url, event: 'user.qualified', campaign_id: campaign }),
      cash: await register('PUT', `/rewards/${cash}`, { url: inboxes.cash.url, event: 'reward_issued', reward_id: cash }),
      gift: await register('PUT', `/rewards/${gift}`, { url: inboxes.gift.url, event: 'reward_issued', reward_id: gift }),
    };
  });

  const delivered = async (name, count = 1) => (await inboxes[name].wait(count)).map((each) => verified(each, secrets[name]));

  test('a referrer is added and has a link', async () => {
    const { status, body } = await server.api('POST', '/api/n8n/users', { campaign_id: campaign, first_name: 'Mara', email: email('mara') });
    assert.equal(status, 201);
    mara = body.user;
    assert.equal(mara.url, `${server.url}/${mara.code}`);
  });

  test('the link shows who invites, to what, and a form', async () => {
    const response = await fetch(mara.url);
    const page = await response.text();
    assert.equal(response.status, 200);
    assert.match(response.headers.get('content-type'), /^text\/html; charset=utf-8/i);
    for (const text of ['Mara', 'A coffee for both of you', 'name="first_name"', 'name="email"', 'name="consent"']) assert.ok(page.includes(text), text);
    assert.ok(!page.includes(mara.email), 'the page does not tell the address of the referrer');
    await until(async () => (await user(mara.id)).reach === 1, { what: 'the click to be counted' });
  });

  test('without consent nobody is signed up', async () => {
    const response = await fetch(mara.url, { method: 'POST', body: new URLSearchParams(friend) });
    assert.equal(response.status, 422);
    assert.equal((await server.api('GET', `/api/v2/users/${friend.email}`)).status, 404);
  });

  test('the friend signs up by the form and is thanked', async () => {
    const response = await fetch(mara.url, { method: 'POST', body: new URLSearchParams({ ...friend, consent: 'yes' }), redirect: 'manual' });
    assert.equal(response.status, 303);
    const thanks = await fetch(new URL(response.headers.get('location'), server.url));
    assert.equal(thanks.status, 200);
    assert.match(await thanks.text(), /Thank you/);
    lee = await user(friend.email);
    assert.deepEqual([lee.first_name, lee.referrer_id, lee.source, lee.type, lee.signed_up_at, lee.ip], ['Lee', mara.id, 'Referred', 'person_invited', today(), '127.0.0.1']);
    assert.ok(sql(server, `SELECT consented_us FROM users WHERE id = ${lee.id}`)[0].consented_us > 0);
  });

  test('New Referral arrives with the friend and the referrer', async () => {
    const [event, ...more] = await delivered('join');
    assert.equal(more.length, 0);
    assert.deepEqual([event.event, event.id, event.email, event.source, event.ip], ['user.join', lee.id, friend.email, 'Referred', '127.0.0.1']);
    assert.deepEqual([event.referrer.id, event.referrer.email, event.referrer.code], [mara.id, mara.email, mara.code]);
    assert.deepEqual(event.campaign.name, 'Spring invite');
  });

  test('signing up again changes and announces nothing, and looks the same', async () => {
    const response = await fetch(mara.url, { method: 'POST', body: new URLSearchParams({ ...friend, email: friend.email.toUpperCase(), consent: 'yes' }), redirect: 'manual' });
    assert.equal(response.status, 303);
    assert.deepEqual(await user(lee.id), lee);
    assert.equal(sql(server, `SELECT count(*) AS n FROM event WHERE user_id = ${lee.id}`)[0].n, 1);
  });

  test('the friend is qualified by code, and Referral Qualified arrives', async () => {
    const { status, body } = await server.api('POST', '/api/n8n/users/qualify', { code: lee.code });
    assert.equal(status, 200);
    assert.equal(body.user.qualified_at, today());
    const [event] = await delivered('qualified');
    assert.deepEqual([event.event, event.id, event.qualified, event.qualified_at, event.referrer.id], ['user.qualified', lee.id, true, today(), mara.id]);
  });

  test('the automatic reward is issued to the referrer, and Reward Issued arrives', async () => {
    const [event] = await delivered('cash');
    assert.deepEqual([event.event, event.reward_id, event.recipient_id, event.status, event.issued_at, event.total, event.currency, event.coupon], ['reward_issued', cash, mara.id, 'issued', today(), 25, 'USD', null]);
    assert.deepEqual([event.recipient.email, event.referral.id, event.reward.name], [mara.email, lee.id, 'Cash']);
  });

  test('the other one waits with its coupon until it is issued by hand', async () => {
    const grant = listed(server, 'grant', '--campaign', String(campaign)).find((each) => each.reward_id === gift);
    assert.deepEqual([grant.status, grant.recipient_id, grant.coupon], ['due', lee.id, coupon]);
    assert.equal(inboxes.gift.received().length, 0);
    const { status, body } = await server.api('POST', `/api/v2/rewards/issue/${grant.id}`);
    assert.equal(status, 200);
    assert.equal(body.data.coupon, coupon);
    const [event] = await delivered('gift');
    assert.deepEqual([event.id, event.coupon, event.recipient.id, event.reward.reward_for], [grant.id, coupon, lee.id, 'person_invited']);
  });

  test('database, API and events agree', async () => {
    await until(() => sql(server, 'SELECT count(*) AS n FROM delivery WHERE state <> 2')[0].n === 0, { everyMs: 100, what: 'every delivery to be settled' });
    const events = sql(server, 'SELECT seq, body FROM event ORDER BY seq').map((each) => JSON.parse(each.body));
    assert.deepEqual(events.map((each) => [each.event, each.id]), [['user.join', mara.id], ['user.join', lee.id], ['user.qualified', lee.id], ['reward_issued', events[3].id], ['reward_issued', events[4].id]]);
    const received = Object.values(inboxes).flatMap((each) => each.received()).map(bodyOf);
    const byId = (a, b) => a.event_id.localeCompare(b.event_id);
    assert.deepEqual(received.sort(byId), events.slice(1).sort(byId), 'each event went to its webhook once, as it is stored; that of the referrer to none');
    assert.deepEqual(sql(server, 'SELECT count(*) AS n FROM delivery WHERE attempt = 1'), [{ n: 4 }]);

    assert.deepEqual(listed(server, 'grant', '--campaign', String(campaign)).map((each) => [each.reward_id, each.recipient_id, each.referral_id, each.status, each.value, each.coupon]),
      [[cash, mara.id, lee.id, 'issued', '25.00', ''], [gift, lee.id, lee.id, 'issued', '1.00', coupon]]);
    assert.deepEqual(sql(server, `SELECT reach, referrals, qualified_referrals FROM user_count WHERE user_id = ${mara.id}`), [{ reach: 1, referrals: 1, qualified_referrals: 1 }]);
    const now = [await user(mara.id), await user(lee.id)];
    assert.deepEqual(now, [{ ...mara, reach: 1 }, { ...lee, qualified: true, qualified_at: today() }]);
    assert.equal(listed(server, 'campaign')[0].reach, 1);
    assert.deepEqual(sql(server, 'PRAGMA integrity_check'), [{ integrity_check: 'ok' }]);
  });
});
