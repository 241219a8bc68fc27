import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import trigger from '../dist/nodes/RefmillTrigger/RefmillTrigger.node.js';

const node = new trigger.RefmillTrigger();
const { checkExists, create, delete: remove } = node.webhookMethods.default;
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const JOIN = { event: 'user.join', sources: ['Referred'], campaign_id: 412 };
let count = 0;

/** Stands in for n8n: static data, parameters, and an API that answers from a table. */
function fakeN8n({ kept = {}, parameters = JOIN, mode = 'trigger', answers = {}, baseUrl = 'http://refmill.test/', url } = {}) {
  const address = url ?? `http://n8n.test/webhook/${++count}/refmill`;
  const calls = [];
  return {
    kept,
    calls,
    address,
    logger: { warn() {} },
    getMode: () => mode,
    getWorkflowStaticData: () => kept,
    getNode: () => ({ id: 'n', name: 'Refmill Trigger', type: 'refmillTrigger', typeVersion: 1, position: [0, 0], parameters: {} }),
    getNodeParameter: (name, otherwise) => parameters[name] ?? otherwise,
    getNodeWebhookUrl: () => address,
    getCredentials: async () => ({ baseUrl, apiToken: 't' }),
    helpers: {
      returnJsonArray: (list) => list.map((json) => ({ json })),
      async httpRequestWithAuthentication(type, { method, url: target, body }) {
        calls.push([method, target, body]);
        const { status = 200, body: answer = {} } = answers[`${method} ${target.replace(/\?.*/, '')}`] ?? answers[method] ?? {};
        return { statusCode: status, headers: {}, body: answer };
      },
    },
  };
}

function hook(more) {
  return { status: 200, body: { webhook: { id: 9, event: 'user.join', campaign_id: 412, sources: ['Referred'], ...more } } };
}

const MINE = { id: 9, event: 'user.join', secret: SECRET, baseUrl: 'http://refmill.test', rewardId: undefined };
const REGISTERED = { registrations: [MINE] };
const removed = (...list) => ({ removed: list.map(({ secret, ...rest }) => rest) });

test('nothing is registered while the static data is empty, and the server is not asked', async () => {
  const n8n = fakeN8n();
  assert.equal(await checkExists.call(n8n), false);
  assert.deepEqual(n8n.calls, []);
});

test('a webhook that the server has as wanted is taken as it is', async () => {
  const url = 'http://n8n.test/webhook/same/refmill';
  const answers = { GET: hook({ url, campaign_id: '412' }) };
  assert.equal(await checkExists.call(fakeN8n({ url, kept: { ...REGISTERED }, answers })), true);
});

test('another address, source or campaign, or another server, asks for a new registration', async () => {
  const url = 'http://n8n.test/webhook/changed/refmill';
  for (const more of [{ url: 'http://old.test/' }, { url, sources: ['Api'] }, { url, campaign_id: 5 }]) {
    const n8n = fakeN8n({ url, kept: { ...REGISTERED }, answers: { GET: hook(more) } });
    assert.equal(await checkExists.call(n8n), false, JSON.stringify(more));
    assert.ok(n8n.calls.every(([method]) => method !== 'DELETE'), 'another address is not touched');
  }
  const elsewhere = fakeN8n({ kept: { registrations: [{ ...MINE, baseUrl: 'http://other.test' }] } });
  assert.equal(await checkExists.call(elsewhere), false);
});

test('another event left at the own address is removed', async () => {
  const url = 'http://n8n.test/webhook/left/refmill';
  const n8n = fakeN8n({ url, kept: { ...REGISTERED }, answers: { GET: hook({ url, event: 'user.qualified' }) } });
  assert.equal(await checkExists.call(n8n), false);
  assert.deepEqual(n8n.calls.at(-1).slice(0, 2), ['DELETE', 'http://refmill.test/api/n8n/webhooks/9']);
});

test('a webhook that the server does not know any more is forgotten', async () => {
  const n8n = fakeN8n({ kept: { ...REGISTERED, deliveries: ['m1'] }, answers: { GET: { status: 404 } } });
  assert.equal(await checkExists.call(n8n), false);
  assert.deepEqual(n8n.kept, { deliveries: ['m1'] });
});

test('a server that does not answer properly is an error, never "not registered"', async () => {
  const n8n = fakeN8n({ kept: { ...REGISTERED }, answers: { GET: { status: 500 } } });
  await assert.rejects(checkExists.call(n8n), { name: 'NodeApiError' });
});

test('creating sends what is wanted and keeps id and secret', async () => {
  const n8n = fakeN8n({ answers: { POST: hook({ secret: SECRET }) } });
  assert.equal(await create.call(n8n), true);
  assert.deepEqual(n8n.calls, [['POST', 'http://refmill.test/api/n8n/webhooks', { url: n8n.address, ...JOIN, expects_ack: true }]]);
  assert.deepEqual(n8n.kept, REGISTERED);
});

test('with "catch up", what was missed is asked for until nothing is left', async () => {
  const left = [3000, 4000, null];
  const answers = {
    POST: hook({ secret: SECRET, caught_up: { count: 1000, next_since: 2000 } }),
    get PUT() {
      return { body: { data: { caught_up: { count: 1000, next_since: left.shift() } } } };
    },
  };
  const n8n = fakeN8n({ parameters: { ...JOIN, options: { catchUp: true } }, answers });
  await create.call(n8n);
  assert.equal(n8n.calls[0][2].since, 'last');
  assert.deepEqual(n8n.calls.slice(1), ['2000', '3000', '4000'].map((since) => ['PUT', 'http://refmill.test/api/v2/webhooks/9', { since }]));
  assert.deepEqual(n8n.kept, REGISTERED);
});

test('the webhook of a test ends by itself and catches nothing up', async () => {
  const n8n = fakeN8n({ mode: 'manual', parameters: { ...JOIN, options: { catchUp: true } }, answers: { POST: hook({ secret: SECRET }) } });
  await create.call(n8n);
  assert.deepEqual(n8n.calls, [['POST', 'http://refmill.test/api/n8n/webhooks', { url: n8n.address, ...JOIN, expects_ack: true, expires_in: 300 }]]);
});

test('a reward is bound and unbound by its own calls, exactly this webhook', async () => {
  const n8n = fakeN8n({ parameters: { event: 'reward_issued', reward_id: 77 }, answers: { PUT: hook({ secret: SECRET }) } });
  await create.call(n8n);
  await remove.call(n8n);
  assert.deepEqual(n8n.calls, [
    ['PUT', 'http://refmill.test/api/n8n/rewards/77', { url: n8n.address, event: 'reward_issued', reward_id: 77, expects_ack: true }],
    ['DELETE', 'http://refmill.test/api/n8n/rewards/77?webhook_id=9', undefined],
  ]);
  assert.deepEqual(n8n.kept, removed({ ...MINE, event: 'reward_issued', rewardId: 77 }));
});

test('a server that gives no secret is refused, but for Referral Factory', async () => {
  await assert.rejects(create.call(fakeN8n({ answers: { POST: hook() } })), /did not return a webhook secret/);
  await assert.rejects(create.call(fakeN8n({ answers: { POST: {} } })), /did not return a webhook ID/);
  await assert.rejects(
    create.call(fakeN8n({ answers: { POST: hook() }, baseUrl: 'https://referral-factory.com.evil.test' })),
    /secret/,
  );
  const parameters = { ...JOIN, options: { catchUp: true } };
  const theirs = fakeN8n({ parameters, answers: { POST: hook() }, baseUrl: 'https://referral-factory.com' });
  await create.call(theirs);
  assert.deepEqual(theirs.calls[0][2], { url: theirs.address, ...JOIN });
  assert.equal(await checkExists.call(theirs), true);
  assert.equal(theirs.calls.length, 1, 'there is no call to look a webhook up');
});

test('removing one that is gone succeeds, another failure is told and kept for the next try', async () => {
  const gone = fakeN8n({ kept: { ...REGISTERED }, answers: { DELETE: { status: 404 } } });
  assert.equal(await remove.call(gone), true);
  assert.deepEqual(gone.kept, removed(MINE));
  const broken = fakeN8n({ kept: { ...REGISTERED }, answers: { DELETE: { status: 503 } } });
  await assert.rejects(remove.call(broken), { name: 'NodeApiError' });
  assert.deepEqual(broken.kept, REGISTERED);
});

test('what was removed comes back at the address that n8n has then, without its secret kept, and not for a test', async () => {
  const answers = { POST: hook({ secret: SECRET }) };
  const movedOf = async (how) => {
    const n8n = fakeN8n({ kept: removed(MINE), answers, ...how });
    await create.call(n8n);
    return n8n.calls[0][2].moved_id;
  };
  assert.equal(await movedOf(), 9);
  assert.equal(await movedOf({ parameters: { ...JOIN, event: 'user.qualified' } }), undefined, 'another event');
  assert.equal(await movedOf({ kept: removed({ ...MINE, rewardId: 5 }) }), undefined, 'another reward');
  assert.equal(await movedOf({ baseUrl: 'http://other.test' }), undefined, 'another server');
  assert.equal(await movedOf({ mode: 'manual' }), undefined, 'a test');
  const n8n = fakeN8n({ kept: removed(MINE), answers });
  await create.call(n8n);
  assert.deepEqual(n8n.kept, REGISTERED);
  await remove.call(n8n);
  await remove.call(n8n);
  assert.deepEqual(n8n.kept, removed(MINE), 'also when it is removed twice');
});

test('every event of the server can be chosen', () => {
  const { webhooks } = JSON.parse(readFileSync(new URL('../../src/api/spec/openapi.json', import.meta.url), 'utf8'));
  const field = (name) => node.description.properties.find((property) => property.name === name);
  const values = (options) => options.map(({ value }) => value).sort();
  assert.deepEqual(values(field('events').options), Object.keys(webhooks).sort(), 'nodes/shared/events.ts and openapi.json differ');
  assert.deepEqual(values(field('event').options), [...Object.keys(webhooks), 'several'].sort());
});

test('a login that is asked for is registered with its campaign, but not at Referral Factory', async () => {
  const parameters = { event: 'login.requested', campaign_id: 412 };
  const n8n = fakeN8n({ parameters, answers: { POST: hook({ secret: SECRET }) } });
  await create.call(n8n);
  assert.deepEqual(n8n.calls[0][2], { url: n8n.address, ...parameters, expects_ack: true });
  const theirs = fakeN8n({ parameters, baseUrl: 'https://referral-factory.com' });
  await assert.rejects(create.call(theirs), /Referral Factory has no event "Portal Login Requested"/);
  assert.deepEqual(theirs.calls, []);
});

const SEVERAL = { event: 'several', events: ['user.join', 'user.qualified', 'reward_issued'], filters: { campaign_id: 412, sources: ['Api'] } };

test('several events are one webhook each, with the filters that fit', async () => {
  let id = 0;
  const answers = { get POST() { return hook({ id: ++id, secret: SECRET }); } };
  const n8n = fakeN8n({ parameters: SEVERAL, answers });
  await create.call(n8n);
  assert.deepEqual(n8n.calls.map(([, , { url, expects_ack, ...rest }]) => rest), [
    { event: 'user.join', campaign_id: 412, sources: ['Api'] },
    { event: 'user.qualified', campaign_id: 412 },
    { event: 'reward_issued', campaign_id: 412 },
  ]);
  assert.deepEqual(n8n.kept.registrations.map((one) => one.id), [1, 2, 3]);
  await remove.call(n8n);
  assert.equal(n8n.calls.filter(([method]) => method === 'DELETE').length, 3);
  assert.equal(n8n.kept.registrations, undefined);
});

test('when one of several is refused, none is left over', async () => {
  let id = 0;
  const answers = { get POST() { return ++id === 3 ? { status: 422, body: { message: 'No.' } } : hook({ id, secret: SECRET }); } };
  const n8n = fakeN8n({ parameters: SEVERAL, answers });
  await assert.rejects(create.call(n8n), /No\./);
  assert.deepEqual(n8n.calls.filter(([method]) => method === 'DELETE').map(([, url]) => url.split('/').pop()), ['1', '2']);
  assert.deepEqual(n8n.kept, {});
});

test('no event at all is refused', async () => {
  await assert.rejects(create.call(fakeN8n({ parameters: { ...SEVERAL, events: [] } })), /No event is chosen/);
});

// ---- events ---------------------------------------------------------------

function arrive(n8n, { id = 'msg_1', body = '{"event":"user.join","id":7}', secret = SECRET, at = Date.now() / 1000, attempt } = {}) {
  const time = String(Math.floor(at));
  const signature = createHmac('sha256', Buffer.from(secret.slice(6), 'base64')).update(`${id}.${time}.${body}`).digest('base64');
  const response = {
    statusCode: 200,
    writableEnded: false,
    status(code) { this.statusCode = code; return this; },
    json(given) { this.body = given; this.writableEnded = true; },
    setHeader() {},
    once() {},
  };
  const given = { 'webhook-id': id, 'webhook-timestamp': time, 'webhook-signature': `v1,${signature}`, ...(attempt ? { 'x-webhook-attempt': attempt } : {}) };
  const context = {
    ...n8n,
    getHeaderData: () => given,
    getBodyData: () => JSON.parse(body),
    getRequestObject: () => ({ rawBody: Buffer.from(body) }),
    getResponseObject: () => response,
  };
  return { given, response, run: () => node.webhook.call(context) };
}

test('a genuine event starts the workflow with its data and the delivery', async () => {
  const n8n = fakeN8n({ kept: { ...REGISTERED } });
  const { given, run } = arrive(n8n, { attempt: '3' });
  assert.deepEqual(await run(), {
    webhookResponse: { received: true },
    workflowData: [[{
      json: {
        event: 'user.join',
        id: 7,
        delivery: { id: 'msg_1', attempt: 3, timestamp: new Date(Number(given['webhook-timestamp']) * 1000).toISOString() },
      },
    }]],
  });
  assert.deepEqual(n8n.kept.deliveries, ['msg_1']);
});

test('a forged, old or unsigned event, or one without a secret here, gets a 401 and starts nothing', async () => {
  const cases = [
    [{ ...REGISTERED }, { secret: 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD' }],
    [{ ...REGISTERED }, { at: Date.now() / 1000 - 400 }],
    [{ ...REGISTERED }, { id: '' }],
    [{}, {}],
    [{ registrations: [{ ...MINE, secret: '' }] }, { secret: 'whsec_' }],
  ];
  for (const [kept, how] of cases) {
    const { response, run } = arrive(fakeN8n({ kept }), how);
    assert.deepEqual(await run(), { noWebhookResponse: true });
    assert.equal(response.statusCode, 401);
    assert.equal(response.body.received, false);
  }
});

test('a registration that an older copy of the static data overwrote still verifies, and is put back', async () => {
  const n8n = fakeN8n({ answers: { POST: hook({ secret: SECRET }) } });
  await create.call(n8n);
  n8n.kept.registrations = [{ ...MINE, secret: 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD' }];
  assert.ok((await arrive(n8n).run()).workflowData);
  assert.equal(n8n.kept.registrations[0].secret, SECRET);
});

test('an event of the other mode is taken and starts nothing', async () => {
  for (const [mode, live, starts] of [['live', true, true], ['live', false, false], ['test', false, true], ['test', true, false], ['any', false, true]]) {
    const n8n = fakeN8n({ kept: { ...REGISTERED }, parameters: { ...JOIN, options: { mode } } });
    const { workflowData, webhookResponse } = await arrive(n8n, { id: `msg_${mode}_${live}`, body: JSON.stringify({ event: 'user.join', live }) }).run();
    assert.equal(Boolean(workflowData), starts, `${mode} ${live}`);
    assert.equal(webhookResponse.received, true);
  }
});

test('a repeated delivery is acknowledged and starts nothing', async () => {
  const n8n = fakeN8n({ kept: { ...REGISTERED, deliveries: ['msg_1'] } });
  assert.deepEqual(await arrive(n8n).run(), { webhookResponse: { received: true, repeated: true } });
});

test('an unsigned event of Referral Factory starts the workflow as it is', async () => {
  const n8n = fakeN8n({ kept: { registrations: [{ id: 9, event: 'user.join', unsigned: true, baseUrl: 'https://referral-factory.com' }] } });
  const result = await arrive(n8n, { secret: 'whsec_' }).run();
  assert.deepEqual(result.workflowData, [[{ json: { event: 'user.join', id: 7 } }]]);
});
