/*
 * The demo, as `make run` starts it: on free ports, with data of its own, twice.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, before, test } from 'node:test';
import { refmillBin } from '../harness/refmill.mjs';
import { freePort, until } from '../harness/util.mjs';

const SCRIPT = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', '..', 'scripts', 'run.mjs');
const scratch = mkdtempSync(path.join(tmpdir(), 'refmill-run-'));
const data = path.join(scratch, 'data');
let ports;

before(async () => {
  ports = { REFMILL_PORT: await freePort(), N8N_PORT: await freePort() };
});
after(() => {
  rmSync(scratch, { recursive: true, force: true, maxRetries: 5 });
});

function run(env = {}) {
  const child = spawn(process.execPath, [SCRIPT], {
    env: { ...process.env, REFMILL_BIN: refmillBin(), REFMILL_DATA: data, ...mapText(ports), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const demo = { child, text: '' };
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => { demo.text += chunk; });
  demo.exited = new Promise((resolve) => { child.once('close', resolve); });
  return demo;
}

const mapText = (numbers) => Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, String(value)]));

async function ready(demo) {
  let over = false;
  void demo.exited.then(() => { over = true; });
  return await until(() => {
    if (over) throw new Error(demo.text);
    return /Everything runs[\s\S]*What to click first/.test(demo.text) ? demo.text : undefined;
  }, { timeoutMs: 900_000, what: 'the demo to be ready' });
}

function isFree(port) {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** Logs in with what was printed and lists the workflows. */
async function workflowsOf(text) {
  const [, url, email, password] = /n8n\s+(http\S+)\s+log in as (\S+), password (\S+)/.exec(text);
  const login = await fetch(`${url}/rest/login`, {
    method: 'POST', headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ emailOrLdapLoginId: email, password }),
  });
  assert.equal(login.status, 200);
  const cookie = login.headers.getSetCookie().map((c) => c.split(';')[0]).join('; ');
  const list = await fetch(`${url}/rest/workflows`, { headers: { cookie } });
  return (await list.json()).data;
}

let first;

test('the demo comes up, and what it prints is there', { timeout: 900_000 }, async () => {
  const demo = run();
  try {
    const text = await ready(demo);
    const signUp = /Sign-up\s+(http\S+)/.exec(text)[1];
    assert.match(signUp, new RegExp(`^http://127\\.0\\.0\\.1:${ports.REFMILL_PORT}/c\\w{7}/signup$`));
    assert.equal((await fetch(signUp)).status, 200);
    first = (await workflowsOf(text)).map(({ id, name, active, activeVersionId }) => ({ id, name, active: active ?? activeVersionId !== null }));
    assert.deepEqual(first.filter((w) => w.active).map((w) => w.name).sort(), ['New referral', 'Referral qualified', 'Reward issued']);
    assert.deepEqual(first.filter((w) => !w.active).map((w) => w.name).sort(), ['Add user', 'Qualify user']);
    assert.equal(statSync(path.join(data, 'demo.json')).mode & 0o077, 0, 'the secrets are for the owner only');
    await tellsAboutPort();
  } finally {
    demo.child.kill('SIGTERM');
    await demo.exited;
  }
  for (const port of Object.values(ports)) assert.ok(await isFree(port), `port ${port} is free again`);
});

/** A second one beside the first. */
async function tellsAboutPort() {
  const second = run();
  assert.equal(await second.exited, 1);
  assert.match(second.text, new RegExp(`^Port ${ports.REFMILL_PORT} is in use\\. .*REFMILL_PORT=${ports.REFMILL_PORT + 1} make run\n$`));
}

test('a second run finds everything again, on other ports too', { timeout: 300_000 }, async () => {
  const before = JSON.parse(readFileSync(path.join(data, 'demo.json'), 'utf8'));
  ports = { REFMILL_PORT: await freePort(), N8N_PORT: await freePort() };
  const demo = run({ REFMILL_RUN_CHECK: '1' });
  assert.equal(await demo.exited, 0, demo.text);
  const now = JSON.parse(readFileSync(path.join(data, 'demo.json'), 'utf8'));
  assert.deepEqual({ ...now, lastUrls: before.lastUrls }, before);
  assert.deepEqual(now.lastUrls, [`http://127.0.0.1:${ports.REFMILL_PORT}`, `http://127.0.0.1:${ports.N8N_PORT}`]);
});

test('without a server it says what to do', async () => {
  const demo = run({ REFMILL_BIN: path.join(scratch, 'nothing'), REFMILL_DATA: path.join(scratch, 'other') });
  assert.equal(await demo.exited, 1);
  assert.match(demo.text, /nothing is missing\. Run "make build" first\./);
});
