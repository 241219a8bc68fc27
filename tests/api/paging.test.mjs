/*
 * Pages of lists (contract 2.0): links, meta, and what page and per_page may be.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startServer } from '../lib/server.mjs';
import { assertPage } from './kit/shapes.mjs';
import { addReferrer, campaign } from './kit/world.mjs';

const TOTAL = 60;
let server, ids;

before(async () => {
  server = await startServer({ args: ['--rate-limit', '0'] });
  const spring = campaign(server);
  ids = [];
  for (let i = 0; i < TOTAL; i++) ids.unshift((await addReferrer(server, spring)).id);
});
after(() => server?.stop());

const users = (query = '') => server.api('GET', `/api/v2/users${query}`);
const idsOf = (answer) => answer.body.data.map((user) => user.id);

describe('a page', () => {
  test('has 25 rows, the newest first, with links and meta around them', async () => {
    const answer = await users();
    assertPage(server, answer, { path: '/api/v2/users', total: TOTAL });
    assert.deepEqual(idsOf(answer), ids.slice(0, 25));
  });

  test('is found by its number, also with a slash at the end of the path', async () => {
    for (const path of ['/api/v2/users', '/api/v2/users/']) {
      const answer = await server.api('GET', `${path}?page=3`);
      assertPage(server, answer, { path: '/api/v2/users', page: 3, total: TOTAL });
      assert.deepEqual(idsOf(answer), ids.slice(50));
    }
  });

  test('beyond the last is empty and knows where the last is', async () => {
    assertPage(server, await users('?page=4'), { path: '/api/v2/users', page: 4, total: TOTAL });
    const far = await users('?page=99999999999999999999');
    assert.equal(far.status, 200);
  });

  test('that can not be is the first', async () => {
    for (const page of ['0', '-1', '0}', '0%7D', 'x', '', '1.5', '%20']) {
      const answer = await users(`?page=${page}`);
      assert.equal(answer.body.meta.current_page, 1, page);
      assert.deepEqual(idsOf(answer), ids.slice(0, 25), page);
    }
  });

  test('has as many rows as asked for, at most 250', async () => {
    assertPage(server, await users('?per_page=7&page=2'), { path: '/api/v2/users', page: 2, perPage: 7, total: TOTAL, query: '&per_page=7' });
    assertPage(server, await users('?per_page=251'), { path: '/api/v2/users', perPage: 250, total: TOTAL, query: '&per_page=251' });
    for (const rows of ['0', '-5', 'x', '']) assert.equal((await users(`?per_page=${rows}`)).body.meta.per_page, 25, rows);
  });
});

describe('links', () => {
  test('carry filters, order and per_page forward, as they were sent', async () => {
    const query = '&per_page=10&filters[0][field]=source&filters%5B0%5D%5Bvalue%5D=N8n&sort=id&fields=id';
    const answer = await users(`?page=2${query}`);
    assertPage(server, answer, { path: '/api/v2/users', page: 2, perPage: 10, total: TOTAL, query });
  });

  test('followed from the first to the last give everybody once', async () => {
    const seen = [];
    for (let next = `${server.url}/api/v2/users?per_page=9`; next;) {
      const answer = await server.api('GET', next.slice(server.url.length));
      seen.push(...idsOf(answer));
      next = answer.body.links.next;
    }
    assert.deepEqual(seen, ids);
  });

  test('of a search are the same: the body is the client\'s to send again', async () => {
    const answer = await server.api('POST', '/api/v2/users/search?page=2', {});
    assertPage(server, answer, { path: '/api/v2/users/search', page: 2, total: TOTAL });
    assert.deepEqual(idsOf(answer), ids.slice(25, 50));
  });
});
