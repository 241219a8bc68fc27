/*
 * Makes the pictures of the pages in docs/images:  node tests/web/screenshots.mjs
 */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { DESKTOP, launchBrowser, openPage, PHONE as REAL_PHONE } from '../lib/browser.mjs';
import { startServer, until } from '../lib/server.mjs';
import { addCampaign, addReferrer, get, portalLink, postForm, userOf } from '../lib/world.mjs';

const OUT = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', '..', 'docs', 'images');
const PHONE = { ...REAL_PHONE, deviceScaleFactor: 1.5 }; // keeps the files small
const HERO = 'https://pictures.example/hero.svg';
const port = 8411; // no free one by chance: it is in the pictures

/** Two cups on a table in the morning: a campaign's own picture. */
const hero = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 360">
<rect width="640" height="360" fill="#f7e3c8"/><circle cx="320" cy="215" r="120" fill="#f2b27a"/><rect y="262" width="640" height="98" fill="#8a1538"/>
${[190, 370].map((x) => `<path d="M${x} 190h80v46a32 32 0 0 1-32 32h-16a32 32 0 0 1-32-32z" fill="#fffaf2"/><path d="M${x + 80} 202h12a16 16 0 0 1 0 34h-14" fill="none" stroke="#fffaf2" stroke-width="9"/>
<path d="M${x + 26} 172q-10-14 0-28t0-28M${x + 52} 172q-10-14 0-28t0-28" fill="none" stroke="#fffaf2" stroke-width="6" stroke-linecap="round"/>`).join('')}
</svg>`;

async function take(browser, server, name, where, options) {
  const { page, context } = await openPage(browser, options);
  await page.route(HERO, (route) => route.fulfill({ contentType: 'image/svg+xml', body: hero }));
  await page.goto(server.url + where);
  if (options.isMobile) // a page in full: Playwright's fullPage would take it with the pointer of a desktop
    await page.setViewportSize({ width: options.viewport.width, height: await page.evaluate(() => document.documentElement.scrollHeight) });
  await page.screenshot({ path: path.join(OUT, `${name}.png`) });
  await context.close();
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
  for (let i = 0; i < 11; i++) await get(server, `/${code}`);
  await until(async () => (await userOf(server, id)).reach === 11, { what: 'the link to be opened' });
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
  await take(browser, server, 'landing-phone', `/${code}`, PHONE);
  await take(browser, server, 'welcome-phone', `/${code}/welcome`, PHONE);
  const portal = await portalOf(server, campaign);
  await take(browser, server, 'portal-phone', portal, PHONE);
  await take(browser, server, 'portal-desktop-dark', portal, { viewport: { width: 1280, height: 1180 }, colorScheme: 'dark' });
  const { data } = (await server.api('POST', '/api/v2/campaigns', {
    name: 'Morning Cup', offer: 'Two cups for the price of one,\nfor both of you.', accent_color: '#8a1538', hero_url: HERO,
    texts: { 'landing.heading': 'Coffee with {referrer}?', 'form.accept': 'Yes, please' },
  })).body;
  await take(browser, server, 'look-phone', `/${(await addReferrer(server, data)).code}`, PHONE);
} finally {
  await browser.close();
  await server.stop();
}
