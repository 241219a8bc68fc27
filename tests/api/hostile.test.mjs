/*
 * Hostile input: whatever is sent, the answer is a clear 4xx in the right shape, nothing is stored, and
 * the server goes on. What may be stored is stored as it is and escaped on every page.
 */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { startServer, until } from '../lib/server.mjs';
import { assertError, assertFieldErrors } from './kit/errors.mjs';
import { n8nHeaders, RawConnection, rawRequest, requestBytes } from './kit/raw.mjs';
import { addLead, addReferrer, campaign, email, pair, reward, sql, tally, unique } from './kit/world.mjs';

let server, spring, swag, lead, stored;

before(async () => {
  server = await startServer({ args: ['--rate-limit', '0', '--webhook-allow', '127.0.0.0/8'] });
  spring = campaign(server);
  swag = reward(server, spring, { issue: 'n8n' });
  ({ lead } = await pair(server, spring));
  stored = tally(server);
});
after(() => server?.stop());
/** Each test says with expectStored() when it means to store something. */
afterEach(async () => {
  assert.equal((await server.api('GET', '/api/n8n/test')).status, 200, 'the server is healthy');
  const expected = stored;
  stored = tally(server); // one test's failure is not the next one's
  assert.deepEqual(stored, expected, 'nothing was stored');
});
const expectStored = () => (stored = tally(server));

const hook = () => `http://127.0.0.1:9/${unique('hook')}`;
const person = (more = {}) => ({ campaign_id: spring, first_name: 'Mara', email: email(), ...more });

/** Calls with a body: a good one, and the kind of each of its fields. */
const CALLS = [
  { family: 'n8n', method: 'POST', path: () => '/api/n8n/users', body: () => person({ referrer: { field: 'id', value: lead.id }, last_name: 'Odum', meta: [], notify: false, promotion: false }),
    fields: { campaign_id: 'id', first_name: 'text', email: 'text', last_name: 'text', referrer: 'object', meta: 'array', notify: 'bool', promotion: 'bool' },
    needed: ['campaign_id', 'first_name', 'email'] },
  { family: 'v2', method: 'POST', path: () => '/api/v2/users', body: () => person(),
    fields: { campaign_id: 'id', first_name: 'text', email: 'text', referrer: 'object', meta: 'array', notify: 'bool', promotion: 'bool' },
    needed: ['campaign_id', 'first_name', 'email'] },
  { family: 'n8n', method: 'POST', path: () => '/api/n8n/users/qualify', body: () => ({ code: lead.code }), fields: { code: 'code', coupon: 'code', campaign_id: 'id', email: 'text' }, needed: [] },
  { family: 'n8n', method: 'POST', path: () => '/api/n8n/webhooks', body: () => ({ url: hook(), event: 'user.join' }),
    fields: { url: 'text', event: 'text', campaign_id: 'id', sources: 'array', reward_id: 'id', expects_ack: 'bool' }, needed: ['url', 'event'] },
  { family: 'n8n', method: 'PUT', path: () => `/api/n8n/rewards/${swag}`, body: () => ({ url: hook(), event: 'reward_issued' }),
    fields: { url: 'text', event: 'text', reward_id: 'id', expects_ack: 'bool' }, needed: ['url'] },
];

const WRONG = {
  id: [0, -1, 1.5, 1e15 + 0.5, true, false, [], [1], {}, 'x', '1x', '-1', '0', '1.0', '0x1', '١', 'NaN', '1;DROP TABLE users', '99999999999999999999'],
  text: [0, 1, -1, 1.5, true, false, [], ['x'], {}, { a: 1 }],
  code: [1.5, true, false, [], ['x'], {}, 'x'.repeat(10_000)],
  bool: [2, -1, 0.5, [], {}, 'yes', 'TRUE', '2'],
  array: ['x', 1, true, {}, { 0: 'x', length: 1 }],
  object: ['x', 1, true, [], ['field', 'value']],
};

describe('wrong types', () => {
  for (const call of CALLS) {
    for (const [field, kind] of Object.entries(call.fields)) {
      test(`${call.method} ${call.path.toString().match(/\/api[^$`']*/)[0]}: ${field} that is no ${kind}`, async () => {
        for (const wrong of WRONG[kind]) assertFieldErrors(await server.api(call.method, call.path(), { ...call.body(), [field]: wrong }), [field], call.family);
      });
    }
    for (const field of call.needed) {
      test(`${call.method} ${call.path.toString().match(/\/api[^$`']*/)[0]}: ${field} missing, null or empty`, async () => {
        for (const value of [undefined, null, '', '   ', '\t\n']) assertFieldErrors(await server.api(call.method, call.path(), { ...call.body(), [field]: value }), [field], call.family);
      });
    }
  }
});

describe('bodies that are no honest JSON', () => {
  const post = (body, more = {}) => rawRequest(server, requestBytes('POST', '/api/n8n/users', { ...n8nHeaders(server, body), ...more }, body));
  /** A good body as text, with `inner` spliced in. */
  const withMember = (inner) => `{"campaign_id":${spring},"first_name":"Mara","email":"${email()}",${inner}}`;
  const withName = (bytes) => Buffer.concat([Buffer.from(`{"campaign_id":${spring},"email":"${email()}","first_name":"`), bytes, Buffer.from('"}')]);

  test('nested deeply', async () => {
    for (const [open, close] of [['[', ']'], ['{"a":', '}'], ['[{"a":', '}]']]) {
      for (const depth of [65, 1000, 100_000])
        assertError(await post(withMember(`"meta":${open.repeat(depth)}1${close.repeat(depth)}`).slice(0, 1_000_000)), 400);
      assertError(await post(open.repeat(100_000)), 400);
    }
    assertError(await post(`${'['.repeat(500_000)}${']'.repeat(500_000)}`), 400);
  });

  test('bad UTF-8', async () => {
    for (const bytes of [[0xff], [0xc3], [0xc3, 0x28], [0xc0, 0xaf], [0xe0, 0x80, 0xaf], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xf4, 0x90, 0x80, 0x80], [0x80], [0xf0, 0x9f, 0x98]])
      assertError(await post(withName(Buffer.from(bytes))), 400);
    assertError(await post(Buffer.from(JSON.stringify(person()), 'utf16le')), 400);
  });

  test('NUL, as a byte and as \\u0000, and other raw control bytes', async () => {
    for (const byte of [0, 1, 8, 9, 10, 13, 31]) assertError(await post(withName(Buffer.from([0x61, byte, 0x62]))), 400);
    for (const body of [withName(Buffer.from('a\\u0000b')), withMember('"meta":[{"field":"a\\u0000b","value":1}]'), withMember('"a\\u0000b":1'), withMember('"meta":[{"field":"a","value":"\\u0000"}]')]) {
      const answer = await post(body);
      assert.ok(answer.status === 400 || answer.status === 422, answer.text);
      assertError(answer, answer.status);
    }
    assertError(await post(Buffer.concat([Buffer.from(JSON.stringify(person())), Buffer.from([0])])), 400);
  });

  test('lone surrogates', async () => {
    for (const text of ['\\ud800', '\\udc00', '\\ud83d\\ud83d', 'a\\udfff', '\\ud800\\u0041']) assertError(await post(withName(Buffer.from(text))), 400);
  });

  test('escapes that are none', async () => {
    for (const text of ['\\x41', '\\u12', '\\u', '\\', '\\u{41}', '\\ud83d\\ude']) assertError(await post(withName(Buffer.from(text))), 400);
  });

  test('the same member twice', async () => {
    assertError(await post(withMember('"first_name":"Eve"')), 400);
    assertError(await post(withMember(`"campaign_id":${spring}`)), 400);
    assertError(await post(withMember('"meta":[{"field":"a","field":"b","value":1}]')), 400);
  });

  test('numbers beyond all bounds', async () => {
    for (const number of ['9223372036854775808', '-9223372036854775809', '1e400', '-1e400', '9'.repeat(5000), `1e${'9'.repeat(100)}`, '1E+999999999']) {
      const answer = await post(`{"campaign_id":${number},"first_name":"Mara","email":"${email()}"}`);
      assert.ok(answer.status === 400 || answer.status === 422, `${number.slice(0, 30)}: ${answer.text}`);
      assertError(answer, answer.status);
    }
    for (const number of ['9223372036854775807', '9007199254740993', '1e2', '412.0', '-0', '0.0'])
      assertFieldErrors(await post(`{"campaign_id":${number},"first_name":"Mara","email":"${email()}"}`), ['campaign_id']);
  });

  test('a number with a hundred thousand digits in a field that keeps what it gets', async () => {
    const answer = await post(withMember(`"meta":[{"field":"a","value":${'9'.repeat(100_000)}}]`));
    assert.ok(answer.status === 400 || answer.status === 422, answer.text.slice(0, 200));
  });

  test('cut off, trailing and not strict', async () => {
    const body = JSON.stringify(person());
    for (const wrong of [body.slice(0, -1), `${body}x`, `${body}${body}`, body.replaceAll('"', "'"), `/**/${body}`, `${body}//`, withMember('"a":1,'), withMember('a:1'), withMember('"a":undefined'),
      withMember('"a":+1'), withMember('"a":.5'), withMember('"a":1.'), withMember('"a":0x10'), withMember('"a":Infinity'), `[${body}]`, `"${body.replaceAll('"', '\\"')}"`])
      assertError(await post(wrong), 400);
  });
});

describe('size', () => {
  const MEGABYTE = 1024 * 1024;

  test('a body of exactly one megabyte is read and judged', async () => {
    for (const field of ['first_name', 'email']) {
      const body = JSON.stringify({ ...person(), [field]: 'x' });
      const full = body.replace('"x"', `"${'x'.repeat(MEGABYTE - body.length + 1)}"`);
      assert.equal(full.length, MEGABYTE);
      assertFieldErrors(await server.api('POST', '/api/n8n/users', full), [field]);
    }
  });

  test('a body beyond one megabyte is 413, by its Content-Length or by its chunks', async () => {
    const headers = n8nHeaders(server, 'x');
    assertError(await rawRequest(server, requestBytes('POST', '/api/n8n/users', { ...headers, 'Content-Length': MEGABYTE + 1 })), 413);
    assertError(await rawRequest(server, requestBytes('POST', '/api/n8n/users', { ...headers, 'Content-Length': '9'.repeat(30) })), 413);
    const chunked = requestBytes('POST', '/api/n8n/users', { ...headers, 'Content-Length': null, 'Transfer-Encoding': 'chunked' });
    const chunk = `10000\r\n${' '.repeat(65536)}\r\n`;
    assertError(await rawRequest(server, Buffer.concat([chunked, Buffer.from(chunk.repeat(17))])), 413);
  });

  test('a megabyte of small members, of one key, and of white space', async () => {
    const members = Array.from({ length: 60_000 }, (_, i) => `"k${i}":${i}`).join(',');
    assertError(await server.api('POST', '/api/n8n/users', `{${members}}`), 422);
    assertError(await server.api('POST', '/api/n8n/users', `{"${'k'.repeat(MEGABYTE - 10)}":1}`), 422);
    assertError(await server.api('POST', '/api/n8n/users', ' '.repeat(MEGABYTE)), 400);
    assertError(await server.api('POST', '/api/n8n/users', { ...person(), meta: Array.from({ length: 20_000 }, () => ({ field: 'a', value: 1 })) }), 422);
    assertError(await server.api('POST', '/api/n8n/webhooks', { url: hook(), event: 'user.join', sources: Array(50_000).fill('Nobody') }), 422);
  });

  test('long values in paths and queries', async () => {
    assertError(await server.api('GET', `/api/v2/users/${'a'.repeat(7000)}`), 404);
    assertError(await server.api('GET', `/api/v2/users/${'9'.repeat(7000)}`), 404);
    assertError(await server.api('GET', `/api/v2/users/${'%41'.repeat(2000)}`), 404);
    assertError(await server.api('GET', `/api/v2/users/999999?${'x=1&'.repeat(1500)}`), 404);
    assertError(await server.api('GET', `/api/v2/users/${'a'.repeat(20_000)}`), 414);
  });

  test('ten thousand headers, and one of ten thousand bytes times four', async () => {
    const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`X-${i}`, 'x']));
    assertError(await rawRequest(server, requestBytes('GET', '/api/n8n/test', { ...n8nHeaders(server), ...many })), 431);
    assertError(await rawRequest(server, requestBytes('GET', '/api/n8n/test', { ...n8nHeaders(server), 'X-Long': 'x'.repeat(40_000) })), 431);
  });
});

describe('requests that are malformed', () => {
  const good = () => n8nHeaders(server, '{}');
  const cases = {
    'two lengths': () => requestBytes('POST', '/api/n8n/users', { ...good(), 'content-length': 3 }, '{}'),
    'length and chunks': () => requestBytes('POST', '/api/n8n/users', { ...good(), 'Transfer-Encoding': 'chunked' }, '0\r\n\r\n'),
    'a length with a sign': () => requestBytes('POST', '/api/n8n/users', { ...good(), 'Content-Length': '+2' }, '{}'),
    'a negative length': () => requestBytes('POST', '/api/n8n/users', { ...good(), 'Content-Length': '-1' }, '{}'),
    'a length in hexadecimal': () => requestBytes('POST', '/api/n8n/users', { ...good(), 'Content-Length': '0x2' }, '{}'),
    'no host': () => requestBytes('GET', '/api/n8n/test', { ...good(), Host: null, 'Content-Length': null }),
    'two hosts': () => requestBytes('GET', '/api/n8n/test', { ...good(), 'content-length': null, 'Content-Length': null, host: 'x' }),
    'a folded header': () => Buffer.from('GET /api/n8n/test HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n'),
    'bare line feeds': () => Buffer.from('GET /api/n8n/test HTTP/1.1\nHost: x\n\n'),
    'a NUL in a header': () => Buffer.from('GET /api/n8n/test HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n'),
    'a NUL in the path': () => Buffer.from('GET /api/n8n/te\0st HTTP/1.1\r\nHost: x\r\n\r\n'),
    'a space before the colon': () => Buffer.from('GET /api/n8n/test HTTP/1.1\r\nHost : x\r\n\r\n'),
    'no version': () => Buffer.from('GET /api/n8n/test\r\nHost: x\r\n\r\n'),
    'a chunk size that is none': () => requestBytes('POST', '/api/n8n/users', { ...good(), 'Content-Length': null, 'Transfer-Encoding': 'chunked' }, 'zz\r\n'),
    'two slashes first': () => Buffer.from('GET //evil.example/ HTTP/1.1\r\nHost: x\r\n\r\n'),
    'TLS': () => Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03]),
  };
  for (const [name, bytes] of Object.entries(cases)) {
    test(`${name}: 400 and the connection ends`, async () => {
      const connection = new RawConnection(server);
      assertError(await connection.send(bytes()).answer(), 400);
      await connection.closed();
    });
  }

  test('methods that are unknown are 405 or 501', async () => {
    for (const method of ['TRACE', 'CONNECT', 'BREW', 'get', 'PROPFIND']) {
      const answer = await rawRequest(server, requestBytes(method, '/api/n8n/test', n8nHeaders(server)));
      assert.ok([400, 405, 501].includes(answer.status), answer.text);
    }
  });

  test('a request behind another on the same connection is its own', async () => {
    const body = JSON.stringify({ code: 'uAAAAAAA' });
    const connection = new RawConnection(server);
    const headers = { ...n8nHeaders(server, body), Connection: null };
    connection.send(Buffer.concat([requestBytes('POST', '/api/n8n/users/qualify', headers, body), requestBytes('GET', '/api/n8n/test', { ...headers, 'Content-Length': null })]));
    assert.equal((await connection.answer()).status, 404);
    assert.equal((await connection.answer()).status, 200);
    connection.destroy();
  });
});

describe('slow and cut requests', () => {
  test('one that comes byte by byte is answered', async () => {
    const body = JSON.stringify({ code: 'uAAAAAAA' });
    const connection = new RawConnection(server);
    for (const byte of requestBytes('POST', '/api/n8n/users/qualify', n8nHeaders(server, body), body)) {
      connection.send(Buffer.from([byte]));
      await new Promise(setImmediate);
    }
    assert.equal((await connection.answer()).status, 404);
    connection.destroy();
  });

  test('one that is cut off does nothing', async () => {
    const body = JSON.stringify(person());
    const bytes = requestBytes('POST', '/api/n8n/users', n8nHeaders(server, body), body);
    for (const part of [0.1, 0.5, 0.9, 0.99]) {
      const connection = new RawConnection(server);
      connection.send(bytes.subarray(0, Math.floor(bytes.length * part)));
      await new Promise(setImmediate);
      connection.destroy();
    }
  });

  test('two hundred that wait do not keep others from an answer', async () => {
    const waiting = Array.from({ length: 200 }, () => new RawConnection(server).send('POST /api/n8n/users HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{'));
    const began = performance.now();
    for (let i = 0; i < 20; i++) assert.equal((await server.api('GET', '/api/n8n/test')).status, 200);
    assert.ok(performance.now() - began < 5000);
    for (const each of waiting) each.destroy();
  });
});

describe('ids that are unknown', () => {
  const ids = ['0', '-1', '999999', '9223372036854775807', '9223372036854775808', '1e3', '0x1', '%20', '%00', '..', '%2e%2e%2f', "1'--", '1;2', '1 OR 1=1', 'null', 'true', '[]', '{}', '\u{1f600}', '%ff'];
  const calls = [['GET', '/api/v2/users/', [404]], ['GET', '/api/n8n/webhooks/', [404]], ['DELETE', '/api/n8n/webhooks/', [200]], ['DELETE', '/api/n8n/rewards/', [200]], ['POST', '/api/v2/rewards/issue/', [404]]];
  for (const [method, path, statuses] of calls) {
    test(`${method} ${path}{id}`, async () => {
      for (const id of ids) {
        const target = `${path}${/^[\x21-\x7e]+$/.test(id) ? id : encodeURIComponent(id)}`;
        const answer = await rawRequest(server, requestBytes(method, target, n8nHeaders(server)));
        assert.ok([...statuses, 404, 405, 400].includes(answer.status), `${target}: ${answer.text}`);
        assert.equal(typeof answer.body?.message, 'string', target);
      }
    });
  }
});

describe('texts that mean something elsewhere', () => {
  const NAMES = ["Robert'); DROP TABLE users;--", "' OR '1'='1", '"; SELECT 1; --', '<script>alert(1)</script>', '"><img src=x onerror=alert(1)>', "javascript:alert('x')", '{{7*7}}', '${7*7}', '%s%n%d', '../../etc/passwd',
    '=1+1', '&lt;b&gt;', '<!--', ']]>', '`id`', '$(id)', 'a\\b', '\\u0041', '/**/', 'null', '0'];

  test('are kept as they are as names', async () => {
    for (const name of NAMES) {
      const { status, body } = await server.api('POST', '/api/n8n/users', person({ first_name: name }));
      assert.equal(status, 201, name);
      assert.equal(body.user.first_name, name);
      assert.equal((await server.api('GET', `/api/v2/users/${body.user.id}`)).body.data.first_name, name);
    }
    const kept = new Set(sql(server, 'SELECT first_name FROM users').map((each) => each.first_name));
    for (const name of NAMES) assert.ok(kept.has(name));
    expectStored();
  });

  test('are escaped on every page that shows them', async () => {
    const evil = `<script>alert("x")</script>'&`;
    const id = Number(server.cli('campaign', 'create', '--name', evil, '--offer', evil));
    const [{ code }] = server.cli('campaign', 'list', '--json').split('\n').map((line) => JSON.parse(line)).filter((each) => each.id === id);
    const user = await addReferrer(server, id, { first_name: evil });
    const pages = [`/${user.code}`, `/${code}/signup`, `/${user.code}/welcome`, `/${user.code}/thank-you`, `/${user.code}/qr-code.svg`];
    for (const path of pages) {
      const response = await fetch(server.url + path);
      const text = await response.text();
      assert.ok(!text.includes('<script>alert'), `${path}: ${text}`);
      assert.ok(!/alert\("x"\)/.test(text), path);
      assert.ok(response.status < 500, path);
    }
    assert.match(await (await fetch(`${server.url}/${user.code}`)).text(), /&lt;script&gt;alert\(&(quot|#34);x&(quot|#34);\)&lt;\/script&gt;&#39;&amp;/);
    expectStored();
  });

  test('are escaped in a form that comes back with errors', async () => {
    const user = await addReferrer(server, spring);
    const response = await fetch(`${server.url}/${user.code}`, { method: 'POST', body: new URLSearchParams({ first_name: '"><script>alert(1)</script>', email: '"><script>alert(2)</script>' }) });
    const text = await response.text();
    assert.equal(response.status, 422);
    assert.ok(!text.includes('<script>alert'), text);
    expectStored();
  });

  test('control and direction characters are refused in names', async () => {
    for (const name of ['a\u0001b', 'a\u001bb', 'a\u007f', 'a\u009fb', 'a\rb', 'a\nb', 'a\tb', '\u202eabc', 'a\u202a', 'a\u2066b', 'a\u2069'])
      assertFieldErrors(await server.api('POST', '/api/n8n/users', person({ first_name: name })), ['first_name']);
  });

  test('line ends in any field do not reach a header or a log line', async () => {
    assertFieldErrors(await server.api('POST', '/api/n8n/users', person({ email: 'a@example.org\r\nX-Evil: 1' })), ['email']);
    const answer = await rawRequest(server, requestBytes('GET', '/api/v2/users/a%0d%0aX-Evil:%201', n8nHeaders(server)));
    assert.equal(answer.status, 404);
    assert.equal(answer.headers.get('x-evil'), undefined);
    for (const line of server.log.trim().split('\n')) assert.doesNotThrow(() => JSON.parse(line), line);
  });

  test('labels of extra fields are held to the same rules as names', async () => {
    for (const field of ['a\u0001b', 'a\nb', '\u202eabc', 'x'.repeat(5000)]) assertFieldErrors(await server.api('POST', '/api/n8n/users', person({ meta: [{ field, value: 1 }] })), ['meta']);
  });

  test('a last name is held to the same rules as a first name', async () => {
    for (const last_name of ['a\u0001b', 'a\nb', '\u202eabc', 'x'.repeat(101)]) {
      const answer = await server.api('POST', '/api/n8n/users', person({ last_name }));
      assertError(answer, 422);
    }
  });

  test('a name that nobody can see is none: spaces and joiners of all kinds', async () => {
    for (const name of ['\u00a0', '\u200b', '\u2003\u3000', '\u200d', '\ufeff', '\u2060', '\u3164']) assertFieldErrors(await server.api('POST', '/api/n8n/users', person({ first_name: name })), ['first_name']);
  });

  test('line and paragraph separators are refused in names, invisible characters in addresses', async () => {
    for (const name of ['a\u2028b', 'a\u2029b']) assertFieldErrors(await server.api('POST', '/api/n8n/users', person({ first_name: name })), ['first_name']);
    for (const address of ['a\u200b@example.org', 'a\u00a0b@example.org', 'a@exam\u200bple.org', '\ufeffa@example.org', 'a\u00ad@example.org'])
      assertFieldErrors(await server.api('POST', '/api/n8n/users', person({ email: address })), ['email']);
  });

  test('joiners inside a name stay: scripts and emoji need them', async () => {
    for (const name of ['علی\u200cرضا', 'क्\u200dष', '👩\u200d🚀']) assert.equal((await server.api('POST', '/api/n8n/users', person({ first_name: name }))).status, 201);
    expectStored();
  });

  test('members named like parts of JavaScript objects do no harm', async () => {
    const { status, body } = await server.api('POST', '/api/n8n/users', `{"campaign_id":${spring},"first_name":"Mara","email":"${email()}","__proto__":{"x":1},"constructor":1}`);
    assert.equal(status, 201);
    assert.equal(body.user.first_name, 'Mara');
    expectStored();
  });
});

describe('a crowd', () => {
  test('five hundred broken calls at once are each answered with a 4xx', async () => {
    const bodies = ['{', '[]', '{}', '{"code":1.5}', '\ufeff', '{"campaign_id":"x"}', '{"a":"\\ud800"}', JSON.stringify(person({ email: 'x' })), JSON.stringify(person({ first_name: 'a\u0001' }))];
    const answers = await Promise.all(Array.from({ length: 500 }, (_, i) => server.api('POST', i % 2 ? '/api/n8n/users' : '/api/v2/users', bodies[i % bodies.length])));
    for (const answer of answers) assert.ok(answer.status >= 400 && answer.status < 500, answer.text);
  });

  test('refused commands do not take good ones of the same moment with them', async () => {
    const good = Array.from({ length: 100 }, () => person());
    const answers = await Promise.all(Array.from({ length: 300 }, (_, i) => server.api('POST', '/api/n8n/users', i % 3 ? person({ email: 'x' }) : good[i / 3])));
    answers.forEach((answer, i) => assert.equal(answer.status, i % 3 ? 422 : 201, answer.text));
    assert.equal(tally(server).users, stored.users + 100);
    expectStored();
  });

  test('no answer was a 5xx, and nothing failed inside', async () => {
    await until(() => server.log.length > 0);
    const bad = server.log.split('\n').filter((line) => /"level":"(error|warn)"/.test(line));
    assert.deepEqual(bad, []);
  });
});
