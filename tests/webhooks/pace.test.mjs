/*
 * How a webhook's deliveries go: how fast, when again after a failure, in which order.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { startReceiver } from '../api/kit/receiver.mjs';
import { addLead, addReferrer, campaign, sql, unique } from '../api/kit/world.mjs';
import { startServer, until } from '../lib/server.mjs';

let server, receiver;

before(async () => {
  receiver = await startReceiver();
  server = await startServer({ args: ['--rate-limit', '0', '--webhook-allow', '127.0.0.0/8', '--webhook-schedule', '1,1,1,1,1,1,1,1,1,1'] });
});
after(() => Promise.all([server?.stop(), receiver?.close()]));

async function webhook(more, answer) {
  const to = receiver.inbox(unique('pace'), answer), campaignId = campaign(server);
  const { status, body, text } = await server.api('POST', '/api/v2/webhooks', { url: to.url, event: 'user.join', campaign_id: campaignId, ...more });
  assert.equal(status, 201, text);
  return { to, campaignId, ...body.data, path: `/api/v2/webhooks/${body.data.id}`, join: (person) => addReferrer(server, campaignId, person) };
}
const paceOf = ({ rate_limit, rate_burst, schedule, ordered, ed25519 }) => ({ rate_limit, rate_burst, schedule, ordered, ed25519 });
const NONE = { rate_limit: null, rate_burst: null, schedule: null, ordered: false, ed25519: false };
/** Numbers in [0, 1), the same in each run. */
const randomOf = (seed) => () => (seed = (seed * 1664525 + 1013904223) % 2 ** 32) / 2 ** 32;

/** The most attempts that one second has, by the sender's clock, and how long all of them took. */
function paceOfAttempts(hook, outcome = 'ok') {
  const at = sql(server, `SELECT started_us FROM attempt WHERE webhook_id = ${hook.id} AND outcome = '${outcome}' ORDER BY started_us`).map((each) => Number(each.started_us));
  return { most: Math.max(...at.map((from) => at.filter((each) => each >= from && each < from + 1e6).length)), seconds: (at.at(-1) - at[0]) / 1e6, count: at.length };
}
const delivered = (hook, count) => until(() => Number(sql(server, `SELECT count(*) AS n FROM delivery WHERE webhook_id = ${hook.id} AND state = 2`)[0].n) === count, { what: `${count} to be delivered`, timeoutMs: 60_000, everyMs: 100 });

describe('a webhook', { concurrency: true }, () => {
  test('gets no more a second than its limit and its burst (WH-31)', async () => {
    const hook = await webhook({ rate_limit: '20/second', rate_burst: 5 });
    for (let i = 0; i < 65; i++) await hook.join();
    await delivered(hook, 65);
    const { most, seconds } = paceOfAttempts(hook);
    assert.ok(most <= 30, `${most} in one second`); // 25, and what a busy machine's thread makes up for
    assert.ok(seconds > 2.2, `all within ${seconds} s`);
  });

  test('gets what waited for it under its limit when its receiver is back (WH-31, WH-33)', async () => {
    const hook = await webhook({ rate_limit: '20/second', rate_burst: 1 }, () => ({ status: 503 }));
    for (let i = 0; i < 45; i++) await hook.join();
    await until(() => hook.to.received().length >= 6, { what: 'some attempts' });
    hook.to.answer(() => ({ status: 200 }));
    await delivered(hook, 45);
    const { most, seconds } = paceOfAttempts(hook);
    assert.ok(most <= 26, `${most} in one second`);
    assert.ok(seconds > 1.7, `all within ${seconds} s`);
  });

  test('is tried again by a schedule of its own (WH-10)', async () => {
    const hook = await webhook({ schedule: '2' }, () => ({ status: 500 }));
    await hook.join();
    const [row] = await until(() => {
      const rows = sql(server, `SELECT attempt, created_us FROM delivery WHERE webhook_id = ${hook.id} AND state = 3`);
      return rows.length && rows;
    }, { what: 'the delivery to be given up', timeoutMs: 30_000 });
    assert.equal(row.attempt, 2);
    const [first, second] = sql(server, `SELECT started_us, took_us FROM attempt WHERE webhook_id = ${hook.id} ORDER BY started_us`);
    assert.ok(second.started_us - first.started_us - first.took_us >= 2e6);
  });

  test('that is ordered gets what is about one user in its sequence from a receiver that fails at random, and others beside it (WH-35)', async () => {
    const hook = await webhook({ event: 'user.qualified', ordered: true, schedule: Array(30).fill('1').join(',') });
    const random = randomOf(7), taken = new Map();
    hook.to.answer((request) => {
      const { id, sequence } = JSON.parse(request.bytes);
      if (random() < 0.4) return { status: 500 };
      if (random() < 0.1) return null;
      taken.set(id, [...(taken.get(id) ?? []), sequence]);
      return { status: 200 };
    });
    const mara = await hook.join(), leads = [];
    for (let i = 0; i < 4; i++) leads.push(await addLead(server, mara));
    for (let round = 0; round < 5; round++)
      for (const { id } of leads)
        for (const qualified of [true, false]) assert.equal((await server.api('PUT', '/api/v2/users/qualification', { id, qualified })).status, 200);
    await delivered(hook, 20);
    for (const { id } of leads) assert.deepEqual(taken.get(id), [2, 3, 4, 5, 6], `of ${id}`); // 1 was the joining
    const at = sql(server, `SELECT e.user_id, a.started_us, a.started_us + a.took_us AS ended_us FROM attempt a JOIN event e ON e.account_id = a.account_id AND e.seq = a.event_seq WHERE a.webhook_id = ${hook.id} ORDER BY a.started_us`);
    for (const { id } of leads) {
      const own = at.filter((each) => each.user_id === id);
      for (let i = 1; i < own.length; i++) assert.ok(own[i].started_us >= own[i - 1].ended_us, 'two at once');
    }
  });

  test('keeps its pace when it is registered again, and loses what is set to null', async () => {
    const hook = await webhook({});
    assert.deepEqual(paceOf(hook), NONE);
    const change = async (body) => paceOf((await server.api('PUT', hook.path, body)).body.data);
    const set = { rate_limit: '100/minute', rate_burst: 7, schedule: '5,300', ordered: true, ed25519: true };
    assert.deepEqual(await change(set), set);
    assert.deepEqual(await change({ expects_ack: true }), set);
    await server.api('POST', '/api/n8n/webhooks', { url: hook.to.url, event: 'user.join', campaign_id: hook.campaignId });
    assert.deepEqual(paceOf((await server.api('GET', hook.path)).body.data), set);
    const again = await server.api('POST', '/api/v2/webhooks', { url: hook.to.url, event: 'user.join', campaign_id: hook.campaignId, rate_burst: 8 });
    assert.deepEqual([again.status, paceOf(again.body.data)], [200, { ...set, rate_burst: 8 }]);
    assert.deepEqual(await change({ rate_limit: null, schedule: null }), { ...NONE, rate_burst: 8, ordered: true, ed25519: true });
    assert.deepEqual(await change(NONE), NONE);
  });

  test('refuses a pace that makes no sense', async () => {
    const hook = await webhook({});
    for (const [field, ...values] of [['rate_limit', '10', '10/hour', '0/second', '10001/second', '-1/minute', 10], ['rate_burst', -1, 10_001, 1.5, 'x'],
      ['schedule', '5,', '0', '604801', 'soon', Array(31).fill('1').join(',')], ['ordered', 'perhaps'], ['ed25519', 'perhaps']]) {
      for (const value of values) {
        const { status, body } = await server.api('PUT', hook.path, { [field]: value });
        assert.equal(status, 422, `${field} ${value}`);
        assert.ok(body.errors[field], JSON.stringify(body));
      }
    }
    assert.deepEqual(paceOf((await server.api('GET', hook.path)).body.data), NONE);
  });

  test('changes its pace by the command line too', async () => {
    const hook = await webhook({});
    const change = (...more) => JSON.parse(server.cli('webhook', 'change', '--webhook', hook.id, '--json', ...more));
    assert.deepEqual(change('--rate-limit', '10/second', '--rate-burst', '3', '--schedule', '5,300', '--ordered', 'yes', '--ed25519', 'yes'),
      { id: hook.id, rate_limit: '10/second', rate_burst: 3, schedule: '5,300', ordered: 'yes', ed25519: 'yes', method: 'POST', headers: '', fields: '' });
    assert.deepEqual(paceOf((await server.api('GET', hook.path)).body.data), { rate_limit: '10/second', rate_burst: 3, schedule: '5,300', ordered: true, ed25519: true });
    assert.equal(change('--schedule', 'none').rate_limit, '10/second');
    change('--rate-limit', 'none', '--rate-burst', '0', '--ordered', 'no', '--ed25519', 'no');
    assert.deepEqual(paceOf((await server.api('GET', hook.path)).body.data), NONE);
    for (const wrong of [['--rate-limit', 'x'], ['--schedule', '0'], ['--ordered', 'perhaps'], ['--ed25519', 'perhaps'], ['--rate-burst', '10001']])
      assert.throws(() => server.cli('webhook', 'change', '--webhook', hook.id, ...wrong), new RegExp(wrong[0]));
  });
});

test('the schedule in the docs is the one in force (WH-10)', () => {
  const inForce = server.cli('serve', '--print-config').match(/^webhook-schedule = (\S+)/m)[1].split(',').map(Number);
  const seconds = { second: 1, minute: 60, hour: 3600 };
  const table = [...readFileSync(new URL('../../docs/webhooks.md', import.meta.url), 'utf8').matchAll(/^\| (\d+) \| (\d+) (second|minute|hour)s? \|/gm)];
  assert.deepEqual(table.map(([, attempt, count, unit]) => [Number(attempt), count * seconds[unit]]), inForce.map((wait, index) => [index + 2, wait]));
});

test('the docs name every header, state, outcome and setting', async () => {
  const docs = readFileSync(new URL('../../docs/webhooks.md', import.meta.url), 'utf8');
  const hook = await webhook({});
  await hook.join();
  const [{ headers }] = await hook.to.wait(1);
  const ofHttp = ['host', 'content-length', 'connection', 'accept-encoding'];
  const openapi = await (await fetch(`${server.url}/openapi.json`)).json();
  const states = openapi.components.schemas.DeliveriesAnswer.properties.data.items.properties.state.enum;
  const outcomes = [...(await (await fetch(`${server.url}/metrics`)).text()).matchAll(/attempts_total\{outcome="\w+",class="(\w+)"\}/g)].map(([, name]) => name);
  const settings = [...server.cli('serve', '--help').matchAll(/--(?:webhook|keep-(?:attempts|events|size))\S*/g)].map(([name]) => name);
  assert.ok(states.length > 7 && outcomes.length > 15 && settings.length > 6, 'they are found');
  for (const name of [...Object.keys(headers).filter((each) => !ofHttp.includes(each)), ...states, ...outcomes, ...settings])
    assert.ok(docs.includes(`\`${name}\``) || docs.includes(`\`${name} `), name);
});
