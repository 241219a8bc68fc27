/*
 * Statistics per campaign and day, and the leaderboard (our additions to v2).
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startServer, until } from '../lib/server.mjs';
import { assertError, assertFieldErrors } from './kit/errors.mjs';
import { addLead, addReferrer, campaign, otherAccount, qualified, reward, sql, today } from './kit/world.mjs';

let server;

before(async () => {
  server = await startServer({ args: ['--rate-limit', '0'] });
});
after(() => server?.stop());

const stats = (id, query = '') => server.api('GET', `/api/v2/campaigns/${id}/stats${query}`);
const board = (id, query = '') => server.api('GET', `/api/v2/campaigns/${id}/leaderboard${query}`);
const unqualified = (lead) => server.api('PUT', `/api/v1/users/${lead.id}`, { qualified: false });
const leads = async (referrer, count) => {
  for (let i = 0; i < count; i++) await qualified(server, await addLead(server, referrer));
};

describe('statistics', () => {
  test('count clicks, joins, referrals, qualifications and issued rewards on their day', async () => {
    const spring = campaign(server, '--landing-url', 'https://shop.example.com/');
    reward(server, spring, { more: ['--every', '1', '--auto'] });
    const mara = await addReferrer(server, spring);
    const [lee] = [await addLead(server, mara), await addLead(server, mara)];
    await qualified(server, lee);
    for (let i = 0; i < 3; i++) await fetch(mara.url, { redirect: 'manual' });
    const answer = await until(async () => {
      const got = await stats(spring, `?from=${today()}`);
      return got.body.data.totals.clicks === 3 && got;
    });
    const counts = { clicks: 3, joins: 3, referrals: 2, qualified: 1, issued: 1 };
    assert.deepEqual(answer.body, { data: { campaign_id: spring, live: true, from: today(), to: today(), days: [{ date: today(), ...counts }], totals: counts, devices: { other: 3 }, countries: [{ country: '', clicks: 3 }], hosts: [{ host: '', clicks: 3 }] } });
  });

  test('take a qualification off the day it was on when it is undone', async () => {
    const spring = campaign(server);
    const mara = await addReferrer(server, spring);
    const lee = await addLead(server, mara);
    await qualified(server, lee);
    sql(server, `UPDATE users SET qualified_us = qualified_us - 86400000000 WHERE id = ${lee.id};
      UPDATE campaign_day SET day = day - 1 WHERE campaign_id = ${spring}`);
    assert.equal((await stats(spring)).body.data.days.at(-2).qualified, 1);
    assert.equal((await unqualified(lee)).status, 200);
    assert.equal((await stats(spring)).body.data.totals.qualified, 0);
    assert.equal((await stats(spring)).body.data.days.at(-2).qualified, 0);
  });

  test('show thirty days, or the range asked for, without gaps', async () => {
    const spring = campaign(server);
    const { data } = (await stats(spring)).body;
    assert.equal(data.days.length, 30);
    assert.equal(data.to, today());
    const range = (await stats(spring, '?from=2026-02-27&to=2026-03-02')).body.data;
    assert.deepEqual(range.days.map((day) => day.date), ['2026-02-27', '2026-02-28', '2026-03-01', '2026-03-02']);
    assert.deepEqual(range.totals, { clicks: 0, joins: 0, referrals: 0, qualified: 0, issued: 0 });
  });

  test('refuse a range that can not be, and are not there without a campaign', async () => {
    const spring = campaign(server);
    assertFieldErrors(await stats(spring, '?from=2026-02-02&to=2026-02-01'), ['to'], 'v2');
    assertFieldErrors(await stats(spring, '?from=2020-01-01&to=2026-02-01'), ['from'], 'v2');
    assertFieldErrors(await stats(spring, '?from=x&to=2026-02-30'), ['from', 'to'], 'v2');
    for (const id of ['999999', 'x', '0']) for (const call of [stats, board]) assertError(await call(id), 404);
    const other = otherAccount(server);
    for (const what of ['stats', 'leaderboard'])
      assertError(await server.api('GET', `/api/v2/campaigns/${spring}/${what}`, undefined, { token: other.token }), 404);
  });
});

describe('clicks', () => {
  const PHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1';
  const DESKTOP = 'Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0';
  const open = (user, agent, referer) => fetch(user.url, { redirect: 'manual', headers: { 'User-Agent': agent, ...(referer ? { Referer: referer } : {}) } });
  const clicks = (id, query = '') => server.api('GET', `/api/v2/campaigns/${id}/clicks${query}`);
  const counted = (id, count) => until(async () => (await stats(id)).body.data.totals.clicks === count, { what: 'the clicks to be written' });

  test('are kept with their time, link, device and referring host, and nothing else of the visitor', async () => {
    const spring = campaign(server, '--landing-url', 'https://shop.example.com/');
    const [mara, noor] = [await addReferrer(server, spring), await addReferrer(server, spring)];
    const from = Date.now();
    await open(mara, PHONE, 'https://Blog.Example.org:8080/a/post?secret=1');
    await open(noor, DESKTOP);
    await open(noor, DESKTOP, 'android-app://com.example.app/');
    await open(noor, 'Mozilla/5.0 (compatible; Googlebot/2.1)', 'https://www.google.com/');
    await counted(spring, 3);
    const { data, has_more } = await until(async () => {
      const { body } = await clicks(spring);
      return body.data.some((each) => each.device === 'bot') && body;
    }, { what: "the bot's to be written" });
    assert.equal(has_more, false);
    const told = data.map(({ id, clicked_at, ...rest }) => {
      assert.ok(Math.abs(Date.parse(clicked_at) - from) < 60_000, clicked_at);
      assert.equal(Math.floor(id / 1000), Date.parse(clicked_at));
      return rest;
    });
    const phone = told.filter((each) => each.device === 'phone');
    assert.deepEqual(phone, [{ user_id: mara.id, code: mara.code, clicks: 1, device: 'phone', country: '', host: 'blog.example.org' }]);
    const bots = told.filter((each) => each.device === 'bot');
    assert.deepEqual(bots, [{ user_id: noor.id, code: noor.code, clicks: 1, device: 'bot', country: '', host: 'www.google.com' }]);
    const others = told.filter((each) => each.device !== 'phone' && each.device !== 'bot');
    assert.equal(others.reduce((sum, each) => sum + each.clicks, 0), 2);
    assert.ok(others.every((each) => each.code === noor.code && each.device === 'desktop' && each.host === ''));
    const { devices, countries, hosts, totals } = (await stats(spring)).body.data;
    assert.deepEqual(devices, { phone: 1, desktop: 2, bot: 1 });
    assert.equal(totals.clicks, 3, 'a bot counts nowhere else');
    assert.deepEqual(countries, [{ country: '', clicks: 3 }]);
    assert.deepEqual(hosts, [{ host: '', clicks: 2 }, { host: 'blog.example.org', clicks: 1 }]);
    assert.equal((await server.api('GET', `/api/v2/campaigns/${spring}`)).body.data.reach, 3);
    assert.equal((await server.api('GET', `/api/v2/users/${noor.id}`)).body.data.reach, 2);
  });

  test('are read on from where the last answer ended', async () => {
    const spring = campaign(server, '--landing-url', 'https://shop.example.com/');
    const mara = await addReferrer(server, spring);
    for (let i = 0; i < 5; i++) await open(mara, PHONE, `https://${'x'.repeat(i * 16)}y.example/`);
    await counted(spring, 5);
    const seen = [];
    for (let after = 0, more = true; more;) {
      const { data, next_after, has_more } = (await clicks(spring, `?limit=2&after=${after}`)).body;
      assert.ok(data.length <= 2 && data.every((each) => each.id > after));
      seen.push(...data);
      [after, more] = [next_after, has_more];
    }
    assert.equal(seen.length, 5);
    assert.equal(seen.filter((each) => each.host === '').length, 1, 'a host that is too long is left out');
    assert.deepEqual((await clicks(spring, `?after=${seen.at(-1).id}`)).body, { data: [], next_after: seen.at(-1).id, has_more: false });
    assertFieldErrors(await clicks(spring, '?limit=1001'), ['limit'], 'v2');
    assertError(await clicks(999999), 404);
  });
});

describe('countries', () => {
  const home = mkdtempSync(path.join(tmpdir(), 'refmill-countries-'));
  const file = path.join(home, 'countries.csv');
  const list = (...lines) => writeFileSync(file, lines.join('\n'));
  after(() => rmSync(home, { recursive: true, force: true }));

  test('of clicks are those of a list, and the address is not kept', async () => {
    list('# start,end,country', '192.0.2.0,192.0.2.127,NL', '192.0.2.128,192.0.2.255,BE', '2001:db8::,2001:db8::ffff,JP', '');
    const own = await startServer({ args: ['--country-db', file, '--trust-proxy', '127.0.0.1'] });
    try {
      const spring = campaign(own, '--landing-url', 'https://shop.example.com/');
      const mara = await addReferrer(own, spring);
      const from = ['192.0.2.1', '192.0.2.200', '2001:db8::7', '192.0.2.2', '198.51.100.1'];
      for (const address of from) await fetch(mara.url, { redirect: 'manual', headers: { 'X-Forwarded-For': address } });
      const read = async (what) => (await own.api('GET', `/api/v2/campaigns/${spring}/${what}`)).body.data;
      const { countries, devices } = await until(async () => {
        const got = await read('stats');
        return got.totals.clicks === 5 && got;
      }, { what: 'the clicks to be written' });
      assert.deepEqual(devices, { other: 5 });
      assert.deepEqual(countries, [{ country: 'NL', clicks: 2 }, { country: '', clicks: 1 }, { country: 'BE', clicks: 1 }, { country: 'JP', clicks: 1 }]);
      const rows = await read('clicks');
      assert.equal(rows.filter(({ country }) => country === 'NL').reduce((sum, { clicks }) => sum + clicks, 0), 2);
      assert.deepEqual(new Set(rows.map(({ country }) => country)), new Set(['NL', 'BE', 'JP', '']));
      await own.stop({ keep: true });
      const written = readdirSync(own.home).map((name) => readFileSync(path.join(own.home, name)));
      for (const address of from) assert.ok(written.every((bytes) => !bytes.includes(address)) && !own.log.includes(address), address);
    } finally {
      await own.stop();
    }
  });

  test('are not read from a list with a wrong line, which is named', async () => {
    for (const [lines, why] of [[['192.0.2.0,192.0.2.127,NL', 'start,end,country'], /line 2: This is no range/], [['192.0.2.0,192.0.2.127,NL', '', '192.0.2.127,192.0.2.255,BE'], /line 3: This range must lie behind/]]) {
      list(...lines);
      await assert.rejects(startServer({ args: ['--country-db', file] }), why);
    }
    await assert.rejects(startServer({ args: ['--country-db', path.join(home, 'none.csv')] }), /--country-db: .*none\.csv can't be read/);
  });
});

describe('the leaderboard', () => {
  test('shows who has the most qualified referrals, among equals who got there first', async () => {
    const spring = campaign(server);
    const people = [];
    for (const first_name of ['Mara', 'Noor', 'Kim', 'Idle']) people.push(await addReferrer(server, spring, { first_name }));
    await leads(people[0], 1);
    await leads(people[1], 3);
    await leads(people[2], 1);
    await addLead(server, people[3]);
    const { data } = (await board(spring)).body;
    assert.deepEqual(data.map((each) => [each.rank, each.first_name, each.qualified_referrals]), [[1, 'Noor', 3], [2, 'Mara', 1], [3, 'Kim', 1]]);
    assert.equal(data[0].user_id, people[1].id);
    assert.equal(data[0].code, people[1].code);
    assert.equal(data[0].referrals, 3);
    assert.deepEqual((await board(spring, '?limit=1')).body.data, [data[0]]);
  });

  test('follows what is undone', async () => {
    const spring = campaign(server);
    const mara = await addReferrer(server, spring);
    const lee = await addLead(server, mara);
    await qualified(server, lee);
    assert.equal((await board(spring)).body.data.length, 1);
    await unqualified(lee);
    assert.deepEqual((await board(spring)).body.data, []);
    await qualified(server, lee);
    assert.equal((await board(spring)).body.data[0].qualified_referrals, 1);
  });

  test('has no place for who is erased', async () => {
    const spring = campaign(server);
    const mara = await addReferrer(server, spring);
    await leads(mara, 1);
    assert.equal((await server.api('DELETE', `/api/v2/users/${mara.id}`)).status, 200);
    assert.deepEqual((await board(spring)).body.data, []);
  });

  test('is of its campaign only, and has at most a hundred places', async () => {
    const spring = campaign(server), autumn = campaign(server);
    await leads(await addReferrer(server, spring), 1);
    assert.deepEqual((await board(autumn)).body.data, []);
    for (const limit of ['101', 'x', '-1']) assertFieldErrors(await board(spring, `?limit=${limit}`), ['limit'], 'v2');
  });
});
