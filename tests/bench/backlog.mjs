/*
 * make bench-backlog: what a million due deliveries do to everybody else (WH-32, WH-83). They are one
 * account's; another account has a few, which must not wait for them. The API is asked before, without a
 * backlog, while it is sent, and while a million attempts that are too old are forgotten (WH-51); and a claim is timed at
 * the database itself.
 *
 * BENCH_DELIVERIES (1000000), BENCH_SECONDS (20): how long it is watched while it drains. BENCH_WEBHOOK: more of the
 * webhooks, such as '{"ordered": true, "rate_limit": "1000/second"}'.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { otherAccount } from '../api/kit/world.mjs';
import { delay, startServer, until } from '../lib/server.mjs';
import { startNginx } from './nginx.mjs';

const COUNT = Number(process.env.BENCH_DELIVERIES ?? 1_000_000), SECONDS = Number(process.env.BENCH_SECONDS ?? 20);
const PACE = JSON.parse(process.env.BENCH_WEBHOOK ?? '{}');
const OTHERS = 100; // deliveries of the other account
const ACK = `default_type application/json; return 200 '{"received":true}';`;
const ARGS = ['--rate-limit', '0', '--webhook-allow', '127.0.0.0/8', '--log-level', 'warn'];
const LONG_AGO = 1, A_LITTLE_LATER = 2; // due times: those of the million come first by time

const sqlite = (db, script) => execFileSync('sqlite3', [db], { input: `.timeout 10000\n${script}`, encoding: 'utf8' }).trim();
const ms = (value) => `${value.toFixed(1)} ms`;

/** Calls one after the other for so long; gives p50 and p99 of reads and of writes. */
async function askApi(server, campaign, seconds, run) {
  const times = { read: [], write: [] };
  const timed = async (list, ...call) => {
    const from = performance.now(), { status, text } = await server.api(...call);
    if (status >= 300) throw new Error(text);
    list.push(performance.now() - from);
  };
  for (let i = 0, end = performance.now() + seconds * 1000; performance.now() < end; i++) {
    await timed(times.read, 'GET', '/api/v2/users/1');
    await timed(times.write, 'POST', '/api/n8n/users', { campaign_id: campaign, first_name: 'Ada', email: `${run}-${i}@example.com` });
    await delay(5);
  }
  const at = (list, share) => [...list].sort((a, b) => a - b)[Math.floor(list.length * share)];
  return Object.fromEntries(Object.entries(times).map(([name, list]) => [name, { p50: at(list, 0.5), p99: at(list, 0.99) }]));
}

const show = (name, { read, write }) =>
  console.log(`${name.padEnd(30)}read p50 ${ms(read.p50)}, p99 ${ms(read.p99)}; write p50 ${ms(write.p50)}, p99 ${ms(write.p99)}`);

/** The event and the delivery that there are, `count` times in an account. */
function multiply(db, account, count, due) {
  const columns = (table) => sqlite(db, `SELECT group_concat(name) FROM pragma_table_info('${table}')`).split(',');
  const like = (table, own) => `INSERT OR IGNORE INTO ${table} SELECT ${columns(table).map((name) => own[name] ?? name)} FROM`;
  const numbers = `WITH RECURSIVE n(n) AS (SELECT 1000001 UNION ALL SELECT n + 1 FROM n WHERE n < ${1_000_000 + count})`;
  sqlite(db, `BEGIN;
    ${numbers} ${like('event', { seq: 'n' })} (SELECT * FROM event WHERE account_id = ${account} LIMIT 1), n;
    ${numbers} ${like('delivery', { event_seq: 'n', state: 0, attempt: 0, due_us: due, lease: 'NULL', ordering_key: PACE.ordered ? 'n' : 'NULL' })}
      (SELECT * FROM delivery WHERE account_id = ${account} LIMIT 1), n;
    UPDATE counter SET next = ${1_000_001 + count} WHERE account_id = ${account} AND name = 'event';
    COMMIT;`);
}

/** A claim of 64 as the sender makes it, undone again: its median in ms. */
function timeClaim(db) {
  const claim = `BEGIN IMMEDIATE; UPDATE delivery SET state = 1, attempt = attempt + 1, lease = 1, due_us = 5 WHERE account_id = 1 AND webhook_id = 1
    AND event_seq IN (SELECT event_seq FROM delivery WHERE account_id = 1 AND webhook_id = 1 AND state IN (0, 1) AND due_us <= 4
    ORDER BY due_us, event_seq LIMIT 64); ROLLBACK;`.replace(/\s+/g, ' ');
  const out = execFileSync('sqlite3', [db], { input: `.timer on\n${`${claim}\n`.repeat(15)}`, encoding: 'utf8' });
  const times = [...out.matchAll(/real ([\d.]+)/g)].map((match) => Number(match[1]) * 1000).filter((_, i) => i % 3 === 1);
  return times.sort((a, b) => a - b)[times.length >> 1];
}

/** All of the million is settled and a year old, with an attempt each. */
function makeOld(db) {
  sqlite(db, `BEGIN;
    UPDATE event SET occurred_us = occurred_us - 31536000000000 WHERE account_id = 1 AND seq > 1000000;
    UPDATE delivery SET state = 2, due_us = 0, created_us = created_us - 31536000000000, settled_us = created_us - 31536000000000 WHERE account_id = 1 AND event_seq > 1000000;
    DELETE FROM attempt WHERE account_id = 1 AND event_seq > 1000000;
    INSERT INTO attempt (account_id, webhook_id, event_seq, started_us, number, took_us, resolve_us, connect_us, tls_us, first_byte_us, address, http_status, outcome, answer)
      SELECT account_id, webhook_id, event_seq, created_us, 1, 1500, 0, 0, 0, 1400, '127.0.0.1', 200, 'ok', '{"received":true}' FROM delivery WHERE account_id = 1 AND event_seq > 1000000;
    COMMIT;`);
}

const home = mkdtempSync(path.join(tmpdir(), 'refmill-bench-'));
const nginx = await startNginx(ACK);
let server;
try {
  server = await startServer({ home, args: ARGS });
  const other = otherAccount(server);
  const accounts = [1, other.id], tokens = [server.token, other.token];
  const campaigns = [Number(server.cli('campaign', 'create', '--name', 'Backlog')), other.campaign];
  for (const [i, token] of tokens.entries()) {
    await server.api('POST', '/api/n8n/webhooks', { url: `${nginx.url}/${i}`, event: 'user.join', campaign_id: campaigns[i], expects_ack: true, ...PACE }, { token });
    await server.api('POST', '/api/n8n/users', { campaign_id: campaigns[i], first_name: 'Ada', email: 'ada@example.com' }, { token });
  }
  const quiet = Number(server.cli('campaign', 'create', '--name', 'Quiet')); // nobody listens to it
  await askApi(server, quiet, 2, 'warm');
  show('API, no backlog', await askApi(server, quiet, SECONDS / 2, 'before'));
  await server.stop({ keep: true });
  multiply(server.db, 1, COUNT, LONG_AGO);
  multiply(server.db, accounts[1], OTHERS, A_LITTLE_LATER);
  console.log(`a claim of 64 of ${COUNT.toLocaleString('en')}     ${ms(timeClaim(server.db))}`);
  await server.start();
  show('API, the backlog is sent', await askApi(server, quiet, SECONDS, 'during'));
  const left = () => Number(sqlite(server.db, `SELECT count(*) FROM delivery WHERE account_id = ${accounts[1]} AND state <> 2`));
  await until(() => left() === 0, { timeoutMs: 60_000, what: 'the other account\'s deliveries' });
  const ahead = sqlite(server.db, `SELECT count(*) FROM attempt WHERE account_id = 1 AND event_seq > 1000000
    AND started_us < (SELECT max(started_us) FROM attempt WHERE account_id = ${accounts[1]})`);
  const sent = sqlite(server.db, 'SELECT count(*) FROM attempt WHERE account_id = 1 AND event_seq > 1000000');
  console.log(`sent meanwhile                ${Number(sent).toLocaleString('en')}; ${Number(ahead).toLocaleString('en')} of them before the last of the other account's ${OTHERS}`);
  await server.stop({ keep: true });
  makeOld(server.db);
  const attempts = () => Number(sqlite(server.db, 'SELECT count(*) FROM attempt WHERE account_id = 1 AND event_seq > 1000000'));
  const before = attempts();
  await server.start();
  show('API, old attempts are deleted', await askApi(server, quiet, SECONDS, 'old'));
  console.log(`deleted meanwhile             ${(before - attempts()).toLocaleString('en')} of ${before.toLocaleString('en')} attempts`);
} finally {
  await server?.stop();
  await nginx.stop();
  rmSync(home, { recursive: true, force: true });
}
