#!/usr/bin/env node
/*
 * The demo behind `make run`: a Refmill server and an n8n with our nodes, a campaign,
 * and workflows for all that the nodes do. Everything lives in ./data and is kept;
 * what was set up once is found again.
 *
 *   REFMILL_PORT, N8N_PORT   other ports than 8080 and 5678
 *   REFMILL_DATA             another folder than ./data
 *   REFMILL_BIN              another program than ./build/refmill
 *   REFMILL_RUN_CHECK=1      set everything up, check it, stop, exit 0
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { installedN8n, N8n } from '../n8n/harness/n8n.mjs';
import { Refmill } from '../n8n/harness/refmill.mjs';
import { request } from '../n8n/harness/util.mjs';

const ROOT = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const PACKAGE = path.join(ROOT, 'n8n');
const DATA = path.resolve(process.env.REFMILL_DATA ?? path.join(ROOT, 'data'));
const STATE = path.join(DATA, 'demo.json');
const PORTS = { REFMILL_PORT: Number(process.env.REFMILL_PORT ?? 8080), N8N_PORT: Number(process.env.N8N_PORT ?? 5678) };
const CREDENTIAL = 'Refmill';

/** A message for the person, without a stack. */
class Sorry extends Error {}

const say = (text) => process.stdout.write(`${text}\n`);

// ---- stopping --------------------------------------------------------------------

const running = { step: undefined, refmill: undefined, n8n: undefined };
let stopAsked;
const asked = new Promise((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      if (stopAsked) return;
      stopAsked = true;
      say('\nStopping …');
      running.step?.kill('SIGTERM');
      resolve();
    });
  }
});

/** Nothing new is started once somebody asked to stop. */
function goOn() {
  if (stopAsked) throw new Sorry('Stopped');
}

// The last word, for what was started while everything was being stopped.
process.on('exit', () => {
  for (const program of [running.n8n, running.refmill]) program?.child?.kill('SIGKILL');
});

async function stopAll() {
  running.step?.kill('SIGTERM');
  await running.n8n?.stop({ keepHome: true });
  await running.refmill?.stop();
}

/** Runs a program of the set-up, its output shown, and gives up when it fails. */
async function step(command, args, options = {}) {
  goOn();
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'], ...options });
  running.step = child;
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  running.step = undefined;
  if (code !== 0 && !stopAsked) throw new Sorry(`This did not work: ${command} ${args.join(' ')}`);
}

// ---- what must be there ------------------------------------------------------------

function requireFreePort(name) {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', () => reject(new Sorry(
      `Port ${PORTS[name]} is in use. Stop the program that uses it, or choose another port: ${name}=${PORTS[name] + 1} make run`,
    )));
    server.listen(PORTS[name], '127.0.0.1', () => server.close(resolve));
  });
}

function newest(where) {
  const found = statSync(where);
  if (!found.isDirectory()) return found.mtimeMs;
  return Math.max(0, ...readdirSync(where).map((name) => newest(path.join(where, name))));
}

async function buildPackage() {
  const built = path.join(PACKAGE, 'dist', 'package.json');
  const sources = ['credentials', 'icons', 'nodes', 'package.json', 'tsconfig.json'].map((name) => newest(path.join(PACKAGE, name)));
  if (existsSync(built) && statSync(built).mtimeMs > Math.max(...sources)) return;
  await step('sh', [path.join(PACKAGE, 'runtime', 'tools.sh')]);
  say('Building the n8n nodes');
  await step(path.join(PACKAGE, 'node_modules', '.bin', 'n8n-node'), ['build'], { cwd: PACKAGE });
}

// ---- what was set up ---------------------------------------------------------------

const state = existsSync(STATE) ? JSON.parse(readFileSync(STATE, 'utf8')) : {};

/** Does `make` unless an earlier run did; what it gives is kept, the secrets in it too. */
async function once(name, make) {
  if (state[name] === undefined) {
    state[name] = await make();
    writeFileSync(`${STATE}.new`, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
    renameSync(`${STATE}.new`, STATE);
  }
  return state[name];
}

async function setUpRefmill(refmill) {
  refmill.token = await once('token', () => refmill.cli('token', 'create', '--name', 'n8n'));
  const campaign = await once('campaign', () => Number(refmill.cli(
    'campaign', 'create', '--name', 'Coffee for friends',
    '--offer', 'Your friend gets a coffee on us, and when they order, so do you.',
  )));
  const reward = (...more) => Number(refmill.cli('reward', 'create', '--campaign', String(campaign), ...more));
  await once('reward', () => reward(
    '--name', 'Coffee credit', '--metric', 'amount', '--value', '5.00', '--currency', 'USD',
    '--for', 'referrer', '--when', 'qualified', '--issue', 'n8n', '--auto',
  ));
  await once('coupons', () => {
    const file = path.join(DATA, 'coupons.csv');
    const codes = Array.from({ length: 50 }, () => `COFFEE-${randomBytes(4).toString('hex').toUpperCase()}`);
    writeFileSync(file, `code\n${codes.join('\n')}\n`, { mode: 0o600 });
    refmill.cli('coupon', 'import', '--campaign', String(campaign), file);
    return file;
  });
  await once('welcome', () => reward(
    '--name', 'Welcome coffee', '--metric', 'coupon', '--value', '1',
    '--for', 'lead', '--when', 'invited', '--issue', 'manual', '--auto',
  ));
  return { campaign, reward: state.reward };
}

const WORKFLOWS = [
  { file: 'new-referral.json', active: true },
  { file: 'referral-qualified.json', active: true },
  { file: 'reward-issued.json', active: true },
  { file: 'add-user.json' },
  { file: 'qualify-user.json' },
];

/** A workflow file with the ids of this installation in it. */
function workflowOf(file, ids) {
  const text = readFileSync(path.join(PACKAGE, 'workflows', file), 'utf8');
  return JSON.parse(text.replace(/"\{\{(campaign|reward)\}\}"/g, (all, name) => String(ids[name])));
}

async function setUpN8n(n8n, refmill, ids) {
  const data = { baseUrl: refmill.url, apiToken: refmill.token };
  const credential = { name: CREDENTIAL, type: 'refmillApi', data };
  const id = await once('credential', () => n8n.createCredential(credential));
  n8n.credentialIds.set(CREDENTIAL, { id, type: credential.type });
  const moved = state.lastUrls !== undefined && JSON.stringify(state.lastUrls) !== JSON.stringify([refmill.url, n8n.url]);
  if (moved) await n8n.rest('PATCH', `/credentials/${id}`, credential);

  for (const { file, active } of WORKFLOWS) {
    const workflow = await once(file, () => n8n.createWorkflow(workflowOf(file, ids)));
    // One that the person removed or switched off stays as they left it.
    const { status, json } = await n8n.http('GET', `/api/v1/workflows/${workflow}`, { ok: false });
    if (!active || status !== 200) continue;
    // Another port means another address: only a new registration tells the server.
    if (moved && json.active) await n8n.deactivate(workflow);
    if (moved ? json.active : state[`${file} active`] === undefined) await n8n.activate(workflow);
    await once(`${file} active`, () => true);
  }
  delete state.lastUrls;
  await once('lastUrls', () => [refmill.url, n8n.url]);
}

function campaignCode(refmill, id) {
  const lines = refmill.cli('campaign', 'list', '--json').split('\n');
  return lines.map((line) => JSON.parse(line)).find((campaign) => campaign.id === id).code;
}

// ---- the whole -----------------------------------------------------------------------

async function startRefmill() {
  goOn();
  say('Starting Refmill');
  running.refmill = new Refmill({ home: DATA, port: PORTS.REFMILL_PORT, logFile: path.join(DATA, 'refmill.log'), forTests: false });
  if (!existsSync(running.refmill.bin)) throw new Sorry(`${running.refmill.bin} is missing. Run "make build" first.`);
  return await running.refmill.start();
}

async function startN8n(password, apiKey) {
  goOn();
  say('Starting n8n (10 to 20 seconds)');
  running.n8n = new N8n({
    ...installedN8n(),
    packages: [PACKAGE],
    home: path.join(DATA, 'n8n'),
    port: PORTS.N8N_PORT,
    owner: { email: 'demo@example.com', firstName: 'Demo', lastName: 'Owner', password },
    apiKey,
    codeNodes: true,
  });
  return await running.n8n.start();
}

function summary(refmill, n8n, code, password) {
  const signUp = `${refmill.url}/${code}/signup`;
  return `
Everything runs. Ctrl-C stops it; the data stays in ${path.relative(process.cwd(), DATA) || '.'}.

  n8n        ${n8n.url}   log in as demo@example.com, password ${password}
  Refmill    ${refmill.url}   campaign "Coffee for friends"
  Sign-up    ${signUp}

What to click first:
  1. Open ${signUp} and join with your own name: you get your link.
  2. Open your link in another window and sign up as a friend: friend@example.com.
  3. In n8n, open "New referral", tab "Executions": it has run, with the friend and you.
  4. Run the workflow "Qualify user": "Referral qualified" and "Reward issued" run next.
`;
}

async function check(refmill, n8n, code) {
  const pages = [`${refmill.url}/${code}/signup`, n8n.url];
  for (const page of pages) {
    const { status } = await request('GET', page);
    if (status !== 200) throw new Sorry(`${page} answers with status ${status}`);
  }
  const { data } = await n8n.api('GET', '/workflows?active=true');
  const wanted = WORKFLOWS.filter(({ active }) => active).length;
  if (data.length < wanted) throw new Sorry(`${data.length} workflows are active, not ${wanted}`);
}

async function main() {
  for (const name of Object.keys(PORTS)) await requireFreePort(name);
  mkdirSync(DATA, { recursive: true });
  await buildPackage();
  await step('sh', [path.join(PACKAGE, 'runtime', 'install.sh')]);
  const refmill = await startRefmill();
  chmodSync(refmill.db, 0o600);
  const ids = await setUpRefmill(refmill);
  if (existsSync(path.join(DATA, 'n8n')) && state.n8nPassword === undefined) {
    throw new Sorry(`${STATE} is missing, and with it the log-in of the n8n in ${DATA}. Move that folder away to begin anew.`);
  }
  const password = await once('n8nPassword', () => `Rm1-${randomBytes(9).toString('base64url')}`);
  const n8n = await startN8n(password, state.n8nApiKey);
  await once('n8nApiKey', () => n8n.apiKey);
  await setUpN8n(n8n, refmill, ids);
  const code = campaignCode(refmill, ids.campaign);
  await check(refmill, n8n, code);
  say(summary(refmill, n8n, code, password));
  if (process.env.REFMILL_RUN_CHECK === '1') return;

  const [name, log] = await Promise.race([
    refmill.ended.then(() => ['Refmill', refmill.logFile]),
    n8n.exited.then(() => ['n8n', n8n.logFile]),
  ]);
  const lines = readFileSync(log, 'utf8').trimEnd().split('\n');
  throw new Sorry(`${name} ended by itself. The end of its log (${log}):\n${lines.slice(-25).join('\n')}`);
}

try {
  await Promise.race([main(), asked]);
} catch (error) {
  // What fails while everything is being stopped is no news.
  if (!stopAsked) {
    process.stderr.write(`${error instanceof Sorry ? error.message : error.stack}\n`);
    process.exitCode = 1;
  }
} finally {
  await stopAll();
}
process.exit(process.exitCode ?? 0);
