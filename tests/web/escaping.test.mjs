/*
 * What people with bad intentions write into names, texts and addresses: shown as it was written, never run, and no way to
 * somewhere else. In a real browser, with every page that shows it, the widget, pictures, share links and JSON.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launchBrowser, openPage } from '../lib/browser.mjs';
import { HEADERS, packed, TARGETS } from '../lib/injection.mjs';
import { startServer } from '../lib/server.mjs';
import { startSite } from '../lib/site.mjs';
import { addCampaign, addReferrer, get, portalLink, postForm, userOf } from '../lib/world.mjs';

const SHORTEST_FIELD = 100, WORD = 8; // in some a word of ours stands before it
const PACKS = packed(SHORTEST_FIELD - WORD);
const OWN_TEXTS = ['form.accept', 'form.get_link', 'form.consent', 'signup.heading', 'signup.lead', 'signup.offer', 'thanks.title', 'thanks.lead', 'welcome.title', 'welcome.lead'];
/** There are no such placeholders in texts of one's own. */
const spaced = (text) => text.replace(/\{(?=\w+\})/g, '{ ');

let server, browser, shop;

before(async () => {
  server = await startServer();
  browser = await launchBrowser();
  shop = await startSite();
});
after(async () => {
  shop?.stop();
  await browser?.close();
  await server?.stop();
});

/** Nothing but what our templates have; nothing ran, nothing was asked for elsewhere. */
async function assertHarmless(page, alarms, what) {
  const foreign = await page.evaluate(() => [
    ...document.querySelectorAll('script:not([src^="/assets/"]), :not(head) > style, head > style ~ style, iframe, svg, base[href], meta[http-equiv], textarea, object, embed'),
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

/** A campaign that has the text wherever it takes one. */
async function campaignSaying(text, more) {
  const own = spaced(text), fields = ['input', 'select'].map((type) => ({ id: `${type} ${text}`, type, label: type === 'input' ? text : `Or ${text}`, value: text, required: false }));
  const { body, text: why } = await server.api('POST', '/api/v2/campaigns', {
    name: text, offer: text, share_text: own, share_subject: own, kind: 'refer_to_win', fields: { person_referring: fields, person_invited: fields },
    texts: { ...Object.fromEntries(OWN_TEXTS.map((each) => [each, own])), 'landing.heading': `{referrer}: ${own}` }, ...more,
  });
  return body?.data ?? assert.fail(why);
}

/** A person of that name who has invited another, and got a reward and a coupon named so. */
async function personCalled(text, campaign) {
  for (const reward of [{ metric: 'custom', value_minor: 100 }, { metric: 'coupon' }]) {
    const { status, text: why } = await server.api('POST', '/api/v2/rewards', { campaign_id: campaign.id, name: text, reward_for: 'person_referring', when_referral: 'qualified', ...reward });
    assert.equal(status, 201, why);
  }
  const { status, text: why } = await server.api('POST', '/api/v2/coupons', { campaign_id: campaign.id, codes: [text] });
  assert.ok(status < 300, why);
  const person = await addReferrer(server, campaign, { firstName: text });
  const friend = `friend-of-${person.code}@example.org`;
  await postForm(server, `/${person.code}`, { first_name: text, email: friend, consent: 'yes' });
  await server.api('POST', '/api/n8n/users/qualify', { campaign_id: campaign.id, email: friend });
  return person;
}

test('in every text of a campaign, a person, a reward and a coupon, on every page', async () => {
  const { page, context, alarms } = await openPage(browser, {}, { origin: server.url });
  for (const text of PACKS) {
    const campaign = await campaignSaying(text), person = await personCalled(text, campaign);
    await page.goto(person.url);
    assert.equal(await page.locator('h1').textContent(), `${text}: ${spaced(text)}`);
    assert.equal(await page.locator('.offer').textContent(), text);
    assert.equal(await page.title(), `${text} invites you: ${text}`.replace(/\s+/g, ' ').trim());
    assert.equal(await page.locator('input[maxlength]').inputValue(), text);
    assert.equal(await page.locator('option').last().textContent(), text);

    const portal = await portalLink(server, person.id);
    for (const where of [`/${person.code}`, `/${person.code}/thank-you`, `/${person.code}/welcome`, `/${campaign.code}/signup`, `/${campaign.code}/login`, portal, portal.replace('/portal?', '/referrals?')]) {
      await page.goto(server.url + where);
      assert.equal(await page.locator('.eyebrow').textContent(), text, where);
      await assertHarmless(page, alarms, `${where}: ${text}`);
    }
    assert.deepEqual(await page.locator('.rows .what').allTextContents(), [`${[...text][0]}…`, text, text, text], 'a friend, two rewards, and oneself among the leaders');
    assert.ok((await page.locator('.rows').allTextContents()).join().includes(text));
  }
  await assertNothingCame(page, alarms);
  await context.close();
});

test('in the widget, under a strict policy', async () => {
  shop.policy = `default-src 'none'; script-src ${server.url}; connect-src ${server.url}`;
  const { page, context, alarms } = await openPage(browser);
  for (const text of PACKS) {
    const campaign = await campaignSaying(text, { embed_origins: shop.url }), person = await addReferrer(server, campaign, { firstName: text });
    const { pass } = (await server.api('POST', `/api/v2/users/${person.id}/portal-link`, {})).body.data;
    shop.body = `<div class="rf-widget" data-pass="${pass}"></div><script src="${server.url}/assets/js/widget.js?code=${campaign.code}" defer></script>`;
    await page.goto(shop.url);
    const card = page.locator('.rf-widget');
    assert.equal(await card.getByRole('heading').textContent(), text);
    assert.equal(await card.getByLabel('Your link').inputValue(), person.url);
    assert.equal(await card.locator('img, script, iframe, svg, base[href], meta, form, [style]').count(), 0, text);
    assert.deepEqual(alarms, [], text);
    assert.equal(page.url(), `${shop.url}/`);
  }
  await assertNothingCame(page, alarms);
  await context.close();
});

/** Shows what a form answers to `fields`. */
async function post(page, where, fields) {
  await page.route(server.url + where, (route) => route.continue({
    method: 'POST', headers: { ...route.request().headers(), 'content-type': 'application/x-www-form-urlencoded' }, postData: String(new URLSearchParams(fields)),
  }), { times: 1 });
  await page.goto(server.url + where);
}

test('in what was entered and comes back', async () => {
  const { page, context, alarms } = await openPage(browser, {}, { origin: server.url });
  const { body } = await server.api('POST', '/api/v2/campaigns', { name: 'Forms', fields: { person_referring: [], person_invited: [{ id: 'size', type: 'input', label: 'Size', value: '', required: false }] } });
  const { status, text: why } = await server.api('POST', '/api/n8n/webhooks', { url: 'https://hooks.example/x', event: 'login.requested', campaign_id: body.data.id });
  assert.equal(status, 201, why);
  const user = await addReferrer(server, body.data);
  for (const text of PACKS) {
    await post(page, `/${user.code}`, { first_name: text, email: text, field_size: text, topic: '', stamp: text, source: text, consent: text });
    await page.getByRole('alert').waitFor();
    for (const label of ['First name', 'E-mail address', 'Size (optional)']) assert.equal(await page.getByLabel(label).getAttribute('value'), text);
    await assertHarmless(page, alarms, text);
    await post(page, `/${body.data.code}/login`, { email: text });
    await page.getByRole('alert').waitFor();
    assert.equal(await page.getByLabel('E-mail address').getAttribute('value'), text);
    await assertHarmless(page, alarms, text);
  }
  await assertNothingCame(page, alarms);
  await context.close();
});

test('in a path and in a query', async () => {
  const { page, context, alarms } = await openPage(browser, {}, { origin: server.url });
  const user = await addReferrer(server, addCampaign(server));
  for (const text of PACKS) {
    await page.goto(`${server.url}/${encodeURIComponent(text)}`);
    assert.equal(await page.locator('h1').textContent(), 'This link leads nowhere');
    await assertHarmless(page, alarms, text);
    await page.goto(`${server.url}/${user.code}?${['source', 'utm_source', 'ref', 'click', 'lang', 'pass'].map((name) => `${name}=${encodeURIComponent(text)}`).join('&')}`);
    assert.equal(await page.locator('h1').textContent(), 'Mara invites you');
    await assertHarmless(page, alarms, text);
  }
  await assertNothingCame(page, alarms);
  await context.close();
});

test('in pictures there is nothing but their drawing', async () => {
  const campaign = await campaignSaying(PACKS[0]), person = await addReferrer(server, campaign, { firstName: PACKS[0] });
  const { page, context, alarms } = await openPage(browser, {}, { origin: server.url });
  await page.goto(`${person.url}/qr-code.svg`);
  assert.deepEqual(await page.evaluate(() => [...document.querySelectorAll('*')].map(({ tagName }) => tagName)), ['svg', 'path', 'path']);
  assert.deepEqual(alarms, []);
  await context.close();
  for (const name of ['qr-code', 'download-qr-code', 'card.png']) {
    const { headers, bytes } = await get(server, `/${person.code}/${name}`);
    assert.deepEqual([headers.get('content-type'), headers.get('x-content-type-options'), bytes.subarray(1, 4).toString()], ['image/png', 'nosniff', 'PNG'], name);
    assert.ok(!bytes.includes('script'), name);
  }
});

test('in what is read by programs: the JSON for sites, and a person by the API', async () => {
  for (const text of PACKS) {
    const person = await addReferrer(server, await campaignSaying(text), { firstName: text });
    const shown = await get(server, `/${person.code}/referrals.json`);
    assert.equal(JSON.parse(shown.text).campaign.name, text);
    const answer = await server.api('GET', `/api/v2/users/${person.id}`);
    assert.equal(answer.body.data.first_name, text);
    for (const { headers } of [shown, answer])
      assert.deepEqual([headers.get('content-type').split(';')[0], headers.get('x-content-type-options')], ['application/json', 'nosniff']);
  }
});

/** Where each network is shared to, and which of its parameters has the text. */
const SHARED = {
  sms: ['sms:?&', 'body'], lineme: ['https://line.me/R/msg/text/?', null], email: ['mailto:?', 'body'], wechat: ['/qr-code', undefined], twitter: ['https://twitter.com/intent/tweet?', 'text'],
  facebook: ['https://www.facebook.com/sharer/sharer.php?', undefined], linkedin: ['https://www.linkedin.com/sharing/share-offsite/?', undefined],
  telegram: ['https://t.me/share/url?', 'text'], whatsapp: ['https://wa.me/?', 'text'], messenger: ['fb-messenger://share/?', undefined],
};

test('in a share link of any of the ten networks', async () => {
  for (const text of [...PACKS, '&cc=everybody@evil.test\nBcc: everybody@evil.test']) {
    const own = spaced(text), user = await addReferrer(server, await campaignSaying('Club', { share_text: own, share_subject: own.replace('\n', ' ') }));
    for (const [network, [begins, parameter]] of Object.entries(SHARED)) {
      const { location } = await get(server, `/${user.code}/socials/${network}`);
      if (network === 'wechat') {
        assert.equal(location, `${user.url}/qr-code`);
        continue;
      }
      assert.ok(location.startsWith(begins), location);
      const query = location.slice(begins.length);
      assert.match(query, /^[A-Za-z0-9%._~=&-]+$/, 'nothing but what is encoded');
      const values = Object.fromEntries(query.split('&').map((each) => (each.includes('=') ? each.split('=') : ['', each])).map(([name, value]) => [name, decodeURIComponent(value)]));
      assert.ok(Object.keys(values).length <= 2, query);
      if (parameter !== undefined) assert.ok(values[parameter ?? ''].startsWith(own), `${network}: ${query}`);
    }
  }
});

test('nothing is stored that would lead to a script, to somebody else or to nowhere', async () => {
  const { id } = addCampaign(server);
  const places = [
    ...['landing_url', 'thank_you_url', 'logo_url', 'hero_url'].map((field) => [field, 'PUT', `/api/v2/campaigns/${id}`]),
    ['fallback_url', 'PUT', `/api/v2/campaigns/${id}/domains/go.example.com`], ['fallback_url', 'PUT', '/api/v2/account'],
  ];
  for (const [field, method, where] of places)
    for (const target of TARGETS) {
      const { status, body, text } = await server.api(method, where, { [field]: target });
      assert.equal(status, 422, `${where} ${field} ${JSON.stringify(target)}: ${text}`);
      assert.ok(body.errors[field], text);
    }
});

test('the header of a redirect takes nothing from outside', async () => {
  const user = await addReferrer(server, addCampaign(server));
  const { status, location } = await postForm(server, `/${user.code}?thank_you_url=https://evil.test`, {
    first_name: 'Lee', email: 'crlf@example.org', consent: 'yes', thank_you_url: 'https://evil.test', campaign: '\r\nSet-Cookie: a=b',
  });
  assert.equal(status, 303);
  assert.equal(location, `/${user.code}/thank-you`);
});

test('an e-mail address is one, and that of nobody else', async () => {
  const campaign = addCampaign(server);
  for (const email of ['lee@example.org,eve@evil.test', 'lee@example.org, eve@evil.test', 'lee@example.org;eve@evil.test', 'Lee <lee@example.org>', '"a\\r\\nBcc:eve"@evil.test', 'lee@example.org\r\nBcc: eve@evil.test', 'lee@example.org?bcc=eve@evil.test', 'lee@example.org%0d%0aBcc:eve@evil.test'])
    assert.equal((await server.api('POST', '/api/n8n/users', { campaign_id: campaign.id, first_name: 'Lee', email })).status, 422, email);
});

test('a name that would begin a header of its own is refused, or kept as it is in one line', async () => {
  const campaign = addCampaign(server);
  for (const [i, first_name] of HEADERS.entries()) {
    const email = `header${i}@example.org`;
    const { status, text } = await server.api('POST', '/api/n8n/users', { campaign_id: campaign.id, first_name, email });
    if (/[\r\n\0\u0085\u2028]/.test(first_name)) assert.ok([400, 422].includes(status), text);
    else assert.equal((await userOf(server, email)).first_name, first_name);
    const address = await server.api('POST', '/api/n8n/users', { campaign_id: campaign.id, first_name: 'Lee', email: `${first_name}@example.org` });
    assert.ok([400, 422].includes(address.status), address.text);
  }
});
