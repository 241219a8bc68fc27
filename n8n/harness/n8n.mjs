/*
 * Runs a real n8n, headless and on loopback, for the tests of the package and for
 * the demo.
 *
 *   const n8n = new N8n({ ...installedN8n(), packages: ['/path/to/built/package'] });
 *   await n8n.start();
 *   …
 *   await n8n.stop();
 *
 * Node 20 or newer runs this file; n8n itself runs with the Node that came with it.
 */
import { execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  createWriteStream, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { delay, endsWithUs, freePort, request, until } from './util.mjs';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const HOST = '127.0.0.1';
const TEST_OWNER = { email: 'owner@example.test', firstName: 'Test', lastName: 'Owner', password: 'Correct-Horse-1' };

/** The n8n of runtime/install.sh, installed now if it is not there yet. */
export function installedN8n() {
  const script = path.join(HERE, '..', 'runtime', 'install.sh');
  const n8nDir = execFileSync('sh', [script], { stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8' }).trim();
  return { n8nDir, nodeBin: readFileSync(path.join(n8nDir, '.node'), 'utf8').trim() };
}

export class N8n {
  /**
   * @param {object}   o
   * @param {string}   o.n8nDir      folder whose node_modules holds n8n
   * @param {string}   o.nodeBin     the Node that runs n8n
   * @param {string[]} [o.packages]  built node packages; their nodes get the type `<package>.<node>`,
   *                                 as after an installation from the registry
   * @param {string}  [o.home]       N8N_USER_FOLDER; kept after stop() if given, else a temporary one
   * @param {string}  [o.apiKey]     one made earlier on the same data
   * @param {object}  [o.owner]      who signs in: email, firstName, lastName, password
   * @param {number}  [o.port]
   * @param {object}  [o.env]        more environment, last word
   * @param {object}  [o.hostMap]    see hostmap.cjs
   * @param {string}  [o.ca]         a PEM file of certificate authorities to trust as well
   * @param {boolean} [o.codeNodes]  start the runner that Code nodes need (about 150 MB more)
   */
  constructor(o) {
    this.o = { packages: [], env: {}, owner: TEST_OWNER, startTimeoutMs: 180_000, ...o };
    this.nodeBin = this.o.nodeBin;
    this.apiKey = this.o.apiKey;
    this.bin = path.join(this.o.n8nDir, 'node_modules', 'n8n', 'bin', 'n8n');
    this.credentialIds = new Map(); // name -> { id, type }
    this.workflows = new Map(); // name -> id
    this.cookie = '';
  }

  // ---- the process -------------------------------------------------------

  /** What the n8n process and its command line get as their environment. */
  environment() {
    const { o } = this;
    const preload = o.hostMap ? `--require=${path.join(HERE, 'hostmap.cjs')}` : '';
    return {
      PATH: [path.dirname(this.nodeBin), process.env.PATH].join(':'),
      HOME: this.home,
      TMPDIR: tmpdir(),
      NODE_ENV: 'production',
      GENERIC_TIMEZONE: 'UTC',
      N8N_USER_FOLDER: this.home,
      N8N_LISTEN_ADDRESS: HOST,
      N8N_HOST: HOST,
      N8N_PORT: String(this.port),
      N8N_PROTOCOL: 'http',
      N8N_SECURE_COOKIE: 'false',
      DB_TYPE: 'sqlite',
      // Nothing leaves the machine, nothing asks questions.
      N8N_DIAGNOSTICS_ENABLED: 'false',
      N8N_VERSION_NOTIFICATIONS_ENABLED: 'false',
      N8N_VERSION_NOTIFICATIONS_WHATS_NEW_ENABLED: 'false',
      N8N_TEMPLATES_ENABLED: 'false',
      N8N_DYNAMIC_BANNERS_ENABLED: 'false',
      N8N_HIRING_BANNER_ENABLED: 'false',
      N8N_PERSONALIZATION_ENABLED: 'false',
      N8N_LICENSE_AUTO_RENEW_ENABLED: 'false',
      N8N_VERIFIED_PACKAGES_ENABLED: 'false',
      N8N_UNVERIFIED_PACKAGES_ENABLED: 'true',
      N8N_PYTHON_ENABLED: 'false',
      N8N_DISABLED_MODULES: this.disabledModules().join(','),
      N8N_RUNNERS_BROKER_PORT: String(this.brokerPort),
      // External means that somebody else starts the runner; nobody does.
      ...(o.codeNodes ? {} : { N8N_RUNNERS_MODE: 'external', N8N_RUNNERS_AUTH_TOKEN: randomUUID() }),
      ...(o.ca ? { NODE_EXTRA_CA_CERTS: path.resolve(o.ca) } : {}),
      ...(o.hostMap ? { HOSTMAP: JSON.stringify(o.hostMap), NODE_OPTIONS: preload } : {}),
      ...o.env,
    };
  }

  /**
   * Parts of n8n that no node test needs; one of them asks a server of n8n's
   * on every start. n8n refuses to start on a name that it does not know.
   */
  disabledModules() {
    const unneeded = ['agents', 'agent-evals', 'chat-hub', 'insights', 'instance-ai', 'mcp', 'mcp-registry', 'quick-connect', 'workflow-builder'];
    const dir = path.join(this.o.n8nDir, 'node_modules', 'n8n', 'dist', 'modules');
    const known = new Set(existsSync(dir) ? readdirSync(dir).map((name) => name.replace(/\.ee$/, '')) : []);
    return unneeded.filter((name) => known.has(name));
  }

  /** Packs a built package, and installs it as n8n does from the registry. */
  installPackage(dir) {
    const npm = (...args) => execFileSync('npm', [...args, '--ignore-scripts', '--loglevel=error'], { cwd: dir, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
    const [{ filename }] = JSON.parse(npm('pack', '--json', '--pack-destination', this.home));
    const packed = path.join(this.home, filename);
    const nodes = path.join(this.home, '.n8n', 'nodes');
    mkdirSync(nodes, { recursive: true });
    // Without its peers: an own copy of n8n-workflow would be used instead of n8n's.
    npm('install', '--prefix', nodes, '--offline', '--omit=dev', '--legacy-peer-deps', '--no-audit', '--no-fund', packed);
    rmSync(packed);
  }

  async start() {
    const t0 = Date.now();
    this.home ??= path.resolve(this.o.home ?? mkdtempSync(path.join(tmpdir(), 'n8n-harness-')));
    mkdirSync(this.home, { recursive: true });
    this.port = this.o.port ?? (this.port || await freePort());
    this.brokerPort ??= await freePort();
    this.url = `http://${HOST}:${this.port}`;
    // A restart finds them there.
    if (!this.hasPackages) for (const dir of this.o.packages) this.installPackage(path.resolve(dir));
    this.hasPackages = true;

    this.types = undefined;
    this.logFile = this.o.logFile ?? path.join(this.home, 'n8n.log');
    const log = createWriteStream(this.logFile, { flags: 'a' });
    this.child = endsWithUs(spawn(this.nodeBin, [this.bin, 'start'], {
      cwd: this.home, env: this.environment(), stdio: ['ignore', 'pipe', 'pipe'],
    }));
    this.child.stdout.pipe(log, { end: false });
    this.child.stderr.pipe(log, { end: false });
    // 'close' comes after the last of its output, so the log is whole, and nothing
    // writes to it any more when its folder goes.
    this.exited = new Promise((resolve) => this.child.once('close', (code, signal) => log.end(() => resolve({ code, signal }))));
    let gone;
    void this.exited.then((how) => (gone = how));

    // /healthz says ok long before the database is migrated and the webhooks are
    // registered; in an older n8n, readiness comes before the API as well.
    await until(async () => {
      if (gone) throw new Error(`n8n ended while starting (${JSON.stringify(gone)}):\n${this.tailLog()}`);
      for (const where of ['/healthz/readiness', '/rest/settings']) {
        const res = await request('GET', this.url + where).catch(() => undefined);
        if (res?.status !== 200 || res.json === undefined) return undefined;
      }
      return true;
    }, { timeoutMs: this.o.startTimeoutMs, everyMs: 100, what: 'n8n to be ready' });
    await this.signIn();
    this.startMs = Date.now() - t0;
    return this;
  }

  /** Ends n8n; its data goes with it unless `home` was given or `keepHome` says so. */
  async stop({ graceMs = 10_000, keepHome = Boolean(this.o.home) } = {}) {
    if (this.child && this.child.exitCode === null && this.child.signalCode === null) {
      this.child.kill('SIGTERM');
      const ended = await Promise.race([this.exited, delay(graceMs)]);
      if (!ended) {
        this.child.kill('SIGKILL');
        await this.exited;
      }
    }
    if (keepHome || !this.home) return;
    rmSync(this.home, { recursive: true, force: true, maxRetries: 5 });
    this.home = undefined;
    this.apiKey = undefined;
  }

  /** Ends n8n at once, as a crash or a power cut would; start() brings it back. */
  async kill() {
    this.child.kill('SIGKILL');
    await this.exited;
  }

  tailLog(lines = 25) {
    try {
      return readFileSync(this.logFile, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
    } catch {
      return '';
    }
  }

  // ---- its API -----------------------------------------------------------

  async http(method, where, { body, headers = {}, ok = true } = {}) {
    const res = await request(method, this.url + where, {
      headers: {
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...(where.startsWith('/api/v1') ? { 'X-N8N-API-KEY': this.apiKey ?? '' } : {}),
        ...(this.cookie && !where.startsWith('/api/v1') ? { Cookie: this.cookie } : {}),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (ok && (res.status < 200 || res.status > 299)) throw new Error(`${method} ${where}: HTTP ${res.status} ${res.text.slice(0, 500)}`);
    return res;
  }

  /** The editor's own API; its answers are wrapped in { data }. */
  async rest(method, where, body) {
    const { json } = await this.http(method, `/rest${where}`, { body });
    return json?.data ?? json;
  }

  /** The documented public API. */
  async api(method, where, body) {
    return (await this.http(method, `/api/v1${where}`, { body })).json;
  }

  async signIn() {
    const settings = await this.rest('GET', '/settings');
    const first = settings.userManagement?.showSetupOnFirstLoad;
    const res = first
      ? await this.http('POST', '/rest/owner/setup', { body: this.o.owner })
      : await this.http('POST', '/rest/login', { body: { emailOrLdapLoginId: this.o.owner.email, password: this.o.owner.password } });
    this.cookie = (res.headers['set-cookie'] ?? []).map((c) => c.split(';')[0]).join('; ');
    if (!this.apiKey) {
      const wanted = new Set(['workflow', 'credential', 'execution', 'tag']);
      const scopes = (await this.rest('GET', '/api-keys/scopes')).filter((s) => wanted.has(s.split(':')[0]));
      const key = await this.rest('POST', '/api-keys', { label: `harness-${Date.now()}`, scopes, expiresAt: null });
      this.apiKey = key.rawApiKey;
    }
  }

  /** The descriptions of all nodes that n8n loaded, or of those that fit. */
  async nodeTypes(fits = () => true) {
    // Some megabytes, and the same as long as n8n runs.
    this.types ??= (await this.http('GET', '/types/nodes.json')).json;
    return this.types.filter(fits);
  }

  // ---- credentials -------------------------------------------------------

  async createCredential({ name, type, data }) {
    const made = await this.rest('POST', '/credentials', { name, type, data });
    this.credentialIds.set(name, { id: made.id, type });
    return made.id;
  }

  /** What the editor's "Test" does: { status: 'OK' | 'Error', message }. */
  async testCredential({ name, type, data }) {
    const id = this.credentialIds.get(name)?.id ?? '';
    return await this.rest('POST', '/credentials/test', { credentials: { id, name, type, data } });
  }

  credentialRef(name) {
    const found = this.credentialIds.get(name);
    if (!found) throw new Error(`no credential named "${name}" was created`);
    return { [found.type]: { id: found.id, name } };
  }

  // ---- what the editor asks a node while someone fills in its form ---------

  async loadOptions({ nodeType, version = 1, method, path: at = `parameters.${method}`, params = {}, credential }) {
    return await this.rest('POST', '/dynamic-node-parameters/options', {
      nodeTypeAndVersion: { name: nodeType, version }, methodName: method, path: at,
      currentNodeParameters: params, credentials: credential ? this.credentialRef(credential) : {},
    });
  }

  async listSearch({ nodeType, version = 1, method, filter, params = {}, credential }) {
    return await this.rest('POST', '/dynamic-node-parameters/resource-locator-results', {
      nodeTypeAndVersion: { name: nodeType, version }, methodName: method, path: 'parameters.any', filter,
      currentNodeParameters: params, credentials: credential ? this.credentialRef(credential) : {},
    });
  }

  // ---- workflows ---------------------------------------------------------

  /**
   * Imports a workflow. In a node, "credentials" may name one: { "someApi": "My credential" }.
   * A trigger without a webhookId gets one, as the editor gives it: without it an
   * n8n before 2.10 or so builds the address from the node's name and then, if
   * that has a space, does not find it again.
   */
  async createWorkflow(json) {
    const nodes = json.nodes.map((node) => {
      const credentials = Object.entries(node.credentials ?? {}).map(([type, ref]) => {
        const name = typeof ref === 'string' ? ref : ref.name;
        const known = this.credentialIds.get(name);
        return [type, known ? { id: known.id, name } : ref];
      });
      const listens = /(trigger|webhook)$/i.test(node.type);
      return {
        ...node,
        ...(listens && !node.webhookId ? { webhookId: randomUUID() } : {}),
        ...(credentials.length ? { credentials: Object.fromEntries(credentials) } : {}),
      };
    });
    const made = await this.api('POST', '/workflows', {
      name: json.name, nodes, connections: json.connections ?? {}, settings: json.settings ?? { executionOrder: 'v1' },
    });
    this.workflows.set(json.name, made.id);
    return made.id;
  }

  /** Saves a changed workflow and, if it is active, publishes the change. */
  async updateWorkflow(workflow, change) {
    const id = this.idOf(workflow);
    const { name, nodes, connections, settings } = await this.api('GET', `/workflows/${id}`);
    const { executionOrder = 'v1' } = settings ?? {};
    await this.api('PUT', `/workflows/${id}`, change({ name, nodes, connections, settings: { executionOrder } }));
  }

  idOf(workflow) {
    return this.workflows.get(workflow) ?? workflow;
  }

  async getWorkflow(workflow) {
    return await this.rest('GET', `/workflows/${this.idOf(workflow)}`);
  }

  /** How far the publication of a workflow is; undefined where n8n does it within the request. */
  async publicationStatus(workflow) {
    const { status, json } = await this.http('GET', `/rest/workflows/${this.idOf(workflow)}/publication-status`, { ok: false });
    return status === 200 ? json.data : undefined;
  }

  /**
   * Since n8n 2.36 publishing is queued: the answer to "activate" comes before
   * the triggers are registered, and a trigger that fails is tried five times
   * within some 17 seconds. This waits for the end of it and throws what the
   * trigger said. An older n8n answers when it is done.
   */
  async activate(workflow, { timeoutMs = 30_000 } = {}) {
    const id = this.idOf(workflow);
    await this.api('POST', `/workflows/${id}/activate`);
    const status = await until(async () => {
      const s = await this.publicationStatus(id) ?? { status: 'published', triggers: [] };
      return s.status === 'in_progress' || s.status === 'not_published' ? undefined : s;
    }, { timeoutMs, what: `workflow ${workflow} to be published` });
    if (status.status !== 'published') {
      throw new Error(`workflow ${workflow}: ${status.status}: ${status.triggers.map((t) => t.errorMessage).filter(Boolean).join('; ')}`);
    }
    return status;
  }

  async deactivate(workflow, { timeoutMs = 30_000 } = {}) {
    const id = this.idOf(workflow);
    await this.api('POST', `/workflows/${id}/deactivate`);
    return await until(async () => {
      const s = await this.publicationStatus(id) ?? { status: 'not_published' };
      return s.status === 'not_published' ? s : undefined;
    }, { timeoutMs, what: `workflow ${workflow} to be unpublished` });
  }

  /** The address that a trigger of a workflow listens on (a fixed path only). */
  async webhookUrl(workflow, nodeName, { test = false, webhook = 'default' } = {}) {
    const { nodes } = await this.getWorkflow(workflow);
    const node = nodes.find((n) => n.name === nodeName);
    const [type] = await this.nodeTypes((t) => t.name === node.type);
    const { path: hookPath, isFullPath } = type.webhooks.find((w) => w.name === webhook);
    const base = `${this.url}/${test ? 'webhook-test' : 'webhook'}`;
    if (node.type === 'n8n-nodes-base.webhook') return `${base}/${node.parameters.path}`;
    if (isFullPath) return `${base}/${hookPath}`;
    return `${base}/${node.webhookId ?? `${this.idOf(workflow)}/${encodeURIComponent(nodeName.toLowerCase())}`}/${hookPath}`;
  }

  // ---- executions --------------------------------------------------------

  /** A manual run. A trigger that waits for a webhook gives { waitingForWebhook: true }. */
  async run(workflow, { trigger, timeoutMs = 30_000 } = {}) {
    const wf = await this.getWorkflow(workflow);
    const start = trigger ?? wf.nodes.find((n) => /trigger/i.test(n.type))?.name;
    // An older n8n wants the workflow along; a newer one takes it from its database.
    const answer = await this.rest('POST', `/workflows/${wf.id}/run`, { workflowData: wf, triggerToStartFrom: { name: start } });
    if (!answer.executionId) return answer;
    return await this.waitExecution(answer.executionId, { timeoutMs });
  }

  /** What "Retry" in the list of executions does: another execution with the data of that one. */
  async retry(id) {
    const { id: again } = await this.api('POST', `/executions/${id}/retry`);
    return await this.waitExecution(again);
  }

  async waitExecution(id, { timeoutMs = 30_000 } = {}) {
    const raw = await until(async () => {
      const res = await this.http('GET', `/api/v1/executions/${id}?includeData=true`, { ok: false });
      if (res.status !== 200) return undefined;
      return ['new', 'running', 'waiting'].includes(res.json.status) ? undefined : res.json;
    }, { timeoutMs, what: `execution ${id} to end` });
    return summarise(raw);
  }

  /** Executions of a workflow that have ended, oldest first. */
  async executions(workflow) {
    const found = [];
    let next = '';
    do {
      const page = await this.api('GET', `/executions?workflowId=${this.idOf(workflow)}&includeData=true&limit=100${next}`);
      found.push(...page.data);
      next = page.nextCursor ? `&cursor=${encodeURIComponent(page.nextCursor)}` : undefined;
    } while (next);
    return found.filter((e) => !['new', 'running'].includes(e.status)).map(summarise).sort((a, b) => a.id - b.id);
  }

  async waitExecutions(workflow, count, { timeoutMs = 15_000 } = {}) {
    return await until(async () => {
      const list = await this.executions(workflow);
      return list.length >= count ? list : undefined;
    }, { timeoutMs, everyMs: 100, what: `${count} execution(s) of ${workflow}` });
  }
}

/** What the trigger gave; of an execution that was cut off, what it was to start with. */
function startItemsOf(data) {
  const [first] = Object.values(data?.resultData?.runData ?? {}).map((runs) => runs[0]).sort((x, y) => x.startTime - y.startTime);
  const ran = itemsOf(first?.data?.main);
  // Of a node that was cut off n8n only makes up an item afterwards.
  const madeUp = ran === undefined || ran[0]?.isArtificialRecoveredEventItem;
  return madeUp ? itemsOf(data?.executionData?.nodeExecutionStack?.[0]?.data?.main) ?? ran : ran;
}

function itemsOf(main) {
  return main?.[0]?.map((item) => item.json);
}

/** The part of an execution that a test looks at. */
export function summarise(raw) {
  const runData = raw.data?.resultData?.runData ?? {};
  const problem = (e) => e && {
    name: e.name, message: e.message, description: e.description ?? undefined,
    httpCode: e.httpCode ?? undefined, messages: e.messages?.length ? e.messages : undefined,
  };
  const nodes = {};
  for (const [name, runs] of Object.entries(runData)) {
    nodes[name] = runs.map((run) => ({
      status: run.executionStatus,
      ms: run.executionTime,
      items: run.data?.main?.map((output) => output?.map((item) => item.json)),
      pairedItem: run.data?.main?.map((output) => output?.map((item) => item.pairedItem)),
      error: problem(run.error),
    }));
  }
  return {
    id: Number(raw.id), workflowId: raw.workflowId, status: raw.status, mode: raw.mode,
    startItems: startItemsOf(raw.data), startedAt: raw.startedAt, stoppedAt: raw.stoppedAt,
    error: problem(raw.data?.resultData?.error), lastNode: raw.data?.resultData?.lastNodeExecuted, nodes,
  };
}
