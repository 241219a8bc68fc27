/*
 * The portal of somebody who refers: signed links open it, a cookie keeps it open, nobody else gets in; and what
 * stands in it, in a real browser.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { launchBrowser, openPage, PHONE } from '../lib/browser.mjs';
import { startServer } from '../lib/server.mjs';
import { addCampaign, addReferrer, get, postForm } from '../lib/world.mjs';

let server, browser, campaign, mara;

async function addContest(name) {
  return (await server.api('POST', '/api/v2/campaigns', { name, kind: 'refer_to_win' })).body.data;
}

before(async () => {
  server = await startServer();
  browser = await launchBrowser();
  campaign = addCampaign(server);
  mara = await addReferrer(server, campaign);
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

const linkOf = async (user, body = {}) => (await server.api('POST', `/api/v2/users/${user.id}/portal-link`, body)).body.data;
const cookieOf = (answer) => answer.headers.get('set-cookie');
const withCookie = (where, cookie) => get(server, where, { headers: { Cookie: cookie.split(';')[0] } });

async function invite(referrer, firstName, email, { qualified = false } = {}) {
  await postForm(server, `/${referrer.code}`, { first_name: firstName, email, consent: 'yes' });
  if (qualified) await server.api('POST', '/api/n8n/users/qualify', { campaign_id: referrer.campaign_id, email });
}

describe('a signed link', () => {
  test('opens the portal and leaves the URL: the cookie that it sets is the page’s own', async () => {
    const { url, expires_at } = await linkOf(mara);
    assert.ok(Math.abs(Date.parse(expires_at) - Date.now() - 86_400_000) < 60_000);
    const answer = await get(server, url.slice(server.url.length));
    assert.equal(answer.status, 303);
    assert.equal(answer.location, `/${mara.code}/portal`);
    assert.match(cookieOf(answer), new RegExp(`^refmill=[0-9A-Za-z]{37}; Path=/${mara.code}; Max-Age=2592000; HttpOnly; SameSite=Lax$`));
    const portal = await withCookie(answer.location, cookieOf(answer));
    assert.equal(portal.status, 200);
    assert.match(portal.text, /Hello <bdi>Mara<\/bdi>/);
    assert.match(portal.headers.get('cache-control'), /private/);
  });

  test('expires', async () => {
    const { url } = await linkOf(mara, { expires_in_s: 1 });
    const where = url.slice(server.url.length);
    for (let left = 100; left > 0 && (await get(server, where)).location === `/${mara.code}/portal`; left--)
      await new Promise((resolve) => setTimeout(resolve, 50));
    const answer = await get(server, where);
    assert.equal(answer.location, `/${campaign.code}/login`);
    assert.equal(cookieOf(answer), null);
  });

  test('opens nobody else’s portal, and is no cookie; nor is the cookie a link', async () => {
    const other = await addReferrer(server, campaign, { firstName: 'Omar' });
    const { pass } = await linkOf(mara);
    const session = cookieOf(await get(server, `/${mara.code}/portal?pass=${pass}`));
    const login = `/${campaign.code}/login`;
    assert.equal((await get(server, `/${other.code}/portal?pass=${pass}`)).location, login);
    assert.equal((await withCookie(`/${other.code}/portal`, session)).location, login);
    assert.equal((await withCookie(`/${mara.code}/portal`, `refmill=${pass}`)).location, login);
    assert.equal((await get(server, `/${mara.code}/portal?pass=${session.slice(8, 45)}`)).location, login);
    assert.equal((await get(server, `/${mara.code}/portal?pass=${pass.slice(0, -1)}0`)).location, login);
  });

  test('ends with its user', async () => {
    const gone = await addReferrer(server, campaign, { firstName: 'Gone' });
    const { pass } = await linkOf(gone);
    await server.api('DELETE', `/api/v2/users/${gone.id}`);
    assert.equal((await get(server, `/${gone.code}/portal?pass=${pass}`)).status, 404);
    assert.equal((await server.api('POST', `/api/v2/users/${gone.id}/portal-link`, {})).status, 404);
  });

  test('lasts from a second to 30 days', async () => {
    for (const expires_in_s of [0, -1, 2_592_001, 'x'])
      assert.equal((await server.api('POST', `/api/v2/users/${mara.id}/portal-link`, { expires_in_s })).status, 422, expires_in_s);
    assert.ok((await linkOf(mara, { expires_in_s: 2_592_000 })).url);
  });
});

test('without a session the portal leads to signing in', async () => {
  const { status, location } = await get(server, `/${mara.code}/portal`);
  assert.equal(status, 303);
  assert.equal(location, `/${campaign.code}/login`);
  assert.equal((await get(server, location)).status, 200);
});

test('a portal shows link, counts, referrals by their initials, rewards and leaders; and signs out', async () => {
  const world = await addContest('Winners');
  const swag = await server.api('POST', '/api/v2/rewards', { campaign_id: world.id, name: 'Fat bonus', metric: 'amount', value_minor: 2500, currency: 'EUR', reward_for: 'person_referring', when_referral: 'qualified' });
  assert.equal(swag.status, 201, swag.text);
  const [noor, omar] = [await addReferrer(server, world, { firstName: 'Noor' }), await addReferrer(server, world, { firstName: 'Omar' })];
  await invite(noor, 'Leonie', 'leonie@example.org', { qualified: true });
  await invite(noor, 'Ξένια', 'xenia@example.org');
  await invite(omar, 'Kim', 'kim@example.org', { qualified: true });

  const { page, context, alarms } = await openPage(browser, PHONE, { origin: server.url });
  await page.goto((await linkOf(noor)).url);
  assert.equal(page.url(), `${server.url}/${noor.code}/portal`);
  assert.equal(await page.getByRole('heading', { level: 1 }).textContent(), 'Hello Noor');
  assert.equal(await page.getByLabel('Your link').inputValue(), noor.url);
  assert.deepEqual(await page.locator('.counts dd').allTextContents(), ['0', '2', '1']);
  const today = new Date().toISOString().slice(0, 10);
  const rows = async (name) => (await page.getByRole('region', { name }).getByRole('listitem').allTextContents()).map((text) => text.trim());
  assert.deepEqual(await rows('Who has joined through you'), [`Ξ… ${today} joined`, `L… ${today} counts`]);
  assert.deepEqual(await rows('Your rewards'), ['Fat bonus 25.00 EUR on its way']);
  assert.deepEqual(await rows('Who leads'), ['Noor 1', 'O… 1']);
  assert.equal(await page.locator('.share a').count(), 10);
  assert.doesNotMatch(await page.content(), /Leonie|Ξένια|Omar|@example/);

  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.waitForURL(`${server.url}/${world.code}/login`);
  await page.goto(`${server.url}/${noor.code}/portal`);
  assert.equal(page.url(), `${server.url}/${world.code}/login`);
  assert.deepEqual(alarms, []);
  await context.close();
});

test('the link is copied by a button, where scripts run', async () => {
  const { page, context, alarms } = await openPage(browser, { permissions: ['clipboard-read', 'clipboard-write'] }, { origin: server.url });
  await page.goto((await linkOf(mara)).url);
  await page.getByRole('button', { name: 'Copy the link' }).press('Enter');
  await page.getByText('Copied.').waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), mara.url);
  assert.deepEqual(alarms, []);
  await context.close();
});

test('without scripts there is no button, and the rest is the same', async () => {
  const { page, context } = await openPage(browser, { ...PHONE, javaScriptEnabled: false });
  await page.goto((await linkOf(mara)).url);
  assert.equal(await page.getByRole('button', { name: 'Copy the link' }).isVisible(), false);
  assert.equal(await page.getByLabel('Your link').inputValue(), mara.url);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.waitForURL(`${server.url}/${campaign.code}/login`);
  await context.close();
});

test('a form of another site signs nobody out', async () => {
  const { headers, status } = await postForm(server, `/${mara.code}/logout`, {});
  assert.equal(status, 303);
  assert.equal(headers.get('set-cookie'), null);
});
