/*
 * Made from /openapi.json, so that no route can be forgotten: bad input for every field, ids of another account, tokens
 * that lack the scope or are none. Whatever is refused has changed nothing.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startServer } from '../lib/server.mjs';
import { bodyFor, fill, generatedWorld, MARK, misfits, namesThing, pictureOf, UNREADABLE } from './kit/generated.mjs';

let server, operations, own, other;

before(async () => {
  server = await startServer({ args: ['--rate-limit', '0', '--webhook-allow', '127.0.0.0/8', '--webhook-schedule', '3600'] });
  ({ operations, own, other } = await generatedWorld(server));
});
after(() => server?.stop());

const INBOUND = (operation) => operation.path.startsWith('/webhook/');
const withBearer = () => operations.filter((operation) => !INBOUND(operation));
const shown = (value) => JSON.stringify(value)?.slice(0, 60);

/** Sends a body to a route with our own ids in its path. */
const send = (route, body, options) => server.api(route.method, fill(route, own), route.method === 'GET' ? undefined : body, options);

/** Runs `calls` for each of the routes; afterwards the database is as it was, and nothing but 4xx was answered. */
async function changesNothing(routes, calls) {
  const failures = [];
  for (const route of routes) {
    const before = pictureOf(server);
    for (const failure of (await Promise.all(calls(route))).flat()) if (failure) failures.push(`${route.where}: ${failure}`);
    if (pictureOf(server) !== before) failures.push(`${route.where}: something was changed`);
  }
  assert.deepEqual(failures, []);
}

const asking = (where, query) => (query ? where + (where.includes('?') ? '&' : '?') + query : where);

const refusal = (answer, what, fits) =>
  answer.status >= 400 && answer.status < 500 && fits(answer) ? undefined : `${what} → ${answer.status} ${answer.text.slice(0, 160)}`;

describe('bad input', () => {
  const withBody = () => withBearer().filter(({ fields }) => Object.keys(fields).length);

  test('of any field is refused by its name', () =>
    changesNothing(withBody(), (route) =>
      Object.entries(route.fields).flatMap(([name, schema]) =>
        misfits(schema).map(async ([kind, value]) => {
          const answer = await send(route, { ...bodyFor(route, own), [name]: value });
          const fits = ({ status, body }) => (status === 422 && name in (body?.errors ?? {})) || (kind === 'too long' && status === 413);
          return refusal(answer, `${name}, ${kind}: ${shown(value)}`, fits);
        }),
      ),
    ));

  test('of a query parameter is refused by its name', () =>
    changesNothing(withBearer(), (route) =>
      route.operation.parameters
        .filter(({ in: where, schema }) => where === 'query' && schema?.type === 'integer')
        .flatMap(({ name, schema }) =>
          misfits(schema)
            .filter(([, value]) => typeof value !== 'object')
            .map(async ([kind, value]) => {
              const answer = await server.api(route.method, asking(fill(route, own).replace(/\?.*/, ''), new URLSearchParams({ [name]: value })), bodyOf(route));
              return refusal(answer, `${name}, ${kind}: ${shown(value)}`, ({ status, body }) => status === 422 && name in (body?.errors ?? {}));
            }),
        ),
    ));

  test('without a needed field is refused by the names of all', () =>
    changesNothing(withBody().filter(({ needed }) => needed.length), (route) =>
      [{}, Object.fromEntries(route.needed.map((name) => [name, null]))].map(async (body) =>
        refusal(await send(route, body), shown(body), (answer) => answer.status === 422 && route.needed.every((name) => name in (answer.body?.errors ?? {}))),
      ),
    ));

  test('that is no JSON object is refused', () =>
    changesNothing(withBody(), (route) =>
      Object.entries(UNREADABLE).map(async ([what, text]) => refusal(await send(route, text), what, ({ body }) => /\S/.test(body?.message))),
    ));

  test('in a path is a 404', () =>
    changesNothing(withBearer().filter(namesThing), (route) =>
      ['0', '-1', 'nobody', '99999999999999999999', '1e3', "1' OR '1'='1", 'x'.repeat(3000)].map(async (name) => {
        const answer = await server.api(route.method, fill(route, own, name), bodyOf(route));
        return isLenient(route) && answer.status === 200 ? undefined : refusal(answer, name, ({ status }) => status === 404);
      }),
    ));
});

const bodyOf = (route) => (route.method === 'GET' ? undefined : bodyFor(route, own));

/* Removing what is not there is no error to n8n (contract 2.1, N6 and N8). */
const isLenient = ({ where }) => /^DELETE \/api\/n8n\/(webhooks|rewards)\//.test(where);

describe('another account', () => {
  const leaks = ({ text }) => text.includes(MARK);

  test('is a 404 in every path, and stays as it is', () =>
    changesNothing(withBearer().filter(namesThing), (route) => {
      const names = [undefined, ...(route.path.includes('/users/{identifier}') ? [other.user.code, other.user.email] : [])];
      return names.map(async (name) => {
        const answer = await server.api(route.method, fill(route, other, name), bodyOf(route));
        if (leaks(answer)) return `shows what is another's: ${answer.text.slice(0, 200)}`;
        return isLenient(route) && answer.status === 200 ? undefined : refusal(answer, name ?? 'its id', ({ status }) => status === 404);
      });
    }));

  test('can not be named in a body', () => {
    const theirs = {
      campaign_id: [other.campaign],
      reward_id: [other.reward],
      code: [other.lead.code],
      referrer_code: [other.user.code],
      coupon: [other.coupon],
      referrer: ['id', 'code', 'email'].map((field) => ({ field, value: other.user[field] })),
    };
    /* Things stay in their campaign, and an unknown coupon keeps nobody from joining. */
    const ignored = ({ method, where }, name) =>
      (name === 'campaign_id' && method === 'PUT' && /\/(users|rewards)\/\{/.test(where)) || (name === 'coupon' && /^POST .*\/users$/.test(where));
    return changesNothing(withBearer(), (route) =>
      Object.keys(route.fields)
        .filter((name) => name in theirs && !ignored(route, name))
        .flatMap((name) =>
          theirs[name].map(async (value) => {
            const answer = await send(route, { ...bodyFor(route, own), [name]: value });
            if (leaks(answer)) return `shows what is another's: ${answer.text.slice(0, 200)}`;
            return refusal(answer, `${name}: ${shown(value)}`, ({ status }) => status === 404 || status === 422);
          }),
        ),
    );
  });

  test('is in no list', () =>
    changesNothing(withBearer().filter(({ method, where }) => method === 'GET' || where.endsWith('/search')), (route) =>
      ['', `campaign_id=${other.campaign}`, `filters[0][field]=campaign_id&filters[0][value]=${other.campaign}`].map(async (query) => {
        const answer = await server.api(route.method, asking(fill(route, own), query), route.method === 'GET' ? undefined : {});
        if (answer.status >= 500) return `${query} → ${answer.status}`;
        return leaks(answer) ? `${query} shows what is another's` : undefined;
      }),
    ));
});

describe('tokens', () => {
  test('that lack the scope are refused, and told which', async () => {
    const all = new Set(operations.map(({ scope }) => scope).filter(Boolean));
    const lacking = new Map();
    for (const scope of all) {
      const scopes = [...all].filter((each) => each !== scope);
      const { status, text, body } = await server.api('POST', '/api/v2/tokens', { name: `without ${scope}`, scopes });
      assert.equal(status, 201, text);
      lacking.set(scope, body.data.token);
    }
    await changesNothing(withBearer().filter(({ scope }) => scope), (route) => [
      send(route, bodyOf(route), { token: lacking.get(route.scope) }).then((answer) =>
        refusal(answer, 'a token without the scope', ({ status, body }) => status === 403 && body.message.includes(route.scope)),
      ),
    ]);
  });

  test('are needed, and must be good', () =>
    changesNothing(withBearer(), (route) =>
      [null, 'x', 'o'.repeat(79), 'o'.repeat(5000)].map(async (token) =>
        refusal(await send(route, bodyOf(route), { token }), `the token ${shown(token)}`, ({ status, headers }) => status === 401 && headers.get('www-authenticate') === 'Bearer'),
      ),
    ));

  test('in a path must be good, and of the inbound kind', () =>
    changesNothing(operations.filter(INBOUND), (route) =>
      ['x', server.token, other.token].map(async (token) =>
        refusal(await server.api(route.method, route.path.replace('{token}', token), bodyFor(route, own), { token: null }), 'no inbound token', ({ status }) => status === 404),
      ),
    ));
});
