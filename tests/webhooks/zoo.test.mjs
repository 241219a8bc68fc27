/*
 * The sender among the receivers of the zoo: each gets what the table says (WH-12, WH-13, WH-16, WH-17, WH-18,
 * WH-71), and those that do well get theirs in time whatever the others do (WH-30).
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startReceiver } from '../api/kit/receiver.mjs';
import { addReferrer, campaign, listed, sql } from '../api/kit/world.mjs';
import { startServer, until } from '../lib/server.mjs';
import { openZoo, SPECIMENS } from './zoo.mjs';

const FIRST_WAIT = 600; // s; long, so that a first attempt is the only one
const MOST_SECONDS = 31; // an attempt's limit, and one more
const HEALTHY = 3, EVENTS = 100;

let server, zoo, receiver, zooCampaign, hooks;

before(async () => {
  receiver = await startReceiver();
  zoo = await openZoo();
  server = await startServer({ args: ['--rate-limit', '0', '--webhook-allow', '127.0.0.0/8', '--webhook-ca', zoo.authority, '--webhook-schedule', String(FIRST_WAIT)] });
  zooCampaign = campaign(server);
  hooks = [];
  for (const { url } of zoo.specimens) hooks.push((await subscribe(url, zooCampaign)).id);
});
after(() => Promise.all([server?.stop(), zoo?.close(), receiver?.close()]));

async function subscribe(url, campaignId) {
  const { status, text, body } = await server.api('POST', '/api/n8n/webhooks', { url, event: 'user.join', campaign_id: campaignId });
  assert.equal(status, 201, text);
  return body.webhook;
}
const get = async (where) => (await server.api('GET', where)).body.data;

/** The first attempt at the webhook's only delivery, once it has ended. */
const firstAttempt = (id) => until(async () => {
  const [{ seq }] = await get(`/api/v2/webhooks/${id}/deliveries`);
  const [attempt] = await get(`/api/v2/webhooks/${id}/deliveries/${seq}/attempts`);
  const [delivery] = await get(`/api/v2/webhooks/${id}/deliveries`); // after it: both of the same transaction
  return attempt && delivery.state !== 'leased' && { delivery, attempt };
}, { timeoutMs: 120_000, everyMs: 500, what: `an attempt of webhook ${id}` });

test(`each of ${SPECIMENS.length} receivers gets what the table says (WH-12, WH-13, WH-16, WH-17, WH-18, WH-71)`, { concurrency: true }, async (t) => {
  await addReferrer(server, zooCampaign);
  await Promise.all(zoo.specimens.map(({ name, expected }, i) => t.test(name, async () => {
    const { delivery, attempt } = await firstAttempt(hooks[i]);
    assert.equal(attempt.outcome, expected.outcome, `${attempt.outcome} ${attempt.http_status}`);
    if (expected.status !== undefined) assert.equal(attempt.http_status ?? 0, expected.status);
    assert.equal(delivery.state, expected.state ?? 'pending');
    assert.equal(delivery.attempts, 1);
    assert.ok(attempt.microseconds.total < MOST_SECONDS * 1e6, `it took ${attempt.microseconds.total} µs`);
    assert.ok(Buffer.byteLength(attempt.answer ?? '') <= 64 * 1024);
    if (delivery.state === 'pending' && !expected.webhook) {
      const waits = (Date.parse(delivery.next_attempt_at) - Date.parse(attempt.started_at)) / 1000, least = Math.max(expected.waits ?? 0, FIRST_WAIT);
      assert.ok(waits >= least - 1 && waits <= Math.max(expected.waits ?? 0, FIRST_WAIT * 1.2) * 1.2 + MOST_SECONDS, `the next attempt is ${waits} s away`);
    }
    if (expected.webhook) assert.equal(listed(server, 'webhook').find((each) => each.id === hooks[i]).state, expected.webhook);
  })));
});

test('those that do well get theirs within a second while the others misbehave (WH-16, WH-30)', async () => {
  const campaignId = campaign(server), inboxes = [];
  for (let i = 0; i < HEALTHY; i++) {
    inboxes.push(receiver.inbox(`healthy-${i}`));
    await subscribe(inboxes[i].url, campaignId);
  }
  // Every specimen has much to get, so that those that hang take all slots they are given.
  for (let i = 0; i < 40; i++) await addReferrer(server, zooCampaign);
  const send = async (round) => {
    for (let i = 0; i < EVENTS; i++) await addReferrer(server, campaignId);
    await Promise.all(inboxes.map((each) => each.wait((round + 1) * EVENTS, { timeoutMs: 60_000 })));
  };
  /** Of the last round: from the event to the start of its attempt, in ms. */
  const p99 = () => until(() => {
    const delays = sql(server, `SELECT (a.started_us - e.occurred_us) / 1000 AS ms FROM attempt AS a JOIN event AS e
      ON e.account_id = a.account_id AND e.seq = a.event_seq WHERE e.campaign_id = ${campaignId} ORDER BY e.seq DESC LIMIT ${HEALTHY * EVENTS}`).map((row) => Number(row.ms));
    return delays.length === HEALTHY * EVENTS && `${delays.sort((a, b) => a - b)[Math.floor(delays.length * 0.99)]}`;
  }, { what: 'the log of attempts' });
  await send(0); // the first are held back for two seconds: new subscriptions
  const measured = [];
  for (let round = 1; round <= 3 && !(measured.at(-1) < 1000); round++) {
    await send(round);
    measured.push(Number(await p99()));
  }
  assert.ok(measured.at(-1) < 1000, `p99 of the queue delay: ${measured.join(', ')} ms`);
});
