/* Runs the templates of n8n/workflows/ in the n8n of a world. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { request } from '../../harness/util.mjs';

const WORKFLOWS = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', '..', 'workflows');

export const templateFiles = () => readdirSync(WORKFLOWS).map((name) => path.basename(name, '.json')).sort();
export const templateOf = (file) => JSON.parse(readFileSync(path.join(WORKFLOWS, `${file}.json`), 'utf8'));

export class Templates {
  run = new Set();

  constructor(world) {
    this.world = world;
  }

  /** The credentials that templates name, with what works here. */
  credentials() {
    const { mail, postgres } = this.world;
    const bearer = (token) => ['httpHeaderAuth', { name: 'Authorization', value: `Bearer ${token}` }];
    return {
      HubSpot: bearer('pat-1'),
      CRM: bearer('crm-1'),
      Stripe: bearer('sk_test_1'),
      GA4: ['httpQueryAuth', { name: 'api_secret', value: 'secret-1' }],
      PayPal: ['oAuth2Api', {
        grantType: 'clientCredentials', accessTokenUrl: 'https://api-m.paypal.com/v1/oauth2/token', clientId: 'app', clientSecret: 'secret', scope: '', authentication: 'header',
      }],
      OpenAI: ['openAiApi', { apiKey: 'sk-test-1', url: 'https://api.openai.com/v1' }],
      SMTP: ['smtp', { user: '', password: '', host: '127.0.0.1', port: mail.port, secure: false, disableStartTls: true }],
      PostgreSQL: ['postgres', { host: '127.0.0.1', port: postgres.port, database: 'postgres', user: 'refmill', password: '', ssl: 'disable' }],
    };
  }

  /** Imports a template for a campaign, with the credentials that it names. */
  async import(file, campaign, change = (workflow) => workflow) {
    const { n8n } = this.world;
    const ids = { campaign: campaign.id, reward: campaign.reward };
    const text = JSON.stringify(templateOf(file)).replace(/"\{\{(\w+)\}\}"/g, (all, name) => String(ids[name]));
    for (const [name, [type, data]] of Object.entries(this.credentials())) {
      if (text.includes(`"${name}"`) && !n8n.credentialIds.has(name)) await n8n.createCredential({ name, type, data });
    }
    const workflow = change(JSON.parse(text));
    await n8n.createWorkflow(workflow);
    this.run.add(file);
    return workflow.name;
  }

  /** Switches templates on, and gives the one execution of each that `happening` leads to. */
  async once(files, campaign, happening, change) {
    const { n8n } = this.world;
    const names = [];
    for (const file of files) {
      names.push(await this.import(file, campaign, change));
      await n8n.activate(names.at(-1));
    }
    const given = await happening(...names);
    const executions = [];
    for (const [i, name] of names.entries()) {
      const [execution] = await n8n.waitExecutions(name, 1, { timeoutMs: 60_000 });
      assert.equal(execution.status, 'success', `${files[i]}: ${JSON.stringify(execution.error)}`);
      await n8n.deactivate(name);
      executions.push(execution);
    }
    return { given, executions };
  }

  /** What another system posts to the first node of a template. */
  async post(workflow, node, body, headers = { 'content-type': 'application/json' }) {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const { status } = await request('POST', await this.world.n8n.webhookUrl(workflow, node), { headers, body: text });
    assert.equal(status, 200, `${workflow}: ${node}`);
  }

  sentTo(host, fits = () => true) {
    return this.world.vendor.requests.filter((r) => r.headers.host === host && fits(r));
  }
}
