/*
 * /openapi.json: a valid OpenAPI 3.1 document that has every route, and nothing that leads nowhere.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { Validator } from '@seriousme/openapi-schema-validator';
import { AnswerSchemas } from '../lib/schemas.mjs';
import { startServer } from '../lib/server.mjs';
import { operationsOf } from './kit/openapi.mjs';

let server, answer, document, operations;

before(async () => {
  server = await startServer();
  answer = await server.api('GET', '/openapi.json', undefined, { token: null });
  document = answer.body;
  operations = operationsOf(document);
});
after(() => server?.stop());

/** Calls `visit` with each object of the document. */
function walk(value, visit) {
  if (value === null || typeof value !== 'object') return;
  visit(value);
  Object.values(value).forEach((member) => walk(member, visit));
}

const pointed = (ref) => ref.slice(2).split('/').reduce((at, name) => at?.[name], document);

describe('the API document', () => {
  test('is served to anybody, from anywhere', () => {
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.headers.get('content-type'), 'application/json');
    assert.equal(answer.headers.get('access-control-allow-origin'), '*');
  });

  test('only answers GET', async () => {
    const { status, headers } = await server.api('POST', '/openapi.json', {});
    assert.equal(status, 405);
    assert.equal(headers.get('allow'), 'GET, HEAD');
  });

  test('is valid OpenAPI 3.1', async () => {
    const { valid, errors } = await new Validator().validate(structuredClone(document));
    assert.ok(valid, JSON.stringify(errors, null, 2));
    assert.match(document.openapi, /^3\.1\./);
  });

  test('passes a linter at its strictest', async () => {
    const config = await createConfig({ extends: ['recommended-strict'] });
    const problems = await lintFromString({ source: answer.text, absoluteRef: 'openapi.json', config });
    assert.deepEqual(problems.map(({ ruleId, message, location }) => `${ruleId}: ${message} ${location[0]?.pointer}`), []);
  });

  test('names this server', () => assert.deepEqual(document.servers, [{ url: server.url }]));

  test('has no $ref that leads nowhere, and no schema that nothing leads to', () => {
    const used = new Set();
    walk(document, ({ $ref }) => {
      if (typeof $ref !== 'string') return;
      assert.ok(pointed($ref), `${$ref} is missing in src/api/spec/openapi.json`);
      used.add($ref);
    });
    const schemas = Object.keys(document.components.schemas).map((name) => `#/components/schemas/${name}`);
    assert.deepEqual(schemas.filter((ref) => !used.has(ref)), []);
  });

  test('has each route once, with its own name', () => {
    const written = answer.text.match(/"operationId":"[^"]*"/g);
    assert.equal(written.length, operations.length, 'a route that stands behind another with its method and path');
    assert.equal(new Set(written).size, written.length);
  });

  test('knows the parameters of each path', () => {
    for (const { where, path, operation } of operations) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
      const declared = operation.parameters.filter((parameter) => parameter.in === 'path');
      assert.deepEqual(declared.map((parameter) => parameter.name), inPath, where);
    }
  });

  test('requires no member that it does not describe', () => {
    walk(document, ({ required, properties }) => {
      if (!Array.isArray(required)) return;
      assert.deepEqual(required.filter((name) => !(name in properties)), []);
    });
  });

  test('says what each call takes, gives and needs', () => {
    for (const { where, operation } of operations) {
      assert.match(operation.summary, /^[A-Z].*[^.]$/, where);
      assert.deepEqual(Object.keys(operation.responses), ['2XX', '4XX', '5XX'], where);
      for (const [name, field] of Object.entries(operation.requestBody?.content['application/json'].schema.properties ?? {}))
        assert.match(field.description ?? '', /\S/, `${where}: ${name}`);
    }
  });

  test('has the routes that the contract names', () => {
    const names = new Set(operations.map(({ where }) => where.replace(/\{\w+\}/g, '{}')));
    for (const where of ['GET /api/n8n/test', 'POST /api/v1/users', 'POST /api/v2/users', 'PUT /api/v2/users/{}', 'GET /api/v2/rewards/due/{}'])
      assert.ok(names.has(where), where);
  });

  test('describes the events that webhooks get, each with an example (WH-05)', () => {
    assert.deepEqual(Object.keys(document.webhooks), ['user.join', 'user.qualified', 'reward_issued', 'login.requested', 'webhook.trouble']);
    const schemas = new AnswerSchemas(document);
    for (const [event, { post }] of Object.entries(document.webhooks)) {
      const { example } = post.requestBody.content['application/json'];
      assert.equal(example.event, event);
      schemas.checkEvent(event, example);
    }
  });
});

describe('comparing answers with it', () => {
  const answer = (status, body) => ({ status, body, text: JSON.stringify(body) });
  const check = (...args) => () => new AnswerSchemas(document).check(...args);

  test('lets pass what is as described', () => {
    check('GET', '/api/n8n/test', answer(200, { message: 'Fine.' }))();
    check('GET', '/api/v2/users/7?fields=id', answer(200, { data: { id: 7 } }))();
    check('GET', '/api/v2/users/7', answer(404, { code: 404, message: 'Nobody.', request_id: '0' }))();
  });

  for (const [what, where, status, body] of [
    ['a member that is missing', '/api/v2/users/7', 200, { data: { id: 7 } }],
    ['a member of another type', '/api/n8n/test', 200, { message: 5 }],
    ['a member that is not described', '/api/n8n/test', 200, { message: 'Fine.', secret: 's' }],
    ['an error without a message', '/api/v2/users/7', 404, { code: 404 }],
    ['a v2 error in the shape of v1', '/api/v2/users/7', 422, { code: 422, message: 'No.', errors: { email: ['No.'] } }],
    ['what is no JSON', '/api/n8n/test', 200, undefined],
  ])
    test(`notices ${what}`, () => assert.throws(check('GET', where, answer(status, body)), /unlike its schema/));
});
