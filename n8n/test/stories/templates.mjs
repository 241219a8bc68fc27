/*
 * The templates of n8n/workflows/, each run in the real n8n against the real server.
 * Slack, HubSpot, Google Analytics, Matomo and Stripe can't be reached from a test: a
 * stand-in under their names checks each request against the format that they publish.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { request } from '../../harness/util.mjs';

const WORKFLOWS = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', '..', 'workflows');

/** The names that the templates call, besides our own server. */
export const SERVICES = ['hooks.slack.com', 'api.hubapi.com', 'www.google-analytics.com', 'matomo.example.com', 'api.stripe.com'];

const isText = (value, most) => typeof value === 'string' && value.length > 0 && value.length <= most;

function checkJson({ headers }) {
  assert.match(headers['content-type'], /^application\/json/);
}

/** What each service asks of a request; a broken rule fails the call, and so the story. */
const FORMATS = {
  'hooks.slack.com': (r) => {
    checkJson(r);
    assert.match(r.url, /^\/services\/T\w+\/B\w+\/\w+$/);
    assert.ok(isText(r.json.text, 40_000));
    return { body: { ok: true } };
  },
  'api.hubapi.com': (r) => {
    checkJson(r);
    assert.deepEqual([r.method, r.url], ['POST', '/crm/v3/objects/contacts']);
    assert.match(r.headers.authorization, /^Bearer \S+$/);
    assert.ok(Object.values(r.json.properties).every((value) => typeof value === 'string'));
    assert.match(r.json.properties.email, /@/);
    return { status: 201, body: { id: '51', properties: r.json.properties } };
  },
  'www.google-analytics.com': (r) => {
    checkJson(r);
    const { pathname, searchParams } = new URL(r.url, 'https://any');
    assert.equal(pathname, '/mp/collect');
    assert.match(searchParams.get('measurement_id'), /^G-\w+$/);
    assert.ok(isText(searchParams.get('api_secret'), 100) && isText(r.json.client_id, 100));
    assert.ok(Number.isInteger(r.json.timestamp_micros) && r.json.events.length > 0 && r.json.events.length <= 25);
    for (const { name, params } of r.json.events) {
      assert.match(name, /^[a-zA-Z]\w{0,39}$/);
      assert.ok(Object.keys(params).length <= 25 && Object.values(params).every((value) => String(value).length <= 100));
    }
    return { status: 204, body: {} };
  },
  'matomo.example.com': (r) => {
    const form = Object.fromEntries(r.form);
    assert.deepEqual([r.url, form.rec, form.e_c, form.e_a], ['/matomo.php', '1', 'Referral', 'Qualified']);
    assert.match(form.idsite, /^\d+$/);
    assert.doesNotThrow(() => new URL(form.url));
    return { body: {} };
  },
  'api.stripe.com': (r) => {
    const form = Object.fromEntries(r.form);
    assert.deepEqual([r.method, r.url], ['POST', '/v1/transfers']);
    assert.match(r.headers.authorization, /^Bearer sk_\w+$/);
    assert.match(r.headers['content-type'], /^application\/x-www-form-urlencoded/);
    assert.ok(isText(r.headers['idempotency-key'], 255));
    assert.match(form.amount, /^[1-9]\d*$/);
    assert.match(form.currency, /^[a-z]{3}$/);
    assert.match(form.destination, /^acct_\w+$/);
    return form.destination === 'acct_closed'
      ? { status: 400, body: { error: { type: 'invalid_request_error', message: 'No such destination' } } }
      : { body: { id: 'tr_1', object: 'transfer' } };
  },
};

/** The answer of the service that a request was meant for. */
export function serviceAnswer(record) {
  const check = FORMATS[record.headers.host];
  if (!check) return undefined;
  try {
    return check(record);
  } catch (error) {
    return { status: 400, body: { message: `not the published format: ${error.message}` } };
  }
}

export function templateStories(story, world) {
  const credentials = {
    HubSpot: ['httpHeaderAuth', { name: 'Authorization', value: 'Bearer pat-1' }],
    GA4: ['httpQueryAuth', { name: 'api_secret', value: 'secret-1' }],
    Stripe: ['httpHeaderAuth', { name: 'Authorization', value: 'Bearer sk_test_1' }],
  };

  /** Imports a template for a campaign, with the credentials that it names. */
  async function template(file, campaign) {
    const workflow = JSON.parse(readFileSync(path.join(WORKFLOWS, `${file}.json`), 'utf8').replaceAll('"{{campaign}}"', String(campaign.id)));
    for (const [name, [type, data]] of Object.entries(credentials)) {
      if (!world.n8n.credentialIds.has(name)) await world.n8n.createCredential({ name, type, data });
    }
    await world.n8n.createWorkflow(workflow);
    return workflow.name;
  }

  /** The one execution that `happening` leads to. */
  async function once(file, campaign, happening) {
    const name = await template(file, campaign);
    await world.n8n.activate(name);
    await happening(name);
    const [execution] = await world.n8n.waitExecutions(name, 1, { timeoutMs: 60_000 });
    await world.n8n.deactivate(name);
    assert.equal(execution.status, 'success', `${file}: ${JSON.stringify(execution.error)}`);
    return execution;
  }

  const sentTo = (host, fits = () => true) => world.vendor.requests.filter((r) => r.headers.host === host && fits(r));
  const shop = (name, node, body) => async (workflow) => {
    const url = await world.n8n.webhookUrl(workflow, node);
    const { status } = await request('POST', url, { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
    assert.equal(status, 200, name);
  };

  story('order paid → qualify, and refund → un-qualify', async () => {
    const campaign = world.campaign();
    const lead = await world.lead(campaign, await world.referrer(campaign));
    const order = { order_id: 'T-1', amount: '20.00', currency: 'EUR', email: lead.email };
    await once('order-paid', campaign, shop('order', 'Order Paid', order));
    assert.equal((await world.refmill.user(lead.id)).qualified, true);
    await once('refund', campaign, shop('refund', 'Order Refunded', { email: lead.email }));
    assert.equal((await world.refmill.user(lead.id)).qualified, false);
  });

  story('new referral → Slack and HubSpot, in the format that they publish', async () => {
    const campaign = world.campaign('Bread');
    const referrer = await world.referrer(campaign, 'Ada');
    for (const [file, host, seen] of [
      ['new-referral-slack', 'hooks.slack.com', ({ json }, lead) => json.text === `Ada invited ${lead.first_name} to Bread.`],
      ['new-referral-hubspot', 'api.hubapi.com', ({ json }, lead) => json.properties.email === lead.email],
    ]) {
      let lead;
      await once(file, campaign, async () => { lead = await world.lead(campaign, referrer); });
      assert.equal(sentTo(host, (r) => seen(r, lead)).length, 1, file);
    }
  });

  story('referral qualified → GA4 and Matomo, in the format that they publish', async () => {
    const campaign = world.campaign();
    const lead = await world.lead(campaign, await world.referrer(campaign));
    await once('referral-qualified-analytics', campaign, () => world.refmill.api('POST', '/n8n/users/qualify', { code: lead.code }));
    assert.equal(sentTo('www.google-analytics.com', ({ json }) => json.client_id === `refmill.${lead.id}`).length, 1);
    assert.equal(sentTo('matomo.example.com', ({ form }) => form.get('uid') === String(lead.id)).length, 1);
  });

  story('due rewards → Stripe in the format that it publishes, and the result back into the grants', async () => {
    const campaign = world.campaign();
    world.reward(campaign, '--name', 'Cash', '--metric', 'amount', '--value', '7.50', '--currency', 'EUR', '--for', 'referrer', '--when', 'qualified', '--issue', 'manual');
    const people = [];
    for (const account of ['acct_1', 'acct_closed']) {
      const person = await world.refmill.addUser({
        campaign_id: campaign.id, first_name: account, email: `${account}@example.com`, meta: [{ field: 'Stripe Account', value: account }],
      });
      const { code } = await world.lead(campaign, person);
      await world.refmill.api('POST', '/n8n/users/qualify', { code });
      people.push(person);
    }
    const name = await template('pay-due-rewards-stripe', campaign);
    const run = await world.n8n.run(name, { timeoutMs: 60_000 });
    assert.equal(run.status, 'success', JSON.stringify(run.error));
    const states = [];
    for (const { id } of people) {
      const { json } = await world.refmill.api('GET', `/v2/grants?recipient_id=${id}`);
      const [grant] = json.data;
      states.push(grant.status);
      const [sent, ...more] = sentTo('api.stripe.com', ({ headers }) => headers['idempotency-key'] === `refmill-grant-${grant.id}`);
      assert.deepEqual([Object.fromEntries(sent.form).amount, Object.fromEntries(sent.form).currency, more.length], ['750', 'eur', 0]);
    }
    assert.deepEqual(states, ['issued', 'failed']);
  });

  story('weekly leaderboard → Slack, in the format that it publishes', async () => {
    const campaign = world.campaign();
    for (const [name, count] of [['Zoe', 1], ['Bo', 2]]) {
      const referrer = await world.referrer(campaign, name);
      for (let i = 0; i < count; i += 1) {
        const { code } = await world.lead(campaign, referrer);
        await world.refmill.api('POST', '/n8n/users/qualify', { code });
      }
    }
    const run = await world.n8n.run(await template('weekly-leaderboard-slack', campaign));
    assert.equal(run.status, 'success', JSON.stringify(run.error));
    assert.equal(sentTo('hooks.slack.com', ({ json }) => json.text === '1. Bo: 2\n2. Zoe: 1').length, 1);
  });
}
