/*
 * What its owner sees of a webhook and can do: deliveries, attempts, sending again, rest.
 *
 * A new subscription's first delivery is held back for some 2 s, so the tests run side by side.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startReceiver, verified } from '../api/kit/receiver.mjs';
import { addReferrer, campaign, sql, unique } from '../api/kit/world.mjs';
import { startServer, until } from '../lib/server.mjs';

/* A proxy is no way around the address rules: the environment's has no effect (WH-70). */
const PROXIES = Object.fromEntries(['http_proxy', 'https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'].map((name) => [name, 'http://127.0.0.1:1']));
const ARGS = ['--rate-limit', '0', '--webhook-allow', '127.0.0.0/8', '--webhook-schedule', '1,1'];

let server, receiver;

before(async () => {
  receiver = await startReceiver(); // first, so that it is closed also when the server does not start
  server = await startServer({ args: ARGS, env: PROXIES });
});
after(() => Promise.all([server?.stop(), receiver?.close()]));

/** A webhook with an inbox and a campaign of its own. */
async function webhook(answer, more = {}) {
  const to = receiver.inbox(unique('hook'), answer), campaignId = campaign(server);
  const { body } = await server.api('POST', '/api/n8n/webhooks', { url: to.url, event: 'user.join', campaign_id: campaignId, ...more });
  return { to, campaignId, ...body.webhook, path: `/api/v2/webhooks/${body.webhook.id}`, join: () => addReferrer(server, campaignId) };
}

const get = async (where) => {
  const { status, body, text } = await server.api('GET', where);
  assert.equal(status, 200, text);
  return body;
};
const post = (where, body) => server.api('POST', where, body);
const deliveries = async (hook, query = '') => (await get(`${hook.path}/deliveries${query}`)).data;
const inState = (hook, state) => until(async () => {
  const list = await deliveries(hook);
  return list.length > 0 && list.every((each) => each.state === state) && list;
}, { everyMs: 100, what: `deliveries of ${hook.id} to be ${state}` });
const stateOf = async (hook) => JSON.parse(server.cli('webhook', 'list', '--json').split('\n').find((line) => JSON.parse(line).id === hook.id)).state;

describe('deliveries', { concurrency: true }, () => {
  test('go over a kept connection, and over another one when the receiver has closed it meanwhile (WH-73)', async (t) => {
    const own = await startReceiver(), hook = { to: own.inbox(unique('kept')), campaignId: campaign(server) }, sockets = [];
    t.after(() => own.close());
    own.server.keepAliveTimeout = 60_000;
    own.server.on('connection', (socket) => sockets.push(socket));
    const { body } = await server.api('POST', '/api/v2/webhooks', { url: hook.to.url, event: 'user.join', campaign_id: hook.campaignId });
    Object.assign(hook, { id: body.data.id, path: `/api/v2/webhooks/${body.data.id}` });
    const next = async (count) => {
      await addReferrer(server, hook.campaignId);
      await hook.to.wait(count);
      return (await inState(hook, 'delivered')).map((each) => each.attempts);
    };
    await next(1);
    assert.deepEqual(await next(2), [1, 1]);
    assert.equal(sockets.length, 1, 'it was kept');
    own.server.closeIdleConnections();
    await until(() => sockets[0].destroyed, { what: 'the connection to be closed' });
    assert.deepEqual(await next(3), [1, 1, 1]);
    assert.equal(sockets.length, 2);
  });

  test('each attempt is kept with its times, the address and what was answered (WH-50, WH-74)', async () => {
    const answers = [{ status: 500, type: 'text/html', body: 'Oh \u0007 no' }];
    const hook = await webhook(() => answers.shift() ?? { status: 200, body: 'fine' });
    await hook.join();
    const [delivery] = await inState(hook, 'delivered');
    assert.equal(delivery.attempts, 2);
    assert.match(delivery.event_id, /^evt_/);
    const { data } = await get(`${hook.path}/deliveries/${delivery.seq}/attempts`);
    assert.deepEqual(data.map((each) => [each.number, each.outcome, each.http_status, each.address, each.answer]), [
      [1, 'server_error', 500, '127.0.0.1', 'Oh . no'],
      [2, 'ok', 200, '127.0.0.1', 'fine'],
    ]);
    const traces = (await hook.to.wait(2)).map(({ headers }) => headers.traceparent.split('-'));
    assert.match(traces[0].join('-'), /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-01$/);
    assert.ok(traces[0][1] === traces[1][1] && traces[0][2] !== traces[1][2], 'one trace, two spans');
    for (const { headers } of hook.to.received()) assert.match(headers['user-agent'], /^Refmill\/\d[\w.-]* \(\+?https?:.*\)$/);
    for (const { microseconds: times } of data) assert.ok(times.first_byte > 0 && times.total >= times.first_byte, JSON.stringify(times));
    assert.ok(Date.parse(data[0].started_at) < Date.parse(data[1].started_at));
  });

  test('what was given up is sent again with the same id and bytes, one attempt at a time (WH-40)', async () => {
    const hook = await webhook(() => ({ status: 500 }));
    await hook.join();
    const [dead] = await inState(hook, 'dead');
    assert.equal(dead.attempts, 3);
    assert.equal((await post(`${hook.path}/deliveries/${dead.seq}/replay`)).status, 200);
    await until(async () => (await deliveries(hook))[0].attempts === 4, { what: 'the fourth attempt' });
    assert.equal((await inState(hook, 'dead'))[0].attempts, 4);
    hook.to.answer(() => ({ status: 200 }));
    await post(`${hook.path}/deliveries/${dead.seq}/replay`);
    await inState(hook, 'delivered');
    const requests = hook.to.received();
    assert.equal(requests.length, 5);
    assert.equal(new Set(requests.map((each) => each.id)).size, 1);
    assert.equal(new Set(requests.map((each) => each.bytes.toString())).size, 1);
    verified(requests.at(-1), hook.secret);
    await post(`${hook.path}/deliveries/${dead.seq}/replay`); // also what was delivered
    await hook.to.wait(6);
  });

  test('many are sent again by their state and time, and can be counted before (WH-41)', async () => {
    const hook = await webhook(() => ({ status: 500 }));
    for (let i = 0; i < 3; i++) await hook.join();
    await until(async () => (await deliveries(hook, '?state=dead')).length === 3, { what: 'three to be given up' });
    const [{ occurred_us }] = sql(server, `SELECT occurred_us FROM event WHERE campaign_id = ${hook.campaignId} ORDER BY seq LIMIT 1 OFFSET 1`);
    const from = `${new Date(Number(occurred_us) / 1000).toISOString().slice(0, -1)}${String(Number(occurred_us) % 1000).padStart(3, '0')}Z`;
    const count = async (body) => (await post(`${hook.path}/replays`, { dry_run: true, ...body })).body.data.found;
    const ended = (id) => until(async () => {
      const { data } = await get(`${hook.path}/replays/${id}`);
      return data.status !== 'running' && data;
    }, { what: `replay ${id} to end` });
    assert.deepEqual([await count({}), await count({ from }), await count({ to: from }), await count({ state: 'blocked' }), await count({ state: 'delivered' })], [3, 2, 1, 0, 0]);
    assert.deepEqual((await get(`${hook.path}/replays`)).data, []); // counting begins nothing
    hook.to.answer(() => ({ status: 200 }));
    const { status, body: { data: first } } = await post(`${hook.path}/replays`, { to: from });
    assert.deepEqual([status, first.status, first.found, first.replayed], [201, 'running', 1, 0]);
    assert.deepEqual([(await ended(first.id)).status, (await ended(first.id)).replayed], ['done', 1]);
    await until(async () => (await deliveries(hook, '?state=dead')).length === 2, { what: 'one to be delivered' });
    assert.match(server.log, new RegExp(`"webhook.replay_started".*"webhook_id":${hook.id},"replay_id":${first.id},"token_id":\\d`));
    assert.equal(JSON.parse(server.cli('webhook', 'replay', '--webhook', hook.id, '--all', '--dry-run', '--json')).found, 2);
    assert.throws(() => server.cli('webhook', 'replay', '--webhook', hook.id), /--event SEQ, or --all/);
    const second = JSON.parse(server.cli('webhook', 'replay', '--webhook', hook.id, '--all', '--json')); // the server is not told, and finds it
    assert.equal((await ended(second.id)).replayed, 2);
    await inState(hook, 'delivered');
    assert.equal((await ended((await post(`${hook.path}/replays`, { state: 'delivered' })).body.data.id)).replayed, 3);
    await hook.to.wait(9 + 3 + 3);
    assert.match(server.cli('webhook', 'replays', '--webhook', hook.id), /^\d+\tdone\tdelivered\t3\t3\t/);
  });

  test('a replay has a rate, runs alone, and is cancelled where it is (WH-41)', async () => {
    const hook = await webhook(() => ({ status: 500 }));
    for (let i = 0; i < 3; i++) await hook.join();
    await until(async () => (await deliveries(hook, '?state=dead')).length === 3, { what: 'three to be given up' });
    const { data } = (await post(`${hook.path}/replays`, { rate_limit: '1/minute' })).body;
    assert.deepEqual([data.status, data.rate_limit, data.found], ['running', '1/minute', 3]);
    await until(async () => (await get(`${hook.path}/replays/${data.id}`)).data.replayed === 1, { what: 'the first to go' });
    assert.equal((await post(`${hook.path}/replays`)).status, 409);
    assert.throws(() => server.cli('webhook', 'replay', '--webhook', hook.id, '--all'), /running/);
    const cancelled = (await post(`${hook.path}/replays/${data.id}/cancel`)).body.data;
    assert.deepEqual([cancelled.status, cancelled.replayed], ['cancelled', 1]);
    assert.deepEqual((await post(`${hook.path}/replays/${data.id}/cancel`)).body.data, cancelled); // it stays as it is
    const again = server.cli('webhook', 'replay', '--webhook', hook.id, '--all', '--rate-limit', '1/minute').split('\t')[0];
    assert.match(server.cli('webhook', 'replays', '--webhook', hook.id, '--cancel', again), /\tcancelled\t/);
    assert.deepEqual((await get(`${hook.path}/replays`)).data.map((each) => each.status), ['cancelled', 'cancelled']);
    assert.throws(() => server.cli('webhook', 'replays', '--webhook', hook.id, '--cancel', '999999'), /no such replay/);
  });

  test('is not sent again while it is under way, and attempts before stay as they were (WH-42)', async () => {
    let answer = () => {};
    const hook = await webhook(() => new Promise((done) => (answer = done)));
    await hook.join();
    await hook.to.wait(1);
    const [{ seq }] = await deliveries(hook);
    const again = await post(`${hook.path}/deliveries/${seq}/replay`);
    assert.deepEqual([again.status, again.body.message], [409, 'It is being sent right now.']);
    answer({ status: 500 });
    const attempts = async () => (await get(`${hook.path}/deliveries/${seq}/attempts`)).data;
    await until(async () => (await attempts()).length > 0, { what: 'the first attempt to be written down' });
    const [first] = await attempts();
    hook.to.answer(() => ({ status: 200 }));
    answer({ status: 200 }); // if the second is under way already
    await inState(hook, 'delivered');
    assert.equal((await post(`${hook.path}/deliveries/${seq}/replay`)).status, 200);
    await until(async () => (await attempts()).length === 3, { what: 'a third attempt' });
    assert.deepEqual((await attempts())[0], first);
  });

  test('what waits is given up from the command line, when that is confirmed (WH-82)', async () => {
    const hook = await webhook(() => ({ status: 200 }));
    server.cli('webhook', 'pause', '--webhook', hook.id);
    for (let i = 0; i < 3; i++) await hook.join();
    assert.throws(() => server.cli('webhook', 'purge', '--webhook', hook.id), /--yes/);
    assert.equal((await deliveries(hook, '?state=paused')).length, 3);
    assert.equal(server.cli('webhook', 'purge', '--webhook', hook.id, '--yes'), '3');
    assert.deepEqual((await deliveries(hook)).map((each) => each.state), ['cancelled', 'cancelled', 'cancelled']);
    server.cli('webhook', 'resume', '--webhook', hook.id);
    await hook.join();
    await hook.to.wait(1);
    assert.equal(hook.to.received().length, 1);
  });

  test('a paused webhook gets nothing and misses nothing', async () => {
    const hook = await webhook(() => ({ status: 200 }));
    assert.equal((await post(`${hook.path}/pause`)).body.data.state, 'paused');
    for (let i = 0; i < 3; i++) await hook.join();
    assert.equal(await stateOf(hook), 'paused');
    assert.equal((await deliveries(hook, '?state=paused')).length, 3);
    assert.deepEqual((await deliveries(hook)).map((each) => [each.state, each.next_attempt_at]), Array(3).fill(['paused', null]));
    assert.equal((await deliveries(hook, '?state=pending')).length, 0);
    assert.match(server.cli('webhook', 'show', '--webhook', hook.id, '--state', 'paused'), /paused/);
    assert.equal((await post(`${hook.path}/replays`)).status, 409);
    assert.equal(hook.to.received().length, 0);
    assert.equal((await post(`${hook.path}/resume`)).body.data.state, 'active');
    assert.equal((await deliveries(hook, '?state=paused')).length, 0);
    await hook.to.wait(3);
  });

  test('/metrics tells what waits, what rests, how attempts ended and what was sent again (WH-80)', async () => {
    const metric = async (name) => {
      const line = (await (await fetch(`${server.url}/metrics`)).text()).split('\n').find((each) => each.startsWith(`refmill_webhook_${name} `));
      return Number(line?.split(' ').at(-1));
    };
    const hook = await webhook(() => ({ status: 500 })), resting = await webhook(() => ({ status: 200 }));
    const failed = await metric('attempts_total{outcome="failed",class="server_error"}'), replays = await metric('replay_total');
    await post(`${resting.path}/pause`);
    for (let i = 0; i < 3; i++) await resting.join();
    assert.ok((await metric('queue_depth{state="paused"}')) >= 3);
    assert.ok((await metric('endpoints{state="paused"}')) >= 1);
    await hook.join();
    await inState(hook, 'dead');
    assert.ok((await metric('queue_depth{state="dead"}')) >= 1);
    assert.ok((await metric('attempts_total{outcome="failed",class="server_error"}')) >= failed + 3);
    assert.ok((await metric('attempt_duration_seconds_count')) >= 3);
    assert.ok((await metric('attempt_duration_seconds_bucket{le="30"}')) >= 3);
    assert.equal((await post(`${hook.path}/replays`)).status, 201);
    await until(async () => (await metric('replay_total')) >= replays + 1, { what: 'a replay to be counted' });
  });

  test('one goes again also while its webhook rests, once, and wakes nothing (WH-40)', async () => {
    const hook = await webhook(() => ({ status: 410 }));
    await hook.join();
    await until(async () => (await stateOf(hook)) === 'disabled', { what: 'the webhook to be disabled', everyMs: 200 });
    for (let i = 0; i < 2; i++) await hook.join();
    const [, later, first] = await deliveries(hook);
    const replay = async (which) => assert.equal((await post(`${hook.path}/deliveries/${which.seq}/replay`)).status, 200);
    hook.to.answer(() => ({ status: 500 }));
    await replay(first);
    await until(async () => (await deliveries(hook)).at(-1).attempts === 2 && (await deliveries(hook)).at(-1).state !== 'leased', { what: 'the second attempt to end' });
    hook.to.answer(() => ({ status: 200 }));
    await replay(first);
    await until(async () => (await deliveries(hook)).at(-1).state === 'delivered', { what: 'the first to be delivered' });
    assert.equal(server.cli('webhook', 'replay', '--webhook', hook.id, '--event', later.seq), '1');
    await until(async () => (await deliveries(hook))[1].state === 'delivered', { what: 'the one of the command line' });
    assert.deepEqual((await deliveries(hook)).map((each) => each.state), ['paused', 'delivered', 'delivered']);
    assert.deepEqual((await get(`${hook.path}/state`)).data.state_reason, 'gone');
    assert.equal(await stateOf(hook), 'disabled');
    assert.equal(hook.to.received().length, 4);
    assert.match(server.log, new RegExp(`"webhook.replayed".*"webhook_id":${hook.id},"event_seq":${first.seq},"token_id":\\d`));
  });

  test('410 disables at once, what waits is kept, and registering again resumes (WH-13, WH-34)', async () => {
    const hook = await webhook(() => ({ status: 410 }));
    await hook.join();
    await until(async () => (await stateOf(hook)) === 'disabled', { what: 'the webhook to be disabled', everyMs: 200 });
    const told = new RegExp(`"webhook.trouble".*"webhook_id":${hook.id},"trouble":"disabled"`);
    await until(() => told.test(server.log), { what: 'the log to tell' });
    assert.equal((await deliveries(hook))[0].state, 'paused');
    assert.equal((await get(`${hook.path}/state`)).data.state_reason, 'gone');
    assert.equal((await post(`${hook.path}/pause`)).status, 409);
    hook.to.answer(() => ({ status: 200 }));
    const { status } = await post('/api/n8n/webhooks', { url: hook.to.url, event: 'user.join', campaign_id: hook.campaignId });
    assert.equal(status, 200);
    await inState(hook, 'delivered');
    assert.equal(hook.to.received().length, 2);
  });

  test('a receiver that is down is asked with one delivery at a time, and gets all when it is back (WH-33)', async () => {
    const hook = await webhook(() => ({ status: 503 }));
    const all = 30;
    for (let i = 0; i < all; i++) await hook.join();
    await until(() => hook.to.received().length >= 8, { what: 'some attempts' });
    assert.ok(hook.to.received().length < all, 'as many attempts as events');
    hook.to.answer(() => ({ status: 200 }));
    await inState(hook, 'delivered');
    assert.equal(new Set(hook.to.received().map((each) => each.id)).size, all);
  });

  test('a new secret signs at once, the old one too for the grace, or not at all (WH-61)', async () => {
    const hook = await webhook(() => ({ status: 200 }));
    const first = hook.secret;
    const rotate = async (body) => (await post(`${hook.path}/secret`, body)).body.data;
    const { secret: second, old_secret_until } = await rotate();
    assert.ok(Math.abs(Date.parse(old_secret_until) - Date.now() - 86_400_000) < 60_000);
    await hook.join();
    const [request] = await hook.to.wait(1);
    verified(request, first);
    verified(request, second);
    const { secret: third } = await rotate({ grace_seconds: 0 });
    await hook.join();
    const [, later] = await hook.to.wait(2);
    verified(later, third);
    for (const old of [first, second]) assert.throws(() => verified(later, old));
    assert.equal((await post(`${hook.path}/secret`, { grace_seconds: 604_801 })).status, 422);
    assert.equal((await post('/api/v2/webhooks/999999/secret')).status, 404);
  });

  test('an old secret signs no more when its grace is over (WH-61)', async () => {
    const hook = await webhook(() => ({ status: 200 }));
    const { secret, old_secret_until: over } = (await post(`${hook.path}/secret`, { grace_seconds: 1 })).body.data;
    await until(() => Date.now() > Date.parse(over), { what: 'the grace to end' });
    await hook.join();
    const [request] = await hook.to.wait(1);
    verified(request, secret);
    assert.throws(() => verified(request, hook.secret));
  });

  test('lists are read page by page, the newest event first', async () => {
    const hook = await webhook(() => ({ status: 200 }));
    for (let i = 0; i < 5; i++) await hook.join();
    const seqs = (await deliveries(hook)).map((each) => each.seq);
    assert.deepEqual(seqs, [...seqs].sort((a, b) => b - a));
    const first = await get(`${hook.path}/deliveries?limit=2`);
    const second = await get(`${hook.path}/deliveries?limit=3&before=${first.next_before}`);
    assert.deepEqual([...first.data, ...second.data].map((each) => each.seq), seqs);
    const last = await get(`${hook.path}/deliveries?before=${seqs.at(-1)}`);
    assert.deepEqual(last, { data: [], next_before: null });
  });

  test('what is not there is not found, and what makes no sense is refused', async () => {
    const hook = await webhook(() => ({ status: 200 }));
    for (const where of ['deliveries', 'deliveries/1/attempts']) assert.equal((await server.api('GET', `/api/v2/webhooks/999999/${where}`)).status, 404);
    for (const where of ['pause', 'resume', 'replays', 'replays/1/cancel', 'deliveries/1/replay']) assert.equal((await post(`/api/v2/webhooks/999999/${where}`)).status, 404, where);
    assert.equal((await post(`${hook.path}/deliveries/999999/replay`)).status, 404);
    for (const query of ['state=delivered', 'state=x', 'limit=1001', 'limit=-1', 'before=x']) assert.equal((await server.api('GET', `${hook.path}/deliveries?${query}`)).status, 422, query);
    for (const body of [{ state: 'pending' }, { state: 'held' }, { from: 'yesterday' }, { dry_run: 'perhaps' }, { rate_limit: '10/day' }, { from: '2026-02-01', to: '2026-01-01' }]) assert.equal((await post(`${hook.path}/replays`, body)).status, 422, JSON.stringify(body));
    const reader = server.cli('token', 'create', '--name', 'reader', '--scope', 'webhooks:read');
    assert.equal((await server.api('POST', `${hook.path}/pause`, undefined, { token: reader })).status, 403);
    assert.equal((await server.api('GET', `${hook.path}/deliveries`, undefined, { token: reader })).status, 200);
  });
});
