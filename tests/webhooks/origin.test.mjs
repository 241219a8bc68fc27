/*
 * Where deliveries come from: in the transaction of their cause, as bytes that stay as they are. The kills need a build
 * with failpoints (base/failpoint.h).
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startReceiver } from '../api/kit/receiver.mjs';
import { campaign, sql, unique } from '../api/kit/world.mjs';
import { startServer, until } from '../lib/server.mjs';

const ARGS = ['--rate-limit', '0', '--webhook-allow', '127.0.0.0/8'];
const join = (server, campaignId, more = {}) =>
  server.api('POST', '/api/v2/users', { campaign_id: campaignId, first_name: 'Ada', email: `${unique('ada')}@example.org`, ...more });
const count = (server, table) => sql(server, `SELECT count(*) AS n FROM ${table}`)[0].n;

describe('a server that is killed', () => {
  const WEBHOOKS = 1000; // as many as an account may have
  let server, campaignId;

  before(async () => {
    server = await startServer({ args: ARGS });
    campaignId = campaign(server);
    const { body } = await server.api('POST', '/api/v2/webhooks', { url: 'http://127.0.0.1:9/0', event: 'user.join' });
    const columns = sql(server, "SELECT group_concat(name) AS names FROM pragma_table_info('webhook') WHERE name NOT IN ('id', 'url')")[0].names;
    await server.stop({ keep: true });
    sql(server, `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${WEBHOOKS - 1})
      INSERT INTO webhook (id, url, ${columns}) SELECT ${body.data.id} + i, 'http://127.0.0.1:9/' || i, ${columns} FROM n, webhook`);
    assert.equal(count(server, 'webhook'), WEBHOOKS);
  });
  after(() => server?.stop());

  async function killedAt(point) {
    server.serveEnv = { REFMILL_FAILPOINT: point };
    await server.start();
    await join(server, campaignId).catch(() => {}); // answered or not
    assert.equal((await server.ended).signal, 'SIGKILL');
    server.serveEnv = {};
  }

  test('while an event goes to a thousand webhooks has done none of it (WH-01, WH-02)', async () => {
    await killedAt(`event.delivery:${WEBHOOKS / 2}`);
    assert.deepEqual(['users', 'event', 'delivery'].map((table) => count(server, table)), [0, 0, 0]);
  });

  test('when they are claimed has done all of it (WH-01, WH-02)', async () => {
    await killedAt('round.claimed:1');
    assert.deepEqual(['users', 'event', 'delivery'].map((table) => count(server, table)), [1, 1, WEBHOOKS]);
  });
});

test('each attempt sends the bytes of the event, whatever changes and whoever restarts in between (WH-03)', async () => {
  const receiver = await startReceiver(), server = await startServer({ args: [...ARGS, '--webhook-schedule', '2,2,2'] });
  try {
    let status = 500;
    const to = receiver.inbox(unique('hook'), () => ({ status })), campaignId = campaign(server);
    await server.api('POST', '/api/v2/webhooks', { url: to.url, event: 'user.join' });
    const { body } = await join(server, campaignId);
    await until(() => to.received().length === 1, { what: 'the first attempt' });
    assert.equal((await server.api('PUT', `/api/v2/users/${body.data.id}`, { first_name: 'Eve' })).status, 200);
    assert.equal((await server.api('PUT', `/api/v2/campaigns/${campaignId}`, { name: 'Other' })).status, 200);
    await server.stop({ keep: true });
    status = 200;
    await server.start();
    await until(() => to.received().length === 2, { what: 'the second attempt' });
    const [first, second] = to.received();
    assert.deepEqual(second.bytes, first.bytes);
    assert.equal(second.id, first.id);
    assert.match(String(second.bytes), /"first_name":"Ada"/);
  } finally {
    await server.stop();
    await receiver.close();
  }
});
