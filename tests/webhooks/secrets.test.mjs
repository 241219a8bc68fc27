/*
 * Secrets of webhooks: sealed in the database by a master key that can be changed, and parked when damaged.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { startReceiver, verified } from '../api/kit/receiver.mjs';
import { addReferrer, campaign, sql, unique } from '../api/kit/world.mjs';
import { startServer, until } from '../lib/server.mjs';

const ARGS = ['--rate-limit', '0', '--webhook-allow', '127.0.0.0/8', '--webhook-schedule', '1,1'];
const OTHER_KEY = Buffer.alloc(32, 7).toString('base64');

let server, receiver;

before(async () => {
  receiver = await startReceiver();
  server = await startServer({ args: ARGS });
});
after(() => Promise.all([server?.stop(), receiver?.close()]));

async function webhook(on = server) {
  const to = receiver.inbox(unique('secret')), campaignId = campaign(on);
  const { body } = await on.api('POST', '/api/n8n/webhooks', { url: to.url, event: 'user.join', campaign_id: campaignId });
  return { to, ...body.webhook, path: `/api/v2/webhooks/${body.webhook.id}`, join: () => addReferrer(on, campaignId) };
}
const states = async (hook) => (await server.api('GET', `${hook.path}/deliveries`)).body.data.map((each) => each.state);

describe('the master key', () => {
  test('is made beside the database for its owner only, and the database has no secret in clear (WH-62)', async () => {
    const hook = await webhook();
    assert.equal(statSync(`${server.db}.key`).mode & 0o777, 0o600);
    const bytes = Buffer.from(hook.secret.replace('whsec_', ''), 'base64');
    for (const file of [server.db, `${server.db}-wal`]) assert.equal(readFileSync(file).includes(bytes), false, file);
    assert.equal(server.cli('webhook', 'secret', '--webhook', hook.id), hook.secret);
  });

  test('is changed while the server sends (WH-62)', async () => {
    const hook = await webhook(), old = readFileSync(`${server.db}.key`, 'utf8').trim();
    for (let i = 0; i < 3; i++) {
      await hook.join();
      server.cli('key', 'rotate');
    }
    for (const request of await hook.to.wait(3)) verified(request, hook.secret);
    assert.notEqual(readFileSync(`${server.db}.key`, 'utf8').trim(), old);
    assert.throws(() => execFileSync(server.bin, ['webhook', 'list', '--db', server.db], { env: { ...server.env, REFMILL_KEY: old }, stdio: 'pipe' }), /REFMILL_KEY is not the master key/);
    const later = await webhook();
    await later.join();
    verified((await later.to.wait(1))[0], later.secret);
  });

  test('that is missing or another one refuses the start with a clear message (WH-62)', async () => {
    const own = await startServer({ args: ARGS });
    const hook = await webhook(own), key = `${own.db}.key`;
    await own.stop({ keep: true });
    renameSync(key, `${key}.away`);
    await assert.rejects(own.start(), /refmill\.db\.key is missing: put the file that belongs to it there/);
    writeFileSync(key, `${OTHER_KEY}\n`);
    await assert.rejects(own.start(), /refmill\.db\.key is not the master key of this database/);
    renameSync(`${key}.away`, key);
    await own.start();
    await hook.join();
    verified((await hook.to.wait(1))[0], hook.secret);
    await own.stop();
  });

  test('may come from the environment or from another file (WH-62)', async () => {
    const env = { REFMILL_KEY: OTHER_KEY }, own = await startServer({ args: ARGS, env });
    const hook = await webhook(own);
    assert.throws(() => statSync(`${own.db}.key`), { code: 'ENOENT' });
    assert.throws(() => own.cli('key', 'rotate'), /--new-file/);
    const file = `${own.home}/master`;
    own.cli('key', 'rotate', '--new-file', file);
    await own.stop({ keep: true });
    await assert.rejects(own.start(), /REFMILL_KEY is not the master key/);
    own.env = process.env;
    own.args = [...ARGS, '--key-file', file];
    await own.start();
    await hook.join();
    verified((await hook.to.wait(1))[0], hook.secret);
    await own.stop();
  });
});

describe('a damaged secret', () => {
  test('parks its deliveries as blocked after one try, hinders nobody, and a new one lets them go (WH-14, WH-24)', async () => {
    const hook = await webhook(), other = await webhook();
    sql(server, `UPDATE webhook SET secret = x'0011' WHERE id = ${hook.id}`);
    for (const each of [hook, other]) for (let i = 0; i < 3; i++) await each.join();
    await until(async () => (await states(hook)).join() === 'blocked,blocked,blocked', { what: 'the deliveries to be parked' });
    await other.to.wait(3);
    const { data } = (await server.api('GET', `${hook.path}/deliveries`)).body;
    assert.deepEqual(data.map((each) => [each.outcome, each.attempts]), Array(3).fill(['no_secret', 0]));
    assert.equal(hook.to.received().length, 0);
    assert.throws(() => server.cli('webhook', 'secret', '--webhook', hook.id), /damaged/);
    const { secret } = (await server.api('POST', `${hook.path}/secret`)).body.data;
    for (const request of await hook.to.wait(3)) verified(request, secret);
  });
});

describe('three secrets', () => {
  const rotated = async (hook) => (await server.api('POST', `${hook.path}/secret`)).body.data.secret;
  const signs = (request, secret) => {
    try {
      return Boolean(verified(request, secret));
    } catch {
      return false;
    }
  };

  test('sign at once at most, and the old ones can be ended now (WH-61)', async () => {
    const hook = await webhook(), secrets = [hook.secret];
    for (let i = 0; i < 3; i++) secrets.push(await rotated(hook));
    await hook.join();
    const [request] = await hook.to.wait(1);
    assert.deepEqual(secrets.map((each) => signs(request, each)), [false, true, true, true]);
    assert.equal((await server.api('DELETE', `${hook.path}/old-secrets`)).status, 200);
    await hook.join();
    const [, later] = await hook.to.wait(2);
    assert.deepEqual(secrets.map((each) => signs(later, each)), [false, false, false, true]);
    assert.equal((await server.api('DELETE', '/api/v2/webhooks/999999/old-secrets')).status, 404);
  });
});

describe('a secret of one\'s own (WH-60)', () => {
  const secretOf = (length) => `whsec_${Buffer.alloc(length, 'k').toString('base64')}`;
  const register = (secret, path = unique('own')) => server.api('POST', '/api/v2/webhooks', { url: `http://127.0.0.1:9/${path}`, event: 'user.join', secret });

  test('signs, from 24 to 64 bytes, when registering and when rotating', async () => {
    const to = receiver.inbox(unique('secret')), campaignId = campaign(server);
    const { body } = await server.api('POST', '/api/n8n/webhooks', { url: to.url, event: 'user.join', campaign_id: campaignId, secret: secretOf(24) });
    assert.equal(body.webhook.secret, secretOf(24));
    await addReferrer(server, campaignId);
    verified((await to.wait(1))[0], secretOf(24));
    const rotated = await server.api('POST', `/api/v2/webhooks/${body.webhook.id}/secret`, { secret: secretOf(64), grace_seconds: 0 });
    assert.equal(rotated.body.data.secret, secretOf(64));
    await addReferrer(server, campaignId);
    verified((await to.wait(2))[1], secretOf(64));
  });

  test('that is too short, too long or no base64 is refused', async () => {
    for (const wrong of [secretOf(23), secretOf(65), 'whsec_', 'whsec_***', 'secret']) {
      const { status, body } = await register(wrong);
      assert.equal(status, 422, wrong);
      assert.match(body.message, /24 to 64/);
    }
  });

  test('is shown again, and the log says to whom', async () => {
    const { body } = await register(secretOf(32));
    const shown = await server.api('GET', `/api/v2/webhooks/${body.data.id}/secret`);
    assert.deepEqual(shown.body.data, { id: body.data.id, secret: secretOf(32), old_secret_until: null });
    await until(() => new RegExp(`webhook\\.secret_shown.*webhook_id"?[:=]${body.data.id}\\b.*token_id`).test(server.log), { what: 'the line in the log' });
  });
});
