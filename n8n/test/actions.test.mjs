import assert from 'node:assert/strict';
import { test } from 'node:test';
import action from '../dist/nodes/Refmill/Refmill.node.js';

const node = new action.Refmill();

/** Stands in for n8n: parameters by item, and an API that answers by a function. */
function fakeN8n({ items = [{}], parameters = {}, answer, goesOn = false, execution = '7', run = 0, customData = new Map(), baseUrl = 'http://refmill.test' }) {
  const calls = [];
  return {
    calls,
    getInputData: () => items.map((json) => ({ json })),
    getNodeParameter: (name, i, otherwise) => {
      const value = parameters[name];
      return (typeof value === 'function' ? value(items[i]) : value) ?? otherwise;
    },
    getNode: () => ({ id: 'n1', name: 'Refmill', type: 'refmill', typeVersion: 1, position: [0, 0], parameters: {} }),
    getExecutionId: () => execution,
    getWorkflowDataProxy: () => ({ $runIndex: run, $execution: { customData } }),
    continueOnFail: () => goesOn,
    getCredentials: async () => ({ baseUrl, apiToken: 't' }),
    helpers: {
      prepareBinaryData: async (data, fileName, mimeType) => ({ data: data.toString('base64'), fileName, mimeType }),
      async httpRequestWithAuthentication(type, request) {
        calls.push(request);
        if (request.encoding === 'arraybuffer') return await answer(request, calls.length - 1);
        return { statusCode: 200, headers: {}, body: {}, ...(await answer(request, calls.length - 1)) };
      },
    },
  };
}

const run = async (how) => {
  const n8n = fakeN8n(how);
  const [out] = await node.execute.call(n8n);
  return { out, calls: n8n.calls };
};
const pathOf = ({ url }) => new URL(url).pathname;
const QUALIFY = { operation: 'qualify_user', qualify_by: 'by_referral_code', code: (json) => json.code ?? 'uA' };
const user = (id) => ({ body: { data: { id, code: `u${id}` } } });

test('a call over the limit waits as long as the server says, and goes on', async () => {
  const started = Date.now();
  const { out, calls } = await run({
    parameters: QUALIFY,
    answer: (_, i) => (i === 0 ? { statusCode: 429, headers: { 'retry-after': '1' }, body: { message: 'Too many calls.' } } : user(1)),
  });
  assert.equal(calls.length, 2);
  assert.ok(Date.now() - started >= 990);
  assert.deepEqual(out, [{ json: { id: 1, code: 'u1' }, pairedItem: { item: 0 } }]);
});

test('a 429 without a time to wait is an error that says what to do', async () => {
  const answer = () => ({ statusCode: 429, body: { message: 'Too many calls.' } });
  await assert.rejects(run({ parameters: QUALIFY, answer }), (error) => {
    assert.equal(error.message, 'Too many calls.');
    assert.match(error.description, /Other workflows/);
    assert.equal(error.context.itemIndex, 0);
    return true;
  });
});

test('the key of a write is that of execution, node, run, item and request', async () => {
  const key = async (how = {}) => {
    const { calls } = await run({ parameters: QUALIFY, answer: () => user(1), ...how });
    return calls[0].headers['Idempotency-Key'];
  };
  const first = await key();
  assert.match(first, /^n8n-[0-9a-f]{64}$/);
  assert.equal(await key(), first, 'a retry of the node has the same key');
  const others = [{ execution: '8' }, { run: 1 }, { items: [{ code: 'uB' }] }];
  const keys = await Promise.all(others.map(key));
  assert.equal(new Set([first, ...keys]).size, 4);
  const { calls } = await run({ parameters: { resource: 'user', operation: 'get', user: '5' }, answer: () => user(5) });
  assert.equal(calls[0].headers['Idempotency-Key'], undefined, 'reading needs none');

  const customData = new Map(); // what n8n hands on to the retry of an execution
  assert.equal(await key({ customData }), first);
  assert.equal(await key({ customData, execution: '8' }), first, 'a retry of the execution has the same key');
  const full = { get: () => undefined, set: () => {} };
  assert.equal(await key({ customData: full }), first, 'where n8n has no room for more, the execution itself counts');
});

test('many items are few calls, each result with its item, whatever the order of the answer', async () => {
  const items = Array.from({ length: 1200 }, (_, i) => ({ code: `u${i}` }));
  const { out, calls } = await run({
    items,
    parameters: QUALIFY,
    answer: ({ url, body, qs }) => {
      if (url.endsWith('/bulk')) {
        return { body: { data: body.users.map(({ code }, index) => ({ index, status: 200, data: { id: Number(code.slice(1)) + 1, code } })) } };
      }
      assert.ok(body.filters.value[0].value.length <= qs.per_page);
      return { body: { data: [...body.filters.value[0].value].reverse().map((id) => ({ id, whole: true })) } };
    },
  });
  assert.deepEqual(calls.map(pathOf).filter((p) => p.endsWith('/bulk')).length, 3);
  assert.equal(calls.length, 3 + 2 + 2 + 1);
  assert.deepEqual(calls[0].body.users[0], { qualified: true, code: 'u0' });
  assert.deepEqual(out, items.map((_, i) => ({ json: { id: i + 1, whole: true }, pairedItem: { item: i } })));
});

test('in a call for many, a bad row stops the node, or with "continue" only itself', async () => {
  const how = {
    items: [{ code: 'u1' }, { code: 'bad' }, { code: 'u3' }],
    parameters: QUALIFY,
    answer: ({ url, body }) => (url.endsWith('/bulk')
      ? { body: { data: body.users.map(({ code }) => (code === 'bad' ? { status: 404, error: { message: 'Nobody has this code.' } } : { status: 200, data: { id: Number(code[1]) } })) } }
      : { body: { data: body.filters.value[0].value.map((id) => ({ id })) } }),
  };
  await assert.rejects(run(how), (error) => error.message === 'Nobody has this code.' && error.context.itemIndex === 1);
  const { out } = await run({ ...how, goesOn: true });
  assert.deepEqual(out.map(({ json }) => json), [{ id: 1 }, { error: 'Nobody has this code.' }, { id: 3 }]);
  assert.deepEqual(out.map(({ pairedItem }) => pairedItem.item), [0, 1, 2]);
});

test('rows that are large together are sent in several calls', async () => {
  const items = Array.from({ length: 4 }, (_, i) => ({ code: String(i) + 'x'.repeat(400_000) }));
  const { calls } = await run({
    items, parameters: QUALIFY, goesOn: true,
    answer: ({ body }) => ({ body: { data: (body.users ?? []).map(() => ({ status: 404, error: { message: 'No.' } })) } }),
  });
  assert.deepEqual(calls.map(({ body }) => body.users.length), [2, 2]);
});

test('a list is read page by page, as far as it is asked for', async () => {
  const rows = Array.from({ length: 600 }, (_, id) => ({ id }));
  const answer = ({ qs }) => {
    const from = ((qs.page ?? 1) - 1) * qs.per_page;
    return { body: { data: rows.slice(from, from + qs.per_page), meta: { current_page: qs.page ?? 1, last_page: Math.ceil(600 / qs.per_page) } } };
  };
  const parameters = { resource: 'reward', operation: 'getAll', conditions: { values: [{ field: 'name', operator: '=', value: 'A' }] } };
  const all = await run({ parameters: { ...parameters, returnAll: true }, answer });
  assert.deepEqual([all.out.length, all.calls.length], [600, 3]);
  assert.deepEqual(all.calls[2].qs, { 'filters[0][field]': 'name', 'filters[0][operator]': '=', 'filters[0][value]': 'A', per_page: 250, page: 3 });
  const some = await run({ parameters: { ...parameters, returnAll: false, limit: 260 }, answer });
  assert.deepEqual([some.out.length, some.calls.length, some.out[259].json], [260, 2, { id: 259 }]);
});

test('an e-mail address stands for an ID, asked for once', async () => {
  const { calls } = await run({
    items: [{}, {}],
    parameters: { resource: 'user', operation: 'explain', user: 'mara@example.com' },
    answer: () => user(5),
  });
  assert.deepEqual(calls.map(pathOf), ['/api/v2/users/mara%40example.com', '/api/v2/users/5/explain', '/api/v2/users/5/explain']);
});

test('a value that another choice hides is not sent', async () => {
  const { calls } = await run({ parameters: { ...QUALIFY, email: 'left@over.test', campaign_id: 3 }, answer: () => user(1) });
  assert.deepEqual(calls[0].body, { qualified: true, code: 'uA' });
});

test('what an ID is needed for is refused without one, by the name of the field', async () => {
  const parameters = { resource: 'grant', operation: 'issue', grant_id: '' };
  await assert.rejects(run({ parameters, answer: () => ({}) }), /"Grant ID" is empty/);
});

test('Referral Factory gets its own calls, and what it lacks is said', async () => {
  const baseUrl = 'https://referral-factory.com';
  const { calls } = await run({ items: [{}, {}], parameters: QUALIFY, baseUrl, answer: () => user(1) });
  assert.deepEqual(calls.map(pathOf), Array(2).fill('/api/n8n/users/qualify'));
  assert.deepEqual(calls[0].body, { code: 'uA' });
  const parameters = { resource: 'grant', operation: 'issue', grant_id: '4' };
  await assert.rejects(run({ parameters, baseUrl, answer: () => ({}) }), /Referral Factory has no call for "Issue"/);
});

test('a referral code is checked: only the code itself is one, and none is no failure', async () => {
  const parameters = { resource: 'code', operation: 'check', code: ' uA ' };
  const found = { id: 1, campaign_id: 2, first_name: 'Mara', url: 'http://refmill.test/uA', type: 'person_referring', code: 'uA' };
  const [known] = (await run({ parameters, answer: () => ({ body: { data: found } }) })).out;
  assert.deepEqual(known.json, {
    code: 'uA', valid: true, url: found.url, user: { id: 1, campaign_id: 2, first_name: 'Mara', type: 'person_referring' },
  });
  const byAddress = await run({ parameters: { ...parameters, code: 'mara@example.com' }, answer: () => ({ body: { data: found } }) });
  assert.deepEqual(byAddress.out[0].json, { code: 'mara@example.com', valid: false });
  const nobody = await run({ parameters, answer: () => ({ statusCode: 404 }) });
  assert.deepEqual(nobody.out[0].json, { code: 'uA', valid: false });
  await assert.rejects(run({ parameters, answer: () => ({ statusCode: 500 }) }), /status 500/);
});

test('a custom call goes below /api, with a key if it writes', async () => {
  const parameters = { resource: 'customCall', operation: 'call', method: 'GET', path: '/api/v2/users', query: '{"per_page": 1}', body: '' };
  const { calls, out } = await run({ parameters, answer: () => ({ body: { data: [], meta: {} } }) });
  assert.deepEqual([calls[0].url, calls[0].qs, calls[0].headers['Idempotency-Key']], ['http://refmill.test/api/v2/users', { per_page: 1 }, undefined]);
  assert.deepEqual(out[0].json, { data: [], meta: {} });
  const write = await run({ parameters: { ...parameters, method: 'POST', path: 'v2/users', query: {}, body: { email: 'a@b.c' } }, answer: () => user(1) });
  assert.deepEqual([write.calls[0].url, write.calls[0].body], ['http://refmill.test/api/v2/users', { email: 'a@b.c' }]);
  assert.match(write.calls[0].headers['Idempotency-Key'], /^n8n-/);
});

test('a link comes with its QR code as a file', async () => {
  const parameters = { resource: 'user', operation: 'getLink', user: 'uA', binaryProperty: 'qr', options: { campaign_id: 3 } };
  const data = { id: 1, email: 'a@b.c', code: 'uA', url: 'http://refmill.test/uA' };
  const answer = ({ encoding }) => (encoding ? Buffer.from('PNG') : { body: { data } });
  const { out, calls } = await run({ parameters, answer });
  assert.deepEqual(out[0].json, data);
  assert.deepEqual(out[0].binary, { qr: { data: Buffer.from('PNG').toString('base64'), fileName: 'uA.png', mimeType: 'image/png' } });
  assert.deepEqual([calls[0].qs, calls[1].url], [{ campaign_id: 3 }, 'http://refmill.test/uA/download-qr-code']);
  const withoutPicture = ({ encoding }) => {
    if (encoding) throw new Error('socket hang up');
    return { body: { data } };
  };
  await assert.rejects(run({ parameters, answer: withoutPicture }), { name: 'NodeApiError' });
});

test('events have their place, deleted things say so, and lists are simplified', async () => {
  const events = await run({
    parameters: { resource: 'event', operation: 'getAll', after: 0, returnAll: true },
    answer: ({ qs }) => ({ body: { data: [{ seq: qs.after || 1, body: { event: 'user.join' } }], has_more: !qs.after, next_after: 2 } }),
  });
  assert.deepEqual(events.out.map(({ json }) => json), [{ event: 'user.join', seq: 1 }, { event: 'user.join', seq: 2 }]);
  const gone = await run({ parameters: { resource: 'user', operation: 'delete', user: '4' }, answer: () => ({ body: {} }) });
  assert.deepEqual(gone.out[0].json, { deleted: true });
  const found = await run({
    parameters: { resource: 'user', operation: 'find', by: 'email', value: 'a@b.c', simplify: true, returnAll: true },
    answer: () => ({ body: { data: [{ id: 1, email: 'a@b.c', sharing: {} }], meta: { current_page: 1, last_page: 1 } } }),
  });
  assert.deepEqual([found.out[0].json.id, 'sharing' in found.out[0].json], [1, false]);
  assert.deepEqual(found.calls[0].qs, { 'filters[0][field]': 'email', 'filters[0][operator]': '=', 'filters[0][value]': 'a@b.c', per_page: 250 });
});

test('events are sent again to a webhook until none is left, and all are counted', async () => {
  const left = [2000, null];
  const { out, calls } = await run({
    parameters: { resource: 'event', operation: 'replay', webhook_id: '9', since: 0 },
    answer: () => ({ body: { data: { caught_up: { count: 1000, next_since: left.shift() } } } }),
  });
  assert.deepEqual(out.map(({ json }) => json), [{ count: 2000 }]);
  assert.deepEqual(calls.map(({ method, body }) => [method, body]), [['PUT', { since: '0' }], ['PUT', { since: '2000' }]]);
});

test('JSON in a field is sent as what it is, and what is none as it stands, for the server to judge', async () => {
  const parameters = { resource: 'campaign', operation: 'update', campaign_id: '3', updateFields: { fraud: '{"same_ip":"hold"}', fields: 'no JSON' } };
  const { calls } = await run({ parameters, answer: () => user(3) });
  assert.deepEqual(calls[0].body, { fraud: { same_ip: 'hold' }, fields: 'no JSON' });
});

test('the fields at fault are named below the headline, once', async () => {
  const body = { message: 'email: Not an address.', errors: { email: ['Not an address.'], first_name: [{ message: 'Too long.' }], coupon: 'Used.' } };
  const parameters = { operation: 'create_user', campaign_id: 3, first_name: 'A', email: 'x' };
  await assert.rejects(run({ parameters, answer: () => ({ statusCode: 422, body }) }), (error) => {
    assert.equal(error.message, 'email: Not an address.');
    assert.equal(error.description, 'first_name: Too long. coupon: Used.');
    return true;
  });
});

test('an operation that does not exist is refused', async () => {
  await assert.rejects(run({ parameters: { resource: 'user', operation: 'fly' }, answer: () => ({}) }), /no operation "fly"/);
});

test('of a server with Referral Factory’s routes alone, each other operation says that the call is missing', async () => {
  const there = { 'POST /api/n8n/users': { id: 7, code: 'u7' } };
  const answer = ({ method, url }) => {
    const body = there[`${method} ${new URL(url).pathname}`];
    return body ? { body } : { statusCode: 404, body: '<h1>Not Found</h1>' };
  };
  const { properties } = node.description;
  const all = [], missing = [];
  for (const { displayOptions: { show }, options } of properties.filter(({ name }) => name === 'operation')) {
    const [resource] = show.resource;
    for (const { value: operation } of options) {
      all.push(`${resource} ${operation}`);
      const fields = properties.filter((p) => p.displayOptions?.show?.resource?.includes(resource) && p.displayOptions.show.operation?.includes(operation));
      const given = Object.fromEntries(fields.filter(({ type, required }) => required || type === 'options').map((p) => [p.name, p.type === 'options' ? p.default : '1']));
      const result = await run({ parameters: { resource, operation, ...given, path: '/v2/none' }, answer }).catch((error) => error);
      if (!(result instanceof Error)) continue;
      assert.match(`${result.message}: ${result.description}`, /^The server answered with status 404: Check the values/, `${resource} ${operation}`);
      missing.push(`${resource} ${operation}`);
    }
  }
  // Of a code that no call knows it can only be said that it is nobody's.
  assert.deepEqual(all.filter((name) => !missing.includes(name)), ['code check', 'user create_user']);
});
