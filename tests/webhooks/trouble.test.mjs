/*
 * What the owner of a webhook is told when something is wrong with it: the event webhook.trouble (WH-81).
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { bodyOf, startReceiver } from '../api/kit/receiver.mjs';
import { addReferrer, campaign, sql, unique } from '../api/kit/world.mjs';
import { startServer, until } from '../lib/server.mjs';

const HOUR_US = 3_600_000_000;

let server, receiver, told;

before(async () => {
  receiver = await startReceiver();
  server = await startServer({ args: ['--rate-limit', '0', '--webhook-allow', '127.0.0.0/8', '--webhook-schedule', '1'] });
  told = receiver.inbox(unique('told'));
  await make(told, { event: 'webhook.trouble' });
});
after(() => Promise.all([server?.stop(), receiver?.close()]));

async function make(to, more = {}) {
  const { status, body, text } = await server.api('POST', '/api/v2/webhooks', { url: to.url, event: 'user.join', ...more });
  assert.equal(status, 201, text);
  return body.data;
}

/** A webhook for a campaign of its own whose receiver answers so. */
async function webhook(answer) {
  const campaignId = campaign(server), to = receiver.inbox(unique('hook'), answer);
  return { to, ...(await make(to, { campaign_id: campaignId })), join: () => addReferrer(server, campaignId) };
}

const of = (hook) => told.received().map(bodyOf).filter(({ webhook: { id } }) => id === hook.id);
const troubles = (hook) => of(hook).map(({ trouble }) => trouble);
const tellsOf = (hook, expected) => until(() => troubles(hook).length >= expected.length && assert.deepEqual(troubles(hook), expected) === undefined,
  { what: `${expected} to be told of webhook ${hook.id}, not ${troubles(hook)}`, everyMs: 100 });
const dead = (hook, count) => until(() => sql(server, `SELECT count(*) AS n FROM delivery WHERE webhook_id = ${hook.id} AND state = 3`)[0].n === count,
  { what: `${count} deliveries of ${hook.id} to be dead`, everyMs: 100 });

test('one that was given up is told once an hour, whatever else is given up', async () => {
  const hook = await webhook(() => ({ status: 500 }));
  await hook.join();
  await dead(hook, 1);
  await tellsOf(hook, ['exhausted']);
  const [event] = of(hook);
  server.schemas.checkEvent('webhook.trouble', event);
  assert.equal(event.live, true);
  assert.equal(event.webhook.url, hook.to.url);
  assert.equal(event.webhook.failures, 2);
  assert.ok(event.webhook.failing_since);
  assert.match(server.log, new RegExp(`"webhook.trouble".*"webhook_id":${hook.id},"trouble":"exhausted"`));
  await hook.join();
  await dead(hook, 2);
  assert.deepEqual(troubles(hook), ['exhausted']);
  sql(server, `UPDATE webhook_trouble SET told_us = told_us - ${HOUR_US} WHERE webhook_id = ${hook.id}`);
  await hook.join();
  await tellsOf(hook, ['exhausted', 'exhausted']);
});

test('one that is disabled is told, and the feed of events has it', async () => {
  const hook = await webhook(() => ({ status: 410 }));
  await hook.join();
  await tellsOf(hook, ['disabled']);
  const [{ webhook: shown, event_id: id }] = of(hook);
  assert.equal(shown.state, 'disabled');
  assert.equal(shown.state_reason, 'gone');
  const { body } = await server.api('GET', '/api/v2/events?event=webhook.trouble');
  assert.ok(body.data.some((event) => event.event_id === id));
});

test('two days without a success are told long before it is disabled', async () => {
  const hook = await webhook(() => ({ status: 500 }));
  sql(server, `UPDATE webhook SET failing_since_us = created_us - ${3 * 24 * HOUR_US}, strikes = 12, failures = 12 WHERE id = ${hook.id}`);
  await hook.join();
  await tellsOf(hook, ['failing', 'exhausted']);
  assert.equal(of(hook)[0].webhook.state, 'active');
});

test('a first attempt that is hours late is told, a later one is not', async () => {
  const hook = await webhook(() => ({ status: 200 }));
  assert.equal((await server.api('POST', `/api/v2/webhooks/${hook.id}/pause`)).status, 200);
  await hook.join();
  sql(server, `UPDATE delivery SET created_us = created_us - ${2 * HOUR_US} WHERE webhook_id = ${hook.id}`);
  assert.equal((await server.api('POST', `/api/v2/webhooks/${hook.id}/resume`)).status, 200);
  await tellsOf(hook, ['delayed']);
});

test('of a webhook that waits for such events nothing is told, or it would never end', async () => {
  const deaf = receiver.inbox(unique('deaf'), () => ({ status: 500 })), itself = await make(deaf, { event: 'webhook.trouble' });
  const hook = await webhook(() => ({ status: 410 }));
  await hook.join();
  await dead(itself, 1);
  await tellsOf(hook, ['disabled']);
  await until(() => new RegExp(`"webhook.trouble".*"webhook_id":${itself.id},"trouble":"exhausted"`).test(server.log), { what: 'the log to tell' });
  assert.deepEqual(of(itself), []);
});
