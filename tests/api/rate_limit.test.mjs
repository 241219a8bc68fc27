/*
 * 600 calls per token and fixed minute (contract 2.0).
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startServer } from '../lib/server.mjs';
import { assertError } from './kit/errors.mjs';
import { campaign, email, tally } from './kit/world.mjs';

let server;

before(async () => {
  server = await startServer();
});
after(() => server?.stop());

const minute = () => Math.floor(Date.now() / 60_000);
const token = () => server.cli('token', 'create', '--name', 'limited');
const header = (answer, name) => Number(answer.headers.get(name));

/** Runs `body` with a new token until it has run within one minute of the clock. */
async function withinOneMinute(body) {
  for (;;) {
    const start = minute(), own = token();
    const check = await body((method, path, what) => server.api(method, `/api/n8n${path}`, what, { token: own }));
    if (start === minute()) return check();
  }
}

describe('the rate limit', () => {
  test('counts down from 600 in the headers of every answer, errors too', () =>
    withinOneMinute(async (call) => {
      const answers = [await call('GET', '/test'), await call('GET', '/campaigns'), await call('POST', '/users', {}), await call('GET', '/webhooks/1')];
      return () => {
        assert.deepEqual(answers.map((each) => each.status), [200, 200, 422, 404]);
        assert.deepEqual(answers.map((each) => header(each, 'x-ratelimit-limit')), [600, 600, 600, 600]);
        assert.deepEqual(answers.map((each) => header(each, 'x-ratelimit-remaining')), [599, 598, 597, 596]);
      };
    }));

  test('lets a burst of 600 through at once, then answers 429 and does nothing', () =>
    withinOneMinute(async (call) => {
      const id = campaign(server);
      const burst = await Promise.all(Array.from({ length: 600 }, () => call('GET', '/test')));
      const before = tally(server);
      const late = await call('POST', '/users', { campaign_id: id, first_name: 'Mara', email: email() });
      const now = tally(server), left = 60 - (new Date().getUTCSeconds() % 60);
      const other = await server.api('GET', '/api/n8n/test');
      return () => {
        assert.ok(burst.every((each) => each.status === 200));
        assertError(late, 429, { message: /Too many/i });
        const wait = header(late, 'retry-after');
        assert.ok(wait >= 1 && wait <= 60 && Math.abs(wait - left) <= 2, `Retry-After: ${wait}, ${left} s left of the minute`);
        assert.equal(header(late, 'x-ratelimit-limit'), 600);
        assert.equal(header(late, 'x-ratelimit-remaining'), 0);
        assert.deepEqual(now, before);
        assert.equal(other.status, 200, 'another token is not held back');
      };
    }));

  test('can be set and switched off', async () => {
    for (const [limit, answers] of [['3', [200, 200, 200, 429]], ['0', [200, 200, 200, 200]]]) {
      const own = await startServer({ args: ['--rate-limit', limit] });
      try {
        let statuses;
        for (let start; start !== minute(); ) {
          start = minute();
          own.token = own.cli('token', 'create', '--name', 'limited');
          statuses = [];
          for (let i = 0; i < 4; i++) statuses.push((await own.api('GET', '/api/n8n/test')).status);
        }
        assert.deepEqual(statuses, answers);
        const last = await own.api('GET', '/api/n8n/test');
        assert.equal(last.headers.has('x-ratelimit-limit'), limit !== '0');
      } finally {
        await own.stop();
      }
    }
  });
});
