/*
 * Runs a real Refmill server on loopback, with a database of its own, and talks to
 * it as its users do: the command line, the API, the pages.
 */
import { execFileSync, spawn } from 'node:child_process';
import { createWriteStream, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { delay, endsWithUs, freePort, request, until } from './util.mjs';

const ROOT = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', '..');
const HOST = '127.0.0.1';

export function refmillBin() {
  return path.resolve(ROOT, process.env.REFMILL_BIN ?? path.join('build', 'refmill'));
}

export class Refmill {
  /**
   * @param {object}   o
   * @param {string}  [o.home]      folder of the database and the log; kept if given
   * @param {number}  [o.port]
   * @param {string}  [o.schedule]  the waits before the next attempts, in seconds
   */
  constructor(o = {}) {
    this.o = o;
    this.bin = o.bin ?? refmillBin();
  }

  async start() {
    this.home ??= path.resolve(this.o.home ?? mkdtempSync(path.join(tmpdir(), 'refmill-harness-')));
    mkdirSync(this.home, { recursive: true });
    this.db = path.join(this.home, 'refmill.db');
    this.port ??= this.o.port ?? await freePort();
    this.url = `http://${HOST}:${this.port}`;
    this.logFile = this.o.logFile ?? path.join(this.home, 'refmill.log');
    const log = createWriteStream(this.logFile, { flags: 'a' });
    this.child = endsWithUs(spawn(this.bin, [
      'serve', '--db', this.db, '--listen', `${HOST}:${this.port}`, '--base-url', this.url,
      '--webhook-allow', '127.0.0.0/8',
      ...(this.o.schedule ? ['--webhook-schedule', this.o.schedule] : []),
    ], { stdio: ['ignore', 'pipe', 'pipe'] }));
    this.child.stdout.pipe(log, { end: false });
    this.child.stderr.pipe(log, { end: false });
    let gone;
    this.exited = new Promise((resolve) => {
      this.child.once('error', (error) => resolve({ error: error.message }));
      this.child.once('close', (code, signal) => log.end(() => resolve({ code, signal })));
    });
    void this.exited.then((how) => (gone = how));
    await until(async () => {
      if (gone) throw new Error(`the Refmill server ended while starting (${JSON.stringify(gone)}):\n${this.tailLog()}`);
      const res = await request('GET', `${this.url}/readyz`).catch(() => undefined);
      return res?.status === 200 ? true : undefined;
    }, { what: 'the Refmill server to be ready' });
    return this;
  }

  async stop({ graceMs = 10_000, keepHome = Boolean(this.o.home) } = {}) {
    if (this.child && this.child.exitCode === null && this.child.signalCode === null) {
      this.child.kill('SIGTERM');
      const ended = await Promise.race([this.exited, delay(graceMs)]);
      if (!ended) this.child.kill('SIGKILL');
      await this.exited;
    }
    if (!keepHome && this.home) rmSync(this.home, { recursive: true, force: true });
  }

  tailLog(lines = 25) {
    try {
      return readFileSync(this.logFile, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
    } catch {
      return '';
    }
  }

  /** A command of the program on the same database, e.g. cli('token', 'create', '--name', 'n8n'). */
  cli(noun, verb, ...args) {
    return execFileSync(this.bin, [noun, verb, '--db', this.db, ...args], { encoding: 'utf8' }).trim();
  }

  /** What the database has, as it is. */
  rows(sql) {
    return JSON.parse(execFileSync('sqlite3', ['-json', this.db, sql], { encoding: 'utf8' }) || '[]');
  }

  async api(method, where, body, { ok = true } = {}) {
    const res = await request(method, `${this.url}/api${where}`, {
      headers: {
        Authorization: `Bearer ${this.token}`,
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (ok && (res.status < 200 || res.status > 299)) throw new Error(`${method} ${where}: HTTP ${res.status} ${res.text.slice(0, 500)}`);
    return res;
  }

  async addUser(user) {
    return (await this.api('POST', '/v2/users', user)).json.data;
  }

  async user(identifier) {
    return (await this.api('GET', `/v2/users/${encodeURIComponent(identifier)}`)).json.data;
  }
}
