/*
 * make bench-lists: how long pages and searches take with a million users.
 *
 * Fills a database by SQL (users of two campaigns, a third of them invited; as many grants; coupons), starts
 * the server on it and asks for each list again and again. What counts is the server's processor time for
 * a call, which hardly moves with what else the machine does: at most LISTS_MOST_MS (5).
 *
 * LISTS_USERS (1000000), LISTS_RUNS (200). Writes build/bench-lists.json; exits 1 when a promised call is
 * too slow.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { startServer } from '../lib/server.mjs';
import { cpuSeconds, median } from './measure.mjs';

const ROOT = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', '..');
const number = (name, fallback) => Number(process.env[name] ?? fallback);
const USERS = number('LISTS_USERS', 1_000_000);
const RUNS = number('LISTS_RUNS', 200);
const MOST_SECONDS = 3; // for one kind of call
const MOST_MS = number('LISTS_MOST_MS', 5);
const GRANTS = Math.ceil(USERS / 5);

const say = (text) => process.stderr.write(`${text}\n`);

/* ---- the crowd --------------------------------------------------------- */

/* Ids 1 to USERS; each tenth of campaign 2, the others of campaign 1; each third invited by user 1 to 1000. */
const numbers = (count) => `WITH RECURSIVE n (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < ${count})`;

function fill(server) {
  execFileSync('sqlite3', ['-cmd', '.timeout 60000', server.db, `
    PRAGMA synchronous = OFF;
    BEGIN IMMEDIATE;
    ${numbers(USERS)} INSERT INTO users (account_id, id, campaign_id, referrer_id, first_name, email, email_key, source, signed_up_us, qualified_us, review, kind)
      SELECT 1, id, 1 + (id % 10 = 0), iif(id % 3 = 0, 1 + id % 1000, NULL), 'Person', 'person' || id || '@example.org', 'person' || id || '@example.org',
        iif(id % 3 = 0, 1, iif(id % 50000 = 1, 5, id % 2 * 2)), 1700000000000000 + id * 1000000, iif(id % 9 = 0, 1800000000000000 + id, NULL), 0,
        4 * iif(id % 3 = 0, 1, iif(id % 50000 = 1, 5, id % 2 * 2)) + 2 * (id % 3 = 0) + (id % 9 = 0) FROM n;
    INSERT INTO user_home (id, account_id, campaign_id) SELECT id, account_id, campaign_id FROM users;
    INSERT INTO user_count (account_id, user_id, events, reach, referrals, qualified_referrals)
      SELECT 1, referrer_id, 1, 1, count(*), count(qualified_us) FROM users WHERE referrer_id IS NOT NULL GROUP BY referrer_id;
    INSERT INTO row_block (account_id, list, campaign_id, block, kind, row_count)
      SELECT 1, 0, campaign_id, id / 1024, kind, count(*) FROM users GROUP BY 3, 4, 5;
    ${numbers(GRANTS)} INSERT INTO coupon (account_id, id, campaign_id, code, created_us) SELECT 1, id, 1, 'C-' || id, 1 FROM n;
    INSERT INTO coupon_count (account_id, campaign_id, free) VALUES (1, 1, ${GRANTS});
    ${numbers(USERS)} INSERT INTO reward_grant (account_id, id, reward_id, campaign_id, recipient_id, referral_id, per_referral, number,
        rest_of, state, closed, metric, rate, value_minor, spend_minor, currency, coupon, created_us)
      SELECT 1, id, 1 + (id % 10 = 0), 1 + (id % 10 = 0), 1 + id % 1000, id, id, 0, 0, iif(id % 50000 = 1, 4, id % 2), 0,
        2 * (id % 10 = 0), 0, 500, -1, 'EUR', iif(id % 10 = 0, 'G-' || id, NULL), 1 FROM n;
    INSERT INTO reward_total (account_id, reward_id, grants, minor)
      SELECT 1, reward_id, count(*), sum(value_minor) FROM reward_grant WHERE state IN (0, 1) GROUP BY 2;
    INSERT INTO row_block (account_id, list, campaign_id, block, kind, row_count)
      SELECT 1, 1, campaign_id, id / 1024, state * 4 + metric, count(*) FROM reward_grant GROUP BY 3, 4, 5;
    INSERT INTO row_block (account_id, list, campaign_id, block, kind, row_count)
      SELECT 1, list, 0, block, kind, sum(row_count) FROM row_block GROUP BY 2, 4, 5;
    INSERT OR REPLACE INTO counter (account_id, name, next) VALUES (0, 'user', ${USERS + 1}), (0, 'coupon', ${GRANTS + 1}), (0, 'grant', ${USERS + 1});
    COMMIT;
    PRAGMA wal_checkpoint(TRUNCATE);`], { stdio: ['ignore', 'ignore', 'inherit'] });
}

/* ---- the calls --------------------------------------------------------- */

const where = (...value) => ({ filters: { operator: 'AND', value: value.map(([field, operator, each]) => ({ field, operator, value: each })) } });
const last = Math.ceil(USERS / 25);

/** [name, promised, method, path, body] */
const calls = (code) => [
  ['first page', true, 'GET', '/api/v2/users'],
  ['page in the middle', true, 'GET', `/api/v2/users?page=${last >> 1}`],
  ['last page', true, 'GET', `/api/v2/users?page=${last}`],
  ['page of a campaign, deep', true, 'GET', `/api/v2/users?campaign_id=2&page=${Math.floor(last / 20)}`],
  ['page of invited people, deep', true, 'GET', `/api/v2/users?type=person_invited&page=${Math.floor(last / 6)}`],
  ['page of a source that is rare', true, 'GET', '/api/v2/users?source=Widget'],
  ['oldest first, deep', true, 'GET', `/api/v2/users?sort=id&page=${last >> 1}`],
  ['v1 page, deep', true, 'GET', `/api/v1/users?page=${last >> 1}`],
  ['search by e-mail', true, 'POST', '/api/v2/users/search', where(['email', '=', `person${USERS >> 1}@example.org`])],
  ['search by e-mail and campaign', true, 'POST', '/api/v2/users/search', where(['email', '=', `person${(USERS >> 1) + 1}@example.org`], ['campaign_id', '=', 1])],
  ['search by code', true, 'POST', '/api/v2/users/search', where(['code', '=', code])],
  ['v1 filter by code', true, 'GET', `/api/v1/users?filters[0][field]=code&filters[0][value]=${code}`],
  ['user by code', true, 'GET', `/api/v2/users/${code}`],
  ['user by e-mail', true, 'GET', `/api/v2/users/person${USERS >> 1}@example.org`],
  ['referrals of a user', true, 'POST', '/api/v2/users/search', where(['referrer_id', '=', 500])],
  ['campaigns with analytics', true, 'GET', '/api/v2/campaigns?with=campaign.analytics'],
  ['page of 250', true, 'GET', '/api/v2/users?per_page=250'],
  ['leaderboard', true, 'GET', '/api/v2/campaigns/1/leaderboard'],
  ['statistics', true, 'GET', '/api/v2/campaigns/1/stats'],
  ['remaining coupons', true, 'GET', '/api/v2/rewards/coupons'],
  ['rewards due, deep', true, 'GET', `/api/v2/rewards/due/amount?page=${Math.floor(last / 4)}`],
  ['rewards issued of a campaign, deep', true, 'GET', `/api/v2/rewards/issued/amount?campaign_id=1&page=${Math.floor(last / 3)}`],
  ['grants that failed, which are rare', true, 'GET', '/api/v2/grants?status=failed'],
  ['dashboard of rewards', true, 'GET', '/api/v2/rewards/dashboard/amount'],
  ['dashboard of coupons', true, 'GET', '/api/v2/rewards/dashboard/coupon'],
  ['sorted by e-mail', false, 'GET', '/api/v2/users?sort=email'],
  ['search by first name', false, 'POST', '/api/v2/users/search', where(['first_name', '=', 'Nobody'])],
  ['search for those qualified', true, 'POST', '/api/v2/users/search', where(['qualified', '=', true])],
];

async function time(server, [name, promised, method, where_, body]) {
  const times = [];
  const pids = [server.child.pid];
  const cpuBefore = cpuSeconds(pids), end = performance.now() + MOST_SECONDS * 1000;
  while (times.length < RUNS && performance.now() < end) {
    const start = performance.now();
    const answer = await server.api(method, where_, body);
    times.push(performance.now() - start);
    if (answer.status !== 200) throw new Error(`${name}: ${answer.status} ${answer.text}`);
  }
  const serverMs = ((cpuSeconds(pids) - cpuBefore) * 1000) / times.length;
  return { name, promised, serverMs, wallMs: median(times) };
}

const server = await startServer({ args: ['--rate-limit', '0'] });
try {
  for (const [name, metric] of [['One', ['amount', '--value', '5.00', '--currency', 'EUR']], ['Two', ['coupon']]]) {
    const id = server.cli('campaign', 'create', '--name', name);
    server.cli('reward', 'create', '--campaign', id, '--name', name, '--metric', ...metric, '--for', 'referrer', '--when', 'qualified', '--issue', 'manual');
  }
  say(`Filling a database with ${USERS} users…`);
  await server.stop({ keep: true });
  fill(server);
  await server.start();
  const { code } = (await server.api('GET', `/api/v2/users/${USERS >> 2}`)).body.data;
  const results = [];
  for (const call of calls(code)) {
    const result = await time(server, call);
    results.push(result);
    say(`${result.serverMs.toFixed(2).padStart(9)} ms  ${result.wallMs.toFixed(2).padStart(9)} ms seen by the client   ${result.name}`);
  }
  writeFileSync(path.join(ROOT, 'build', 'bench-lists.json'), `${JSON.stringify({ users: USERS, results }, null, 2)}\n`);
  const slow = results.filter((each) => each.promised && each.serverMs > MOST_MS);
  for (const { name } of slow) say(`Slower than ${MOST_MS} ms: ${name}`);
  process.exitCode = slow.length ? 1 : 0;
} finally {
  await server.stop();
}
