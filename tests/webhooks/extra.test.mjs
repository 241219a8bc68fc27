/*
 * Attempts beyond the schedule: what is sent again by hand, and what goes earlier since its receiver is well; and what
 * neither a purge nor a clock that is set may break.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { assertError } from '../api/kit/errors.mjs';
import { bodyOf, startReceiver } from '../api/kit/receiver.mjs';
import { addLead, addReferrer, campaign, sql, unique } from '../api/kit/world.mjs';
import { delay, startServer, until } from '../lib/server.mjs';

const STATES = ['pending', 'leased', 'delivered', 'dead', 'blocked', 'cancelled', 'held'];
const ARGS = ['--rate-limit', '0', '--webhook-allow', '127.0.0.0/8', '--webhook-schedule', '1,1,1'];
let receiver;

before(async () => {
  receiver = await startReceiver();
});
after(() => receiver?.close());

/** What the tests do with one server. */
function worldOf(server) {
  const rows = (hook) => sql(server, `SELECT event_seq, state, attempt, outcome FROM delivery WHERE webhook_id = ${hook.id} ORDER BY event_seq`);
  const states = (hook) => rows(hook).map((row) => STATES[row.state]);
  const post = (where, body) => server.api('POST', where, body);
  return {
    rows, states, post,
    async make(answer, more = {}, at = receiver) {
      const campaignId = campaign(server), to = at.inbox(unique('extra'), answer);
      const { status, body, text } = await post('/api/v2/webhooks', { url: to.url, event: 'user.join', campaign_id: campaignId, ...more });
      assert.equal(status, 201, text);
      return { ...body.data, to, path: `/api/v2/webhooks/${body.data.id}`, join: (options) => addReferrer(server, campaignId, options) };
    },
    replay: async (hook) => assert.equal((await post(`${hook.path}/deliveries/${rows(hook)[0].event_seq}/replay`)).status, 200),
    delivered: (hook, count) => until(() => states(hook).filter((state) => state === 'delivered').length === count, { what: `${count} to be delivered` }),
    /** Somebody qualifies and does not, again and again; gives a function that does one of both. */
    async changing(hook, times) {
      const lead = await addLead(server, await hook.join());
      const set = async (qualified) => assert.equal((await server.api('PUT', '/api/v2/users/qualification', { id: lead.id, qualified })).status, 200);
      for (let i = 0; i < times; i++) {
        await set(true);
        await set(false);
      }
      return set;
    },
  };
}

/* One after the other: they share a receiver, and fill it. */
describe('beyond the schedule', () => {
  let server, world;
  before(async () => {
    server = await startServer({ args: ARGS });
    world = worldOf(server);
  });
  after(() => server?.stop());

  for (const status of [500, 410]) {
    test(`what was delivered is sent again once, and an answer of ${status} changes neither it nor its webhook (WH-40)`, async () => {
      const hook = await world.make(() => ({ status: 200 }));
      await hook.join();
      await world.delivered(hook, 1);
      hook.to.answer(() => ({ status }));
      await world.replay(hook);
      await until(() => world.rows(hook)[0].attempt === 2 && world.states(hook)[0] === 'delivered', { what: 'the second attempt to end' });
      await delay(2500); // two waits of the schedule
      const { body } = await server.api('GET', `${hook.path}/state`);
      assert.deepEqual([hook.to.received().length, body.data.failures, body.data.state, world.rows(hook)[0].outcome], [2, 0, 'active', 'ok']);
    });
  }

  test('nothing goes before the time that its receiver has named, though another is taken (WH-12)', async () => {
    let count = 0;
    const hook = await world.make(() => (count++ ? { status: 200 } : { status: 429, headers: { 'Retry-After': '3600' } }));
    await hook.join();
    await until(() => world.rows(hook)[0]?.attempt === 1 && world.states(hook)[0] === 'pending', { what: 'the first to wait' });
    await hook.join();
    await until(() => world.states(hook)[1] === 'delivered', { what: 'the second to be delivered' });
    await hook.join();
    await until(() => world.states(hook)[2] === 'delivered', { what: 'the third to be delivered' });
    assert.deepEqual(world.states(hook), ['pending', 'delivered', 'delivered']);
  });

  test('what is refused for what it says keeps its schedule, while all others are taken (WH-10)', async () => {
    const hook = await world.make(({ bytes }) => ({ status: bodyOf({ bytes }).first_name === 'Eve' ? 422 : 200 }), { schedule: '20,20' });
    await hook.join({ first_name: 'Eve' });
    await until(() => world.rows(hook)[0].attempt === 1, { what: 'the first attempt' });
    for (let i = 0; i < 10; i++) await hook.join();
    await world.delivered(hook, 10);
    assert.equal(world.rows(hook)[0].attempt, 1);
  });

  test('what goes earlier since its receiver is well, and fails, keeps its place in the schedule (WH-10)', async () => {
    const hook = await world.make(({ bytes }) => ({ status: bodyOf({ bytes }).first_name === 'Eve' ? 500 : 200 }), { schedule: '600,600' });
    await hook.join({ first_name: 'Eve' });
    await until(() => world.rows(hook)[0].attempt === 1, { what: 'the first attempt' });
    const due = () => sql(server, `SELECT due_us, state FROM delivery WHERE webhook_id = ${hook.id} ORDER BY event_seq LIMIT 1`)[0];
    const planned = await until(() => due().state === 0 && due().due_us, { what: 'its next attempt to be planned' });
    await hook.join();
    await until(() => world.rows(hook)[0].attempt === 2 && due().state === 0, { what: 'an attempt beyond it' });
    assert.equal(due().due_us, planned);
    assert.equal(sql(server, `SELECT extras FROM delivery WHERE webhook_id = ${hook.id} ORDER BY event_seq LIMIT 1`)[0].extras, 1);
  });

  test('a replay of many keeps the order of an ordered webhook (WH-35, WH-41)', async () => {
    const hook = await world.make(() => ({ status: 500 }), { event: 'user.qualified', ordered: true, schedule: '1' });
    await world.changing(hook, 6);
    await until(() => world.rows(hook).length === 6 && world.states(hook).every((state) => state === 'dead'), { timeoutMs: 60_000, what: 'all to be given up' });
    const order = [];
    let under = 0, most = 0;
    hook.to.answer(async ({ bytes }) => {
      most = Math.max(most, ++under);
      await delay(Math.random() * 100);
      under--;
      order.push(bodyOf({ bytes }).sequence);
      return { status: 200 };
    });
    await world.post(`${hook.path}/replays`, {});
    await world.delivered(hook, 6);
    assert.deepEqual([most, order], [1, [...order].sort((a, b) => a - b)]);
  });

  test('purging an ordered webhook leaves nothing behind that others wait for (WH-35)', async () => {
    const hook = await world.make(() => ({ status: 200 }), { event: 'user.qualified', ordered: true });
    await world.post(`${hook.path}/pause`);
    const set = await world.changing(hook, 3);
    server.cli('webhook', 'purge', '--webhook', hook.id, '--yes');
    assert.deepEqual(new Set(world.states(hook)), new Set(['cancelled']));
    await world.post(`${hook.path}/resume`);
    await set(true);
    await hook.to.wait(1);
  });

  test('what is blocked waits again when its webhook is resumed', async () => {
    const hook = await world.make(() => ({ status: 200 }));
    await world.post(`${hook.path}/pause`);
    await hook.join();
    sql(server, `UPDATE delivery SET state = 4, outcome = 'address_private' WHERE webhook_id = ${hook.id}`);
    await world.post(`${hook.path}/resume`);
    await hook.to.wait(1);
  });

  test('nothing of somebody who was erased is sent again', async () => {
    const hook = await world.make(() => ({ status: 200 })), mara = await hook.join();
    await hook.join();
    await world.delivered(hook, 2);
    const [{ event_seq }] = world.rows(hook);
    await server.api('DELETE', `/api/v2/users/${mara.id}`);
    assertError(await world.post(`${hook.path}/deliveries/${event_seq}/replay`), 409);
    const { body } = await world.post(`${hook.path}/replays`, { state: 'delivered' });
    await until(async () => (await server.api('GET', `${hook.path}/replays/${body.data.id}`)).body.data.status === 'done', { what: 'the replay to end' });
    await hook.to.wait(3);
    assert.equal(hook.to.received().filter((each) => each.id === hook.to.received()[0].id).length, 1);
  });

  test("values of a webhook's own headers that its receiver echoes are not kept, and where a redirect leads is (WH-17, WH-50)", async () => {
    const hook = await world.make(({ headers }) => ({ status: 302, body: JSON.stringify(headers), headers: { Location: 'https://elsewhere.example/path' } }),
      { headers: [{ name: 'Authorization', value: 'Bearer supersecret123' }] });
    await hook.join();
    const attempt = await until(async () => (await server.api('GET', `${hook.path}/deliveries/${world.rows(hook)[0].event_seq}/attempts`)).body.data[0], { what: 'an attempt' });
    assert.match(attempt.answer, /^Location: https:\/\/elsewhere\.example\/path\n\{/);
    assert.doesNotMatch(attempt.answer, /supersecret/);
    assert.doesNotMatch((await world.post(`${hook.path}/test`, {})).text, /supersecret/);
  });

  test('the age of what is due longest is none since 1970, when one is sent by hand while its webhook rests', async () => {
    const own = await startReceiver();
    try {
      const never = () => new Promise(() => {});
      const slow = await world.make(never, {}, own), rests = await world.make(never, {}, own);
      for (let i = 0; i < 6; i++) await slow.join();
      await world.post(`${rests.path}/pause`);
      await rests.join();
      await world.replay(rests);
      const text = await (await fetch(`${server.url}/metrics`)).text();
      assert.ok(Number(/oldest_due_age_seconds (\d+)/.exec(text)[1]) < 1000, text);
    } finally {
      await own.close();
    }
  });
});

describe('a clock that is set', () => {
  const home = mkdtempSync(path.join(tmpdir(), 'refmill-clock-')), file = path.join(home, 'clock');
  const setClock = (seconds) => {
    const offset = Buffer.alloc(8);
    offset.writeBigInt64LE(BigInt(seconds) * 1_000_000n);
    writeFileSync(file, offset, { flag: 'r+' });
  };
  let server, world;
  before(async () => {
    writeFileSync(file, Buffer.alloc(8));
    server = await startServer({ args: ARGS, env: { REFMILL_CLOCK_FILE: file } });
    world = worldOf(server);
  });
  after(async () => {
    await server?.stop();
    rmSync(home, { recursive: true, force: true });
  });

  test('ahead sends nothing again that is under way (WH-27)', async () => {
    const hook = await world.make(() => delay(4000).then(() => ({ status: 200 })));
    for (let i = 0; i < 2; i++) await hook.join();
    await hook.to.wait(2);
    setClock(3600);
    await hook.join();
    await world.delivered(hook, 3);
    assert.equal(hook.to.received().length, 3);
  });

  test('back lets a replay go on, and what was removed meanwhile is purged (WH-27, WH-41)', async () => {
    const hook = await world.make(() => ({ status: 200 })), gone = await world.make(() => ({ status: 200 }));
    for (let i = 0; i < 10; i++) await hook.join();
    await world.delivered(hook, 10);
    await world.post(`${hook.path}/replays`, { state: 'delivered', rate_limit: '1/second' });
    await hook.to.wait(12);
    assert.equal((await server.api('DELETE', gone.path)).status, 200);
    setClock(0);
    await hook.to.wait(15);
    const left = () => sql(server, `SELECT count(*) AS n FROM webhook WHERE id = ${gone.id} AND left_us IS NOT NULL`)[0].n === 1;
    await until(left, { timeoutMs: 30_000, what: 'the removed webhook to be purged' });
  });
});
