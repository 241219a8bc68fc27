/*
 * axe finds nothing of WCAG 2.2 AA on any page, in light and dark, on phone and desktop.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import axe from 'axe-core';
import { DESKTOP, launchBrowser, openPage, PHONE } from '../lib/browser.mjs';
import { startServer } from '../lib/server.mjs';
import { addCampaign, addFriends, addReferrer, portalLink } from '../lib/world.mjs';

const WCAG = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

let server, browser, pages, landing, login, portal;

before(async () => {
  server = await startServer({ args: ['--webhook-allow', '127.0.0.0/8'] });
  browser = await launchBrowser();
  const campaign = addCampaign(server, { offer: 'The first bag is on us.\nSent to your door.' });
  const paused = addCampaign(server, { name: 'Paused', status: 'paused' });
  const { id, code } = await addReferrer(server, campaign);
  const leftwards = await addReferrer(server, addCampaign(server, { name: 'نادي القهوة', lang: 'ar', offer: 'الكيس الأول علينا.' }), { firstName: 'سارة' });
  await server.api('POST', '/api/n8n/webhooks', { url: 'http://127.0.0.1:9/', event: 'login.requested', campaign_id: campaign.id });
  const careful = (await server.api('POST', '/api/v2/campaigns', { name: 'Careful', cookie_days: 7, proof_of_work: true })).body.data;
  landing = `/${code}`;
  login = `/${campaign.code}/login`;
  portal = await portalLink(server, id);
  const winner = await addReferrer(server, (await server.api('POST', '/api/v2/campaigns', { name: 'Winners', kind: 'refer_to_win' })).body.data);
  await addFriends(server, winner, 2);
  pages = [
    landing, `/${campaign.code}/signup`, `/${code}/welcome`, `/${code}/thank-you`, portal, login, `/${paused.code}/login`, `/${paused.code}/signup`,
    `/${leftwards.code}`, `/${leftwards.code}/welcome`, await portalLink(server, leftwards.id), `${portal.replace('/portal?', '/referrals?')}`, '/nothing', '/', `/${(await addReferrer(server, careful)).code}`, `/${careful.code}/signup?source=Embed`, await portalLink(server, winner.id),
  ];
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

async function assertAccessible(page, what) {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate((tags) => axe.run({ runOnly: tags }), WCAG);
  const found = violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`));
  assert.deepEqual(found, [], what);
}

for (const colorScheme of ['light', 'dark'])
  for (const [size, options] of [['phone', PHONE], ['desktop', DESKTOP]])
    test(`every page is accessible, ${colorScheme}, on a ${size}`, async () => {
      const { page, context } = await openPage(browser, { ...options, colorScheme });
      for (const where of pages) {
        await page.goto(server.url + where);
        await assertAccessible(page, where);
      }
      await page.goto(server.url + landing); // and with messages in it
      await page.locator('form').evaluate((form) => { form.noValidate = true; });
      await page.getByRole('button').click();
      await page.getByRole('alert').waitFor();
      await assertAccessible(page, 'the form with its messages');
      await page.goto(server.url + login); // and where a code is entered
      await page.getByLabel('E-mail address').fill('nobody@example.org');
      await page.getByRole('button').click();
      await page.getByLabel('Code').waitFor();
      await assertAccessible(page, 'the form for a code');
      await context.close();
    });

test('a screen of 320 pixels, or text four times as large, needs no scrolling sideways', async () => {
  const { page, context } = await openPage(browser, { viewport: { width: 320, height: 640 } });
  for (const where of pages) {
    await page.goto(server.url + where);
    const [scroll, inner] = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
    assert.ok(scroll <= inner, `${where}: ${scroll}`);
  }
  await context.close();
});
