/*
 * make bench: what the server can do, beside nginx on the same machine in the same minutes.
 *
 *   redirect   GET /{code} of 10,000 users, 302 to the campaign's own page, each click counted,
 *              beside nginx `return 302`. One thread each, on the same core in turns, the load
 *              generator on the other core. The ratio of requests per processor second is what to
 *              read: it hardly moves with what else the machine does.
 *   add user   POST /api/n8n/users, each one a transaction of user, code, event and delivery that is
 *              on disk when it is answered; at 100,000 users and more. The server has both cores and
 *              shares one with the generator.
 *   memory     resident, started with that database, and after the load.
 *
 * BENCH_RUNS (5), BENCH_SECONDS (3), BENCH_USERS (100000), BENCH_CODES (10000); BENCH_NO_FLOORS=1
 * reports without judging. Writes build/bench.json; exits 1 when a floor is missed.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { cpus, loadavg, release, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { startServer, until } from '../lib/server.mjs';
import { canPin, load, measure, median, medians, pin, residentMiB, syncsPerSecond } from './measure.mjs';
import { startNginx } from './nginx.mjs';

const ROOT = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', '..');
const number = (name, fallback) => Number(process.env[name] ?? fallback);
const RUNS = number('BENCH_RUNS', 5);
const SECONDS = number('BENCH_SECONDS', 3);
const USERS = number('BENCH_USERS', 100_000);
const CODES = Math.min(number('BENCH_CODES', 10_000), USERS);
const CONNECTIONS = 32;
const WARMUP_SECONDS = 0.5;
const LANDING_URL = 'https://shop.example.com/spring';
const FLOORS = { redirectOfNginx: 0.4, addUserPerSecond: 8000, idleMiB: 25 };

const say = (text) => process.stderr.write(`${text}\n`);
const seconds = (count) => ['--seconds', count];

/** One measured run after a warm-up of its own; anything but `status` is a failure, not a figure. */
async function measured(pids, status, args) {
  const warm = await load([...args(), ...seconds(WARMUP_SECONDS)]);
  const result = await measure(pids, [...args(warm.next), ...seconds(SECONDS)]);
  if (Object.keys(result.statuses).some((other) => other !== String(status)))
    throw new Error(`expected status ${status}, got ${JSON.stringify(result.statuses)}:\n${result.samples[0]}`);
  return result;
}

/* ---- users ------------------------------------------------------------- */

let nextEmail = 1;

/** Arguments for load to add users to a campaign; each e-mail is used once in the whole benchmark. */
const adding = (server, campaign) => (next) => {
  nextEmail = next ?? nextEmail;
  const body = { campaign_id: campaign, first_name: 'Ada', email: 'user{n}@example.com' };
  return [
    ...['--url', `${server.url}/api/n8n/users`, '--method', 'POST', '--body-template', JSON.stringify(body)],
    ...['--header', `Authorization: Bearer ${server.token}`, '--first', nextEmail],
  ];
};

async function fill(server, campaign) {
  say(`Adding ${USERS} users through the API …`);
  const result = await load([...adding(server, campaign)(), '--connections', 64, '--requests', USERS]);
  if (result.statuses[201] !== USERS) throw new Error(`filling failed: ${JSON.stringify(result)}`);
  nextEmail = result.next;
}

/** Paths of users spread evenly over all there are. */
async function linkPaths(server) {
  const codes = [];
  const ask = async (index) => {
    const id = 1 + Math.floor((index * USERS) / CODES);
    const { body } = await server.api('GET', `/api/v2/users/${id}`);
    codes.push(`/${body.data.code}`);
  };
  for (let from = 0; from < CODES; from += 50)
    await Promise.all(Array.from({ length: Math.min(50, CODES - from) }, (_, i) => ask(from + i)));
  return codes;
}

/* ---- redirect ---------------------------------------------------------- */

async function benchRedirect(home, pathsFile) {
  say('Redirects …');
  const server = await startServer({ home, args: ['--threads', '1', '--rate-limit', '0'] });
  const nginx = await startNginx(`return 302 ${LANDING_URL}?ref=uAbCdEfG;`);
  const candidates = [
    { name: 'nginx', url: nginx.url, pids: nginx.pids() },
    { name: 'refmill', url: server.url, pids: [server.child.pid] },
  ];
  const runs = { nginx: [], refmill: [] };
  for (let run = 0; run < RUNS; run++) {
    for (const { name, url, pids } of run % 2 ? [...candidates].reverse() : candidates) {
      pin(pids, '0');
      const args = () => ['--url', `${url}/`, '--paths-file', pathsFile, '--connections', CONNECTIONS];
      runs[name].push(await measured(pids, 302, args));
    }
  }
  await nginx.stop();
  await server.stop({ keep: true });
  const ratios = runs.refmill.map((run, i) => run.perCpuSecond / runs.nginx[i].perCpuSecond);
  return { nginx: medians(runs.nginx), refmill: medians(runs.refmill), ratio: median(ratios), runs };
}

/* ---- add user ---------------------------------------------------------- */

/* Takes connections and never answers: after its first four deliveries the sender waits for them
 * (30 s), and all others wait in the database. So what is measured is the transaction with its
 * delivery row. A receiver that refuses would cost a claim and a settlement in the same writer. */
function startBlackHole() {
  return new Promise((resolve) => {
    const sockets = new Set();
    const server = net.createServer((socket) => {
      sockets.add(socket.resume().on('error', () => {}));
    });
    server.listen(0, '127.0.0.1', () =>
      resolve({
        url: `http://127.0.0.1:${server.address().port}`,
        stop: () => {
          server.close();
          sockets.forEach((socket) => socket.destroy());
        },
      }),
    );
  });
}

async function register(server, campaign, url) {
  const { status, text, body } = await server.api('POST', '/api/n8n/webhooks', {
    url: `${url}/hook`,
    event: 'user.join',
    sources: ['N8n'],
    campaign_id: campaign,
  });
  if (status !== 201) throw new Error(`registering the webhook: ${status} ${text}`);
  return body.webhook.id;
}

function waitingDeliveries(server, webhook) {
  const sql = `SELECT count(*) FROM delivery WHERE account_id = 1 AND webhook_id = ${webhook} AND state IN (0, 1)`;
  return Number(execFileSync('sqlite3', ['-readonly', server.db, sql], { encoding: 'utf8' }));
}

async function deliveredSoFar(server) {
  const { text } = await server.api('GET', '/metrics');
  return Number(text.match(/^refmill_webhook_attempts_total\{outcome="ok",class="ok"\} (\d+)$/m)?.[1] ?? 0);
}

/** What is left to deliver goes on before the next run; gives how fast. */
async function drainRate(server, webhook) {
  const from = performance.now();
  const left = waitingDeliveries(server, webhook);
  await until(() => waitingDeliveries(server, webhook) === 0, {
    what: `${left} deliveries to be sent`,
    timeoutMs: 300_000,
    everyMs: 200,
  });
  return left / ((performance.now() - from) / 1000);
}

async function delivered(server, campaign, webhook) {
  const before = await deliveredSoFar(server);
  const result = await measured([server.child.pid], 201, withConnections(server, campaign, CONNECTIONS));
  const during = (await deliveredSoFar(server)) - before;
  result.deliveriesPerSecond = during / (SECONDS + WARMUP_SECONDS);
  result.drainPerSecond = await drainRate(server, webhook);
  nextEmail = result.next;
  return result;
}

const withConnections = (server, campaign, count) => (next) => [...adding(server, campaign)(next), '--connections', count];

async function waiting(server, campaign, connections) {
  const result = await measured([server.child.pid], 201, withConnections(server, campaign, connections));
  nextEmail = result.next;
  return result;
}

async function benchAddUser(server, campaigns) {
  say('Adding users …');
  const blackHole = await startBlackHole();
  const sink = await startNginx(`default_type application/json; return 200 '{"received":true}';`);
  pin(sink.pids(), '1');
  await register(server, campaigns.waiting, blackHole.url);
  const webhook = await register(server, campaigns.delivered, sink.url);
  const runs = { alone: [], waiting: [], delivered: [] };
  const syncs = [];
  for (let run = 0; run < RUNS; run++) {
    syncs.push(syncsPerSecond(server.home));
    runs.alone.push(await waiting(server, campaigns.waiting, 1));
    runs.waiting.push(await waiting(server, campaigns.waiting, CONNECTIONS));
    runs.delivered.push(await delivered(server, campaigns.delivered, webhook));
  }
  const rss = residentMiB(server.child.pid);
  const users = Number(execFileSync('sqlite3', ['-readonly', server.db, 'SELECT count(*) FROM users'], { encoding: 'utf8' }));
  await server.stop({ keep: true });
  await sink.stop();
  blackHole.stop();
  const result = Object.fromEntries(Object.entries(runs).map(([name, list]) => [name, medians(list)]));
  return { ...result, syncsPerSecond: median(syncs), usersAtEnd: users, rss, runs };
}

/* ---- the report -------------------------------------------------------- */

const row = (name, cells) => console.log(name.padEnd(34) + cells.map((cell) => String(cell).padStart(11)).join(''));
const whole = (value) => Math.round(value).toLocaleString('en');
const cellsOf = (figures) => [
  ...[figures.rps, figures.perCpuSecond].map(whole),
  ...[figures.p50Ms, figures.p99Ms, figures.maxMs, figures.cores, figures.generatorCores].map((value) => value.toFixed(2)),
];

function print({ machine, redirect, addUser, idle }) {
  console.log(`\n${machine.cpu}, ${machine.cores} cores, Linux ${machine.kernel}; load before ${machine.loadBefore.toFixed(2)}`);
  console.log(`Medians of ${RUNS} runs of ${SECONDS} s, in turns; ${CONNECTIONS} connections. Cores: how many were busy.`);
  console.log(
    canPin
      ? 'Redirects: server on core 0, generator on core 1. Adding users: server on both, generator and receiver on core 1.'
      : 'One core only: server and generator share it, so figures per second say little.',
  );
  console.log('');
  row('', ['req/s', 'req/CPU-s', 'p50 ms', 'p99 ms', 'max ms', 'cores', 'generator']);
  row('nginx return 302', cellsOf(redirect.nginx));
  row(`redirect with click, ${whole(CODES)} codes`, cellsOf(redirect.refmill));
  row('add user, deliveries wait', cellsOf(addUser.waiting));
  row('add user, deliveries are sent', cellsOf(addUser.delivered));
  row('add user, 1 connection', cellsOf(addUser.alone));
  console.log('');
  console.log(`redirect per CPU-second, of nginx  ${redirect.ratio.toFixed(2)}`);
  console.log(`add user, of the disk's syncs      ${(addUser.waiting.rps / addUser.syncsPerSecond).toFixed(2)} (${whole(addUser.syncsPerSecond)} fdatasync/s)`);
  console.log(`users                              ${whole(USERS)} to ${whole(addUser.usersAtEnd)}`);
  console.log(`deliveries per second              ${whole(addUser.delivered.deliveriesPerSecond)} under load, ${whole(addUser.delivered.drainPerSecond)} afterwards`);
  console.log(`resident memory, idle              ${idle.all.toFixed(1)} MiB (${idle.anonymous.toFixed(1)} without mapped files)`);
  console.log(`resident memory, after the load    ${addUser.rss.all.toFixed(1)} MiB (${addUser.rss.anonymous.toFixed(1)} without mapped files)`);
}

function missedFloors({ redirect, addUser, idle }) {
  return [
    [redirect.ratio >= FLOORS.redirectOfNginx, `redirect: ${redirect.ratio.toFixed(2)} of nginx, at least ${FLOORS.redirectOfNginx}`],
    [addUser.waiting.rps >= FLOORS.addUserPerSecond, `add user: ${whole(addUser.waiting.rps)}/s, at least ${FLOORS.addUserPerSecond}`],
    [idle.all < FLOORS.idleMiB, `memory: ${idle.all.toFixed(1)} MiB idle, less than ${FLOORS.idleMiB}`],
  ].flatMap(([isMet, text]) => (isMet ? [] : [text]));
}

async function main() {
  const machine = { cpu: cpus()[0].model, cores: cpus().length, kernel: release(), loadBefore: loadavg()[0] };
  const home = mkdtempSync(path.join(tmpdir(), 'refmill-bench-'));
  try {
    const args = ['--rate-limit', '0', '--webhook-allow', '127.0.0.0/8', '--log-level', 'warn'];
    let server = await startServer({ home, args });
    const create = (name) => Number(server.cli('campaign', 'create', '--name', name, '--landing-url', LANDING_URL));
    const campaigns = { waiting: create('Waiting'), delivered: create('Delivered') };
    await fill(server, campaigns.waiting);
    const pathsFile = path.join(home, 'paths');
    writeFileSync(pathsFile, (await linkPaths(server)).join('\n') + '\n');
    await server.stop({ keep: true });

    const redirect = await benchRedirect(home, pathsFile);
    server = await startServer({ home, args });
    const idle = residentMiB(server.child.pid);
    const addUser = await benchAddUser(server, campaigns);

    const report = { machine, runs: RUNS, seconds: SECONDS, users: USERS, codes: CODES, floors: FLOORS, redirect, addUser, idle };
    writeFileSync(path.join(ROOT, 'build', 'bench.json'), `${JSON.stringify(report, null, 2)}\n`);
    print(report);
    const missed = missedFloors(report);
    missed.forEach((text) => console.log(`MISSED: ${text}`));
    process.exitCode = missed.length && !process.env.BENCH_NO_FLOORS ? 1 : 0;
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

await main();
