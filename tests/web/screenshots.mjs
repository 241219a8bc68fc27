/*
 * Makes the pictures of the pages in docs/images:  node tests/web/screenshots.mjs
 */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { DESKTOP, launchBrowser, openPage, PHONE as REAL_PHONE } from '../lib/browser.mjs';
import { startServer } from '../lib/server.mjs';
import { addCampaign, addReferrer, portalLink, postForm } from '../lib/world.mjs';

const OUT = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', '..', 'docs', 'images');
const PHONE = { ...REAL_PHONE, deviceScaleFactor: 1.5 }; // keeps the files small
const port = 8411; // no free one by chance: it is in the pictures

async function take(browser, server, name, where, options, prepare) {
  const { page, context } = await openPage(browser, options);
  await page.goto(server.url + where);
  await prepare?.(page);
  await page.screenshot({ path: path.join(OUT, `${name}.png`), fullPage: options.isMobile });
  await context.close();
}

async function sendEmpty(page) {
  await page.locator('form').evaluate((form) => { form.noValidate = true; });
  await page.getByLabel('E-mail address').fill('lee@');
  await page.getByRole('button').click();
  await page.getByRole('alert').waitFor();
}

/** Of somebody who has brought friends and earned something. */
async function portalOf(server, campaign) {
  await server.api('POST', '/api/v2/rewards', {
    campaign_id: campaign.id, name: 'A bag of beans', metric: 'amount', value_minor: 1250, currency: 'EUR', reward_for: 'person_referring', when_referral: 'qualified',
  });
  const { id, code } = await addReferrer(server, campaign, { email: 'noor@example.org', firstName: 'Noor' });
  for (const [name, qualified] of [['Lee', true], ['Ada', true], ['Kim', false]]) {
    const email = `${name.toLowerCase()}@example.org`;
    await postForm(server, `/${code}`, { first_name: name, email, consent: 'yes' });
    if (qualified) await server.api('POST', '/api/n8n/users/qualify', { campaign_id: campaign.id, email });
  }
  return portalLink(server, id);
}

const server = await startServer({ port });
const browser = await launchBrowser();
try {
  const campaign = addCampaign(server, {
    name: 'Bluebird Coffee Club',
    offer: 'Your first bag of beans is on us.\nFresh from the roastery, sent to your door.',
  });
  const { code } = await addReferrer(server, campaign);
  const dark = { colorScheme: 'dark' };
  await take(browser, server, 'landing-phone', `/${code}`, PHONE);
  await take(browser, server, 'landing-phone-dark', `/${code}`, { ...PHONE, ...dark });
  await take(browser, server, 'landing-desktop', `/${code}`, DESKTOP);
  await take(browser, server, 'landing-errors-phone', `/${code}`, { ...PHONE, deviceScaleFactor: 1.25 }, sendEmpty);
  await take(browser, server, 'thank-you-phone', `/${code}/thank-you`, PHONE);
  await take(browser, server, 'signup-phone', `/${campaign.code}/signup`, PHONE);
  await take(browser, server, 'welcome-phone', `/${code}/welcome`, PHONE);
  await take(browser, server, 'welcome-desktop', `/${code}/welcome`, { viewport: { width: 1280, height: 1040 } });
  await take(browser, server, 'welcome-desktop-dark', `/${code}/welcome`, { viewport: { width: 1280, height: 1040 }, ...dark });
  const portal = await portalOf(server, campaign);
  await take(browser, server, 'portal-phone', portal, PHONE);
  await take(browser, server, 'portal-desktop-dark', portal, { viewport: { width: 1280, height: 1180 }, ...dark });
  await take(browser, server, 'not-found-phone', '/nothing', PHONE);
} finally {
  await browser.close();
  await server.stop();
}
