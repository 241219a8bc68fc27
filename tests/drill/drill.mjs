/*
 * kill -9 under load, again and again on the same database, and after each restart what must hold is
 * checked (check.mjs). Now and then the server is killed a second time while it starts.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { delay, startServer, until } from '../lib/server.mjs';
import { apiBroken, deliveriesBroken, feedBroken, journalBroken, query, receiptsBroken, refundsBroken, rulesBroken } from './check.mjs';
import { Clients } from './clients.mjs';
import { hooksFor } from './hooks.mjs';
import { randomOf } from './random.mjs';
import { Receiver } from './receiver.mjs';

/* Many short waits: what a receiver refused comes again soon, and never for the last time. */
const SCHEDULE = Array(25).fill(1).join(',');
const LEASE_MS = 50_000; // how long the sender holds what it claimed: 30 s for the attempt and 20 s
const SHOWN = 20; // violations
/* Where the server may be killed (base/failpoint.h), and at which of its passes at the latest. */
const FAILPOINTS = {
  'commit.before': 60, 'commit.after': 60, 'answer.after': 60, 'event.inserted': 100, 'event.delivery': 300, 'round.settled': 60,
  'round.claimed': 60, 'round.done': 60, 'send.before': 200, 'send.answered': 200, recover: 1, replay: 2, 'replay.turn': 3, forget: 4,
};
/* A second after its start the server forgets these, in some steps. */
const ANCIENT = `
  INSERT OR IGNORE INTO account (id, name, created_us) VALUES (1000000, 'Gone', 1);
  INSERT OR IGNORE INTO event (account_id, seq, type, campaign_id, user_id, occurred_us, body)
  SELECT 1000000, 1000000000 + value, 99, 0, 0, value, '{}' FROM generate_series(1, 1000)`;
const FORGET_RUN_MS = 4000;
const COUPONS = 400; // fewer than are earned: then grants wait without one

export const freshSeed = () => Math.floor(Math.random() * 2 ** 32);

/* ---- the scene --------------------------------------------------------- */

function makeCampaigns(server, folder) {
  const create = (noun, ...args) => Number(server.cli(noun, 'create', ...args));
  const campaigns = ['Spring', 'Partners'].map((name) => create('campaign', '--name', name));
  const reward = (campaign, name, ...args) => create('reward', '--campaign', campaign, '--name', name, ...args);
  const rewards = [
    reward(campaigns[0], 'Cash', '--metric', 'amount', '--value', '25.00', '--currency', 'USD', '--for', 'referrer', '--when', 'qualified', '--issue', 'manual'),
    reward(campaigns[0], 'Gift', '--metric', 'custom', '--value', '1', '--for', 'lead', '--when', 'qualified', '--issue', 'n8n', '--auto'),
    reward(campaigns[0], 'Coupon', '--metric', 'coupon', '--for', 'referrer', '--when', 'invited', '--every', '3', '--issue', 'manual', '--auto'),
    reward(campaigns[0], 'Share', '--metric', 'commission', '--value', '12.5', '--for', 'referrer', '--when', 'qualified', '--frequency', 'order', '--issue', 'manual', '--auto'),
    reward(campaigns[1], 'Points', '--metric', 'custom', '--value', '5', '--for', 'referrer', '--when', 'qualified', '--issue', 'webhook'),
  ];
  const file = path.join(folder, 'coupons.csv');
  writeFileSync(file, Array.from({ length: COUPONS }, (_, i) => `SAVE-${i}\n`).join(''));
  server.cli('coupon', 'import', '--campaign', campaigns[0], file);
  return { campaigns, rewards };
}

class Drill {
  constructor({ rounds, seed, misbehaves = 0.03, maxRunMs = 900, startLimitMs = 30_000, shortenLeases = false, say = () => {} }) {
    Object.assign(this, { rounds, seed, maxRunMs, startLimitMs, shortenLeases, say });
    this.random = randomOf(seed);
    this.receiver = new Receiver({ random: randomOf(seed + 1), misbehaves });
    this.violations = [];
    this.known = { bodies: new Map(), seq: 0 };
    this.startsMs = [];
    this.checkedSeq = 0;
    this.kills = 0;
    this.points = new Map(); // where it was killed → how often
  }

  async setUp() {
    await this.receiver.start();
    this.server = await startServer({
      args: ['--rate-limit', '0', '--webhook-allow', '127.0.0.0/8', '--webhook-schedule', SCHEDULE, '--log-level', 'warn'],
    });
    const made = makeCampaigns(this.server, this.server.home);
    const caps = ['person', 'campaign'].map((scope) => ({ scope, period: 'ever', most_count: 1_000_000 })); // counted, never reached
    for (const id of made.rewards.slice(2, 4)) {
      const { status, text } = await this.server.api('PUT', `/api/v2/rewards/${id}`, { caps });
      if (status !== 200) throw new Error(text);
    }
    const { server, random, receiver } = this;
    const hooks = hooksFor(made);
    for (const hook of hooks) if (hook.filter.ordered) receiver.ordered.add(hook.index);
    this.clients = new Clients({ server, random, receiver, hooks, campaigns: made.campaigns, run: this.seed });
  }

  note(round, violations) {
    violations.forEach((text) => this.violations.push(`round ${round}: ${text}`));
  }

  /* ---- killing ---- */

  /* `isAtPoint`: it has ended by itself, so that was the point. */
  disarm(isAtPoint) {
    const [name] = (this.server.serveEnv.REFMILL_FAILPOINT ?? 'none').split(':');
    if (isAtPoint) this.points.set(name, (this.points.get(name) ?? 0) + 1);
    this.server.serveEnv = {};
  }

  async kill() {
    this.kills++;
    const { signal } = await this.server.kill();
    if (signal !== 'SIGKILL') this.violations.push(`the server ended by itself: ${signal}\n${this.server.log}`);
  }

  /* Half of the kills come at a point, which may lie in the start; the others at any moment. In a build
   * without the points all do. */
  async arm() {
    if (this.random.chance(0.5)) return;
    const [name, passes] = this.random.pick(Object.entries(FAILPOINTS));
    await this.server.stop({ keep: true });
    if (name === 'forget') execFileSync('sqlite3', [this.server.db, ANCIENT]);
    this.server.serveEnv = { REFMILL_FAILPOINT: `${name}:${1 + this.random.below(passes)}` };
    await this.server.start().catch(() => {
      this.disarm(true);
      return this.restart();
    });
  }

  async restart() {
    if (this.random.chance(0.15)) {
      const starting = this.server.start().catch(() => {});
      await delay(this.random.between(1, 40));
      await this.kill();
      await starting;
    }
    const from = performance.now();
    await this.server.start();
    this.startsMs.push(performance.now() - from);
  }

  /* ---- a round ---- */

  async round(round) {
    const from = this.clients.journal.length;
    await this.arm();
    const stop = this.clients.start(round);
    // The moment of the kill is what is drilled.
    const isForgetting = this.server.serveEnv.REFMILL_FAILPOINT?.startsWith('forget');
    const end = await Promise.race([delay(isForgetting ? FORGET_RUN_MS : this.random.between(20, this.maxRunMs)), this.server.ended]);
    await this.kill();
    this.disarm(end);
    await stop();
    await this.restart();
    const entries = this.clients.journal.slice(from);
    const unanswered = entries.filter((entry) => entry.status === undefined);
    await this.check(round, entries);
    for (const entry of unanswered) await this.finish(round, entry);
    this.clients.due = await this.dueGrants();
    return `${entries.length} requests, ${unanswered.length} unanswered, ready in ${Math.round(this.startsMs.at(-1))} ms`;
  }

  async check(round, entries) {
    const { db } = this.server;
    const added = entries.filter((entry) => /^add(Referrer|Lead)$/.test(entry.op) && entry.user);
    const sample = Array.from({ length: Math.min(50, added.length) }, () => this.random.pick(added));
    this.note(round, await rulesBroken(db, this.checkedSeq));
    this.note(round, await journalBroken(db, entries));
    this.note(round, await refundsBroken(db, this.clients.journal));
    this.note(round, await receiptsBroken(this.server, this.receiver, this.known));
    this.note(round, await apiBroken(this.server, sample));
    this.checkedSeq = this.known.seq;
    if (this.startsMs.at(-1) > this.startLimitMs) this.note(round, [`it took ${Math.round(this.startsMs.at(-1))} ms to start`]);
  }

  /* What was not answered is done again, as a client would: the outcome is that of doing it once. */
  async finish(round, entry) {
    const before = await this.isThere(entry);
    const again = await this.clients.doAgain(entry);
    const expected = { addReferrer: before ? 200 : 201, addLead: before ? 200 : 201, addAgain: 200, addWrongly: 422, qualify: 200, refund: 200 }[entry.op];
    if (again.status === undefined || (expected && again.status !== expected))
      this.note(round, [`${entry.op} done again was answered ${again.status} for ${expected}: ${JSON.stringify(again.answer)}`]);
    this.clients.journal.pop(); // 200 for what was there: not what the journal's rules expect of a first time
  }

  async isThere(entry) {
    if (!entry.body?.email) return false;
    const { found } = await query(this.server.db, { found: `SELECT id FROM users WHERE email = '${entry.body.email}'` });
    return found.length > 0;
  }

  async dueGrants() {
    const { due } = await query(this.server.db, { due: 'SELECT id FROM reward_grant WHERE state = 0 ORDER BY id DESC LIMIT 1000' });
    return due.map((row) => row.id);
  }

  /* ---- the end ---- */

  async undelivered() {
    const { waiting } = await query(this.server.db, { waiting: 'SELECT count(*) AS n FROM delivery WHERE state IN (0, 1)' });
    return waiting[0].n;
  }

  /* What the killed server had under way waits for the end of its lease. For a short drill that time
   * is made to have passed (0 would mean that nothing waits). */
  async endLeases() {
    await this.server.stop({ keep: true });
    execFileSync('sqlite3', [this.server.db, 'UPDATE delivery SET due_us = 1 WHERE state = 1']);
    await this.server.start();
  }

  async end() {
    this.say(`Waiting for ${await this.undelivered()} deliveries …`);
    this.server.serveEnv = {};
    if (this.shortenLeases) await this.endLeases();
    const what = 'every event to be delivered';
    await until(async () => (await this.undelivered()) === 0, { timeoutMs: 2 * LEASE_MS + 4 * this.known.seq, everyMs: 100, what }).catch(
      (error) => this.violations.push(error.message),
    );
    const round = 'end';
    this.checkedSeq = 0;
    await this.check(round, this.clients.journal);
    this.note(round, await deliveriesBroken(this.server.db, this.receiver));
    this.note(round, await feedBroken(this.server, this.receiver));
    const { code } = await this.server.stop({ keep: true });
    if (code !== 0) this.note(round, [`SIGTERM ended it with ${code}`]);
  }

  /* Enough to find out: the journal, and the database that it is about. */
  keepEvidence() {
    const folder = path.resolve('build', `drill-${this.seed}`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, 'violations.txt'), this.violations.join('\n'));
    writeFileSync(path.join(folder, 'journal.jsonl'), this.clients.journal.map((entry) => JSON.stringify(entry)).join('\n'));
    execFileSync('sqlite3', [this.server.db, `.backup '${path.join(folder, 'refmill.db')}'`]);
    return folder;
  }

  summary() {
    const { journal } = this.clients;
    const answered = journal.filter((entry) => entry.status !== undefined).length;
    const starts = [...this.startsMs].sort((a, b) => a - b);
    const once = [...this.receiver.receipts.values()].reduce((sum, ids) => sum + ids.size, 0);
    return [
      `${this.kills} kills in ${this.rounds} rounds, seed ${this.seed}; at points: ${[...this.points].map(([name, n]) => `${name} ${n}`).join(', ') || 'none'}`,
      `${journal.length} requests: ${answered} answered, ${journal.length - answered} cut off`,
      `${this.known.seq} events, ${once} deliveries, received ${this.receiver.total} times`,
      `ready after a kill: median ${Math.round(starts[starts.length >> 1])} ms, at most ${Math.round(starts.at(-1))} ms`,
      `${this.violations.length} violations`,
    ];
  }

  async run() {
    try {
      await this.setUp();
      for (let round = 1; round <= this.rounds && this.violations.length < SHOWN; round++)
        this.say(`round ${round}: ${await this.round(round)}, ${this.violations.length} violations`);
      if (this.violations.length < SHOWN) await this.end();
      const evidence = this.violations.length ? this.keepEvidence() : undefined;
      return { violations: this.violations.slice(0, SHOWN), summary: this.summary(), evidence };
    } finally {
      this.receiver.stop();
      await this.server?.stop();
    }
  }
}

/**
 * @param {object}  options
 * @param {number}  options.rounds
 * @param {number}  options.seed           of all choices and moments
 * @param {number}  [options.maxRunMs]     the latest moment of a kill
 * @param {number}  [options.startLimitMs] how long a start may take
 * @param {boolean} [options.shortenLeases] don't wait for what the killed server had claimed
 * @param {(line: string) => void} [options.say]
 * @returns {Promise<{violations: string[], summary: string[], evidence?: string}>}
 */
export const runDrill = (options) => new Drill(options).run();
