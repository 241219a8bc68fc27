/*
 * What webhooks deliver: payloads, signatures, filters, acknowledgements, retries, and that nothing is lost.
 *
 * A new subscription's first delivery is held back for some 2 s, so the tests run side by side.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startServer, until } from '../lib/server.mjs';
import { bodyOf, startReceiver, verified } from './kit/receiver.mjs';
import { addLead, addReferrer, campaign, events, grants, importCoupons, pair, qualified, reward, sql, today, unique } from './kit/world.mjs';

const ARGS = ['--rate-limit', '0', '--webhook-allow', '127.0.0.0/8', '--webhook-schedule', '1,1,1,1'];
const HELD_BACK_MS = 1500; // at least

let server, receiver;

before(async () => {
  receiver = await startReceiver(); // first, so that it is closed also when the server does not start
  server = await startServer({ args: ARGS });
});
after(() => Promise.all([server?.stop(), receiver?.close()]));

const inbox = (answer) => receiver.inbox(unique('hook'), answer);

async function subscribe(to, body, on = server) {
  const answer = await on.api('POST', '/api/n8n/webhooks', { url: to.url, ...body });
  assert.ok(answer.status === 201 || answer.status === 200, answer.text);
  return answer.body.webhook;
}

async function bind(to, rewardId, body = {}) {
  const answer = await server.api('PUT', `/api/n8n/rewards/${rewardId}`, { url: to.url, event: 'reward_issued', ...body });
  assert.ok(answer.status === 201 || answer.status === 200, answer.text);
  return answer.body.webhook;
}

const unsubscribe = (id, on = server) => on.api('DELETE', `/api/n8n/webhooks/${id}`);
const ids = (list) => list.map((each) => bodyOf(each).id).sort((a, b) => a - b);
const deliveries = (webhookId, on = server) => sql(on, `SELECT state, attempt, extras, http_status, outcome FROM delivery WHERE webhook_id = ${webhookId} ORDER BY event_seq`);
const settled = (webhookId, states = [2, 3, 4], on = server) =>
  until(() => {
    const rows = deliveries(webhookId, on);
    return rows.length > 0 && rows.every((each) => states.includes(each.state)) && rows;
  }, { everyMs: 100, what: `the deliveries of webhook ${webhookId} to settle` });
/** Its place is kept for ten seconds. */
const untilLeft = (id) =>
  until(() => sql(server, `SELECT count(*) AS n FROM webhook WHERE id = ${id} AND left_us IS NULL`)[0].n === 0, { timeoutMs: 60_000, everyMs: 250, what: 'the place to be given up' });
const names = (list) => list.map((each) => bodyOf(each).event);

describe('webhooks', { concurrency: true }, () => {
  describe('payloads', { concurrency: true }, () => {
    /** What every event has beside the contract's members: its own id, when it happened, and that it is no test. */
    function assertEnvelope(body, request) {
      assert.equal(body.event_id, request.id);
      assert.match(body.occurred_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z$/);
      assert.ok(Math.abs(Date.parse(body.occurred_at) - request.at) < 60_000);
      assert.equal(body.live, true);
      assert.ok(body.sequence >= 1);
      const { event_id, occurred_at, sequence, live, ...rest } = body;
      return rest;
    }
    const short = (user) => ({ id: user.id, first_name: user.first_name, email: user.email, code: user.code, url: user.url });
    const campaignOf = (id) => server.cli('campaign', 'list', '--json').split('\n').map((line) => JSON.parse(line)).filter((each) => each.id === id).map(({ name, code }) => ({ id, name, code }))[0];
    const flat = (user) => ({ id: user.id, campaign_id: user.campaign_id, referrer_id: user.referrer_id, first_name: user.first_name, email: user.email, code: user.code, url: user.url, reach: 0,
      source: user.source, type: user.type, ip: null, signed_up_at: today(), qualified: false, qualified_at: null, unsubscribed_at: null, meta: user.meta });

    test('user.join of a lead has the lead, the campaign and the referrer', async () => {
      const id = campaign(server), to = inbox(), { secret } = await subscribe(to, { event: 'user.join', sources: ['Referred'], campaign_id: id });
      const referrer = await addReferrer(server, id);
      const lead = await addLead(server, referrer, { first_name: 'Zoë "Z" <b>', meta: [{ field: 'Last Name', value: 'Odum' }] });
      const [request] = await to.wait(1);
      const body = verified(request, secret);
      assert.deepEqual(assertEnvelope(body, request), { event: 'user.join', ...flat(lead), campaign: campaignOf(id), referrer: short(referrer) });
    });

    test('user.join of a person referring has no referrer', async () => {
      const id = campaign(server), to = inbox(), { secret } = await subscribe(to, { event: 'user.join', campaign_id: id });
      const referrer = await addReferrer(server, id);
      const [request] = await to.wait(1);
      assert.deepEqual(assertEnvelope(verified(request, secret), request), { event: 'user.join', ...flat(referrer), campaign: campaignOf(id), referrer: null });
    });

    test('user.qualified is the same with its date', async () => {
      const id = campaign(server), to = inbox(), { secret } = await subscribe(to, { event: 'user.qualified', campaign_id: id });
      const { referrer, lead } = await pair(server, id);
      await qualified(server, lead);
      const [request] = await to.wait(1);
      assert.deepEqual(assertEnvelope(verified(request, secret), request), { event: 'user.qualified', ...flat(lead), qualified: true, qualified_at: today(), campaign: campaignOf(id), referrer: short(referrer) });
    });

    for (const [metric, options, value] of [
      ['amount', { metric: 'amount', value: '25.00' }, { count: 1, total: 25, total_minor: 2500, coupon: null, currency: 'USD' }],
      ['custom', { metric: 'custom', value: '1' }, { count: 1, total: 1, total_minor: 100, coupon: null, currency: null }],
      ['coupon', { metric: 'coupon' }, { coupon: 'C', currency: null }],
    ]) {
      test(`reward_issued of a reward in ${metric} has reward, recipient, referral and campaign`, async () => {
        const id = campaign(server), to = inbox(), coupon = unique('CODE');
        if (metric === 'coupon') importCoupons(server, id, [coupon]);
        const rewardId = reward(server, id, { ...options, issue: 'n8n', more: ['--auto'] });
        const { secret } = await bind(to, rewardId);
        const { referrer, lead } = await pair(server, id);
        await qualified(server, lead);
        const [request] = await to.wait(1);
        const [grant] = grants(server, id);
        const { name } = sql(server, `SELECT name FROM reward WHERE id = ${rewardId}`)[0];
        assert.deepEqual(assertEnvelope(verified(request, secret), request), { event: 'reward_issued', id: grant.id, reward_id: rewardId, recipient_id: referrer.id, status: 'issued', issued_at: today(), metric,
          ...value, ...(metric === 'coupon' ? { coupon } : {}), reward: { id: rewardId, name, campaign_id: id, reward_for: 'person_referring' },
          recipient: short(referrer), referral: short(lead), campaign: campaignOf(id) });
      });
    }

    test('a reward issued by hand is delivered when it is issued', async () => {
      const id = campaign(server), to = inbox(), rewardId = reward(server, id, { issue: 'n8n' });
      await bind(to, rewardId);
      const { lead } = await pair(server, id);
      await qualified(server, lead);
      assert.equal(events(server, `campaign_id = ${id} AND type = 2`).length, 0);
      await server.api('POST', `/api/v2/rewards/issue/${grants(server, id)[0].id}`);
      assert.equal(bodyOf((await to.wait(1))[0]).reward_id, rewardId);
    });

    test('the bytes sent are the bytes of the event', async () => {
      const id = campaign(server), to = inbox();
      await subscribe(to, { event: 'user.join', campaign_id: id });
      const user = await addReferrer(server, id);
      const [request] = await to.wait(1);
      assert.equal(request.bytes.toString(), sql(server, `SELECT body FROM event WHERE user_id = ${user.id}`)[0].body);
    });
  });

  describe('requests', { concurrency: true }, () => {
    test('are signed POSTs of one JSON object, with the headers of Standard Webhooks', async () => {
      const id = campaign(server), to = inbox(), { secret } = await subscribe(to, { event: 'user.join', campaign_id: id });
      await addReferrer(server, id);
      const [request] = await to.wait(1);
      assert.equal(request.method, 'POST');
      assert.equal(request.headers['content-type'], 'application/json');
      assert.match(request.headers['user-agent'], /^Refmill\//);
      assert.equal(request.headers.authorization, undefined);
      assert.equal(request.headers['transfer-encoding'], undefined);
      assert.equal(request.headers.expect, undefined);
      assert.match(request.id, /^evt_[0-9A-Za-z]+$/);
      assert.match(request.headers['webhook-timestamp'], /^\d+$/);
      assert.ok(Math.abs(Number(request.headers['webhook-timestamp']) - request.at / 1000) <= 20);
      assert.match(request.headers['webhook-signature'], /^v1,[0-9A-Za-z+/]{43}=$/);
      verified(request, secret);
      verified(request, secret.replace('whsec_', ''));
      const other = { ...request, bytes: Buffer.from(request.bytes.toString().replace('Mara', 'Eve')) };
      assert.throws(() => verified(other, secret), /No matching signature/);
      assert.throws(() => verified({ ...request, headers: { ...request.headers, 'webhook-id': 'evt_other' } }, secret), /No matching signature/);
      assert.throws(() => verified(request, `whsec_${Buffer.alloc(32, 7).toString('base64')}`), /No matching signature/);
    });

    test('each event has an id of its own; two webhooks get one event under the same id', async () => {
      const id = campaign(server), [one, two] = [inbox(), inbox()];
      await subscribe(one, { event: 'user.join', campaign_id: id });
      await subscribe(two, { event: 'user.join', campaign_id: id });
      const users = [await addReferrer(server, id), await addReferrer(server, id), await addReferrer(server, id)];
      const [first, second] = [await one.wait(3), await two.wait(3)];
      const byUser = (list) => Object.fromEntries(list.map((each) => [bodyOf(each).id, each.id]));
      assert.equal(new Set(first.map((each) => each.id)).size, 3);
      assert.deepEqual(byUser(first), byUser(second));
      assert.deepEqual(ids(first), users.map((each) => each.id));
    });

    test('the first delivery is held back until n8n has stored the secret', async () => {
      const id = campaign(server), to = inbox();
      const registered = Date.now();
      await subscribe(to, { event: 'user.join', campaign_id: id });
      await addReferrer(server, id);
      const [request] = await to.wait(1);
      assert.ok(request.at - registered >= HELD_BACK_MS, `${request.at - registered} ms`);
    });

    test('a receiver gets four at a time at first, and only one more for each round that goes well', async () => {
      const own = await startReceiver();
      try {
        let now = 0, most = 0;
        const to = own.inbox('crowd', async () => {
          most = Math.max(most, ++now);
          await new Promise((resolve) => setTimeout(resolve, 50));
          now--;
        });
        const id = campaign(server);
        await subscribe(to, { event: 'user.join', campaign_id: id });
        await Promise.all(Array.from({ length: 24 }, () => addReferrer(server, id)));
        await to.wait(24);
        assert.ok(most >= 1 && most <= 8, `${most} at once`); // five after 4 answers, six after 9, seven after 15, eight after 22
      } finally {
        await own.close();
      }
    });
  });

  describe('filters', { concurrency: true }, () => {
    test('a campaign: only its events; none: those of every campaign', async () => {
      const [mine, other] = [campaign(server), campaign(server)], [narrow, wide] = [inbox(), inbox()];
      await subscribe(narrow, { event: 'user.qualified', campaign_id: mine });
      await subscribe(wide, { event: 'user.qualified' });
      const [theirs, ours] = [(await pair(server, other)).lead, (await pair(server, mine)).lead];
      await qualified(server, theirs);
      await qualified(server, ours);
      await narrow.wait(1);
      await until(() => [theirs.id, ours.id].every((id) => ids(wide.received()).includes(id)));
      assert.deepEqual(ids(narrow.received()), [ours.id]);
    });

    test('sources: only users who came that way', async () => {
      const id = campaign(server), [referred, added, any] = [inbox(), inbox(), inbox()];
      await subscribe(referred, { event: 'user.join', campaign_id: id, sources: ['Referred'] });
      await subscribe(added, { event: 'user.join', campaign_id: id, sources: ['N8n', 'Api'] });
      await subscribe(any, { event: 'user.join', campaign_id: id, sources: [] });
      const { referrer, lead } = await pair(server, id);
      assert.deepEqual(ids(await any.wait(2)), [referrer.id, lead.id]);
      assert.deepEqual(ids(await referred.wait(1)), [lead.id]);
      assert.deepEqual(ids(await added.wait(1)), [referrer.id]);
      assert.deepEqual(sql(server, `SELECT count(*) AS n FROM delivery AS d JOIN event AS e ON e.account_id = d.account_id AND e.seq = d.event_seq WHERE e.campaign_id = ${id}`), [{ n: 4 }]);
    });

    test('a reward: each URL gets the grants of its own', async () => {
      const id = campaign(server), [one, two] = [reward(server, id, { issue: 'n8n', more: ['--auto'] }), reward(server, id, { issue: 'n8n', more: ['--auto'] })], [first, second] = [inbox(), inbox()];
      await bind(first, one);
      await bind(second, two);
      const { lead } = await pair(server, id);
      await qualified(server, lead);
      assert.deepEqual([bodyOf((await first.wait(1))[0]).reward_id, bodyOf((await second.wait(1))[0]).reward_id], [one, two]);
      assert.deepEqual([first.received().length, second.received().length], [1, 1]);
    });

    test('several URLs at one reward: each gets it', async () => {
      const id = campaign(server), rewardId = reward(server, id, { issue: 'n8n', more: ['--auto'] }), all = [inbox(), inbox(), inbox()];
      for (const to of all) await bind(to, rewardId);
      const named = (await server.api('GET', '/api/n8n/rewards')).body.rewards.some((each) => each.id === rewardId);
      assert.ok(named);
      const { lead } = await pair(server, id);
      await qualified(server, lead);
      for (const to of all) assert.deepEqual(names(await to.wait(1)), ['reward_issued']);
    });

    test('an event that nobody wants makes no delivery, and what came before a subscription is not sent', async () => {
      const id = campaign(server), to = inbox();
      await addReferrer(server, id);
      const webhook = await subscribe(to, { event: 'user.join', campaign_id: id });
      const user = await addReferrer(server, id);
      assert.deepEqual(ids(await to.wait(1)), [user.id]);
      assert.equal(deliveries(webhook.id).length, 1);
    });
  });

  describe('answers', { concurrency: true }, () => {
    const html = { status: 200, type: 'text/html', body: 'n8n is starting up. Please wait' };
    async function deliverOne(answer, more = {}) {
      const id = campaign(server), to = inbox(answer);
      const webhook = await subscribe(to, { event: 'user.join', campaign_id: id, ...more });
      await addReferrer(server, id);
      return { to, webhook };
    }

    test('with expects_ack a page with 200 is tried again until {"received":true} comes', async () => {
      const { to, webhook } = await deliverOne((_, before) => (before < 2 ? html : {}), { expects_ack: true });
      await to.wait(3);
      const [row] = await settled(webhook.id, [2]);
      assert.equal(row.attempt, 3);
      assert.equal(to.received().length, 3);
    });

    test('with expects_ack only a JSON object that says received counts', async () => {
      const wrong = ['', 'ok', '{}', '{"received":false}', '{"received":"true"}', '[{"received":true}]', '{"message":"Workflow was started"}'];
      const cases = await Promise.all(wrong.map((body) => deliverOne((_, before) => (before === 0 ? { body } : {}), { expects_ack: true })));
      for (const { webhook } of cases) assert.equal((await settled(webhook.id, [2]))[0].attempt, 2);
      const fine = await Promise.all(['{"received":true,"executionId":"6"}', ' {"received": true}\n'].map((body) => deliverOne(() => ({ body, type: 'text/plain' }), { expects_ack: true })));
      for (const { webhook } of fine) assert.equal((await settled(webhook.id, [2]))[0].attempt, 1);
    });

    test('without expects_ack any 2xx will do', async () => {
      const cases = await Promise.all([{ status: 204, body: undefined }, { status: 202, body: '' }, { status: 200, type: 'text/html', body: 'firstEntryJson' }, { status: 299, body: 'x' }].map((answer) => deliverOne(() => answer)));
      for (const { webhook } of cases) assert.equal((await settled(webhook.id, [2]))[0].attempt, 1);
    });

    test("n8n's start page is tried again in any case", async () => {
      const { webhook } = await deliverOne((_, before) => (before < 1 ? html : {}));
      assert.equal((await settled(webhook.id, [2]))[0].attempt, 2);
    });

    test('everything else is tried again with the same id and bytes, newly signed', async () => {
      const id = campaign(server), answers = [{ status: 404, body: '<html>' }, { status: 401 }, { status: 500 }, { status: 304, body: undefined }];
      const to = inbox((_, before) => (before < answers.length ? answers[before] : {}));
      const webhook = await subscribe(to, { event: 'user.join', campaign_id: id });
      await addReferrer(server, id);
      const list = await to.wait(5);
      assert.equal((await settled(webhook.id, [2]))[0].attempt, 5);
      assert.equal(new Set(list.map((each) => each.id)).size, 1);
      assert.equal(new Set(list.map((each) => each.bytes.toString('hex'))).size, 1);
      for (const each of list) verified(each, webhook.secret);
      const stamps = list.map((each) => Number(each.headers['webhook-timestamp']));
      assert.deepEqual(stamps, [...stamps].sort((a, b) => a - b));
      assert.ok(stamps.at(-1) > stamps[0]);
      list.slice(1).forEach((each, i) => assert.ok(each.at - list[i].at >= 950, `attempt ${i + 2} came ${each.at - list[i].at} ms after the one before`));
    });

    test('a receiver that hangs up gets it again, as an attempt that counts (invariant I4)', async () => {
      const own = await startReceiver();
      try {
        const id = campaign(server), to = own.inbox('hangs', (request, before) => (bodyOf(request).first_name === 'Second' && before < 2 ? null : {}));
        const webhook = await subscribe(to, { event: 'user.join', campaign_id: id });
        await addReferrer(server, id, { first_name: 'First' });
        await to.wait(1); // its connection is kept open
        const second = await addReferrer(server, id, { first_name: 'Second' });
        await to.wait(4);
        await settled(webhook.id, [2]);
        const sent = to.received().filter((each) => bodyOf(each).id === second.id);
        assert.deepEqual(deliveries(webhook.id).map((each) => each.attempt), [1, sent.length]);
      } finally {
        await own.close();
      }
    });

    test('a redirect is not followed and tried again', async () => {
      const target = inbox();
      const { to, webhook } = await deliverOne((_, before) => (before === 0 ? { status: 302, headers: { Location: target.url } } : {}));
      await to.wait(2);
      await settled(webhook.id, [2]);
      assert.equal(target.received().length, 0);
    });

    test('after the last attempt of the schedule a delivery is given up, and the next event is still tried', async () => {
      const id = campaign(server), to = inbox((request) => (bodyOf(request).first_name === 'Doomed' ? { status: 500 } : {}));
      const webhook = await subscribe(to, { event: 'user.join', campaign_id: id });
      await addReferrer(server, id, { first_name: 'Doomed' });
      await addReferrer(server, id, { first_name: 'Fine' });
      const rows = await settled(webhook.id, [2, 3]);
      assert.deepEqual(rows.map((each) => [each.state, each.attempt - each.extras]), [[3, 5], [2, 1]]);
      assert.equal(rows[0].http_status, 500);
    });

    test('Retry-After puts the next attempt off', async () => {
      const { to, webhook } = await deliverOne((_, before) => (before === 0 ? { status: 429, headers: { 'Retry-After': '3' } } : {}));
      const [first, second] = await to.wait(2);
      assert.ok(second.at - first.at >= 2900, `${second.at - first.at} ms`);
      await settled(webhook.id, [2]);
    });

    test('one that fails does not hold up others', async () => {
      const id = campaign(server), [dead, live] = [inbox(() => ({ status: 500 })), inbox()];
      await subscribe(dead, { event: 'user.join', campaign_id: id });
      await subscribe(live, { event: 'user.join', campaign_id: id });
      for (let i = 0; i < 5; i++) await addReferrer(server, id);
      assert.equal(new Set((await live.wait(5)).map((each) => each.id)).size, 5);
    });

    test('nobody there at first: delivered when there is', async () => {
      const own = await startReceiver(), { port } = own, to = own.inbox('late');
      await own.close();
      const id = campaign(server), webhook = await subscribe(to, { event: 'user.join', campaign_id: id });
      const user = await addReferrer(server, id);
      await until(() => deliveries(webhook.id)[0]?.attempt >= 1, { everyMs: 50 });
      const again = await startReceiver();
      await again.close();
      again.server = (await import('node:http')).createServer((request, response) => void again.take(request, response));
      await again.listen(port);
      try {
        assert.deepEqual(ids(await again.inbox('late').wait(1)), [user.id]);
      } finally {
        await again.close();
      }
    });
  });

  describe('subscriptions that change', { concurrency: true }, () => {
    test('registered again: the same id, the new secret signs', async () => {
      const id = campaign(server), to = inbox();
      const first = await subscribe(to, { event: 'user.join', campaign_id: id });
      const second = await subscribe(to, { event: 'user.join', campaign_id: id });
      assert.equal(second.id, first.id);
      await addReferrer(server, id);
      const [request] = await to.wait(1);
      verified(request, second.secret);
      assert.throws(() => verified(request, first.secret), /No matching signature/);
      assert.equal(to.received().length, 1);
    });

    test('removed and registered again at once, as n8n does with an edited workflow: nothing is lost', async () => {
      const id = campaign(server), to = inbox(), body = { event: 'user.join', campaign_id: id };
      const first = await subscribe(to, body);
      const users = [await addReferrer(server, id)];
      await to.wait(1);
      await unsubscribe(first.id);
      users.push(await addReferrer(server, id), await addReferrer(server, id));
      const second = await subscribe(to, body);
      assert.equal(second.id, first.id);
      users.push(await addReferrer(server, id));
      const list = await to.wait(4);
      assert.deepEqual(ids(list), users.map((each) => each.id));
      for (const each of list.slice(1)) verified(each, second.secret);
    });

    test('removed at one URL and registered as moved to another: the same id, and what waited goes there', async () => {
      const id = campaign(server), from = inbox(() => ({ status: 503 })), to = inbox(), other = inbox();
      const body = { event: 'user.join', campaign_id: id };
      const first = await subscribe(from, body);
      const users = [await addReferrer(server, id)];
      await from.wait(1);
      const untouched = await subscribe(other, { ...body, moved_id: first.id });
      assert.notEqual(untouched.id, first.id, 'it is not removed');
      await unsubscribe(first.id);
      users.push(await addReferrer(server, id));
      for (const elsewhere of [{ event: 'user.qualified' }, { url: other.url }]) {
        assert.notEqual((await subscribe(to, { ...body, ...elsewhere, moved_id: first.id })).id, first.id, JSON.stringify(elsewhere));
      }
      const moved = await subscribe(to, { ...body, moved_id: first.id });
      assert.deepEqual([moved.id, moved.url], [first.id, to.url]);
      const list = await to.wait(2);
      assert.deepEqual(ids(list), users.map((each) => each.id));
      for (const each of list) verified(each, moved.secret);
    });

    test('moved to another URL after it was removed for good: what it missed since then goes there, once', async () => {
      const id = campaign(server), from = inbox(), to = inbox(), body = { event: 'user.join', campaign_id: id };
      const first = await subscribe(from, body);
      const users = [await addReferrer(server, id)];
      await from.wait(1);
      await unsubscribe(first.id);
      await untilLeft(first.id);
      users.push(await addReferrer(server, id), await addReferrer(server, id));
      const moved = await subscribe(to, { ...body, moved_id: first.id, since: 'last' });
      assert.deepEqual([moved.id, moved.caught_up.count], [first.id, 2]);
      users.push(await addReferrer(server, id));
      assert.deepEqual(ids(await to.wait(3)), users.slice(1).map((each) => each.id));
    });

    test('a reward unbound and bound again at once: nothing is lost', async () => {
      const id = campaign(server), rewardId = reward(server, id, { issue: 'n8n', more: ['--auto'] }), to = inbox();
      await bind(to, rewardId);
      await server.api('DELETE', `/api/n8n/rewards/${rewardId}`);
      const { lead } = await pair(server, id);
      await qualified(server, lead);
      await bind(to, rewardId);
      assert.equal(bodyOf((await to.wait(1))[0]).referral.id, lead.id);
    });

    test('removed for good: nothing more comes, and what waited is cancelled', async () => {
      const id = campaign(server), to = inbox(), marker = inbox();
      const webhook = await subscribe(to, { event: 'user.join', campaign_id: id });
      await subscribe(marker, { event: 'user.join', campaign_id: id });
      await addReferrer(server, id);
      await unsubscribe(webhook.id);
      await addReferrer(server, id);
      await marker.wait(2);
      await untilLeft(webhook.id);
      assert.deepEqual(new Set(deliveries(webhook.id).map((each) => each.state)), new Set([5]));
      assert.equal(to.received().length, 0);
    });

    test('one of several URLs unbound: the others go on', async () => {
      const id = campaign(server), rewardId = reward(server, id, { issue: 'n8n', more: ['--auto'] }), [kept, named, newest] = [inbox(), inbox(), inbox()];
      await bind(kept, rewardId);
      const { id: webhookId } = await bind(named, rewardId);
      await bind(newest, rewardId);
      await server.api('DELETE', `/api/n8n/rewards/${rewardId}`);
      await server.api('DELETE', `/api/n8n/rewards/${rewardId}?webhook_id=${webhookId}`);
      const { lead } = await pair(server, id);
      await qualified(server, lead);
      await kept.wait(1);
      assert.deepEqual([named.received().length, newest.received().length], [0, 0]);
    });
  });

  describe('restarts', { concurrency: true }, () => {
    /** What was under way when the server was killed is claimed again when its lease ends: here at once. */
    const leasesEnd = (own) => sql(own, 'UPDATE delivery SET due_us = created_us WHERE state = 1');

    for (const [how, end] of [['SIGTERM', (own) => own.stop({ keep: true })], ['SIGKILL', (own) => own.kill()]]) {
      test(`what waits outlives ${how}, and each event arrives`, async () => {
        const own = await startServer({ args: ARGS });
        try {
          const id = campaign(own), to = inbox((_, before) => (before === 0 ? { status: 503 } : {}));
          const webhook = await subscribe(to, { event: 'user.join', campaign_id: id }, own);
          const users = await Promise.all(Array.from({ length: 20 }, () => addReferrer(own, id)));
          await to.wait(5);
          await end(own);
          if (how === 'SIGKILL') leasesEnd(own);
          await own.start();
          const more = await addReferrer(own, id);
          const all = [...users, more].map((each) => each.id).sort((a, b) => a - b);
          await until(() => new Set(ids(to.received())).size === all.length && deliveries(webhook.id, own).every((each) => each.state === 2),
            { timeoutMs: 20_000, everyMs: 200, what: 'every event to arrive' });
          assert.deepEqual([...new Set(ids(to.received()))], all);
          for (const each of to.received()) verified(each, webhook.secret);
          const perUser = new Map();
          for (const each of to.received()) perUser.set(bodyOf(each).id, new Set([...(perUser.get(bodyOf(each).id) ?? []), each.id]));
          for (const [, set] of perUser) assert.equal(set.size, 1, 'one id for all attempts');
          assert.equal((await own.api('GET', `/api/n8n/webhooks/${webhook.id}`)).status, 200);
        } finally {
          await own.stop();
        }
      });
    }

    test('SIGTERM lets a delivery under way end and counts it', async () => {
      const own = await startServer({ args: ARGS });
      try {
        let arrived;
        const under = new Promise((resolve) => (arrived = resolve));
        const to = inbox(async () => {
          arrived();
          await new Promise((resolve) => setTimeout(resolve, 700));
          return {};
        });
        const id = campaign(own), webhook = await subscribe(to, { event: 'user.join', campaign_id: id }, own);
        await addReferrer(own, id);
        await under;
        assert.deepEqual(await own.stop({ keep: true }), { code: 0, signal: null });
        assert.deepEqual(deliveries(webhook.id, own).map((each) => [each.state, each.attempt]), [[2, 1]]);
        assert.equal(to.received().length, 1);
      } finally {
        await own.stop();
      }
    });

    test('an address that is no longer allowed is parked with the reason, and sent when it is allowed again', async () => {
      const own = await startServer({ args: ARGS });
      try {
        const id = campaign(own), to = inbox();
        const webhook = await subscribe(to, { event: 'user.join', campaign_id: id }, own);
        await own.stop({ keep: true });
        own.args = ['--webhook-schedule', '1,1,1,1'];
        await own.start();
        const user = await addReferrer(own, id);
        const [row] = await settled(webhook.id, [4], own);
        assert.match(row.outcome, /blocked|address/);
        assert.equal(to.received().length, 0);
        await own.stop({ keep: true });
        own.args = ARGS;
        await own.start();
        assert.deepEqual(ids(await to.wait(1)), [user.id]);
      } finally {
        await own.stop();
      }
    });
  });
});
