/*
 * Erasing a person: what is left of them in the database, what receivers still get, and what happens when they come again.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { startServer, until } from '../lib/server.mjs';
import { bodyOf, startReceiver } from './kit/receiver.mjs';
import { addLead, addReferrer, campaign, qualified, reward, sql, unique } from './kit/world.mjs';

let server, receiver;

before(async () => {
  receiver = await startReceiver();
  server = await startServer({ args: ['--rate-limit', '0', '--webhook-allow', '127.0.0.0/8'] });
});
after(() => Promise.all([server?.stop(), receiver?.close()]));

const erase = async (user) => assert.equal((await server.api('DELETE', `/api/v2/users/${user.id}`)).status, 200);
const explain = async (user) => (await server.api('GET', `/api/v2/users/${user.id}/explain`)).body.data;
const feed = async (id) => (await server.api('GET', `/api/v2/events?campaign_id=${id}`)).body.data;
const subscribe = async (to, event, campaign_id) =>
  assert.equal((await server.api('POST', '/api/n8n/webhooks', { url: to.url, event, campaign_id })).status, 201);

/** The tables that hold one of these texts. */
function traces(texts) {
  const tables = sql(server, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'");
  return tables.map(({ name }) => name).filter((name) => {
    const dump = JSON.stringify(sql(server, `SELECT * FROM ${name}`)).toLowerCase();
    return texts.some((text) => dump.includes(text.toLowerCase()));
  });
}

let host = 0;
const planted = () => {
  const name = unique('Zaphod');
  return { first_name: name, email: `${name}@planted.example`, ip: `198.51.100.${++host}`, meta: [{ field: 'Town', value: `${name}ville` }] };
};

describe('an erased person', () => {
  test('is in no table any more: not in events, answers of receivers, decisions or signals', async () => {
    const id = campaign(server), mara = planted(), lee = planted(), echo = receiver.inbox(unique('echo')), down = receiver.inbox(unique('down'));
    echo.answer(({ bytes }) => ({ status: 200, type: 'application/json', body: JSON.stringify({ received: true, you_said: JSON.parse(bytes) }) }));
    down.answer(({ bytes }) => ({ status: 500, body: bytes.toString() }));
    assert.equal((await server.api('POST', '/api/v2/rewards', { campaign_id: id, name: 'Cash', metric: 'amount', value_minor: 2500, currency: 'USD',
      reward_for: 'person_referring', when_referral: 'qualified', automatic: true })).status, 201);
    for (const event of ['user.join', 'user.qualified', 'reward_issued']) await subscribe(echo, event, id);
    await subscribe(down, 'user.join', id);
    const referrer = await addReferrer(server, id, mara);
    const lead = await addLead(server, referrer, { ...lee, ip: mara.ip }); // which is a signal
    await qualified(server, lead);
    await Promise.all([echo.wait(4), down.wait(2)]);
    await until(() => sql(server, `SELECT count(*) n FROM attempt WHERE answer LIKE '%${lee.first_name}%'`)[0].n >= 1, { what: 'the answers' });
    assert.deepEqual(traces([lee.first_name]).sort(), ['attempt', 'event', 'users']);
    assert.deepEqual(traces([mara.ip]).sort(), ['attempt', 'decision', 'event', 'fraud_signal', 'users']);

    await erase(lead);
    assert.deepEqual(traces([lee.first_name, lee.email, `${lee.first_name}ville`]), []);
    const events = await feed(id);
    assert.deepEqual(events.map(({ event }) => event), ['user.join', 'user.join', 'user.qualified', 'reward_issued']);
    const [, joined, , issued] = events.map(({ body }) => body);
    assert.deepEqual([joined.id, joined.first_name, joined.email, joined.ip, joined.meta], [lead.id, '', '', null, []]);
    assert.deepEqual([joined.referrer.email, issued.recipient.email], [mara.email, mara.email]);
    assert.deepEqual([issued.referral.id, issued.referral.first_name, issued.referral.email], [lead.id, '', '']);

    await erase(referrer);
    assert.deepEqual(traces([mara.first_name, mara.email, mara.ip]), []);
    assert.deepEqual((await feed(id)).map(({ body, ...each }) => each), events.map(({ body, ...each }) => each));
  });

  test('does not come back by the answer to what was under way', async () => {
    const id = campaign(server), to = receiver.inbox(unique('slow')), lee = planted();
    let release;
    const erased = new Promise((resolve) => (release = resolve));
    to.answer(async ({ bytes }) => (await erased, { status: 200, type: 'application/json', body: JSON.stringify({ received: true, you_said: JSON.parse(bytes) }) }));
    await subscribe(to, 'user.join', id);
    const lead = await addReferrer(server, id, lee);
    await to.wait(1);
    await erase(lead);
    release();
    await until(() => sql(server, `SELECT 1 FROM attempt a JOIN event e ON e.seq = a.event_seq WHERE e.user_id = ${lead.id}`).length, { what: 'the attempt' });
    assert.deepEqual(traces([lee.first_name, lee.email]), []);
  });

  test('is not in the free space of the file either, once the log is written back', async () => {
    const mara = planted();
    await erase(await addReferrer(server, campaign(server), mara));
    const found = () => ['', '-wal'].filter((end) => existsSync(server.db + end) && readFileSync(server.db + end).includes(mara.first_name));
    await until(() => (sql(server, 'PRAGMA wal_checkpoint(TRUNCATE)'), found().length === 0), { what: 'the last trace to go' });
  });

  test('is not announced any more; what is about others is, without them', async () => {
    const id = campaign(server), to = receiver.inbox(unique('late')), mara = planted();
    await subscribe(to, 'user.join', id); // a new one holds its first delivery back
    const referrer = await addReferrer(server, id, mara), lead = await addLead(server, referrer);
    await erase(referrer);
    const [request] = await to.wait(1);
    const body = bodyOf(request);
    assert.deepEqual([body.id, body.email, body.referrer.id, body.referrer.first_name, body.referrer.email], [lead.id, lead.email, referrer.id, '', '']);
    assert.deepEqual(sql(server, `SELECT d.state FROM delivery d JOIN event e ON e.seq = d.event_seq WHERE e.user_id = ${referrer.id}`), [{ state: 5 }]);
  });

  test('who was a lead and comes again brings nobody credit a second time', async () => {
    const id = campaign(server);
    reward(server, id);
    const referrer = await addReferrer(server, id), lead = await addLead(server, referrer);
    await qualified(server, lead);
    await erase(lead);
    const again = await addLead(server, referrer, { email: lead.email.toUpperCase() });
    assert.equal(again.type, 'person_referring');
    const alias = await addLead(server, referrer, { email: lead.email.replace('@', '+again@') }); // nor by another name of the same mailbox
    assert.equal(alias.type, 'person_referring');
    const { referrer_id, decisions } = await explain(again);
    assert.deepEqual([referrer_id, decisions[0].outcome, decisions[0].inputs.traces[0].reason], [null, 'nobody', 'credited_before']);
    assert.equal((await addLead(server, referrer)).type, 'person_invited');
    const other = campaign(server); // of another campaign they know nothing
    assert.equal((await addLead(server, await addReferrer(server, other), { email: lead.email })).type, 'person_invited');
    const { status } = await server.api('POST', `/api/v2/users/${again.id}/referrer`, { field: 'id', value: referrer.id });
    assert.equal(status, 200); // the owner may overrule it
  });

  test('who only referred may come again by anybody', async () => {
    const id = campaign(server), referrer = await addReferrer(server, id), other = await addReferrer(server, id);
    await erase(referrer);
    assert.equal((await addLead(server, other, { email: referrer.email })).type, 'person_invited');
  });
});
