/*
 * What the tests against real parts share: one Refmill server, one n8n with the
 * package, and short ways to make campaigns and workflows.
 */
import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { startMail } from '../harness/mail.mjs';
import { installedN8n, N8n } from '../harness/n8n.mjs';
import { startPostgres } from '../harness/postgres.mjs';
import { startRecorder } from '../harness/recorder.mjs';
import { Refmill } from '../harness/refmill.mjs';
import { makeTls } from '../harness/tls.mjs';
import { request, until } from '../harness/util.mjs';
import { SERVICES, serviceAnswer } from './stories/services.mjs';

export const PACKAGE = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
export const TRIGGER = 'Refmill Trigger';
/** Short waits, and enough of them for an n8n that starts slowly, several times. */
export const SCHEDULE = [1, 1, 2, 3, ...Array(26).fill(5)].join();

let serial = 0;

// The test runner ends a file by a signal, which alone would leave n8n and the server running.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

export class World {
  async start() {
    this.scratch = mkdtempSync(path.join(tmpdir(), 'refmill-n8n-'));
    this.refmill = await new Refmill({ schedule: SCHEDULE }).start();
    this.refmill.token = this.refmill.cli('token', 'create', '--name', 'n8n');
    await this.startVendor();
    const installed = installedN8n();
    // n8n brings a reader of e-mails and needs none here.
    const { simpleParser } = createRequire(path.join(installed.n8nDir, 'package.json'))('mailparser');
    this.n8n = new N8n({
      ...installed,
      packages: [PACKAGE],
      ca: this.tls.ca,
      hostMap: Object.fromEntries(['referral-factory.com', ...SERVICES].map((name) => [`${name}:443`, `127.0.0.1:${this.vendor.port}`])),
      env: { EXECUTIONS_DATA_SAVE_ON_PROGRESS: 'false' },
    });
    await Promise.all([
      this.n8n.start(),
      startMail(path.join(this.scratch, 'mail'), simpleParser).then((mail) => { this.mail = mail; }),
      startPostgres().then((postgres) => { this.postgres = postgres; }),
    ]);
    this.credential = {
      name: 'Refmill',
      type: 'refmillApi',
      data: { baseUrl: this.refmill.url, apiToken: this.refmill.token },
    };
    await this.n8n.createCredential(this.credential);
    return this;
  }

  /** A stand-in for Referral Factory's and other services, under their own names. */
  async startVendor() {
    this.tls = makeTls(path.join(this.scratch, 'tls'), ['referral-factory.com', ...SERVICES]);
    const answers = {
      'GET /api/n8n/test': { body: {} },
      'POST /api/n8n/webhooks': { status: 201, body: { webhook: { id: 9001 } } },
      'DELETE /api/n8n/webhooks/9001': { body: {} },
      'POST /api/n8n/users': { status: 201, body: { id: 7, code: 'uVendor1' } },
    };
    this.vendor = await startRecorder({ tls: this.tls, answer: (r) => serviceAnswer(r) ?? answers[`${r.method} ${r.url}`] });
  }

  async stop() {
    await this.n8n?.stop();
    await this.refmill?.stop();
    await this.vendor?.close();
    await this.mail?.stop();
    await this.postgres?.stop();
    rmSync(this.scratch, { recursive: true, force: true });
  }

  logs() {
    return `--- n8n\n${this.n8n?.tailLog()}\n--- Refmill\n${this.refmill?.log.slice(-4000)}`;
  }

  // ---- Refmill ---------------------------------------------------------------

  campaign(name = `Campaign ${++serial}`) {
    return { id: Number(this.refmill.cli('campaign', 'create', '--name', name, '--offer', 'A coffee for both of you')), name };
  }

  reward(campaign, ...more) {
    return Number(this.refmill.cli('reward', 'create', '--campaign', String(campaign.id), ...more));
  }

  coupons(campaign, codes) {
    const file = path.join(this.scratch, `coupons-${++serial}.csv`);
    writeFileSync(file, `code\n${codes.join('\n')}\n`);
    this.refmill.cli('coupon', 'import', '--campaign', String(campaign.id), file);
  }

  async referrer(campaign, name = `ref${++serial}`) {
    return await this.refmill.addUser({ campaign_id: campaign.id, first_name: name, email: `${name}@example.com` });
  }

  async lead(campaign, referrer, name = `lead${++serial}`) {
    return await this.refmill.addUser({
      campaign_id: campaign.id, first_name: name, email: `${name}@example.com`,
      referrer: { field: 'code', value: referrer.code },
    });
  }

  // ---- n8n -------------------------------------------------------------------

  /** A workflow that runs the Refmill node by hand, with the given items if any. */
  async action(parameters, { items, credential = 'Refmill', timeoutMs, ...settings } = {}) {
    const name = `Action ${++serial}`;
    const manual = { id: 'm', name: 'Manual', type: 'n8n-nodes-base.manualTrigger', typeVersion: 1, position: [0, 0], parameters: {} };
    const feed = [
      { id: 's', name: 'Set', type: 'n8n-nodes-base.set', typeVersion: 3.4, position: [200, 0], parameters: { mode: 'raw', jsonOutput: JSON.stringify({ items }), options: {} } },
      { id: 'o', name: 'Items', type: 'n8n-nodes-base.splitOut', typeVersion: 1, position: [400, 0], parameters: { fieldToSplitOut: 'items', options: {} } },
    ];
    const refmill = {
      id: 'r', name: 'Refmill', type: 'n8n-nodes-refmill.refmill', typeVersion: 1, position: [600, 0],
      parameters, credentials: { refmillApi: credential }, ...settings,
    };
    const nodes = [manual, ...(items ? feed : []), refmill];
    await this.n8n.createWorkflow({ name, nodes, connections: chain(nodes) });
    return await this.n8n.run(name, { timeoutMs });
  }

  /**
   * One workflow of many Refmill nodes, by name: one after the other, or, with an
   * error output, each for itself.
   */
  async actions(byName, { onError, credential = 'Refmill' } = {}) {
    const name = `Actions ${++serial}`;
    const manual = { id: 'm', name: 'Manual', type: 'n8n-nodes-base.manualTrigger', typeVersion: 1, position: [0, 0], parameters: {} };
    const nodes = Object.entries(byName).map(([title, parameters], i) => ({
      id: `r${i}`, name: title, type: 'n8n-nodes-refmill.refmill', typeVersion: 1, position: [200 * (i + 1), 0],
      parameters, credentials: { refmillApi: credential }, executeOnce: true, ...(onError ? { onError } : { alwaysOutputData: true }),
    }));
    const fan = { Manual: { main: [nodes.map((node) => ({ node: node.name, type: 'main', index: 0 }))] } };
    await this.n8n.createWorkflow({ name, nodes: [manual, ...nodes], connections: onError ? fan : chain([manual, ...nodes]) });
    return await this.n8n.run(name, { timeoutMs: 120_000 });
  }

  /** An active workflow of the trigger and a node that does nothing, or the given one. */
  async trigger(parameters, { credential = 'Refmill', then = { type: 'n8n-nodes-base.noOp', typeVersion: 1, parameters: {} } } = {}) {
    const name = `Trigger ${++serial}`;
    const nodes = [
      {
        id: 't', name: TRIGGER, type: 'n8n-nodes-refmill.refmillTrigger', typeVersion: 1, position: [0, 0],
        parameters, credentials: { refmillApi: credential },
      },
      { id: 'd', name: 'Done', position: [200, 0], ...then },
    ];
    await this.n8n.createWorkflow({ name, nodes, connections: chain(nodes) });
    await this.n8n.activate(name);
    return name;
  }

  async kept(workflow, node = TRIGGER) {
    const { staticData } = await this.n8n.getWorkflow(workflow);
    const data = typeof staticData === 'string' ? JSON.parse(staticData) : staticData;
    return data?.[`node:${node}`] ?? {};
  }

  /** The server's answer about the webhook that a trigger keeps, or its first. */
  async webhookOf(workflow) {
    const { registrations } = await this.kept(workflow);
    return await this.refmill.api('GET', `/api/n8n/webhooks/${registrations?.[0].id}`);
  }

  /** What the trigger of each execution gave, oldest first. */
  async started(workflow) {
    const list = await this.n8n.executions(workflow);
    return list.map((execution) => ({ ...execution, item: execution.startItems?.[0] }));
  }

  async waitStarted(workflow, count, options = {}) {
    return await until(async () => {
      const list = await this.started(workflow);
      return list.length >= count ? list : undefined;
    }, { timeoutMs: 20_000, everyMs: 150, what: `${count} execution(s) of ${workflow}`, ...options });
  }

  /** Sends an event to the trigger as the server would, but for what `how` changes. */
  async forge(workflow, how = {}) {
    const { node = TRIGGER } = how;
    const { registrations: [{ secret: webhookSecret }] } = await this.kept(workflow, node);
    const { id = `msg_forged${++serial}`, body = { event: 'user.join', id: 1 }, secret = webhookSecret, at = Date.now() / 1000, without = [] } = how;
    const raw = JSON.stringify(body);
    const time = String(Math.floor(at));
    const signature = createHmac('sha256', Buffer.from(secret.slice('whsec_'.length), 'base64')).update(`${id}.${time}.${raw}`).digest('base64');
    const headers = {
      'content-type': 'application/json', 'webhook-id': id, 'webhook-timestamp': time,
      'webhook-signature': `v1,${signature}`, 'x-webhook-event': body.event, 'x-webhook-attempt': '1',
    };
    for (const name of without) delete headers[name];
    return await request('POST', await this.n8n.webhookUrl(workflow, node), { headers, body: raw });
  }
}

function chain(nodes) {
  const pairs = nodes.slice(1).map((node, i) => [nodes[i].name, { main: [[{ node: node.name, type: 'main', index: 0 }]] }]);
  return Object.fromEntries(pairs);
}

