/*
 * The clock of a running server is set an hour ahead, back, and ten years ahead and back (WH-27): nothing that
 * waits may come in a burst, and nothing may stall. Needs a build for tests (base/failpoint.h).
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { startReceiver } from '../api/kit/receiver.mjs';
import { addReferrer, campaign, sql, unique } from '../api/kit/world.mjs';
import { delay, startServer, until } from '../lib/server.mjs';

const HOUR = 3600, TEN_YEARS = 10 * 365 * 24 * HOUR;
const WAIT = 5; // s, between attempts
const DEAD = 20; // events for a receiver that is down
const LIMIT_MS = 60_000; // a probe's longest wait, on a busy machine

let server, receiver, folder, clock;

/** By how many seconds the server's clock is wrong. */
function setClock(seconds) {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(BigInt(seconds) * 1_000_000n);
  writeFileSync(clock, bytes, { flag: 'r+' });
}

before(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'refmill-clock-'));
  clock = path.join(folder, 'clock');
  writeFileSync(clock, Buffer.alloc(8));
  receiver = await startReceiver();
  server = await startServer({
    args: ['--rate-limit', '0', '--webhook-allow', '127.0.0.0/8', '--webhook-schedule', Array(25).fill(WAIT).join(',')],
    env: { REFMILL_CLOCK_FILE: clock },
  });
});
after(async () => {
  await Promise.all([server?.stop(), receiver?.close()]);
  rmSync(folder, { recursive: true, force: true });
});

async function webhook(answer) {
  const to = receiver.inbox(unique('clock'), answer), campaignId = campaign(server);
  const { status, text } = await server.api('POST', '/api/n8n/webhooks', { url: to.url, event: 'user.join', campaign_id: campaignId });
  assert.equal(status, 201, text);
  return { ...to, join: () => addReferrer(server, campaignId) };
}

async function hasClockOfItsOwn() {
  setClock(TEN_YEARS);
  await addReferrer(server, campaign(server));
  setClock(0);
  const [{ latest }] = sql(server, 'SELECT max(occurred_us) AS latest FROM event');
  return Number(latest) / 1000 > Date.now() + HOUR * 1000;
}

test('a clock that is set makes neither a burst nor a stall (WH-27)', async (t) => {
  if (!(await hasClockOfItsOwn())) return t.skip('the server is no build for tests');
  const well = await webhook();
  const dead = await webhook(() => ({ status: 503 }));
  // Refused once each, then taken.
  const flaky = await webhook((request, before) => ({ status: before ? 200 : 500 }));
  for (let i = 0; i < DEAD; i++) await dead.join();
  await until(() => dead.received().length >= 8, { timeoutMs: LIMIT_MS, what: 'the dead receiver to be probed' });
  let sent = 0;
  for (const seconds of [HOUR, 0, -HOUR, TEN_YEARS, 0, -TEN_YEARS, 0]) {
    const name = `the clock at ${seconds} s`;
    sent += 1;
    await flaky.join();
    await flaky.wait(2 * sent - 1, { timeoutMs: LIMIT_MS }); // it waits for its second attempt
    const probes = dead.received().length;
    setClock(seconds);
    await delay(2000); // the time in which there must be no burst
    assert.ok(dead.received().length - probes <= 4, `${name}: ${dead.received().length - probes} attempts at once at a receiver that is down`);
    await well.join();
    await well.wait(sent, { timeoutMs: LIMIT_MS });
    await flaky.wait(2 * sent, { timeoutMs: LIMIT_MS });
    await until(() => dead.received().length > probes, { timeoutMs: 2 * LIMIT_MS, what: `a probe with ${name}` });
  }
  assert.equal(well.received().length, sent);
  assert.equal(flaky.received().length, 2 * sent);
  dead.answer(() => ({ status: 200 }));
  await until(() => new Set(dead.received().map((each) => each.id)).size === DEAD, { timeoutMs: 2 * LIMIT_MS, what: 'all that waited' });
});
