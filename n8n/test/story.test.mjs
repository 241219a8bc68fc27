/*
 * The main job from end to end, all parts real: n8n, the server, Chromium.
 *
 *   n8n adds a referrer → the link → a friend signs up in the browser → New Referral
 *   → n8n qualifies the friend by code → Referral Qualified → the reward → Reward Issued
 *
 * At the end the executions, the API and the database tell the same story.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launchBrowser, openPage, PHONE } from '../../tests/lib/browser.mjs';
import { World } from './world.mjs';

const world = new World();
let browser;

before(async () => {
  await world.start();
  browser = await launchBrowser();
}, { timeout: 900_000 });
after(async () => {
  await browser?.close();
  await world.stop();
});

/** The friend's side: opens the link, fills in the form, comes to the thank-you page. */
async function signUp(link, { firstName, email }) {
  const { page, context, alarms } = await openPage(browser, PHONE, { origin: world.refmill.url });
  await page.goto(link);
  const heading = await page.getByRole('heading', { level: 1 }).textContent();
  await page.getByLabel('First name').fill(firstName);
  await page.getByLabel('E-mail address').fill(email);
  await page.getByRole('checkbox').check();
  await page.getByRole('button').click();
  await page.waitForURL(/\/thank-you$/);
  const thanks = await page.getByRole('heading', { level: 1 }).textContent();
  await context.close();
  assert.deepEqual(alarms, []);
  return { heading, thanks };
}

test('a referral, from the first link to the reward', { timeout: 300_000 }, async (t) => {
  try {
    const campaign = world.campaign('Coffee for friends');
    const rewardId = world.reward(campaign, '--name', 'Free cup', '--metric', 'amount', '--value', '4.50', '--currency', 'EUR',
      '--for', 'referrer', '--when', 'qualified', '--issue', 'n8n', '--auto');
    const joins = await world.trigger({ event: 'user.join', sources: ['Referred'], campaign_id: campaign.id });
    const qualifies = await world.trigger({ event: 'user.qualified', campaign_id: campaign.id });
    const rewards = await world.trigger({ event: 'reward_issued', reward_id: rewardId });

    // The shop's workflow adds a referrer and has a link to send on.
    const adding = await world.action({ operation: 'create_user', campaign_id: campaign.id, first_name: 'Mara', email: 'mara@example.org' });
    const mara = adding.nodes.Refmill[0].items[0][0];
    assert.equal(mara.type, 'person_referring');
    assert.equal(mara.url, `${world.refmill.url}/${mara.code}`);

    // A friend opens it on a phone.
    const { heading, thanks } = await signUp(mara.url, { firstName: 'Lee', email: 'lee@example.org' });
    assert.match(heading, /Mara/);
    assert.match(thanks, /Thank you/i);

    // New Referral has run, with the lead and the referrer.
    const [{ item: joined }] = await world.waitStarted(joins, 1);
    assert.equal(joined.event, 'user.join');
    assert.equal(joined.email, 'lee@example.org');
    assert.equal(joined.source, 'Referred');
    assert.equal(joined.type, 'person_invited');
    assert.deepEqual({ id: joined.referrer.id, email: joined.referrer.email }, { id: mara.id, email: 'mara@example.org' });

    // Another workflow qualifies the friend by the referral code.
    const qualifying = await world.action({ operation: 'qualify_user', qualify_by: 'by_referral_code', code: joined.code });
    assert.equal(qualifying.status, 'success');
    const [{ item: qualified }] = await world.waitStarted(qualifies, 1);
    assert.deepEqual([qualified.id, qualified.qualified, qualified.referrer.id], [joined.id, true, mara.id]);
    const [{ item: issued }] = await world.waitStarted(rewards, 1);
    assert.deepEqual([issued.reward_id, issued.recipient.id, issued.referral.id, issued.total_minor, issued.currency, issued.status],
      [rewardId, mara.id, joined.id, 450, 'EUR', 'issued']);

    // Doing it again starts nothing: a later referral's events mark the end.
    await world.action({ operation: 'qualify_user', qualify_by: 'by_referral_code', code: joined.code });
    await signUp(mara.url, { firstName: 'Kim', email: 'kim@example.org' });
    await world.action({ operation: 'qualify_user', qualify_by: 'by_email_address', campaign_id: campaign.id, email: 'kim@example.org' });
    await world.waitStarted(rewards, 2);
    await world.waitStarted(qualifies, 2);
    const emails = async (workflow) => (await world.started(workflow)).map(({ item }) => item.email ?? item.referral.email).sort();
    for (const workflow of [joins, qualifies, rewards]) assert.deepEqual(await emails(workflow), ['kim@example.org', 'lee@example.org']);

    // Database, API and executions agree.
    assert.deepEqual(world.refmill.rows(`SELECT u.email, r.email AS referrer, u.qualified_us > 0 AS qualified FROM users u
      JOIN users r ON r.id = u.referrer_id WHERE u.campaign_id = ${campaign.id} ORDER BY u.id`), [
      { email: 'lee@example.org', referrer: 'mara@example.org', qualified: 1 },
      { email: 'kim@example.org', referrer: 'mara@example.org', qualified: 1 },
    ]);
    assert.deepEqual(world.refmill.rows(`SELECT recipient_id, state, value_minor FROM reward_grant WHERE campaign_id = ${campaign.id}`),
      Array(2).fill({ recipient_id: mara.id, state: 1, value_minor: 450 }));
    assert.deepEqual(world.refmill.rows(`SELECT e.type, count(*) AS events, sum(d.state = 2) AS delivered FROM event e
      LEFT JOIN delivery d ON d.account_id = e.account_id AND d.event_seq = e.seq
      WHERE e.campaign_id = ${campaign.id} GROUP BY e.type`), [
      { type: 0, events: 3, delivered: 2 }, // Mara's own joining came from n8n, which the workflow didn't ask for
      { type: 1, events: 2, delivered: 2 },
      { type: 2, events: 2, delivered: 2 },
    ]);
    const lee = await world.refmill.user(joined.code);
    assert.deepEqual([lee.qualified, lee.referrer_id, lee.url], [true, mara.id, joined.url]);
  } catch (error) {
    t.diagnostic(world.logs());
    throw error;
  }
});
