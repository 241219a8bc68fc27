/*
 * Refmill on the customer's own site: a page in a frame, a widget under a strict content policy, and JSON. Only on the
 * sites that the campaign names, and nothing private without a pass.
 */
import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { after, before, describe, test } from 'node:test';
import axe from 'axe-core';
import { DESKTOP, launchBrowser, openPage, PHONE } from '../lib/browser.mjs';
import { startServer } from '../lib/server.mjs';
import { startSite } from '../lib/site.mjs';
import { addReferrer, get, postForm, userOf } from '../lib/world.mjs';

const EVIL = '<img src=x onerror=alert(1)>';

let server, browser, shop, stranger, campaign, mara, pass;

before(async () => {
  server = await startServer();
  browser = await launchBrowser();
  [shop, stranger] = [await startSite(), await startSite()];
  const { body, text } = await server.api('POST', '/api/v2/campaigns', { name: `Club ${EVIL}`, offer: EVIL, accent_color: '#8a1538', embed_origins: `https://other.example ${shop.url}` });
  campaign = body?.data ?? assert.fail(text);
  mara = await addReferrer(server, campaign);
  await postForm(server, `/${mara.code}`, { first_name: 'Leonie', email: 'leonie@example.org', consent: 'yes' });
  pass = (await server.api('POST', `/api/v2/users/${mara.id}/portal-link`, {})).body.data.pass;
});
after(async () => {
  await browser?.close();
  await server?.stop();
  shop?.stop();
  stranger?.stop();
});

describe('the page for frames', () => {
  const frame = (where) => `<iframe title="Invite" width="600" height="900" src="${server.url}${where}"></iframe>`;

  test('shows link and referrals on a site that the campaign names', async () => {
    Object.assign(shop, { policy: '', body: frame(`/${mara.code}/referrals?pass=${pass}`) });
    const { page, context, alarms } = await openPage(browser);
    await page.goto(shop.url);
    const inner = page.frameLocator('iframe');
    assert.equal(await inner.getByLabel('Your link').inputValue(), mara.url);
    await inner.getByText('L…').waitFor();
    assert.equal(await inner.getByRole('button', { name: 'Sign out' }).count(), 0);
    const [opened] = await Promise.all([context.waitForEvent('page'), inner.getByRole('link', { name: 'WeChat' }).click()]);
    assert.match(opened.url(), /qr-code$|socials\/wechat$|about:blank/);
    assert.deepEqual(alarms, []);
    assert.deepEqual(await context.cookies(), []);
    await context.close();
  });

  test('is not shown on another site', async () => {
    Object.assign(stranger, { policy: '', body: frame(`/${mara.code}/referrals?pass=${pass}`) });
    const { page, context } = await openPage(browser);
    await page.goto(stranger.url, { waitUntil: 'networkidle' });
    assert.equal(await page.frameLocator('iframe').getByLabel('Your link').count(), 0);
    await context.close();
  });

  test('shows the link alone without a pass, or with that of somebody else', async () => {
    const omar = await addReferrer(server, campaign, { firstName: 'Omar' });
    for (const where of [`/${mara.code}/referrals`, `/${mara.code}/referrals?pass=x`, `/${omar.code}/referrals?pass=${pass}`]) {
      const { status, text } = await get(server, where);
      assert.equal(status, 200);
      assert.doesNotMatch(text, /L…|class="counts"|Omar|Mara/);
    }
  });

  test('and the sign-up page that is asked for as a part of a site are the only ones that may be framed', async () => {
    for (const where of [`/${mara.code}`, `/${mara.code}?source=Embed`, `/${campaign.code}/signup?source=Widget`, `/${campaign.code}/login?source=Embed`, `/${mara.code}/welcome`, `/${mara.code}/thank-you`, `/${campaign.code}/signup`, `/${campaign.code}/login`, '/', '/nothing',
      `/${mara.code}/qr-code`, `/${mara.code}/qr-code.svg`, `/${mara.code}/card.png`, `/${mara.code}/referrals.json`, '/assets/js/widget.js', '/docs'])
      assert.match((await get(server, where)).headers.get('content-security-policy'), /frame-ancestors 'none'/, where);
    for (const where of [`/${mara.code}/referrals`, `/${campaign.code}/signup?source=Embed`])
      assert.match((await get(server, where)).headers.get('content-security-policy'), new RegExp(`frame-ancestors https://other\\.example ${shop.url}(;|$)`));
    const plain = (await server.api('POST', '/api/v2/campaigns', { name: 'Plain' })).body.data;
    const user = await addReferrer(server, plain);
    for (const where of [`/${user.code}/referrals`, `/${plain.code}/signup?source=Embed`])
      assert.match((await get(server, where)).headers.get('content-security-policy'), /frame-ancestors 'none'/);
  });
});

describe('who joins from a site', () => {
  const fill = async (form, email) => {
    await form.getByLabel('First name').fill('Kim');
    await form.getByLabel('E-mail address').fill(email);
    await form.getByLabel(/^I agree/).check();
  };
  const joined = async (page, email) => {
    await page.waitForURL(/\/welcome$/);
    return (await userOf(server, email)).source;
  };

  test('by the form in a frame has the source Embed, and goes on in a page of its own', async () => {
    Object.assign(shop, { policy: '', body: `<iframe title="Join" width="600" height="900" src="${server.url}/${campaign.code}/signup?source=Embed"></iframe>` });
    const { page, context, alarms } = await openPage(browser);
    await page.goto(shop.url);
    const form = page.frameLocator('iframe');
    await fill(form, 'embed@example.org');
    const [opened] = await Promise.all([context.waitForEvent('page'), form.getByRole('button').click()]);
    assert.equal(await joined(opened, 'embed@example.org'), 'Embed');
    assert.deepEqual(alarms, []);
    await context.close();
  });

  test('by the widget has the source Widget, also when the form comes back once', async () => {
    Object.assign(shop, { policy: '', body: `<button class="rf-widget-launch">Join</button><script src="${server.url}/assets/js/widget.js?code=${campaign.code}" defer></script>` });
    const { page, context } = await openPage(browser);
    await page.goto(shop.url);
    const [opened] = await Promise.all([context.waitForEvent('page'), page.getByRole('button').click()]);
    await opened.locator('form').evaluate((form) => { form.noValidate = true; });
    await fill(opened, 'no address');
    await opened.getByRole('button').click();
    await opened.getByRole('alert').waitFor();
    await fill(opened, 'widget@example.org');
    await opened.getByRole('button').click();
    assert.equal(await joined(opened, 'widget@example.org'), 'Widget');
    await context.close();
  });

  test('says so by no other name', async () => {
    for (const source of ['N8n', 'embed', 'Api', '']) {
      const email = `source${source}@example.org`;
      assert.equal((await postForm(server, `/${campaign.code}/signup`, { first_name: 'Kim', email, consent: 'yes', source })).status, 303);
      assert.equal((await userOf(server, email)).source, 'Direct');
    }
  });
});

describe('JSON', () => {
  const read = async (where, origin) => {
    const { headers, text, status } = await get(server, where, origin ? { headers: { Origin: origin } } : {});
    return { status, allowed: headers.get('access-control-allow-origin'), vary: headers.get('vary'), data: JSON.parse(text) };
  };

  test('has the link for anybody, and the rest for who has a pass', async () => {
    const { data } = await read(`/${mara.code}/referrals.json`);
    assert.equal(data.url, mara.url);
    assert.equal(data.socials.length, 10);
    assert.equal(data.campaign.offer, EVIL);
    assert.deepEqual(Object.keys(data).sort(), ['campaign', 'direction', 'socials', 'texts', 'url']);
    const own = (await read(`/${mara.code}/referrals.json?pass=${pass}`)).data;
    assert.equal(own.first_name, 'Mara');
    assert.equal(own.counts.referrals, 1);
    assert.deepEqual(own.referrals, [{ name: 'L…', joined_at: new Date().toISOString().slice(0, 10), qualified: false }]);
    assert.deepEqual(own.rewards, []);
  });

  test('may be read by the sites that the campaign names, and no other', async () => {
    assert.equal((await read(`/${mara.code}/referrals.json`, shop.url)).allowed, shop.url);
    assert.equal((await read(`/${mara.code}/referrals.json`, shop.url)).vary, 'Origin');
    for (const origin of [stranger.url, 'null', 'https://other.example.evil.test', 'https://other.exampl', '', 'https://other.example/'])
      assert.equal((await read(`/${mara.code}/referrals.json`, origin)).allowed, null, origin);
  });
});

describe('the widget', () => {
  const strict = () => `default-src 'none'; script-src ${server.url}; connect-src ${server.url}`;
  const script = () => `<script src="${server.url}/assets/js/widget.js?code=${campaign.code}" defer></script>`;

  for (const [size, options] of [['phone', PHONE], ['desktop', DESKTOP]])
    test(`opens a dialogue by keyboard under a strict policy, and closes it, on a ${size}`, async () => {
      Object.assign(shop, { policy: strict(), body: `<button class="rf-widget-launch" data-pass="${pass}">Invite friends</button>${script()}` });
      const { page, context, alarms } = await openPage(browser, options);
      await page.goto(shop.url);
      await page.getByRole('button', { name: 'Invite friends' }).press('Enter');
      const dialog = page.getByRole('dialog');
      await dialog.waitFor();
      assert.equal(await dialog.getByLabel('Your link').inputValue(), mara.url);
      assert.equal(await dialog.getByRole('heading').textContent(), `Club ${EVIL}`);
      assert.equal(await dialog.getByRole('link').count(), size === 'phone' ? 10 : 8, 'all networks but those of telephones');
      assert.equal(await dialog.getByRole('button', { name: 'Copy the link' }).evaluate((one) => getComputedStyle(one).backgroundColor), 'rgb(138, 21, 56)');
      const [width, inner] = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
      assert.ok(width <= inner);
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
      assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Invite friends');
      assert.deepEqual(alarms, []);
      await context.close();
    });

  for (const colorScheme of ['light', 'dark'])
    test(`stands in the page, accessible, ${colorScheme}`, async () => {
      Object.assign(shop, { policy: `${strict()} 'unsafe-eval'`, body: `<div class="rf-widget" data-pass="${pass}"></div>${script()}` });
      const { page, context } = await openPage(browser, { colorScheme });
      await page.goto(shop.url);
      assert.equal(await page.getByLabel('Your link').inputValue(), mara.url);
      assert.deepEqual(await page.locator('dd').allTextContents().then((all) => all.slice(1)), ['1', '0']);
      await page.evaluate(axe.source);
      const { violations } = await page.evaluate(() => axe.run('.rf-widget', { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }));
      assert.deepEqual(violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`)), []);
      await context.close();
    });

  test('leads to the sign-up page without a pass, and where the site is not named', async () => {
    for (const [site, button] of [[shop, '<button class="rf-widget-launch">Join</button>'], [stranger, `<button class="rf-widget-launch" data-pass="${pass}">Join</button>`]]) {
      Object.assign(site, { policy: strict(), body: button + script() });
      const { page, context } = await openPage(browser);
      await page.goto(site.url);
      const [opened] = await Promise.all([context.waitForEvent('page'), page.getByRole('button').click()]);
      await opened.waitForURL(`${server.url}/${campaign.code}/signup?source=Widget`);
      assert.equal(await page.getByRole('dialog').count(), 0);
      await context.close();
    }
  });

  test('is less than 15 KiB', async () => {
    const { bytes, headers } = await get(server, `/assets/js/widget.js?code=${campaign.code}`);
    assert.match(headers.get('content-type'), /javascript/);
    assert.ok(gzipSync(bytes).length < 15 * 1024);
  });
});
