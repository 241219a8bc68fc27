/*
 * The services that the templates call and a test can't reach: a stand-in under their
 * names checks each request against the format that they publish.
 */
import assert from 'node:assert/strict';

/** The names that the templates call, besides our own server. */
export const SERVICES = [
  'hooks.slack.com', 'api.hubapi.com', 'crm.example.com', 'www.google-analytics.com', 'matomo.example.com', 'api.stripe.com', 'api-m.paypal.com',
  'api.openai.com',
];

const isText = (value, most) => typeof value === 'string' && value.length > 0 && value.length <= most;

function checkJson({ headers }) {
  assert.match(headers['content-type'], /^application\/json/);
}

const paypal = {
  'POST /v1/oauth2/token': (r) => {
    assert.match(r.headers.authorization, /^Basic \S+$/);
    assert.equal(r.form.get('grant_type'), 'client_credentials');
    return { body: { access_token: 'A21-test', token_type: 'Bearer', expires_in: 32_400 } };
  },
  'POST /v1/payments/payouts': (r) => {
    checkJson(r);
    assert.equal(r.headers.authorization, 'Bearer A21-test');
    assert.ok(isText(r.headers['paypal-request-id'], 108));
    const { sender_batch_header: { sender_batch_id: batch }, items } = r.json;
    assert.ok(isText(batch, 256) && items.length >= 1 && items.length <= 15_000);
    for (const { recipient_type: type, receiver, amount, sender_item_id: id, note } of items) {
      assert.equal(type, 'EMAIL');
      assert.ok(isText(receiver, 127) && isText(id, 63) && isText(note, 4000));
      assert.match(amount.value, /^\d+\.\d\d$/);
      assert.match(amount.currency, /^[A-Z]{3}$/);
    }
    return { status: 201, body: { batch_header: { payout_batch_id: `P-${batch}`, batch_status: 'PENDING' } } };
  },
  'POST /v1/notifications/verify-webhook-signature': (r) => {
    checkJson(r);
    assert.equal(r.headers.authorization, 'Bearer A21-test');
    const needed = ['auth_algo', 'cert_url', 'transmission_id', 'transmission_sig', 'transmission_time', 'webhook_id'];
    assert.ok(needed.every((name) => isText(r.json[name], 500)) && r.json.webhook_event.event_type);
    return { body: { verification_status: r.json.transmission_sig === 'genuine' ? 'SUCCESS' : 'FAILURE' } };
  },
};

/** A model that looks the person of the question up, and then repeats what the tool said. */
function supportAnswer(messages) {
  const last = messages.at(-1);
  if (last.role === 'tool') return { content: `It was decided so: ${last.content}` };
  const [email] = /\S+@\S+\w/.exec(last.content);
  return { content: null, tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'Explain_Person', arguments: JSON.stringify({ email }) } }] };
}

function completion(model, message) {
  const choice = { index: 0, message: { role: 'assistant', ...message }, finish_reason: message.tool_calls ? 'tool_calls' : 'stop' };
  return { id: 'chatcmpl-1', object: 'chat.completion', created: 1, model, choices: [choice], usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 } };
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
    assert.match(r.headers.authorization, /^Bearer \S+$/);
    assert.ok(Object.values(r.json.properties).every((value) => typeof value === 'string'));
    if (r.method === 'PATCH') {
      assert.match(r.url, /^\/crm\/v3\/objects\/contacts\/[^/@?]+%40[^/?]+\?idProperty=email$/);
      assert.match(r.json.properties.lifecyclestage, /^(subscriber|lead|marketingqualifiedlead|salesqualifiedlead|opportunity|customer|evangelist|other)$/);
      return { body: { id: '51', properties: r.json.properties } };
    }
    assert.deepEqual([r.method, r.url], ['POST', '/crm/v3/objects/contacts']);
    assert.match(r.json.properties.email, /@/);
    return { status: 201, body: { id: '51', properties: r.json.properties } };
  },
  'crm.example.com': (r) => {
    assert.deepEqual([r.method, r.url], ['POST', '/contacts']);
    assert.match(r.headers['content-type'], /^application\/x-www-form-urlencoded/);
    assert.match(r.form.get('email'), /@/);
    return { status: 201, body: {} };
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
  'api-m.paypal.com': (r) => paypal[`${r.method} ${r.url}`](r),
  'api.openai.com': (r) => {
    checkJson(r);
    assert.deepEqual([r.method, r.url], ['POST', '/v1/chat/completions']);
    assert.match(r.headers.authorization, /^Bearer sk-\S+$/);
    const { model, messages, tools, stream } = r.json;
    assert.ok(isText(model, 100) && !stream && messages.length > 0);
    for (const { type, function: { name, description, parameters } } of tools) {
      assert.equal(type, 'function');
      assert.match(name, /^[\w-]{1,64}$/);
      assert.ok(isText(description, 1024));
      assert.equal(parameters.type, 'object');
    }
    return { body: completion(model, supportAnswer(messages)) };
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
