/*
 * Campaigns in their owners' colours: readable in light and dark, with nothing loaded but the logo from where it was
 * said to be.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import axe from 'axe-core';
import { launchBrowser, openPage } from '../lib/browser.mjs';
import { startServer } from '../lib/server.mjs';
import { addReferrer, get, postForm } from '../lib/world.mjs';

const HERO = 'https://pictures.shop.example/hero.jpg';
const LOGO = 'https://cdn.shop.example/logo.png?size=2';
const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');

let server, browser;

before(async () => {
  server = await startServer();
  browser = await launchBrowser();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

const add = (fields) => server.api('POST', '/api/v2/campaigns', { name: 'Bluebird', offer: 'A free bag.', ...fields });
async function themed(fields) {
  const { status, body, text } = await add(fields);
  assert.equal(status, 201, text);
  return body.data;
}

async function open(where, options = {}) {
  const opened = await openPage(browser, options);
  const asked = [];
  await opened.page.route(/^https:/, (route) => {
    asked.push(route.request().url());
    return route.fulfill({ contentType: 'image/png', body: PNG });
  });
  await opened.page.goto(server.url + where, { waitUntil: 'networkidle' });
  return { ...opened, asked };
}

const colorOf = (page, role, property) => page.getByRole(role).first().evaluate((one, name) => getComputedStyle(one)[name], property);

for (const [colorScheme, button, text] of [['light', 'rgb(138, 21, 56)', 'rgb(255, 255, 255)'], ['dark', 'rgb(255, 179, 200)', 'rgb(21, 29, 28)']])
  test(`an accent colours every page, ${colorScheme}`, async () => {
    const campaign = await themed({ accent_color: '#8a1538', accent_color_dark: '#ffb3c8', logo_url: LOGO });
    const { page, context, alarms, asked } = await open(`/${campaign.code}/signup`, { colorScheme });
    assert.equal(await colorOf(page, 'button', 'backgroundColor'), button);
    assert.equal(await colorOf(page, 'button', 'color'), text);
    assert.deepEqual(asked, [LOGO]);
    await page.getByRole('img', { name: 'Bluebird' }).waitFor();
    assert.deepEqual(alarms, []);
    await context.close();
  });

/** What is as light as allowed is the hardest to read. */
for (const accent_color of ['#767676', '#e60000', '#000000', '#0000ff'])
  test(`text is readable in light and dark with ${accent_color}`, async () => {
    const user = await addReferrer(server, await themed({ accent_color }));
    for (const colorScheme of ['light', 'dark'])
      for (const where of [`/${user.code}`, `/${user.code}/welcome`]) {
        const { page, context } = await open(where, { colorScheme });
        await page.evaluate(axe.source);
        const { violations } = await page.evaluate(() => axe.run({ runOnly: ['color-contrast'] }));
        assert.deepEqual(violations.flatMap(({ nodes }) => nodes.map(({ failureSummary, html }) => `${where} ${colorScheme}: ${html} ${failureSummary}`)), []);
        await context.close();
      }
  });

test('custom CSS counts behind ours, and changes with its campaign at once', async () => {
  const campaign = await themed({ custom_css: 'h1 { color: rgb(1 2 3) }' });
  const { page, context, alarms } = await open(`/${campaign.code}/signup`);
  assert.equal(await colorOf(page, 'heading', 'color'), 'rgb(1, 2, 3)');
  await server.api('PUT', `/api/v2/campaigns/${campaign.id}`, { custom_css: '@media screen { h1 { color: rgb(4 5 6) } }' });
  await page.reload();
  assert.equal(await colorOf(page, 'heading', 'color'), 'rgb(4, 5, 6)');
  assert.deepEqual(alarms, []);
  await context.close();
});

test('a campaign without a theme has no style sheet of its own, and allows no foreign picture', async () => {
  const campaign = await themed({});
  const page = await get(server, `/${campaign.code}/signup`);
  assert.doesNotMatch(page.text, /class="brand"/);
  assert.equal(page.text.match(/<style>/g).length, 1);
  assert.match(page.headers.get('content-security-policy'), /img-src 'self' data:;/);
  assert.match(page.text, /This page sets no cookies\. Nothing is loaded from elsewhere\./);
});

test('a picture stands on the pages where people join, and on no other', async () => {
  const campaign = await themed({ hero_url: HERO });
  const user = await addReferrer(server, campaign);
  for (const [where, expected] of [[`/${user.code}`, [HERO]], [`/${campaign.code}/signup`, [HERO]], [`/${user.code}/welcome`, []]]) {
    const { page, context, alarms, asked } = await open(where);
    assert.deepEqual(asked, expected, where);
    assert.equal(await page.locator('.hero').count(), expected.length, where);
    assert.equal(await page.getByText('Nothing is loaded from elsewhere.').count(), 0, where);
    assert.deepEqual(alarms, []);
    await context.close();
  }
});

describe('an owner’s own words', () => {
  const texts = {
    'landing.heading': '{referrer} has a gift for you', 'form.accept': 'Yes, please', 'form.get_link': 'My link', 'form.consent': 'Store this.',
    'signup.heading': 'Give & get', 'signup.lead': 'It is quick.', 'signup.offer': 'For friends', 'thanks.title': 'Welcome, says {referrer}', 'thanks.lead': '{referrer} is glad.',
    'welcome.title': 'Here it is', 'welcome.lead': 'Pass it on.',
  };
  const pages = (user, campaign) => [
    [`/${user.code}`, ['Mara has a gift for you', 'Yes, please', 'Store this.']],
    [`/${user.code}/thank-you`, ['Welcome, says Mara', 'Mara is glad.']],
    [`/${campaign.code}/signup`, ['Give &amp; get', 'It is quick.', 'For friends', 'My link', 'Store this.']],
    [`/${user.code}/welcome`, ['Here it is', 'Pass it on.']],
  ];

  test('stand in place of ours, also in a form that comes back', async () => {
    const campaign = await themed({ texts });
    const user = await addReferrer(server, campaign);
    for (const [where, words] of pages(user, campaign)) {
      const { text } = await get(server, where);
      for (const word of words) assert.ok(text.includes(`>${word}<`), `${where}: ${word}`);
    }
    const { status, html } = await postForm(server, `/${user.code}`, {});
    assert.equal(status, 422);
    assert.ok(html.includes('>Mara has a gift for you<') && html.includes('>Yes, please<'));
  });

  test('leave what they don’t name to the campaign’s language, and go when they are taken back', async () => {
    const campaign = await themed({ lang: 'de', texts: { 'signup.heading': 'Los geht’s' } });
    const shown = async () => (await get(server, `/${campaign.code}/signup`)).text;
    assert.match(await shown(), /<h1>Los geht’s<\/h1>[^]*Holen Sie sich/);
    const { body } = await server.api('PUT', `/api/v2/campaigns/${campaign.id}`, { texts: {} });
    assert.deepEqual(body.data.texts, {});
    assert.doesNotMatch(await shown(), /Los geht’s/);
  });

  test('are said where the link is shared, with the link once', async () => {
    const campaign = await themed({ share_subject: 'From {referrer}', share_text: '{referrer} & I love it: {link}' });
    const user = await addReferrer(server, campaign);
    const shared = async (network) => new URL((await get(server, `/${user.code}/socials/${network}`)).location.replace('mailto:', 'mailto://x/'));
    const said = 'Mara & I love it:';
    assert.equal((await shared('whatsapp')).searchParams.get('text'), `${said} ${user.url}`);
    const { sharing } = (await server.api('GET', `/api/v2/users/${user.id}`)).body.data;
    assert.deepEqual([sharing.subject, sharing.text], ['From Mara', `${said} ${user.url}`]);
    assert.deepEqual([...(await shared('email')).searchParams.values()], ['From Mara', `${said} ${user.url}`]);
    assert.deepEqual([...(await shared('telegram')).searchParams.values()], [user.url, said]);
    await server.api('PUT', `/api/v2/campaigns/${campaign.id}`, { share_text: 'Just so' });
    assert.equal((await shared('whatsapp')).searchParams.get('text'), `Just so\n${user.url}`);
  });
});

test('the policy names the hosts of logo and picture alone', async () => {
  const campaign = await themed({ logo_url: LOGO, hero_url: HERO });
  const { headers } = await get(server, `/${campaign.code}/signup`);
  assert.match(headers.get('content-security-policy'), /img-src 'self' data: https:\/\/cdn\.shop\.example https:\/\/pictures\.shop\.example;/);
  assert.equal((await server.api('GET', `/api/v2/campaigns/${campaign.id}`)).body.data.assets.logo.path, LOGO);
});

describe('is refused by its field', () => {
  const rows = [
    ['accent_color', '#ffd700', /contrast is 1\.4/], ['accent_color', 'red', /#rrggbb/], ['accent_color_dark', '#0b7a75', /brighter/],
    ['logo_url', 'http://cdn.example/a.png', /https/], ['logo_url', 'https://cdn.example/a(1).png', /Percent-encode/],
    ['logo_url', 'javascript:alert(1)', /./], ['hero_url', 'https://cdn.example/a"b.png', /./], ['hero_url', 'http://cdn.example/a.png', /https/],
    ['share_text', 'Dear {friend}', /no \{friend\}/], ['share_subject', '{name}', /There is \{referrer\}/],
    ['texts', { 'portal.heading': 'Hi' }, /portal\.heading/], ['texts', { 'form.accept': 'a\nlanding.heading: b' }, /one line/], ['texts', { 'form.accept': 'x'.repeat(301) }, /300/],
    ['texts', { 'form.accept': 7 }, /text/], ['texts', { 'signup.lead': '{referrer}' }, /no \{referrer\}/], ['texts', { 'form.accept: a\nform.accept': 'b' }, /no text/], ['custom_css', '@import "https://evil.test"', /Line 1/],
    ['custom_css', 'a { background: url(//evil.test) }', /Line 1/], ['custom_css', '} </style><script>', /Line 1/],
    ['custom_css', 'a{}'.repeat(4000), /./], ['embed_origins', '*', /origins/], ['embed_origins', "https://a; script-src 'unsafe-inline'", /origins/],
  ];
  for (const [field, value, message] of rows)
    test(`${field}: ${JSON.stringify(value).slice(0, 40)}`, async () => {
      const { status, body } = await add({ [field]: value });
      assert.equal(status, 422);
      assert.match(body.errors[field][0].message, message);
    });
});
