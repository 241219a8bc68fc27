/*
 * Registering and removing webhooks (N5 to N8, GET /webhooks/{id}). What is then delivered: webhooks.test.mjs.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startServer, until } from '../lib/server.mjs';
import { assertError, assertFieldErrors } from './kit/errors.mjs';
import { asN8n } from './kit/raw.mjs';
import { addReferrer, campaign, listed, reward, sql, tally, unique } from './kit/world.mjs';

let server, spring, swag;

before(async () => {
  server = await startServer({ args: ['--rate-limit', '0', '--webhook-allow', '127.0.0.0/8'] });
  spring = campaign(server);
  swag = reward(server, spring, { issue: 'n8n' });
});
after(() => server?.stop());

const url = () => `http://127.0.0.1:9/webhook/${unique('hook')}/referral-factory`;
const register = (body) => server.api('POST', '/api/n8n/webhooks', body);
const bind = (rewardId, body) => server.api('PUT', `/api/n8n/rewards/${rewardId}`, body);
const get = (id) => server.api('GET', `/api/n8n/webhooks/${id}`);
const bound = (rewardId) => listed(server, 'webhook').filter((each) => each.reward_id === rewardId).map((each) => each.id);
const SECRET = /^whsec_[0-9A-Za-z+/]{43}=$/;

describe('registering', () => {
  test('user.join answers 201 with the whole webhook and its secret', async () => {
    const to = url();
    const { status, body } = await register({ url: to, event: 'user.join', sources: ['Referred'], campaign_id: spring });
    assert.equal(status, 201);
    assert.ok(Number.isInteger(body.webhook.id) && body.webhook.id > 0);
    assert.match(body.webhook.secret, SECRET);
    assert.deepEqual(body, { webhook: { id: body.webhook.id, event: 'user.join', url: to, campaign_id: spring, reward_id: null, sources: ['Referred'],
      expects_ack: false, method: 'POST', headers: [], fields: [], expires_at: null, rate_limit: null, rate_burst: null, schedule: null, ordered: false, ed25519: false, public_key: null, secret: body.webhook.secret } });
  });

  test('user.qualified and reward_issued are taken likewise', async () => {
    const qualified = await register({ url: url(), event: 'user.qualified', campaign_id: String(spring), expects_ack: true });
    assert.equal(qualified.status, 201);
    assert.equal(qualified.body.webhook.campaign_id, spring);
    assert.equal(qualified.body.webhook.expects_ack, true);
    assert.deepEqual(qualified.body.webhook.sources, []);
    const issued = await register({ url: url(), event: 'reward_issued', reward_id: String(swag) });
    assert.equal(issued.status, 201);
    assert.equal(issued.body.webhook.reward_id, swag);
  });

  test('a campaign and sources may be left out, null or empty', async () => {
    for (const more of [{}, { campaign_id: null, sources: null }, { campaign_id: '', sources: [] }]) {
      const { status, body } = await register({ url: url(), event: 'user.join', ...more });
      assert.equal(status, 201, JSON.stringify(more));
      assert.equal(body.webhook.campaign_id, null);
      assert.deepEqual(body.webhook.sources, []);
    }
  });

  test('again with the same URL and event keeps the id, takes the new filters and makes a new secret', async () => {
    const to = url();
    const first = (await register({ url: to, event: 'user.join', sources: ['Referred'], campaign_id: spring })).body.webhook;
    const again = await register({ url: to, event: 'user.join', sources: ['Api', 'N8n'], expects_ack: true });
    assert.equal(again.status, 200);
    assert.equal(again.body.webhook.id, first.id);
    assert.match(again.body.webhook.secret, SECRET);
    assert.notEqual(again.body.webhook.secret, first.secret);
    assert.deepEqual(again.body.webhook.sources, ['Api', 'N8n']);
    assert.equal(again.body.webhook.campaign_id, null);
    assert.equal(again.body.webhook.expects_ack, true);
    assert.equal((await register({ url: to, event: 'user.qualified' })).status, 201);
  });

  test('fifty at once with one URL make one webhook', async () => {
    const to = url(), before = tally(server).webhook;
    const answers = await Promise.all(Array.from({ length: 50 }, () => register({ url: to, event: 'user.join' })));
    assert.equal(new Set(answers.map((each) => each.body.webhook.id)).size, 1);
    assert.equal(tally(server).webhook, before + 1);
  });

  test('after it was removed the same URL comes back under its id', async () => {
    const to = url();
    const first = (await register({ url: to, event: 'user.join' })).body.webhook;
    await server.api('DELETE', `/api/n8n/webhooks/${first.id}`);
    assertError(await get(first.id), 404);
    assert.equal((await register({ url: to, event: 'user.join' })).body.webhook.id, first.id);
    assert.equal((await get(first.id)).status, 200);
  });

  test('each wrong field is named, and nothing is registered', async () => {
    const good = { url: url(), event: 'user.join' };
    const before = tally(server);
    assertFieldErrors(await register({}), ['event', 'url']);
    assertFieldErrors(await register({ url: 1, event: [], campaign_id: 'x', sources: 'Referred', reward_id: {}, expects_ack: 'maybe' }),
      ['campaign_id', 'event', 'expects_ack', 'reward_id', 'sources', 'url']);
    for (const event of ['user.joined', 'USER.JOIN', 'reward.issued', 'user.join ']) assertFieldErrors(await register({ ...good, event }), ['event']);
    for (const sources of [['Nobody'], ['referred'], [1], [null], ['Referred', ''], [['Referred']]]) assertFieldErrors(await register({ ...good, sources }), ['sources']);
    assertFieldErrors(await register({ ...good, campaign_id: 999999 }), ['campaign_id']);
    assert.deepEqual(tally(server), before);
  });

  test('a URL that is none is refused', async () => {
    const before = tally(server);
    for (const wrong of ['example.org', '/webhook', 'ftp://example.org/', 'javascript:alert(1)', 'file:///etc/passwd', 'http://', 'http:///x', 'http://user@example.org/',
      'http://user:pw@example.org/', 'http://example.org/ x', 'http://exa mple.org/', 'http://example.org:99999/', 'http://example.org:x/',
      'http://[::1/', 'http://example.org/\u0007', `http://example.org/${'x'.repeat(3000)}`, 'gopher://127.0.0.1/', 'http://example.org\\@127.0.0.1/'])
      assertFieldErrors(await register({ url: wrong, event: 'user.join' }), ['url']);
    assert.deepEqual(tally(server), before);
  });
});

describe('addresses that are refused', () => {
  let strict, strictCampaign, rewardId;
  before(async () => {
    strict = await startServer();
    strictCampaign = campaign(strict);
    rewardId = reward(strict, strictCampaign, { issue: 'n8n' });
  });
  after(() => strict?.stop());

  const refused = ['http://127.0.0.1/', 'http://localhost/', 'http://LOCALHOST:5678/', 'http://localhost./', 'http://[::1]/', 'http://0.0.0.0/', 'http://10.1.2.3/',
    'http://172.18.0.5:5678/webhook/x', 'http://192.168.0.1/', 'http://169.254.169.254/latest/meta-data/', 'http://100.64.0.1/', 'http://0x7f.1/', 'http://0177.0.0.1/',
    'http://2130706433/', 'http://127.1/', 'http://[::ffff:127.0.0.1]/', 'http://[::ffff:8.8.8.8]/', 'http://[64:ff9b::7f00:1]/', 'http://[fd00::1]/', 'http://[fe80::1]/', 'http://224.0.0.1/',
    'http://255.255.255.255/', 'http://198.51.100.1/', 'http://192.0.2.1/', 'http://[2001:db8::1]/', 'http://[::]/'];
  for (const to of refused) {
    test(`${to} is, on registering and on binding`, async () => {
      assertFieldErrors(await strict.api('POST', '/api/n8n/webhooks', { url: to, event: 'user.join' }), ['url']);
      assertFieldErrors(await strict.api('POST', '/api/v2/webhooks', { url: to, event: 'user.join' }), ['url'], 'v2');
      assertFieldErrors(await strict.api('PUT', `/api/n8n/rewards/${rewardId}`, { url: to, event: 'reward_issued' }), ['url']);
      assert.equal(tally(strict).webhook, 0);
    });
  }

  test('private ones with a message that names the setting', async () => {
    for (const to of ['http://172.18.0.5:5678/webhook/x', 'http://127.0.0.1:5678/', 'http://localhost:5678/']) {
      const { body } = await strict.api('POST', '/api/n8n/webhooks', { url: to, event: 'user.join' });
      assert.match(body.message, /--webhook-allow/);
    }
  });

  /* As in a database from a server that was started with other settings. */
  test('one that is registered already is not dialled either, for no delivery, replay or test event (WH-70)', async () => {
    const { body } = await strict.api('POST', '/api/v2/webhooks', { url: 'https://example.invalid/', event: 'user.join' }), { id } = body.data;
    for (const [to, outcome] of [['http://172.18.0.5:5678/', 'address_private'], ['http://169.254.169.254/', 'address_metadata'], ['http://[::1]:9/', 'address_loopback'],
      [`http://127.0.0.1:${strict.port}/`, 'address_own'], ['http://localhost:9/', 'address_loopback']]) {
      sql(strict, `UPDATE webhook SET url = '${to}' WHERE id = ${id}`);
      const { data } = (await strict.api('POST', `/api/v2/webhooks/${id}/test`, {})).body;
      assert.deepEqual([data.delivered, data.attempt.outcome], [false, outcome], to);
    }
    await addReferrer(strict, strictCampaign);
    const deliveries = async () => (await strict.api('GET', `/api/v2/webhooks/${id}/deliveries`)).body.data;
    const blocked = () => until(async () => (await deliveries()).some((each) => each.state === 'blocked'), { what: 'the delivery to be blocked' });
    await blocked();
    assert.match(strict.log, /"webhook\.hint".*--webhook-allow/);
    const [{ seq }] = await deliveries();
    assert.equal((await strict.api('POST', `/api/v2/webhooks/${id}/deliveries/${seq}/replay`)).status, 200);
    await blocked();
    const { data: attempts } = (await strict.api('GET', `/api/v2/webhooks/${id}/deliveries/${seq}/attempts`)).body;
    assert.deepEqual([...new Set(attempts.map((each) => each.outcome))], ['address_loopback']);
    await strict.api('DELETE', `/api/v2/webhooks/${id}`);
  });

  test('a public address and a name are taken', async () => {
    for (const to of ['https://example.org/hook', 'http://8.8.8.8/hook', 'http://[2606:4700::1111]/hook', 'https://example.org:8443/a?b=c']) {
      const { status, body } = await strict.api('POST', '/api/n8n/webhooks', { url: to, event: 'user.join' });
      assert.equal(status, 201, to);
      await strict.api('DELETE', `/api/n8n/webhooks/${body.webhook.id}`); // nothing is ever to be sent there
    }
  });

  test('what is allowed opens its range only, and never our own address or link-local ones', async () => {
    const { port } = server;
    assertFieldErrors(await register({ url: `http://127.0.0.1:${port}/api/n8n/users`, event: 'user.join' }), ['url']);
    for (const to of ['http://10.0.0.1/', 'http://[fd00::1]/', 'http://169.254.169.254/']) assertFieldErrors(await register({ url: to, event: 'user.join' }), ['url']);
    for (const to of ['http://localhost:9/x', 'http://127.9.9.9:9/x', 'http://[::1]:9/x']) assert.equal((await register({ url: to, event: 'user.join' })).status, 201, to);
  });
});

describe('GET /webhooks/{id}', () => {
  test('gives the webhook without its secret', async () => {
    const { secret, ...webhook } = (await register({ url: url(), event: 'user.join', sources: ['Referred', 'Api'], campaign_id: spring })).body.webhook;
    assert.ok(secret);
    const { status, body } = await get(webhook.id);
    assert.equal(status, 200);
    assert.deepEqual(body, { webhook });
  });

  test('is 404 for what is not there', async () => {
    for (const id of [999999, 0, -1, 'x', '1.5', '9'.repeat(30)]) assertError(await get(id), 404);
  });
});

describe('removing', () => {
  test('answers 200 with a message, also when it is gone already or never was', async () => {
    const { id } = (await register({ url: url(), event: 'user.join' })).body.webhook;
    for (const each of [id, id, 999999, 0, -1, 'x', '9'.repeat(30)]) {
      const { status, body } = await server.api('DELETE', `/api/n8n/webhooks/${each}`);
      assert.equal(status, 200);
      assert.match(body.message, /\S/);
    }
    assertError(await get(id), 404);
  });

  test('touches no other', async () => {
    const [one, other] = [(await register({ url: url(), event: 'user.join' })).body.webhook, (await register({ url: url(), event: 'user.join' })).body.webhook];
    await server.api('DELETE', `/api/n8n/webhooks/${one.id}`);
    assert.equal((await get(other.id)).status, 200);
  });
});

describe('binding a URL to a reward', () => {
  test('answers with a webhook as n8n reads it', async () => {
    const to = url();
    const answer = await asN8n(server, 'PUT', `/rewards/${swag}`, { url: to, event: 'reward_issued', reward_id: swag });
    assert.equal(answer.status, 201, answer.text);
    const { id, secret } = answer.body.webhook;
    assert.ok(id > 0);
    assert.deepEqual(answer.body, { webhook: { id, event: 'reward_issued', url: to, campaign_id: null, reward_id: swag, sources: [], expects_ack: false, method: 'POST', headers: [], fields: [], expires_at: null, rate_limit: null, rate_burst: null, schedule: null, ordered: false, ed25519: false, public_key: null, secret } });
    assert.match(secret, SECRET);
  });

  test('takes the reward id of the body as number or text, or none', async () => {
    for (const more of [{ reward_id: swag }, { reward_id: String(swag) }, {}, { reward_id: null }, { event: undefined }])
      assert.equal((await bind(swag, { url: url(), event: 'reward_issued', ...more })).status, 201);
  });

  test('adds to the list; the same URL replaces itself', async () => {
    const id = reward(server, spring, { issue: 'n8n' }), to = url();
    const first = (await bind(id, { url: to, event: 'reward_issued' })).body.webhook;
    const second = (await bind(id, { url: url(), event: 'reward_issued' })).body.webhook;
    const again = await bind(id, { url: to, event: 'reward_issued' });
    assert.equal(again.status, 200);
    assert.equal(again.body.webhook.id, first.id);
    assert.notEqual(again.body.webhook.secret, first.secret);
    assert.deepEqual(bound(id), [first.id, second.id]);
  });

  test('the same URL at two rewards is two webhooks', async () => {
    const to = url(), other = reward(server, spring, { issue: 'n8n' });
    const [one, two] = [(await bind(swag, { url: to, event: 'reward_issued' })).body.webhook.id, (await bind(other, { url: to, event: 'reward_issued' })).body.webhook.id];
    assert.notEqual(one, two);
  });

  test('is refused for another event or reward, without a URL, and for a reward that is none', async () => {
    const before = tally(server);
    assertFieldErrors(await bind(swag, { url: url(), event: 'user.join' }), ['event']);
    assertError(await bind(swag, { url: url(), event: 'reward_issued', reward_id: swag + 1 }), 422);
    assertFieldErrors(await bind(swag, { event: 'reward_issued' }), ['url']);
    for (const id of [999999, 0, 'x', -1]) assertError(await bind(id, { url: url(), event: 'reward_issued' }), 404);
    assert.deepEqual(tally(server), before);
  });
});

describe('unbinding a URL from a reward', () => {
  const unbind = (id, query = '') => server.api('DELETE', `/api/n8n/rewards/${id}${query}`);
  const three = async (id) => {
    const ids = [];
    for (let i = 0; i < 3; i++) ids.push((await bind(id, { url: url(), event: 'reward_issued' })).body.webhook.id);
    return ids;
  };

  test('removes the one bound last, one by one, and never the reward', async () => {
    const id = reward(server, spring, { issue: 'n8n' }), [first, second] = await three(id);
    await unbind(id);
    assert.deepEqual(bound(id), [first, second]);
    await unbind(id);
    await unbind(id);
    assert.deepEqual(bound(id), []);
    const { status, body } = await unbind(id);
    assert.equal(status, 200);
    assert.match(body.message, /\S/);
    assert.ok((await server.api('GET', '/api/n8n/rewards')).body.rewards.some((each) => each.id === id));
  });

  test('what was bound again last counts as last', async () => {
    const id = reward(server, spring, { issue: 'n8n' }), to = url();
    const first = (await bind(id, { url: to, event: 'reward_issued' })).body.webhook.id;
    const second = (await bind(id, { url: url(), event: 'reward_issued' })).body.webhook.id;
    await bind(id, { url: to, event: 'reward_issued' });
    await unbind(id);
    assert.deepEqual(bound(id), [second]);
    assertError(await get(first), 404);
  });

  test('removes the one that is named', async () => {
    const id = reward(server, spring, { issue: 'n8n' }), [first, second, third] = await three(id);
    assert.equal((await unbind(id, `?webhook_id=${second}`)).status, 200);
    assert.deepEqual(bound(id), [first, third]);
  });

  test('a name that is none, or of another reward or event, removes nothing', async () => {
    const id = reward(server, spring, { issue: 'n8n' }), ids = await three(id);
    const elsewhere = (await bind(swag, { url: url(), event: 'reward_issued' })).body.webhook.id;
    const join = (await register({ url: url(), event: 'user.join' })).body.webhook.id;
    for (const name of ['x', '', '0', '-1', '999999', `${elsewhere}`, `${join}`]) assert.equal((await unbind(id, `?webhook_id=${name}`)).status, 200);
    assert.deepEqual(bound(id), ids);
    assert.equal((await get(elsewhere)).status, 200);
    assert.equal((await get(join)).status, 200);
  });

  test('is 200 for a reward that is none', async () => {
    for (const id of [999999, 0, 'x']) assert.equal((await unbind(id)).status, 200);
  });
});
