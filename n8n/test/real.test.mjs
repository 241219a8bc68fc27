/*
 * A real n8n with the package against a real Refmill server. One of each serves the
 * whole file; every test makes its own campaign and workflows. Nothing sleeps: where
 * something must not happen, a later event that must happen marks the end.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startRecorder } from '../harness/recorder.mjs';
import { request, until } from '../harness/util.mjs';
import { convert } from '../convert/from-referral-factory.mjs';
import { EXPORTED } from './exported.mjs';
import { actionStories } from './stories/actions.mjs';
import { areAsDescribed } from './stories/outputs.mjs';
import { crowdStory, streamStories } from './stories/stream.mjs';
import { templateStories } from './stories/templates.mjs';
import { World } from './world.mjs';

const world = new World();
const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/;

before(async () => {
  await world.start();
}, { timeout: 900_000 });
after(async () => {
  await world.stop();
});

/** A test that shows what both programs logged when it fails. */
function story(name, body, options = {}) {
  test(name, { timeout: 180_000, ...options }, async (t) => {
    try {
      await body(t);
    } catch (error) {
      t.diagnostic(world.logs());
      throw error;
    }
  });
}

const output = (run) => run.nodes.Refmill[0].items[0];

describe('package', () => {
  story('n8n loads both nodes, and the tool for AI agents', async () => {
    const types = await world.n8n.nodeTypes((type) => type.name.startsWith('n8n-nodes-refmill.'));
    assert.deepEqual(types.map((type) => type.name).sort(), [
      'n8n-nodes-refmill.refmill', 'n8n-nodes-refmill.refmillTool', 'n8n-nodes-refmill.refmillTrigger',
    ]);
  });
});

describe('credential', () => {
  story('the test accepts the right token, with a slash after the address too', async () => {
    const { credential } = world;
    assert.equal((await world.n8n.testCredential(credential)).status, 'OK');
    const slash = { ...credential, data: { ...credential.data, baseUrl: `${world.refmill.url}/` } };
    assert.equal((await world.n8n.testCredential(slash)).status, 'OK');
  });

  story('the test says that a token is wrong, or that no Refmill is there', async () => {
    const { credential } = world;
    const wrong = { ...credential, data: { ...credential.data, apiToken: 'nonsense' } };
    assert.deepEqual(await world.n8n.testCredential(wrong), { status: 'Error', message: 'The server does not know this API token.' });
    const elsewhere = { ...credential, data: { ...credential.data, baseUrl: `${world.n8n.url}/rest` } };
    assert.deepEqual(await world.n8n.testCredential(elsewhere), { status: 'Error', message: 'No Refmill server answers at the base URL. Check the address.' });
  });
});

describe('lists', () => {
  story('campaigns, sources and rewards come from the server', async () => {
    const campaign = world.campaign();
    const forN8n = world.reward(campaign, '--name', 'Mug', '--metric', 'custom', '--value', '1', '--for', 'referrer', '--when', 'qualified', '--issue', 'n8n');
    world.reward(campaign, '--name', 'By hand', '--metric', 'custom', '--value', '1', '--for', 'referrer', '--when', 'qualified', '--issue', 'manual');
    const load = (method, nodeType = 'n8n-nodes-refmill.refmillTrigger') => world.n8n.loadOptions({ nodeType, method, credential: 'Refmill' });
    assert.ok((await load('getCampaigns')).some((o) => o.name === campaign.name && o.value === campaign.id));
    assert.ok((await load('getSources')).some((o) => o.value === 'Referred'));
    const rewards = await load('getRewards');
    assert.ok(rewards.some((o) => o.name === 'Mug' && o.value === forN8n));
    assert.ok(!rewards.some((o) => o.name === 'By hand'));
  });

  story('each picker of the actions finds by a part of the name', async () => {
    const campaign = world.campaign('Pick me');
    const reward = world.reward(campaign, '--name', 'Golden mug', '--metric', 'custom', '--value', '1', '--for', 'referrer', '--when', 'qualified', '--issue', 'manual');
    const { id: user } = await world.referrer(campaign, 'picked');
    const { data: webhook } = await world.refmill.ask('POST', '/v2/webhooks', { url: 'http://127.0.0.1:9/picked', event: 'user.join' });
    const expected = {
      searchCampaigns: ['ick m', campaign.id], searchRewards: ['lden', reward], searchUsers: ['picked@', user], searchWebhooks: ['9/PICK', webhook.id],
    };
    for (const [method, [filter, value]] of Object.entries(expected)) {
      const found = await world.n8n.listSearch({ nodeType: 'n8n-nodes-refmill.refmill', method, filter, credential: 'Refmill' });
      assert.deepEqual(found.results.map((r) => r.value), [value], method);
    }
  });
});

describe('Add User', () => {
  story('makes a user and returns the link', async () => {
    const campaign = world.campaign();
    const run = await world.action({ operation: 'create_user', campaign_id: campaign.id, first_name: 'Ann', email: 'ann@example.com' });
    assert.equal(run.status, 'success', JSON.stringify(run.error));
    const [user] = output(run);
    assert.deepEqual(user, await world.refmill.user(user.id));
    assert.equal(user.type, 'person_referring');
    assert.equal(user.url, `${world.refmill.url}/${user.code}`);
    assert.equal((await request('GET', user.url)).status, 200);
  });

  story('takes a referrer and extra fields', async () => {
    const campaign = world.campaign();
    const ann = await world.referrer(campaign);
    for (const [field, value] of [['code', ann.code], ['email', ann.email], ['id', String(ann.id)]]) {
      const run = await world.action({
        operation: 'create_user', campaign_id: campaign.id, first_name: 'Lee', email: `lee-${field}@example.com`,
        additionalFields: {
          last_name: 'Odum',
          referrer: { values: { field, value } },
          meta: { values: [{ field: 'Company', value: 'Acme' }, { field: 'City', value: 'Ghent' }] },
        },
      });
      assert.equal(run.status, 'success', JSON.stringify(run.error));
      const user = await world.refmill.user(output(run)[0].id);
      assert.equal(user.referrer_id, ann.id, field);
      assert.equal(user.type, 'person_invited');
      const meta = Object.fromEntries(user.meta.map((m) => [m.field, m.value]));
      assert.deepEqual(meta, { 'Last Name': 'Odum', Company: 'Acme', City: 'Ghent' });
    }
  });

  story('a known email gives the same person again', async () => {
    const campaign = world.campaign();
    const parameters = { operation: 'create_user', campaign_id: campaign.id, first_name: 'Ann', email: 'ann@example.com' };
    const [first, second] = [output(await world.action(parameters)), output(await world.action(parameters))];
    assert.equal(second[0].id, first[0].id);
  });

  story('several items keep their order and their pairing', async () => {
    const campaign = world.campaign();
    const items = ['a', 'b', 'c'].map((name) => ({ email: `${name}@example.com` }));
    const run = await world.action(
      { operation: 'create_user', campaign_id: campaign.id, first_name: 'X', email: '={{ $json.email }}' }, { items },
    );
    assert.deepEqual(output(run).map(({ email }) => ({ email })), items);
    assert.deepEqual(run.nodes.Refmill[0].pairedItem[0], [{ item: 0 }, { item: 1 }, { item: 2 }]);
  });

  story('500 at once are a few calls', async () => {
    const campaign = world.campaign();
    const items = Array.from({ length: 500 }, (_, i) => ({ email: `many${i}@example.com` }));
    const run = await world.action(
      { operation: 'create_user', campaign_id: campaign.id, first_name: 'X', email: '={{ $json.email }}' }, { items },
    );
    assert.equal(run.status, 'success', JSON.stringify(run.error));
    assert.deepEqual(output(run).map(({ email }) => ({ email })), items);
    assert.ok(output(run).every(({ url, code }) => url.endsWith(code)));
  });
});

describe('Qualify User', () => {
  let campaign;
  let referrer;
  before(async () => {
    campaign = world.campaign();
    world.coupons(campaign, ['WELCOME-1', 'WELCOME-2', 'WELCOME-3', 'WELCOME-4']);
    world.reward(campaign, '--name', 'Welcome', '--metric', 'coupon', '--value', '1', '--for', 'lead', '--when', 'invited', '--issue', 'manual', '--auto');
    referrer = await world.referrer(campaign);
  });

  async function qualifies(parameters, lead) {
    assert.equal((await world.refmill.user(lead.id)).qualified_at, null);
    const run = await world.action({ operation: 'qualify_user', ...parameters });
    assert.equal(run.status, 'success', JSON.stringify(run.error));
    assert.equal(output(run)[0].id, lead.id);
    const now = await world.refmill.user(lead.id);
    assert.ok(now.qualified_at);
    assert.deepEqual(output(run)[0], now);
  }

  story('by coupon', async () => {
    const lead = await world.lead(campaign, referrer);
    await qualifies({ qualify_by: 'by_coupon', coupon: 'WELCOME-1' }, lead);
  });

  story('by referral code', async () => {
    const lead = await world.lead(campaign, referrer);
    await qualifies({ qualify_by: 'by_referral_code', code: lead.code }, lead);
  });

  story('by email address and campaign, given as a text', async () => {
    const lead = await world.lead(campaign, referrer);
    await qualifies({ qualify_by: 'by_email_address', campaign_id: String(campaign.id), email: lead.email }, lead);
  });

  story('twice is no failure', async () => {
    const lead = await world.lead(campaign, referrer);
    const parameters = { qualify_by: 'by_referral_code', code: lead.code };
    await qualifies(parameters, lead);
    assert.equal((await world.action({ operation: 'qualify_user', ...parameters })).status, 'success');
  });
});

describe('actions', () => actionStories(story, world));

describe('what goes wrong', () => {
  story('the message of the server is the headline', async () => {
    const { body } = await world.refmill.api('POST', '/api/n8n/users/qualify', { code: 'nobody00' });
    const run = await world.action({ operation: 'qualify_user', qualify_by: 'by_referral_code', code: 'nobody00' });
    assert.equal(run.status, 'error');
    assert.equal(run.error.message, body.message);
    assert.equal(run.error.httpCode, '404');
    assert.ok(run.error.description.length > 20);
  });

  story('the fields at fault are named', async () => {
    const campaign = world.campaign();
    const run = await world.action({ operation: 'create_user', campaign_id: campaign.id, first_name: 'Ann', email: 'not an address' });
    assert.equal(run.error.httpCode, '422');
    assert.match(`${run.error.message} ${run.error.description}`, /e-?mail/i);
  });

  story('an action with a wrong token fails clearly', async () => {
    const { data } = world.credential;
    await world.n8n.createCredential({ name: 'Wrong', type: 'refmillApi', data: { ...data, apiToken: 'nonsense' } });
    const run = await world.action({ operation: 'qualify_user', qualify_by: 'by_referral_code', code: 'x' }, { credential: 'Wrong' });
    assert.equal(run.status, 'error');
    assert.equal(run.error.httpCode, '401');
  });

  story('with "continue", the other items go on, each paired with its input', async () => {
    const campaign = world.campaign();
    const referrer = await world.referrer(campaign);
    const good = [await world.lead(campaign, referrer), await world.lead(campaign, referrer)];
    const items = [{ code: good[0].code }, { code: 'nobody00' }, { code: good[1].code }];
    const run = await world.action(
      { operation: 'qualify_user', qualify_by: 'by_referral_code', code: '={{ $json.code }}' },
      { items, onError: 'continueRegularOutput' },
    );
    assert.equal(run.status, 'success');
    const [first, second, third] = output(run);
    assert.deepEqual([first.id, third.id], [good[0].id, good[1].id]);
    const { body } = await world.refmill.api('POST', '/api/n8n/users/qualify', { code: 'nobody00' });
    assert.deepEqual(second, { error: body.message });
    assert.deepEqual(run.nodes.Refmill[0].pairedItem[0].map((p) => (p?.item ?? p)), [0, 1, 2]);
  });
});

describe('a write whose answer gets lost', () => {
  let losing;
  let proxy;
  before(async () => {
    proxy = await startRecorder({
      answer: async ({ method, url, headers, json }) => {
        const { status, json: body } = await request(method, `${world.refmill.url}${url}`, { headers, body: JSON.stringify(json) });
        losing -= 1;
        return losing < 0 ? { status, body } : { status: 502, body: { message: 'The answer got lost.' } };
      },
    });
    await world.n8n.createCredential({ ...world.credential, name: 'Lossy', data: { ...world.credential.data, baseUrl: proxy.url } });
  });
  after(async () => {
    await proxy.close();
  });

  async function isDoneOnce(act) {
    losing = 1;
    const campaign = world.campaign();
    const run = await act({ resource: 'reward', operation: 'create', campaign_id: campaign.id, name: 'Only one', metric: 'custom', value_minor: 100 });
    assert.equal(run.status, 'success', JSON.stringify(run.error));
    const { data } = await world.refmill.ask('GET', `/v2/rewards?campaign_id=${campaign.id}`);
    assert.deepEqual(data.map(({ id }) => id), [output(run)[0].id]);
    assert.ok(losing < 0, 'it was sent again');
  }

  story('is done once when the node retries on fail', async () => {
    await isDoneOnce((parameters) => world.action(parameters, { credential: 'Lossy', retryOnFail: true }));
  });

  story('is done once when the execution is retried', async () => {
    await isDoneOnce(async (parameters) => {
      const { id, status } = await world.action(parameters, { credential: 'Lossy' });
      assert.equal(status, 'error');
      return await world.n8n.retry(id);
    });
  });
});

// ---- triggers ------------------------------------------------------------------

/** Takes out of an item what no test can know, after a look at its form. */
function withoutDelivery(item) {
  const { delivery, event_id, occurred_at, sequence, live, ...data } = item;
  assert.deepEqual(Object.keys(delivery).sort(), ['attempt', 'id', 'timestamp']);
  assert.equal(delivery.attempt, 1);
  assert.match(delivery.timestamp, ISO);
  assert.ok(String(event_id).length > 0);
  assert.match(occurred_at, ISO);
  assert.ok(sequence >= 1);
  assert.equal(live, true);
  return data;
}

function campaignOf({ campaign }) {
  assert.match(campaign.code, /^c[A-Za-z0-9]{7}$/);
  return campaign;
}

async function userData(event, user, referrer, item) {
  const fields = ['id', 'campaign_id', 'referrer_id', 'first_name', 'email', 'code', 'url', 'reach', 'source', 'type', 'ip', 'signed_up_at', 'qualified_at', 'unsubscribed_at', 'meta'];
  const now = await world.refmill.user(user.id);
  const pick = (from, names) => Object.fromEntries(names.map((name) => [name, from[name]]));
  return {
    event,
    ...pick(now, fields),
    qualified: now.qualified_at !== null,
    campaign: campaignOf(item),
    referrer: pick(referrer, ['id', 'first_name', 'email', 'code', 'url']),
  };
}

async function isRemoved(workflow) {
  const { registrations } = await world.kept(workflow);
  assert.ok(registrations.length > 0);
  await world.n8n.deactivate(workflow);
  for (const { id } of registrations) {
    const { status } = await world.refmill.api('GET', `/api/n8n/webhooks/${id}`);
    assert.equal(status, 404);
  }
  assert.equal((await world.kept(workflow)).registrations, undefined);
}

describe('Refmill Trigger', () => {
  story('New Referral registers, starts once for a referral, and is removed', async () => {
    const campaign = world.campaign();
    const other = world.campaign();
    const name = await world.trigger({ event: 'user.join', sources: ['Referred'], campaign_id: campaign.id });
    const { body } = await world.webhookOf(name);
    assert.deepEqual(body.webhook, {
      ...body.webhook, url: await world.n8n.webhookUrl(name, 'Refmill Trigger'),
      event: 'user.join', campaign_id: campaign.id, sources: ['Referred'],
    });
    const referrer = await world.referrer(campaign);
    await world.lead(other, await world.referrer(other));
    const lead = await world.lead(campaign, referrer);
    const last = await world.lead(campaign, referrer);
    const list = await world.waitStarted(name, 2);
    const byId = new Map(list.map(({ item }) => [item.id, item]));
    assert.deepEqual([...byId.keys()].sort(), [lead.id, last.id].sort(), 'neither the referrer nor the other campaign');
    assert.equal(list.length, 2);
    assert.ok(list.every(({ status, mode }) => status === 'success' && mode === 'webhook'));
    const item = byId.get(lead.id);
    assert.deepEqual(withoutDelivery(item), await userData('user.join', lead, referrer, item));
    await isRemoved(name);
  });

  story('Referral Qualified registers, starts once, and is removed', async () => {
    const campaign = world.campaign();
    const name = await world.trigger({ event: 'user.qualified', campaign_id: campaign.id });
    const referrer = await world.referrer(campaign);
    const [lead, last] = [await world.lead(campaign, referrer), await world.lead(campaign, referrer)];
    for (const { code } of [lead, lead, last]) await world.refmill.ask('POST', '/n8n/users/qualify', { code });
    const list = await world.waitStarted(name, 2);
    assert.equal(list.length, 2);
    const { item } = list.find((execution) => execution.item.id === lead.id);
    assert.deepEqual(withoutDelivery(item), await userData('user.qualified', lead, referrer, item));
    await isRemoved(name);
  });

  story('Reward Issued registers, starts once, and is removed', async () => {
    const campaign = world.campaign();
    const reward = world.reward(campaign, '--name', 'Coffee', '--metric', 'amount', '--value', '25.00', '--currency', 'USD', '--for', 'referrer', '--when', 'qualified', '--issue', 'n8n', '--auto');
    const name = await world.trigger({ event: 'reward_issued', reward_id: reward });
    const referrer = await world.referrer(campaign);
    const lead = await world.lead(campaign, referrer);
    await world.refmill.ask('POST', '/n8n/users/qualify', { code: lead.code });
    const [{ item }] = await world.waitStarted(name, 1);
    const { id, issued_at, campaign: inItem, ...rest } = withoutDelivery(item);
    assert.ok(Number.isInteger(id));
    assert.match(issued_at, /^\d{4}-\d\d-\d\d$/);
    assert.equal(inItem.id, campaign.id);
    const short = (user) => ({ id: user.id, first_name: user.first_name, email: user.email, code: user.code, url: user.url });
    assert.deepEqual(rest, {
      event: 'reward_issued', reward_id: reward, recipient_id: referrer.id, status: 'issued',
      metric: 'amount', count: 1, total: 25, total_minor: 2500, coupon: null, currency: 'USD',
      reward: { id: reward, name: 'Coffee', campaign_id: campaign.id, reward_for: 'person_referring' },
      recipient: short(referrer), referral: short(lead),
    });
    await isRemoved(name);
  });

  story('two workflows on one reward both start, and switching one off leaves the other', async () => {
    const campaign = world.campaign();
    const reward = world.reward(campaign, '--name', 'Tea', '--metric', 'custom', '--value', '1', '--for', 'referrer', '--when', 'qualified', '--issue', 'n8n', '--auto');
    const one = await world.trigger({ event: 'reward_issued', reward_id: reward });
    const two = await world.trigger({ event: 'reward_issued', reward_id: reward });
    const referrer = await world.referrer(campaign);
    const earn = async () => {
      const { code } = await world.lead(campaign, referrer);
      await world.refmill.ask('POST', '/n8n/users/qualify', { code });
    };
    await earn();
    await Promise.all([world.waitStarted(one, 1), world.waitStarted(two, 1)]);
    await world.n8n.deactivate(one);
    await earn();
    assert.equal((await world.waitStarted(two, 2)).length, 2);
    assert.equal((await world.started(one)).length, 1);
    await world.n8n.deactivate(two);
  });

  story('Several Events starts for each of them, only of its campaign, and leaves nothing behind', async () => {
    const campaign = world.campaign();
    const earned = ['--metric', 'custom', '--value', '1', '--for', 'referrer', '--when', 'qualified', '--issue', 'n8n', '--auto'];
    world.reward(campaign, '--name', 'Cake', ...earned);
    const name = await world.trigger({
      event: 'several', events: ['user.join', 'user.qualified', 'reward_issued'], filters: { campaign_id: campaign.id, sources: ['Referred'] },
    });
    const other = world.campaign();
    world.reward(other, '--name', 'Pie', ...earned);
    for (const one of [other, campaign]) {
      const { code } = await world.lead(one, await world.referrer(one));
      await world.refmill.ask('POST', '/n8n/users/qualify', { code });
    }
    const list = await world.waitStarted(name, 3);
    assert.deepEqual(list.map(({ item }) => item.event).sort(), ['reward_issued', 'user.join', 'user.qualified']);
    await areAsDescribed(world.n8n, 'refmillTrigger', '', list.map(({ item }) => item));
    assert.ok(list.every(({ item }) => item.campaign.id === campaign.id));
    await isRemoved(name);
  });

  story('only campaigns in the chosen mode start the workflow', async () => {
    const live = world.campaign();
    const { data: trial } = await world.refmill.ask('POST', '/v2/campaigns', { name: 'A trial', status: 'draft', live: false });
    await world.refmill.ask('POST', `/v2/campaigns/${trial.id}/launch`);
    const several = { event: 'several', events: ['user.join'], filters: {} };
    const [forLive, forTest] = [await world.trigger({ ...several, options: { mode: 'live' } }), await world.trigger({ ...several, options: { mode: 'test' } })];
    const [there, here] = [await world.referrer(trial), await world.referrer(live)];
    const ids = async (name) => (await world.waitStarted(name, 1)).map(({ item }) => item.id);
    assert.deepEqual([await ids(forLive), await ids(forTest)], [[here.id], [there.id]]);
    for (const name of [forLive, forTest]) await isRemoved(name);
  });

  story('switched on again with "catch up", it starts once for each event that it missed; without, for none', async () => {
    const campaign = world.campaign();
    const parameters = { event: 'user.join', sources: ['Referred'], campaign_id: campaign.id };
    const [returns, forgets] = [await world.trigger({ ...parameters, options: { catchUp: true } }), await world.trigger(parameters)];
    const referrer = await world.referrer(campaign);
    const expected = [(await world.lead(campaign, referrer)).id];
    for (const name of [returns, forgets]) {
      await world.waitStarted(name, 1);
      await world.n8n.deactivate(name);
    }
    // For some seconds it could be an edit, which loses nothing anyway.
    await until(() => world.refmill.rows(`SELECT 1 FROM webhook WHERE campaign_id = ${campaign.id} AND left_us IS NULL`).length === 0 || undefined,
      { timeoutMs: 90_000, everyMs: 250, what: 'the server to take the webhooks for removed' });
    for (let i = 0; i < 5; i += 1) expected.push((await world.lead(campaign, referrer)).id);
    for (const name of [returns, forgets]) await world.n8n.activate(name);
    await world.waitStarted(returns, 6, { timeoutMs: 60_000 });
    const last = await world.lead(campaign, referrer);
    const ids = async (name, count) => (await world.waitStarted(name, count)).map(({ item }) => item.id).sort((a, b) => a - b);
    assert.deepEqual(await ids(returns, 7), [...expected, last.id]);
    assert.deepEqual(await ids(forgets, 2), [expected[0], last.id]);
    for (const name of [returns, forgets]) await world.n8n.deactivate(name);
  });

  story('listening for a test registers the test address for some minutes, takes one event and goes', async () => {
    const campaign = world.campaign();
    const parameters = { event: 'user.join', sources: ['Referred'], campaign_id: campaign.id };
    const name = await world.trigger(parameters);
    await world.n8n.deactivate(name);
    const webhooks = async () => (await world.refmill.ask('GET', '/v2/webhooks?per_page=250')).data.filter((webhook) => webhook.campaign_id === campaign.id);
    assert.deepEqual(await world.n8n.run(name), { waitingForWebhook: true });
    const [webhook, ...more] = await webhooks();
    assert.deepEqual([webhook.url, more], [await world.n8n.webhookUrl(name, 'Refmill Trigger', { test: true }), []]);
    assert.ok(Date.parse(webhook.expires_at) - Date.now() < 301_000);
    const lead = await world.lead(campaign, await world.referrer(campaign));
    const [{ item, mode }] = await world.waitStarted(name, 1);
    assert.deepEqual([item.id, mode], [lead.id, 'manual']);
    await until(async () => ((await webhooks()).length === 0 ? true : undefined), { what: 'the webhook of the test to go' });
  });

  story('a forged event gets a 401 and starts nothing', async () => {
    const campaign = world.campaign();
    const name = await world.trigger({ event: 'user.join', sources: ['Referred'], campaign_id: campaign.id });
    const now = Date.now() / 1000;
    const forgeries = [
      { secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' },
      { at: now - 330 },
      { at: now + 330 },
      { without: ['webhook-signature'] },
      { without: ['webhook-id'] },
      { without: ['webhook-timestamp'] },
    ];
    for (const how of forgeries) {
      const { status, json } = await world.forge(name, how);
      assert.deepEqual([status, json.received], [401, false], JSON.stringify(how));
    }
    const genuine = await world.forge(name, { body: { event: 'user.join', id: 2 } });
    assert.deepEqual([genuine.status, genuine.json], [200, { received: true }]);
    const list = await world.waitStarted(name, 1);
    assert.deepEqual(list.map(({ item }) => item.id), [2]);
    await world.n8n.deactivate(name);
  });

  story('a repeated delivery runs once: one after the other, at the same time, and after a restart under a new public address', async () => {
    const campaign = world.campaign();
    const name = await world.trigger({ event: 'user.join', sources: ['Referred'], campaign_id: campaign.id });
    const send = (id) => world.forge(name, { id, body: { event: 'user.join', id } });
    assert.deepEqual((await send('msg_one')).json, { received: true });
    assert.deepEqual((await send('msg_one')).json, { received: true, repeated: true });
    const copies = await Promise.all(Array.from({ length: 4 }, () => send('msg_two')));
    assert.ok(copies.every(({ status, json }) => status === 200 && json.received), JSON.stringify(copies));
    assert.equal(copies.filter(({ json }) => json.repeated).length, 3);
    const before = await world.webhookOf(name);
    await world.n8n.stop({ keepHome: true });
    const { port } = world.n8n;
    world.n8n.o.env.WEBHOOK_URL = `http://localhost:${port}/`;
    await world.n8n.start();
    delete world.n8n.o.env.WEBHOOK_URL; // for the next start
    assert.deepEqual((await send('msg_one')).json, { received: true, repeated: true });
    assert.deepEqual((await send('msg_two')).json, { received: true, repeated: true });
    await send('msg_three');
    const list = await world.waitStarted(name, 3);
    assert.deepEqual(list.map(({ item }) => item.id).sort(), ['msg_one', 'msg_three', 'msg_two']);

    // Published again, the one registration there is has the new address, and what came in between goes there.
    const referrer = await world.referrer(campaign);
    await world.n8n.deactivate(name);
    const missed = await world.lead(campaign, referrer);
    await world.n8n.activate(name);
    const { data } = await world.refmill.ask('GET', '/v2/webhooks?per_page=250');
    assert.deepEqual(data.filter(({ campaign_id: of }) => of === campaign.id).map(({ id, url }) => [id, url]),
      [[before.body.webhook.id, before.body.webhook.url.replace('127.0.0.1', 'localhost')]]);
    const lead = await world.lead(campaign, referrer);
    const arrived = (await world.waitStarted(name, 5)).slice(3).map(({ item }) => item.id);
    assert.deepEqual(arrived.sort((a, b) => a - b), [missed.id, lead.id]);
    await isRemoved(name);
  });

  story('with the credential of a server that lost the webhook, activation registers it anew', async () => {
    const campaign = world.campaign();
    const name = await world.trigger({ event: 'user.qualified', campaign_id: campaign.id });
    const { registrations: [{ id: webhookId }] } = await world.kept(name);
    await world.refmill.ask('DELETE', `/n8n/webhooks/${webhookId}`);
    await world.n8n.deactivate(name);
    await world.n8n.activate(name);
    assert.equal((await world.webhookOf(name)).status, 200);
    await world.n8n.deactivate(name);
  });
});

describe('under a stream of events', () => streamStories(story, world));

/** The first mostly waits for the next minute: side by side they take the time of one. */
describe('side by side', { concurrency: true }, () => {
  story('500 at once with a token that has no calls left in this minute: n8n waits for the next one, and all are done', async () => {
    const token = world.refmill.cli('token', 'create', '--name', 'busy');
    const user = await world.referrer(world.campaign());
    const minute = () => Math.floor(Date.now() / 60_000);
    const left = async () => (await fetch(`${world.refmill.url}/api/v2/users/${user.id}`, { headers: { Authorization: `Bearer ${token}` } })).headers.get('x-ratelimit-remaining');
    let usedUp;
    do {
      usedUp = minute();
    } while (!(await Promise.all(Array.from({ length: 20 }, left))).includes('0'));
    await world.n8n.createCredential({ ...world.credential, name: 'Busy', data: { ...world.credential.data, apiToken: token } });
    const items = Array.from({ length: 500 }, () => ({ id: user.id }));
    const run = await world.action({ resource: 'user', operation: 'get', user: '={{ $json.id }}' }, { items, credential: 'Busy', timeoutMs: 170_000 });
    assert.equal(run.status, 'success', JSON.stringify(run.error));
    assert.deepEqual(output(run).map(({ id }) => id), items.map(({ id }) => id));
    assert.ok(minute() > usedUp);
  });

  describe('and meanwhile', { concurrency: 1 }, () => {
    crowdStory(story, world);
    describe('templates', () => templateStories(story, world));
  });
});

// ---- the other service ---------------------------------------------------------

describe('a converted workflow of Referral Factory’s nodes', () => {
  story('runs: a friend joins and is qualified', async () => {
    const campaign = world.campaign();
    const { workflow } = convert(EXPORTED, { campaigns: new Map([['101', campaign.id]]) });
    const { id } = await world.lead(campaign, await world.referrer(campaign));
    await world.n8n.createWorkflow(workflow);
    await world.n8n.activate(workflow.name);
    const friend = await world.lead(campaign, await world.referrer(campaign));
    const [{ nodes, status }] = await world.n8n.waitExecutions(workflow.name, 1, { timeoutMs: 30_000 });
    assert.equal(status, 'success');
    assert.deepEqual(nodes.Qualify[0].items[0].map((user) => [user.id, user.qualified]), [[friend.id, true]]);
    assert.equal((await world.refmill.user(id)).qualified, false);
    await world.n8n.deactivate(workflow.name);
  });
});

describe('Referral Factory', () => {
  before(async () => {
    const credential = { name: 'Vendor', type: 'refmillApi', data: { baseUrl: 'https://referral-factory.com', apiToken: 'k1' } };
    await world.n8n.createCredential(credential);
    assert.equal((await world.n8n.testCredential(credential)).status, 'OK');
  });

  story('actions and triggers drive an account there', async () => {
    const run = await world.action(
      { operation: 'create_user', campaign_id: 101, first_name: 'Ann', email: 'ann@example.com' }, { credential: 'Vendor' },
    );
    assert.deepEqual(output(run), [{ id: 7, code: 'uVendor1' }]);
    const made = await world.vendor.waitFor((r) => r.url === '/api/n8n/users');
    assert.deepEqual(made.json, { campaign_id: 101, first_name: 'Ann', email: 'ann@example.com' });
    assert.equal(made.headers.authorization, 'Bearer k1');

    const name = await world.trigger({ event: 'user.join', campaign_id: 101 }, { credential: 'Vendor' });
    const url = await world.n8n.webhookUrl(name, 'Refmill Trigger');
    const hook = await world.vendor.waitFor((r) => r.url === '/api/n8n/webhooks');
    assert.deepEqual(hook.json, { url, event: 'user.join', sources: ['Referred'], campaign_id: 101 });
    const res = await request('POST', url, { headers: { 'content-type': 'application/json' }, body: '{"id":7,"first_name":"Lee"}' });
    assert.deepEqual(res.json, { received: true });
    const [{ item }] = await world.waitStarted(name, 1);
    assert.deepEqual(item, { id: 7, first_name: 'Lee' });
    await world.n8n.deactivate(name);
    assert.ok(world.vendor.requests.some((r) => r.method === 'DELETE' && r.url === '/api/n8n/webhooks/9001'));
  });
});
