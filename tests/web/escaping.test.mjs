/*
 * Markup in names and texts: shown as it was written, never run. In a real browser, with every
 * page that shows them.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launchBrowser, openPage } from '../lib/browser.mjs';
import { startServer } from '../lib/server.mjs';
import { addCampaign, addReferrer, get, portalLink, postForm } from '../lib/world.mjs';

const CORPUS = [
  '<script>alert(1)</script>',
  '"><script>alert(1)</script>',
  "'><img src=x onerror=alert(1)>",
  '" autofocus onfocus="alert(1)" x="',
  "' onmouseover='alert(1)' x='",
  '</title><svg onload=alert(1)>',
  '</textarea></style></script><svg/onload=alert(1)>',
  '<img src=x onerror=alert`1`>',
  '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
  '<a href="javascript:alert(1)">x</a>',
  '<base href="https://evil.test/">',
  '<meta http-equiv="refresh" content="0;url=https://evil.test/">',
  '<link rel=stylesheet href=https://evil.test/a.css>',
  '<form action="https://evil.test/"><input type=submit>',
  '<!--<img src="--><img src=x onerror=alert(1)//">',
  '<![CDATA[<]]>script>alert(1)</script>',
  '&lt;script&gt;alert(1)&lt;/script&gt;',
  '&#60;img src=x onerror=alert(1)&#62;',
  '{{x}}{{#offer}}{{{campaign}}}',
  '${alert(1)} {{constructor.constructor("alert(1)")()}}',
  '\u003cscript\u003ealert(1)\u003c/script\u003e',
  '＜script＞alert(1)＜/script＞',
  '%3Cscript%3Ealert(1)%3C/script%3E',
  "Robert'); DROP TABLE users;--",
  'a&b<c>d"e\'f`g',
];
const OWN_TEXTS = ['form.accept', 'form.get_link', 'form.consent', 'signup.heading', 'signup.lead', 'signup.offer', 'thanks.title', 'thanks.lead', 'welcome.title', 'welcome.lead'];
/** What a name may hold: at most 100 characters. */
const shortened = (text) => text.slice(0, 100);

let server, browser;

before(async () => {
  server = await startServer();
  browser = await launchBrowser();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

/** Nothing but what our templates have; nothing ran, nothing was asked for elsewhere. */
async function assertHarmless(page, alarms, what) {
  const foreign = await page.evaluate(() => [
    ...document.querySelectorAll('script:not([src^="/assets/"]), :not(head) > style, head > style ~ style, iframe, svg, base, meta[http-equiv], textarea, object, embed'),
    ...[...document.querySelectorAll('*')].filter((one) =>
      [...one.attributes].some(({ name }) => name.startsWith('on') || name === 'style')),
    ...[...document.querySelectorAll('[href], [src], [action]')].filter((one) =>
      !(one.getAttribute('href') ?? one.getAttribute('src') ?? one.getAttribute('action')).match(/^[/#]/)),
  ].map((one) => one.outerHTML));
  assert.deepEqual(foreign, [], what);
  assert.deepEqual(alarms, [], what);
  assert.equal(new URL(page.url()).origin, server.url, what);
}

/** Also not a little later. */
async function assertNothingCame(page, alarms) {
  await page.waitForLoadState('networkidle');
  assert.deepEqual(alarms, []);
}

test('in a first name, a campaign name, an offer and its owner’s own words', async () => {
  const { page, context, alarms } = await openPage(browser, {}, { origin: server.url });
  for (const text of CORPUS) {
    const name = shortened(text);
    const own = text.replace('{x}', '{ x}').replace('{campaign}', '{ campaign}'); // there are no such placeholders
    const texts = OWN_TEXTS.map((each) => `${each}: ${own}`).join('\n');
    const campaign = addCampaign(server, { name: text, offer: text, texts: `${texts}\nlanding.heading: {referrer}: ${own}` });
    const user = await addReferrer(server, campaign, { firstName: name });

    await page.goto(user.url);
    assert.equal(await page.locator('h1').textContent(), `${name}: ${own}`);
    assert.equal(await page.locator('.eyebrow').textContent(), text);
    assert.equal(await page.locator('.offer').textContent(), text);
    assert.equal(await page.title(), `${name} invites you: ${text}`.replace(/\s+/g, ' ').trim());
    await assertHarmless(page, alarms, text);

    const portal = await portalLink(server, user.id);
    for (const where of [`/${user.code}/thank-you`, `/${user.code}/welcome`, `/${campaign.code}/signup`, `/${campaign.code}/login`, portal]) {
      await page.goto(server.url + where);
      assert.equal(await page.locator('.eyebrow').textContent(), text);
      await assertHarmless(page, alarms, `${where}: ${text}`);
    }
  }
  await assertNothingCame(page, alarms);
  await context.close();
});

test('in the portal: in names of friends, rivals and rewards, and in a coupon', async () => {
  const { page, context, alarms } = await openPage(browser, {}, { origin: server.url });
  const { body } = await server.api('POST', '/api/v2/campaigns', { name: 'Club', kind: 'refer_to_win' });
  const campaign = body.data;
  const user = await addReferrer(server, campaign);
  for (const [i, text] of CORPUS.entries()) {
    const reward = await server.api('POST', '/api/v2/rewards', { campaign_id: campaign.id, name: text, metric: 'custom', value_minor: 100, reward_for: 'person_referring', when_referral: 'qualified' });
    assert.equal(reward.status, 201, reward.text);
    const email = `friend${i}@example.org`;
    await postForm(server, `/${user.code}`, { first_name: shortened(text), email, consent: 'yes' });
    await server.api('POST', '/api/n8n/users/qualify', { campaign_id: campaign.id, email });
  }
  const portal = await portalLink(server, user.id);
  for (const where of [portal, portal.replace('/portal?', '/referrals?')]) {
    await page.goto(server.url + where);
    const shown = await page.locator('.rows .what').allTextContents();
    for (const text of [CORPUS[0], CORPUS[7], CORPUS.at(-1)]) assert.ok(shown.includes(text), text);
    await page.evaluate(() => document.querySelector('base')?.remove()); // ours
    await assertHarmless(page, alarms, where);
  }
  await assertNothingCame(page, alarms);
  await context.close();
});

test('in what was entered and comes back', async () => {
  const { page, context, alarms } = await openPage(browser, {}, { origin: server.url });
  const user = await addReferrer(server, addCampaign(server));
  for (const text of CORPUS) {
    await page.goto(user.url);
    await page.locator('form').evaluate((form) => { form.noValidate = true; form.querySelector('#email').type = 'text'; });
    await page.getByLabel('First name').fill(text);
    await page.getByLabel('E-mail address').fill(text);
    await page.getByRole('button').click();
    await page.getByRole('alert').waitFor();
    assert.equal(await page.getByLabel('First name').getAttribute('value'), text);
    assert.equal(await page.getByLabel('E-mail address').getAttribute('value'), text);
    await assertHarmless(page, alarms, text);
  }
  await assertNothingCame(page, alarms);
  await context.close();
});

test('in what is entered to sign in', async () => {
  const { page, context, alarms } = await openPage(browser, {}, { origin: server.url });
  const { body } = await server.api('POST', '/api/v2/campaigns', { name: 'Sign in' });
  const { status, text: why } = await server.api('POST', '/api/n8n/webhooks', { url: 'https://hooks.example/x', event: 'login.requested', campaign_id: body.data.id });
  assert.equal(status, 201, why);
  for (const text of CORPUS) {
    await page.goto(`${server.url}/${body.data.code}/login`);
    await page.locator('form').evaluate((form) => { form.noValidate = true; form.querySelector('#email').type = 'text'; });
    await page.getByLabel('E-mail address').fill(text);
    await page.getByRole('button').click();
    await page.getByRole('alert').waitFor();
    assert.equal(await page.getByLabel('E-mail address').getAttribute('value'), text);
    await assertHarmless(page, alarms, text);
  }
  await assertNothingCame(page, alarms);
  await context.close();
});

test('in a path', async () => {
  const { page, context, alarms } = await openPage(browser, {}, { origin: server.url });
  for (const text of CORPUS) {
    await page.goto(`${server.url}/${encodeURIComponent(text)}`);
    assert.equal(await page.locator('h1').textContent(), 'This link leads nowhere');
    await assertHarmless(page, alarms, text);
  }
  await assertNothingCame(page, alarms);
  await context.close();
});

test('in a share link', async () => {
  const offer = `${CORPUS[3]}&cc=everybody@evil.test\nBcc: everybody@evil.test`;
  const user = await addReferrer(server, addCampaign(server, { name: '&body=x', offer }));
  const { location } = await get(server, `/${user.code}/socials/email`);
  assert.match(location, /^mailto:\?subject=%26body%3Dx&body=[A-Za-z0-9%._~-]+$/);
  assert.equal(decodeURIComponent(location.split('&body=')[1]), `${offer}\n${user.url}`);
});

test('a campaign is refused where it would lead to a script or to nowhere', () => {
  const wrong = [
    'javascript:alert(1)', ' javascript:alert(1)', 'data:text/html,x', '//evil.test', '/\\evil.test',
    'https:evil.test', 'https://a@evil.test', 'https://shop.example\t/', 'https://',
  ];
  for (const url of wrong)
    for (const option of ['landing-url', 'thank-you-url'])
      assert.throws(() => addCampaign(server, { [option]: url }), undefined, `${option} ${url}`);
});

test('the header of a redirect takes nothing from outside', async () => {
  const user = await addReferrer(server, addCampaign(server));
  const { status, location } = await postForm(server, `/${user.code}?thank_you_url=https://evil.test`, {
    first_name: 'Lee', email: 'crlf@example.org', consent: 'yes', thank_you_url: 'https://evil.test', campaign: '\r\nSet-Cookie: a=b',
  });
  assert.equal(status, 303);
  assert.equal(location, `/${user.code}/thank-you`);
});
