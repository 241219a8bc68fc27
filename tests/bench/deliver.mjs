/*
 * Part of make bench: how fast the sender is, beside the same POSTs made by a plain load generator in
 * the same minute to the same nginx.
 *
 * The backlog is written into the database while no server runs: real deliveries of a real event, due
 * long ago. Then a server starts and all of it is sent, each claim and each settlement on disk.
 * Meanwhile the API is asked again and again, to see whether it notices.
 *
 * BENCH_DELIVERIES (100000), BENCH_HOOKS (4): webhooks they are spread over, all of one nginx.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { delay, startServer, until } from '../lib/server.mjs';
import { cpuSeconds, load, median } from './measure.mjs';
import { startNginx } from './nginx.mjs';

const number = (name, fallback) => Number(process.env[name] ?? fallback);
const COUNT = number('BENCH_DELIVERIES', 100_000);
const IDLE_EVENTS = 200;
const HOOKS = number('BENCH_HOOKS', 4);
const ACK = `default_type application/json; return 200 '{"received":true}';`;
const ARGS = ['--rate-limit', '0', '--webhook-allow', '127.0.0.0/8', '--log-level', 'warn'];

const sqlite = (db, script) => execFileSync('sqlite3', [db], { input: script, encoding: 'utf8' }).trim();
const whole = (value) => Math.round(value).toLocaleString('en');

/** An account with webhooks and one user, whose event is then there COUNT times. */
async function makeBacklog(home, url) {
  const server = await startServer({ home, args: ARGS });
  const campaign = Number(server.cli('campaign', 'create', '--name', 'Backlog'));
  for (let i = 0; i < HOOKS; i++)
    await server.api('POST', '/api/n8n/webhooks', { url: `${url}/${i}`, event: 'user.join', campaign_id: campaign, expects_ack: true });
  await server.api('POST', '/api/n8n/users', { campaign_id: campaign, first_name: 'Ada', email: 'ada@example.com' });
  await server.stop({ keep: true });
  const body = sqlite(server.db, 'SELECT body FROM event LIMIT 1');
  const columns = (table) => sqlite(server.db, `SELECT group_concat(name) FROM pragma_table_info('${table}')`).split(',');
  const like = (table, own) => `INSERT OR IGNORE INTO ${table} SELECT ${columns(table).map((name) => own[name] ?? name)} FROM`;
  sqlite(server.db, `BEGIN;
    WITH RECURSIVE n(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM n WHERE n < ${COUNT / HOOKS + 1})
      ${like('event', { seq: 'n' })} event, n WHERE seq = 1;
    DELETE FROM delivery WHERE event_seq > 1;
    UPDATE delivery SET state = 0, attempt = 0, due_us = 1, lease = NULL;
    WITH RECURSIVE n(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM n WHERE n < ${COUNT / HOOKS + 1})
      ${like('delivery', { event_seq: 'n' })} delivery, n WHERE event_seq = 1 ORDER BY webhook_id, n;
    COMMIT;`);
  return { db: server.db, body };
}

const waiting = (db) => Number(sqlite(db, '.timeout 5000\nSELECT count(*) FROM (SELECT 1 FROM delivery WHERE state IN (0, 1) LIMIT 1000)'));

/** Times of GETs, one after the other, until it is stopped. */
function watchApi(server) {
  const times = [];
  let isOver = false;
  const done = (async () => {
    while (!isOver) {
      const from = performance.now();
      await server.api('GET', '/api/v2/users/1');
      times.push(performance.now() - from);
      await delay(5);
    }
  })();
  return async () => {
    isOver = true;
    await done;
    times.sort((a, b) => a - b);
    return { p50: median(times), p99: times[Math.floor(times.length * 0.99)] };
  };
}

async function drain(home, db) {
  const server = await startServer({ home, args: ARGS });
  const stopWatching = watchApi(server);
  const from = performance.now(), cpu = cpuSeconds([server.child.pid]);
  await until(() => waiting(db) === 0, { what: 'the backlog to be sent', timeoutMs: 600_000, everyMs: 100 });
  const seconds = (performance.now() - from) / 1000, used = cpuSeconds([server.child.pid]) - cpu;
  const api = await stopWatching();
  if (process.env.BENCH_METRICS) console.log((await server.api('GET', '/metrics')).text);
  await server.stop({ keep: true });
  return { perSecond: COUNT / seconds, perCpuSecond: COUNT / used, seconds, api };
}

/** From an event's transaction to the start of its request, at a receiver that has nothing else to do: the median in ms. */
async function timeRequest(url) {
  const server = await startServer({ args: ARGS });
  const campaign = Number(server.cli('campaign', 'create', '--name', 'Idle'));
  const join = async (i) => {
    const { status, text } = await server.api('POST', '/api/n8n/users', { campaign_id: campaign, first_name: 'Ada', email: `idle-${i}@example.com` });
    if (status !== 201) throw new Error(text);
  };
  await server.api('POST', '/api/n8n/webhooks', { url: `${url}/idle`, event: 'user.join', campaign_id: campaign, expects_ack: true });
  await join(0); // held back for two seconds: a new subscription
  await until(() => waiting(server.db) === 0, { what: 'the first delivery' });
  for (let i = 1; i <= IDLE_EVENTS; i++) {
    await join(i);
    await delay(20);
  }
  await until(() => waiting(server.db) === 0, { what: 'the last delivery' });
  const delays = sqlite(server.db, `SELECT a.started_us - e.occurred_us FROM attempt AS a JOIN event AS e
    ON e.account_id = a.account_id AND e.seq = a.event_seq WHERE e.seq > 1`).split('\n').map(Number);
  await server.stop();
  return median(delays) / 1000;
}

const home = mkdtempSync(path.join(tmpdir(), 'refmill-bench-'));
const nginx = await startNginx(ACK);
try {
  const { db, body } = await makeBacklog(home, nginx.url);
  const plain = await load(['--url', `${nginx.url}/0`, '--method', 'POST', '--body-template', body, '--connections', 64, '--seconds', 3]);
  const sent = await drain(home, db);
  console.log(`nginx, plain POSTs by load    ${whole(plain.rps)}/s`);
  console.log(`deliveries, all durable       ${whole(sent.perSecond)}/s, ${whole(sent.perCpuSecond)} per CPU-second (${whole(COUNT)} in ${sent.seconds.toFixed(1)} s)`);
  console.log(`ratio                         ${(sent.perSecond / plain.rps).toFixed(3)}`);
  console.log(`event to its request          p50 ${(await timeRequest(nginx.url)).toFixed(1)} ms at an idle receiver`);
  console.log(`an API call meanwhile         p50 ${sent.api.p50.toFixed(1)} ms, p99 ${sent.api.p99.toFixed(1)} ms`);
} finally {
  await nginx.stop();
  rmSync(home, { recursive: true, force: true });
}
