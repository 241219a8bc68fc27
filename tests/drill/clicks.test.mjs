/*
 * Links are opened by people and by programs, all noted in a journal; then the server ends in one way or
 * another. What it has counted must be what the journal says, but for the second that a kill may cost.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { delay, startServer } from '../lib/server.mjs';
import { addCampaign, addReferrer } from '../lib/world.mjs';

const LOSS_MS = 1000; // what the documentation promises
const RUN_MS = 2000;
const VISITORS = 8;
const BOT = { 'User-Agent': 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)' };

/** Opens links one after the other until the server is gone or `journal.stopped`. */
async function visit(server, links, journal, number) {
  for (let turn = number; !journal.stopped; turn++) {
    const link = links[turn % links.length], isBot = turn % 5 === 0;
    const opening = { link, answeredAt: undefined };
    (isBot ? journal.looks : journal.openings).push(opening);
    const answer = await fetch(`${server.url}/${link}`, { redirect: 'manual', headers: isBot ? BOT : {} }).catch(() => undefined);
    await answer?.arrayBuffer().catch(() => undefined);
    if (answer?.status !== 302) return;
    opening.answeredAt = performance.now();
  }
}

/** The longest that a write took, by which clicks may have been late on this machine. */
async function write(server, campaign, journal) {
  while (!journal.stopped) {
    const from = performance.now();
    try {
      await addReferrer(server, campaign);
    } catch {
      return;
    }
    journal.slowestMs = Math.max(journal.slowestMs, performance.now() - from);
  }
}

/** All that the server says of its clicks: by user, as rows, by day. They are written together. */
async function counted(server, campaign, links) {
  const get = async (path) => (await server.api('GET', path)).body.data;
  const reach = new Map();
  for (const link of links) reach.set(link, (await get(`/api/v2/users/${link}`)).reach);
  const byUser = [...reach.values()].reduce((sum, each) => sum + each, 0);
  const rows = { people: 0, bots: 0 };
  let after = 0;
  for (;;) {
    const page = await get(`/api/v2/campaigns/${campaign.id}/clicks?limit=250&after=${after}`);
    if (page.length === 0) break;
    for (const { device, clicks } of page) rows[device === 'bot' ? 'bots' : 'people'] += clicks;
    after = page.at(-1).id;
  }
  const { days, devices } = await get(`/api/v2/campaigns/${campaign.id}/stats`);
  return { reach, byUser, rows, byDay: days.reduce((sum, day) => sum + day.clicks, 0), bots: devices.bot ?? 0 };
}

/** A run that ends by `end`; gives what was opened (until when) and what was counted. */
async function run(args, end) {
  const server = await startServer({ args: ['--rate-limit', '0', ...args] });
  try {
    const campaign = addCampaign(server, { 'landing-url': 'https://shop.example/' });
    const links = [];
    for (let i = 0; i < 7; i++) links.push((await addReferrer(server, campaign)).code);
    const journal = { openings: [], looks: [], slowestMs: 0, stopped: false };
    const all = Array.from({ length: VISITORS }, (_, number) => visit(server, links, journal, number));
    all.push(write(server, addCampaign(server), journal));
    await delay(RUN_MS);
    await end(server, async () => {
      journal.stopped = true;
      await Promise.all(all);
    });
    const endedAt = performance.now();
    journal.stopped = true;
    await Promise.all(all);
    await server.start();
    return { ...journal, endedAt, links, ...(await counted(server, campaign, links)) };
  } finally {
    await server.stop();
  }
}

const sent = ({ openings }, link) => openings.filter((each) => each.link === link).length;
const answered = ({ openings }, link, until) => openings.filter((each) => each.link === link && each.answeredAt <= until).length;

function checkSums({ byUser, rows, byDay, bots, openings, looks }) {
  assert.ok(openings.length > 20, `only ${openings.length} openings`);
  assert.deepEqual({ rows, byDay }, { rows: { people: byUser, bots }, byDay: byUser });
  assert.ok(bots <= looks.length, `${bots} looks of bots, of ${looks.length}`);
}

/** What was answered by then is counted, and what was not sent is not. */
function checkLinks(result, until = Infinity) {
  for (const link of result.links) {
    const least = answered(result, link, until), most = sent(result, link), is = result.reach.get(link);
    assert.ok(least <= is && is <= most, `${link}: ${is} counted, not ${least} to ${most}`);
  }
}

test('after a stop the clicks that were counted are those of the journal', { timeout: 90_000 }, async () => {
  const result = await run([], async (server, finish) => {
    await finish();
    await server.stop({ keep: true });
  });
  checkSums(result);
  checkLinks(result);
  assert.equal(result.bots, result.looks.length, 'bots are kept apart, all of them');
});

test('a kill costs the clicks of the last second at most, and counts none twice', { timeout: 90_000 }, async () => {
  const result = await run([], (server) => server.kill());
  checkSums(result);
  checkLinks(result, result.endedAt - LOSS_MS - result.slowestMs);
});

test('a kill costs no click with --clicks durable', { timeout: 90_000 }, async () => {
  const result = await run(['--clicks', 'durable'], (server) => server.kill());
  checkSums(result);
  checkLinks(result);
});
