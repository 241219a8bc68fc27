/*
 * make bench-links: links and pages in databases of 10,000 to 10,000,000 links.
 *
 *   redirect  GET /{code}, 302 to the shop, clicks counted: of 10,000 links that are opened again and
 *             again, and of 100,000, which are more than the server remembers, so that it looks in the
 *             database. Spread over all there are.
 *   page      GET /{code} of a campaign with a page of its own, beside nginx with a file of that size.
 *   start     from the program's start to the first link that leads on, with nothing of the database in
 *             memory.
 *   memory    resident after all of it; mapped files are the system's to take back.
 *
 * Server and nginx have core 0, the load generator core 1. LINKS_SIZES (10000,1000000,10000000),
 * LINKS_RUNS (3), LINKS_SECONDS (3). Writes build/bench-links.json; exits 1 when a floor is missed.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { startServer } from '../lib/server.mjs';
import { load, measure, median, medians, pin, residentMiB } from './measure.mjs';
import { startNginx } from './nginx.mjs';

const ROOT = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', '..');
const number = (name, fallback) => Number(process.env[name] ?? fallback);
const SIZES = (process.env.LINKS_SIZES ?? '10000,1000000,10000000').split(',').map(Number);
const RUNS = number('LINKS_RUNS', 3);
const SECONDS = number('LINKS_SECONDS', 3);
const CONNECTIONS = 32;
const HOT = 10_000;
const MANY = 100_000;
const COLD_STARTS = 5;
const FLOORS = { flat: 0.75, page: 0.5, startMs: 1000, startLinks: 1_000_000 };
const LANDING_URL = 'https://shop.example.com/spring';

const say = (text) => process.stderr.write(`${text}\n`);
const whole = (value) => Math.round(value).toLocaleString('en');

/* ---- links ------------------------------------------------------------- */

/* Ids 1 to count: of campaign 1, which leads to the shop, and every hundredth of campaign 2, which has a page. */
function fill(server, count) {
  execFileSync('sqlite3', ['-cmd', '.timeout 60000', server.db, `
    PRAGMA synchronous = OFF;
    BEGIN IMMEDIATE;
    WITH RECURSIVE n (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < ${count})
      INSERT INTO users (account_id, id, campaign_id, first_name, email, email_key, source, signed_up_us, review, kind)
      SELECT 1, id, 1 + (id % 100 = 0), 'Ada', printf('%08d@example.org', id), printf('%08d@example.org', id), 0, 1700000000000000 + id, 0, 0 FROM n;
    INSERT INTO user_home (id, account_id, campaign_id) SELECT id, account_id, campaign_id FROM users;
    INSERT OR REPLACE INTO counter (account_id, name, next) VALUES (0, 'user', ${count + 1});
    COMMIT;
    PRAGMA wal_checkpoint(TRUNCATE);`], { stdio: ['ignore', 'ignore', 'inherit'], maxBuffer: 1 << 30 });
}

/** Paths of `count` users (or all), spread evenly over `total`; of campaign 2 or the other one. */
async function paths(server, total, count, hasPage) {
  const step = Math.max(1, Math.floor(total / count));
  const ids = [];
  for (let id = 1; id <= total && ids.length < count; id += step) {
    const nearest = hasPage ? Math.ceil(id / 100) * 100 : id - (id % 100 === 0);
    if (nearest <= total && nearest !== ids.at(-1)) ids.push(nearest);
  }
  const found = [];
  for (let from = 0; from < ids.length; from += 50)
    found.push(...(await Promise.all(ids.slice(from, from + 50).map(async (id) => `/${(await server.api('GET', `/api/v2/users/${id}`)).body.data.code}`))));
  return found;
}

/* ---- measuring ----------------------------------------------------------- */

/* After nearly all links were opened once: what is measured is neither the disk nor the first look-up. */
async function measured(pids, status, { args, count }) {
  await load([...args, '--requests', 3 * count]);
  const result = await measure(pids, [...args, '--seconds', SECONDS]);
  if (Object.keys(result.statuses).some((other) => other !== String(status)))
    throw new Error(`expected status ${status}, got ${JSON.stringify(result.statuses)}:\n${result.samples[0]}`);
  return result;
}

async function several(pids, status, links) {
  const runs = [];
  for (let run = 0; run < RUNS; run++) runs.push(await measured(pids, status, links));
  return medians(runs);
}

const opening = (url, { file, count }) => ({ args: ['--url', `${url}/`, '--paths-file', file, '--connections', CONNECTIONS], count });

/** Nothing of a file stays in memory that was only read. */
const forget = (file) => execFileSync('dd', [`if=${file}`, 'iflag=nocache', 'count=0', 'status=none']);

/** Milliseconds until a link leads on, the database being on disk only. */
async function coldStart(server, link) {
  await server.stop({ keep: true });
  forget(server.db);
  const from = performance.now();
  const started = server.start();
  for (;;) {
    const answer = await fetch(server.url + link, { redirect: 'manual' }).catch(() => undefined);
    if (answer?.status === 302) break;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const ms = performance.now() - from;
  await started;
  return ms;
}

/** The page beside a file of its size, in turns: median figures, and the ratio per processor second. */
async function benchPage(server, pages) {
  const page = await (await fetch(server.url + pages.some)).text();
  writeFileSync(path.join(server.home, 'page.html'), page);
  chmodSync(server.home, 0o755); // nginx reads it as nobody
  const nginx = await startNginx(`root ${server.home}; try_files /page.html =404;`);
  const ratios = [];
  let ours;
  for (let run = 0; run < RUNS; run++) {
    pin(nginx.pids(), '0');
    ours = await measured([server.child.pid], 200, opening(server.url, pages));
    const theirs = await measured(nginx.pids(), 200, opening(nginx.url, pages));
    ratios.push(ours.perCpuSecond / theirs.perCpuSecond);
  }
  await nginx.stop();
  return { ...ours, bytes: Buffer.byteLength(page), ratio: median(ratios) };
}

async function benchSize(total) {
  say(`${whole(total)} links …`);
  const server = await startServer({ args: ['--rate-limit', '0', '--threads', '1', '--log-level', 'warn'] });
  try {
    server.cli('campaign', 'create', '--name', 'Shop', '--landing-url', LANDING_URL);
    server.cli('campaign', 'create', '--name', 'Page', '--offer', '10 % off your first order');
    await server.stop({ keep: true });
    fill(server, total);
    await server.start();
    const write = async (name, count, hasPage) => {
      const list = await paths(server, total, count, hasPage);
      const file = path.join(server.home, name);
      writeFileSync(file, `${list.join('\n')}\n`);
      return { file, count: list.length, some: list[0] };
    };
    const hotLinks = await write('hot', HOT, false);
    const manyLinks = await write('many', MANY, false);
    const pages = await write('pages', Math.min(HOT, total / 100), true);
    const starts = [];
    for (let run = 0; run < COLD_STARTS; run++) starts.push(await coldStart(server, hotLinks.some));
    const idle = residentMiB(server.child.pid);
    pin([server.child.pid], '0');
    const hot = await several([server.child.pid], 302, opening(server.url, hotLinks));
    const many = await several([server.child.pid], 302, opening(server.url, manyLinks));
    const page = await benchPage(server, pages);
    return { total, hot, many, page, startMs: median(starts), idle, after: residentMiB(server.child.pid) };
  } finally {
    await server.stop();
  }
}

/* ---- the report -------------------------------------------------------- */

const row = (name, cells) => console.log(name.padEnd(34) + cells.map((cell) => String(cell).padStart(13)).join(''));

function print(results) {
  row('', ['req/s', 'req/CPU-s', 'p99 ms', 'of nginx', 'start ms', 'MiB', 'not mapped']);
  const cells = (figures) => [whole(figures.rps), whole(figures.perCpuSecond), figures.p99Ms.toFixed(2)];
  for (const { total, hot, many, page, startMs, after } of results) {
    row(`${whole(total)} links, ${whole(Math.min(HOT, total))} opened`, [...cells(hot), '', startMs.toFixed(0), after.all.toFixed(1), after.anonymous.toFixed(1)]);
    row(`  ${whole(Math.min(MANY, total))} opened`, cells(many));
    row(`  a page of ${page.bytes} bytes`, [...cells(page), page.ratio.toFixed(2)]);
  }
}

/* The smallest database is what the others are held against: more links must cost nearly nothing. */
function missedFloors([smallest, ...larger]) {
  const all = [smallest, ...larger];
  return [
    ...larger.map(({ total, hot }) => [hot.perCpuSecond >= FLOORS.flat * smallest.hot.perCpuSecond, `${whole(total)} links: ${(hot.perCpuSecond / smallest.hot.perCpuSecond).toFixed(2)} of the speed with ${whole(smallest.total)}, at least ${FLOORS.flat}`]),
    ...all.map(({ total, page }) => [page.ratio >= FLOORS.page, `page with ${whole(total)} links: ${page.ratio.toFixed(2)} of nginx, at least ${FLOORS.page}`]),
    ...all.filter(({ total }) => total <= FLOORS.startLinks).map(({ total, startMs }) => [startMs < FLOORS.startMs, `start with ${whole(total)} links: ${startMs.toFixed(0)} ms, less than ${FLOORS.startMs}`]),
  ].flatMap(([isMet, text]) => (isMet ? [] : [text]));
}

const results = [];
for (const total of SIZES) results.push(await benchSize(total));
writeFileSync(path.join(ROOT, 'build', 'bench-links.json'), `${JSON.stringify(results, null, 2)}\n`);
print(results);
const missed = missedFloors(results);
missed.forEach((text) => console.log(`MISSED: ${text}`));
process.exitCode = missed.length ? 1 : 0;
