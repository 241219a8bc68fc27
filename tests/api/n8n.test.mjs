/*
 * /api/n8n on the wire: what n8n sends is taken as it sends it, and the answers are what it reads.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startServer } from '../lib/server.mjs';
import { assertError } from './kit/errors.mjs';
import { asN8n, n8nHeaders, RawConnection, rawRequest, requestBytes } from './kit/raw.mjs';
import { assertUser, SOURCES } from './kit/shapes.mjs';
import { addLead, addReferrer, campaign, email, reward, unique } from './kit/world.mjs';

let server, spring, swag;

before(async () => {
  server = await startServer({ args: ['--rate-limit', '0', '--webhook-allow', '127.0.0.0/8'] });
  spring = campaign(server);
  swag = reward(server, spring, { issue: 'n8n' });
});
after(() => server?.stop());

/** A body that the call takes, made anew for each use; undefined for calls without one. */
const hook = () => ({ url: `http://127.0.0.1:9/webhook/${unique('hook')}/referral-factory` });
const CALLS = [
  { name: 'N1 test', method: 'GET', path: () => '/test', status: 200 },
  { name: 'N2 campaigns', method: 'GET', path: () => '/campaigns', status: 200 },
  { name: 'N3 user-sources', method: 'GET', path: () => '/user-sources', status: 200 },
  { name: 'N4 rewards', method: 'GET', path: () => '/rewards', status: 200 },
  { name: 'N5 webhooks', method: 'POST', path: () => '/webhooks', status: 201,
    body: () => ({ ...hook(), event: 'user.join', sources: ['Referred'], campaign_id: spring }) },
  { name: 'N6 webhooks/{id}', method: 'DELETE', path: () => '/webhooks/4711', status: 200 },
  { name: 'N7 rewards/{id}', method: 'PUT', path: () => `/rewards/${swag}`, status: 201,
    body: () => ({ ...hook(), event: 'reward_issued', reward_id: swag }) },
  { name: 'N8 rewards/{id}', method: 'DELETE', path: () => `/rewards/${swag}`, status: 200 },
  { name: 'N9 users', method: 'POST', path: () => '/users', status: 201,
    body: () => ({ campaign_id: spring, first_name: 'Mara', email: email('mara') }) },
  { name: 'N10 users/qualify', method: 'POST', path: () => '/users/qualify', status: 200,
    body: async () => ({ code: (await addLead(server, await addReferrer(server, spring))).code }) },
];

describe('the calls as n8n sends them', { concurrency: false }, () => {
  for (const call of CALLS) {
    test(`${call.name} is answered with JSON, on a connection that closes after it`, async () => {
      const body = JSON.stringify(await call.body?.());
      const connection = new RawConnection(server);
      connection.send(requestBytes(call.method, `/api/n8n${call.path()}`, n8nHeaders(server, body), body));
      const answer = await connection.answer();
      assert.equal(answer.status, call.status, answer.text);
      assert.equal(answer.headers.get('content-type'), 'application/json');
      assert.equal(answer.headers.get('content-encoding'), undefined);
      assert.equal(answer.headers.get('connection'), 'close');
      assert.equal(answer.headers.get('cache-control'), 'no-store');
      assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');
      assert.equal(typeof answer.body, 'object', answer.text);
      assert.ok(answer.body && !Array.isArray(answer.body));
      await connection.closed();
    });

    test(`${call.name} takes a slash at the end of its path`, async () => {
      const answer = await asN8n(server, call.method, `${call.path()}/`, await call.body?.());
      assert.equal(answer.status, call.status, answer.text);
    });

    test(`${call.name} answers 401 without a token that is known`, async () => {
      const body = await call.body?.();
      for (const token of [null, 'x'.repeat(80), server.token.slice(1)])
        assertError(await asN8n(server, call.method, call.path(), body, { token }), 401, { message: /^Unauthenticated\./ });
    });
  }

  test('every answer has a request id of its own', async () => {
    const ids = await Promise.all(CALLS.slice(0, 4).map(async (call) => (await asN8n(server, 'GET', call.path())).headers.get('x-request-id')));
    for (const id of ids) assert.match(id, /^[0-9a-f]{16}$/);
    assert.equal(new Set(ids).size, ids.length);
  });

  test('an error names in its body the request id of its header', async () => {
    const answer = await asN8n(server, 'POST', '/users', {});
    assert.equal(answer.body.request_id, answer.headers.get('x-request-id'));
  });

  test('a connection that is kept open takes call after call', async () => {
    const connection = new RawConnection(server);
    const headers = { ...n8nHeaders(server), Connection: null };
    for (let i = 0; i < 3; i++) {
      connection.send(requestBytes('GET', '/api/n8n/test', headers));
      assert.equal((await connection.answer()).status, 200);
    }
    connection.destroy();
  });

  test('a chunked body is read', async () => {
    const body = JSON.stringify({ campaign_id: spring, first_name: 'Mara', email: email() });
    const half = body.length >> 1;
    const chunk = (text) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
    const head = requestBytes('POST', '/api/n8n/users', { ...n8nHeaders(server), 'Transfer-Encoding': 'chunked' });
    const answer = await rawRequest(server, Buffer.concat([head, Buffer.from(`${chunk(body.slice(0, half))}${chunk(body.slice(half))}0\r\n\r\n`)]));
    assert.equal(answer.status, 201, answer.text);
  });
});

describe('lists', () => {
  test('N1 says that the token is valid', async () => {
    const { status, body } = await server.api('GET', '/api/n8n/test');
    assert.equal(status, 200);
    assert.equal(typeof body.message, 'string');
  });

  test('N2 lists every campaign with numbers as ids, drafts and paused ones too, and nothing else of them', async () => {
    const ids = [campaign(server, '--status', 'draft'), campaign(server, '--status', 'paused')];
    const { body } = await server.api('GET', '/api/n8n/campaigns');
    assert.deepEqual(Object.keys(body), ['campaigns']);
    for (const each of body.campaigns) {
      assert.deepEqual(Object.keys(each), ['id', 'name']);
      assert.equal(typeof each.id, 'number');
      assert.equal(typeof each.name, 'string');
    }
    for (const id of [spring, ...ids]) assert.ok(body.campaigns.some((each) => each.id === id));
  });

  test('N3 lists the sources with strings as ids; Api is called API', async () => {
    const { body } = await server.api('GET', '/api/n8n/user-sources');
    assert.deepEqual(body, { sources: SOURCES.map((id) => ({ id, name: id === 'Api' ? 'API' : id })) });
  });

  test('N4 lists only rewards that n8n issues', async () => {
    const others = [reward(server, spring, { issue: 'manual' }), reward(server, spring, { issue: 'webhook' })];
    const { body } = await server.api('GET', '/api/n8n/rewards');
    assert.deepEqual(Object.keys(body), ['rewards']);
    for (const each of body.rewards) assert.deepEqual(Object.keys(each), ['id', 'name']);
    const ids = body.rewards.map((each) => each.id);
    assert.ok(ids.includes(swag));
    for (const id of others) assert.ok(!ids.includes(id));
  });

  test('lists are empty arrays before there is anything', async () => {
    const empty = await startServer();
    try {
      assert.deepEqual((await empty.api('GET', '/api/n8n/campaigns')).body, { campaigns: [] });
      assert.deepEqual((await empty.api('GET', '/api/n8n/rewards')).body, { rewards: [] });
    } finally {
      await empty.stop();
    }
  });
});

describe('who may call', () => {
  const withHeader = (value) =>
    rawRequest(server, requestBytes('GET', '/api/n8n/test', { ...n8nHeaders(server), Authorization: value }));

  test('the scheme is taken in any case', async () => {
    for (const scheme of ['Bearer', 'bearer', 'BEARER', 'bEaReR'])
      assert.equal((await withHeader(`${scheme} ${server.token}`)).status, 200);
  });

  test('a missing, malformed or unknown token is 401 in one shape, with the scheme to use', async () => {
    const values = [null, '', 'Bearer', 'Bearer ', `Basic ${server.token}`, server.token, `Bearer${server.token}`,
      `Bearer ${server.token}x`, `Bearer ${server.token.slice(0, -1)}`, `Bearer ${server.token.toLowerCase()}`,
      `Bearer ${server.token} ${server.token}`, `Bearer "${server.token}"`, `Bearer ${'a'.repeat(5000)}`,
      `Token ${server.token}`, "Bearer ' OR 1=1 --", 'Bearer \xff\xfe'];
    for (const value of values) {
      const answer = await withHeader(value);
      assertError(answer, 401, { message: /^Unauthenticated\./ });
      assert.deepEqual(Object.keys(answer.body), ['code', 'message', 'request_id'], value);
      assert.match(answer.headers.get('www-authenticate'), /^Bearer/);
      assert.equal(answer.headers.get('x-ratelimit-limit'), undefined);
    }
  });

  test('v2 answers 401 in the same shape', async () => {
    for (const [method, path] of [['POST', '/users'], ['GET', '/users/1'], ['POST', '/rewards/issue/1']])
      assertError(await server.api(method, `/api/v2${path}`, undefined, { token: 'wrong' }), 401, { message: /^Unauthenticated\./ });
  });

  test('a token is not taken from query or body', async () => {
    assertError(await server.api('GET', `/api/n8n/test?token=${server.token}&access_token=${server.token}`, undefined, { token: null }), 401);
  });

  test('several tokens work side by side', async () => {
    const second = server.cli('token', 'create', '--name', 'second');
    assert.match(second, /^[0-9A-Za-z]{80}$/);
    for (const token of [server.token, second]) assert.equal((await server.api('GET', '/api/n8n/test', undefined, { token })).status, 200);
  });

  test('what is wrong with the body is not told to strangers', async () => {
    assertError(await server.api('POST', '/api/n8n/users', '{', { token: 'wrong' }), 401);
  });
});

describe('paths and methods', () => {
  test('a path that is none is 404', async () => {
    for (const path of ['/api/n8n', '/api/n8n/', '/api/n8n/nothing', '/api/n8n/users/1/2', '/api/n8n/webhooks/1/2', '/api/v2', '/api/v2/nothing',
      '/api/v9/users', '/api/', '/api/N8N/test', '/api/n8n/Test', '/api/n8n/test%2F', '/api/n8n/test/x'])
      assertError(await server.api('GET', path), 404);
  });

  test('a method that the path does not know is 405 with those that it knows', async () => {
    const cases = [
      ['POST', '/api/n8n/test', ['GET']], ['DELETE', '/api/n8n/campaigns', ['GET']], ['PUT', '/api/n8n/user-sources', ['GET']],
      ['POST', '/api/n8n/rewards', ['GET']], ['GET', '/api/n8n/webhooks', ['POST']], ['PUT', '/api/n8n/webhooks/1', ['DELETE', 'GET']],
      ['POST', `/api/n8n/rewards/${swag}`, ['DELETE', 'PUT']], ['GET', `/api/n8n/rewards/${swag}`, ['DELETE', 'PUT']],
      ['GET', '/api/n8n/users', ['POST']], ['PATCH', '/api/n8n/users/qualify', ['POST']], ['GET', '/api/v2/rewards/issue/1', ['POST']],
      ['POST', '/api/v2/users/1', ['DELETE', 'GET', 'PUT']],
    ];
    for (const [method, path, known] of cases) {
      const answer = await server.api(method, path);
      assertError(answer, 405);
      const allow = answer.headers.get('allow').split(', ').filter((each) => each !== 'HEAD' && each !== 'OPTIONS');
      assert.deepEqual(allow.sort(), known, `${method} ${path}`);
    }
  });

  test('HEAD is a GET without its body', async () => {
    const answer = await fetch(`${server.url}/api/n8n/test`, { method: 'HEAD', headers: { Authorization: `Bearer ${server.token}` } });
    assert.equal(answer.status, 200);
    assert.equal(await answer.text(), '');
  });

  test('the host does not matter', async () => {
    for (const Host of ['referral-factory.com', 'api.referral-factory.com', 'localhost:1', '[::1]'])
      assert.equal((await asN8n(server, 'GET', '/test', undefined, { headers: { Host } })).status, 200);
  });

  test('a query does not get in the way', async () => {
    assert.equal((await server.api('GET', '/api/n8n/campaigns?page=0}&per_page=9999&x[]=1')).status, 200);
  });
});

describe('bodies', () => {
  const post = (type, body = JSON.stringify({ campaign_id: spring, first_name: 'Mara', email: email() })) =>
    rawRequest(server, requestBytes('POST', '/api/n8n/users', { ...n8nHeaders(server, body), 'Content-Type': type }, body));

  test('JSON is taken under its names, and without any', async () => {
    for (const type of ['application/json', 'application/json; charset=utf-8', 'application/json;charset=UTF-8', 'Application/JSON',
      'application/vnd.api+json', null])
      assert.equal((await post(type)).status, 201, type);
  });

  test('other types are 415', async () => {
    for (const type of ['text/plain', 'multipart/form-data; boundary=x', 'application/xml', 'json'])
      assertError(await post(type), 415, { message: /Content-Type: application\/json/ });
  });

  test('what is no JSON object is 400', async () => {
    for (const body of ['', ' ', '{', 'null', '[]', '"text"', '1', 'true', '{"a":1}{}', "{'a':1}", '{"a":1,}', 'NaN', '\ufeff{}', '{"a":01}'])
      assertError(await post('application/json', body), 400);
  });

  test('members that no field names are ignored', async () => {
    const body = { campaign_id: spring, first_name: 'Mara', email: email(), id: 1, code: 'uAAAAAAA', source: 'Direct', account_id: 5,
      qualified_at: '2020-01-01', referrer_id: 1, reach: 100, type: 'person_invited', __proto__x: 1, '': 2 };
    const answer = await server.api('POST', '/api/n8n/users', body);
    assert.equal(answer.status, 201);
    assertUser(server, answer.body.user, { campaign_id: spring, first_name: 'Mara', email: body.email, source: 'N8n', type: 'person_referring' });
  });

  test('GET and DELETE with a body are answered as without one', async () => {
    assert.equal((await asN8n(server, 'GET', '/test', '{')).status, 200);
    assert.equal((await asN8n(server, 'DELETE', '/webhooks/4711', 'nonsense')).status, 200);
  });
});
