/*
 * The end of a server under traffic: it answers what it took, stores what it answered, and exits 0.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import http from 'node:http';
import { test } from 'node:test';
import { startServer, until } from '../lib/server.mjs';

/** One call over `agent`: its status, or 0 when the connection ended without an answer. */
function post(server, agent, body) {
  return new Promise((resolve) => {
    const request = http.request(`${server.url}/api/n8n/users`, {
      method: 'POST', agent, headers: { Authorization: `Bearer ${server.token}`, 'Content-Type': 'application/json' },
    }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode));
      response.on('error', () => resolve(0));
    });
    request.on('error', () => resolve(0));
    request.end(JSON.stringify(body));
  });
}

/** Clients that call over connections of their own, kept open, until theirs ends. Gives e-mail → status. */
async function traffic(server, campaign, clients, answers) {
  await Promise.all(Array.from({ length: clients }, async (_, client) => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    for (let call = 0; ; call += 1) {
      const email = `c${client}-${call}@example.org`;
      const status = await post(server, agent, { campaign_id: campaign, first_name: 'Ann', email });
      answers.set(email, status);
      if (status !== 201) break;
    }
    agent.destroy();
  }));
}

const stored = (server) => new Set(
  execFileSync('sqlite3', [server.db, 'SELECT email FROM users'], { encoding: 'utf8' }).trim().split('\n'),
);

function assertHonest(answers, emails) {
  for (const [email, status] of answers) {
    if (status === 201) assert.ok(emails.has(email), `${email} was answered 201 and is not stored`);
    if (status === 503) assert.ok(!emails.has(email), `${email} was answered 503 and is stored`);
  }
}

test('SIGTERM under traffic ends with 0, and every answer was true', { timeout: 120_000 }, async () => {
  for (let round = 0; round < 8; round += 1) {
    const server = await startServer({ args: ['--rate-limit', '0'] });
    const campaign = Number(server.cli('campaign', 'create', '--name', 'Spring'));
    const answers = new Map();
    const calls = traffic(server, campaign, 24, answers);
    while (answers.size < 30 + 40 * round) await new Promise(setImmediate);
    const end = await server.stop({ keep: true });
    await calls;
    assert.deepEqual([end.code, end.signal], [0, null], server.log);
    assertHonest(answers, stored(server));
    await server.stop();
  }
});

test('SIGTERM while the database is locked by another program still ends with 0', { timeout: 120_000 }, async () => {
  const server = await startServer({ args: ['--rate-limit', '0'] });
  const campaign = Number(server.cli('campaign', 'create', '--name', 'Spring'));
  const locker = spawn('sqlite3', [server.db], { stdio: ['pipe', 'pipe', 'inherit'] });
  locker.stdin.write('BEGIN IMMEDIATE;\nSELECT 1;\n');
  await new Promise((resolve) => locker.stdout.once('data', resolve));
  const answers = new Map();
  const calls = traffic(server, campaign, 80, answers); // some are with the writer, the others wait
  const metrics = async () => Number(/^refmill_commands_queued (\d+)$/m.exec((await server.api('GET', '/metrics', undefined)).text)[1]);
  while (await metrics() < 20) await new Promise(setImmediate);
  const ended = server.stop({ keep: true, graceMs: 60_000 });
  await calls; // the writer gives up after ten seconds, and says so
  locker.stdin.end('ROLLBACK;\n');
  const end = await ended;
  assert.deepEqual([end.code, end.signal], [0, null], server.log);
  assert.ok([...answers.values()].every((status) => status === 503 || status === 0));
  assertHonest(answers, stored(server));
  await server.stop();
});

test('a server that can not have its port takes nothing of what the one that runs has under way', async () => {
  const server = await startServer({ args: ['--webhook-allow', '127.0.0.0/8'] });
  const waiting = [];
  let arrived;
  const receipt = new Promise((resolve) => (arrived = resolve));
  const receiver = http.createServer((request, response) => {
    waiting.push(response);
    arrived();
  });
  await new Promise((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const campaign = Number(server.cli('campaign', 'create', '--name', 'Spring'));
  await server.api('POST', '/api/n8n/webhooks', { url: `http://127.0.0.1:${receiver.address().port}/`, event: 'user.join' });
  await server.api('POST', '/api/n8n/users', { campaign_id: campaign, first_name: 'Ann', email: 'ann@example.org' });
  await receipt;

  const second = await new Promise((resolve) => {
    const child = spawn(server.bin, ['serve', '--db', server.db, '--listen', `127.0.0.1:${server.port}`], { stdio: ['ignore', 'ignore', 'pipe'] });
    let text = '';
    child.stderr.on('data', (chunk) => (text += chunk));
    child.once('close', (code) => resolve({ code, text }));
  });
  assert.equal(second.code, 1);
  assert.match(second.text, /Can't listen/);

  waiting[0].end('{}');
  const delivery = () => execFileSync('sqlite3', [server.db, 'SELECT state, attempt FROM delivery'], { encoding: 'utf8' }).trim();
  await until(() => delivery().startsWith('2|'), { what: 'the delivery to be settled' });
  assert.equal(delivery(), '2|1');
  assert.equal(waiting.length, 1);
  receiver.close();
  await server.stop();
});
