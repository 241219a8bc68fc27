/*
 * Runs a real Refmill server on loopback with a database of its own, and talks to it as its
 * users do: by the command line, the API and the pages.
 *
 *   const server = await startServer({ args: ['--webhook-allow', '127.0.0.0/8'] });
 *   const campaign = Number(server.cli('campaign', 'create', '--name', 'Spring'));
 *   const { status, body } = await server.api('POST', '/api/n8n/users', { campaign_id: campaign, … });
 *   await server.stop();
 *
 * REFMILL_BIN names the program; else it is build/refmill.
 */
import { execFileSync, spawn } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', '..');
const HOST = '127.0.0.1';
const LOG_KEPT = 64 * 1024;

export function refmillBin() {
  return path.resolve(ROOT, process.env.REFMILL_BIN ?? path.join('build', 'refmill'));
}

export const delay = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Calls `probe` until it gives something truthy, and gives that. */
export async function until(probe, { timeoutMs = 15_000, everyMs = 25, what = 'the condition' } = {}) {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const value = await probe();
    if (value) return value;
    if (Date.now() >= end) throw new Error(`waited ${timeoutMs} ms for ${what}`);
    await delay(everyMs);
  }
}

/** A port that was free a moment ago. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const probe = net.createServer();
    probe.once('error', reject);
    probe.listen(0, HOST, () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

const children = new Set();
process.once('exit', () => children.forEach((child) => child.kill('SIGKILL')));

/** Whatever becomes of this process, `child` doesn't stay behind. */
export function endsWithUs(child) {
  children.add(child);
  child.once('close', () => children.delete(child));
  return child;
}

/** The server as a test sees it. */
export class Server {
  constructor(options = {}) {
    this.args = options.args ?? [];
    this.env = { ...process.env, ...options.env };
    this.forTests = options.forTests ?? true;
    this.serveEnv = this.forTests ? { REFMILL_CHECK_PLANS: '1' } : {}; // more, for the server only
    this.bin = options.bin ?? refmillBin();
    this.port = options.port;
    this.ownsHome = !options.home;
    this.home = options.home ?? mkdtempSync(path.join(tmpdir(), 'refmill-test-'));
    mkdirSync(this.home, { recursive: true });
    this.db = path.join(this.home, 'refmill.db');
    this.logFile = options.logFile;
    this.log = '';
  }

  /** Starts it, also again after stop({ keep: true }) or kill(): same port, same database. */
  async start() {
    if (this.port) return await this.startOn(this.port);
    // A free port may be taken by somebody else before the server comes to it.
    for (let left = 3; ; left -= 1) {
      try {
        return await this.startOn(await freePort());
      } catch (error) {
        if (left === 0 || !/address already in use/i.test(error.message)) throw error;
      }
    }
  }

  /** Tests fill in forms as quickly as robots, so the server does not mind unless a test says so. */
  async startOn(port) {
    this.port = port;
    this.url = `http://${HOST}:${port}`;
    const args = ['serve', '--db', this.db, '--listen', `${HOST}:${port}`, '--base-url', this.url, ...this.args];
    const env = { ...(this.forTests ? { REFMILL_FORM_SECONDS: '0' } : {}), ...this.env, ...this.serveEnv };
    this.child = endsWithUs(spawn(this.bin, args, { env, stdio: ['ignore', 'pipe', 'pipe'] }));
    const keep = (chunk) => {
      this.log = (this.log + chunk).slice(-LOG_KEPT);
      if (this.logFile) appendFileSync(this.logFile, chunk);
    };
    this.child.stdout.on('data', keep);
    this.child.stderr.on('data', keep);
    this.ended = new Promise((resolve) => {
      this.child.once('error', (error) => resolve({ error }));
      this.child.once('close', (code, signal) => resolve({ code, signal }));
    });
    let how;
    void this.ended.then((end) => (how = end));
    await until(
      async () => {
        if (how) throw new Error(`the server ended while starting (${how.error ?? how.signal ?? how.code}):\n${this.log}`);
        const response = await fetch(`${this.url}/readyz`).catch(() => undefined);
        await response?.arrayBuffer();
        return response?.status === 200;
      },
      { what: 'the server to be ready' },
    );
  }

  /** Asks it to stop and waits; gives { code, signal }. The database goes too unless `keep` is set. */
  async stop({ keep = false, graceMs = 15_000 } = {}) {
    const end = await this.end('SIGTERM', graceMs);
    const unindexed = this.log.split('\n').filter((line) => line.startsWith('No index'));
    if (unindexed.length > 0) throw new Error(unindexed.join('\n'));
    if (!keep && this.ownsHome) rmSync(this.home, { recursive: true, force: true });
    return end;
  }

  /** kill -9; the database stays for start() or stop(). */
  kill() {
    return this.end('SIGKILL', 15_000);
  }

  async end(signal, graceMs) {
    if (!this.child) return undefined;
    this.child.kill(signal);
    const timer = setTimeout(() => this.child.kill('SIGKILL'), graceMs);
    const end = await this.ended;
    clearTimeout(timer);
    return end;
  }

  /** A command on the same database, e.g. cli('token', 'create', '--name', 'ci'); gives what it prints,
   *  throws with what it complains about. */
  cli = (noun, verb, ...args) =>
    execFileSync(this.bin, [noun, verb, '--db', this.db, ...args], { encoding: 'utf8', env: this.env, stdio: 'pipe', timeout: 60_000, killSignal: 'SIGKILL' }).trim();

  /**
   * A call of the API with the server's own token, or another one (null: none). A string or
   * Buffer as body goes as it is. Gives { status, headers, text, body }; body is the parsed JSON.
   * In tests it throws when the answer is unlike what /openapi.json says of it.
   */
  api = async (method, where, body, { token = this.token, headers = {} } = {}) => {
    const raw = typeof body === 'string' || Buffer.isBuffer(body);
    const response = await fetch(this.url + where, {
      method,
      redirect: 'manual',
      headers: {
        ...(token ? { Authorization: `Bearer ${token}` } : {}),
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...headers,
      },
      body: body === undefined || raw ? body : JSON.stringify(body),
    });
    const text = await response.text();
    const answer = { status: response.status, headers: response.headers, text, body: parsed(text) };
    if (this.schemas && !raw) this.schemas.check(method, where, answer);
    return answer;
  };
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What answers must be like, under `node --test`; bench and drill do without the packages that this needs. */
export async function answerSchemas(server) {
  if (!process.env.NODE_TEST_CONTEXT) return undefined;
  const { AnswerSchemas } = await import('./schemas.mjs');
  return new AnswerSchemas(await (await fetch(`${server.url}/openapi.json`)).json());
}

/**
 * A server that is ready, with a token of the first account.
 *
 * @param {object}   [options]
 * @param {string[]} [options.args]  more arguments of `refmill serve`
 * @param {object}   [options.env]   more environment
 * @param {string}   [options.home]  folder of the database; kept if given
 * @param {string}   [options.bin]   another program
 * @param {number}   [options.port]  else any free one
 * @param {boolean}  [options.forTests]  false: as it is for users
 * @param {string}   [options.logFile]  where what it logs is put as well
 * @returns {Promise<Server>} url, token, db, log, cli(), api(), stop(), kill(), start()
 */
export async function startServer(options = {}) {
  const server = new Server(options);
  try {
    await server.start();
    server.schemas = await answerSchemas(server);
    server.token = server.cli('token', 'create', '--name', 'tests');
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}
