/*
 * Whose link somebody opened, remembered by a cookie where the campaign wants one: what is set, whom it credits when they
 * join by another page, in real Chromium too; and that nothing is set anywhere else.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { launchBrowser, openPage } from '../lib/browser.mjs';
import { startServer } from '../lib/server.mjs';
import { addReferrer, get, postForm, userOf } from '../lib/world.mjs';

const DAY_S = 24 * 3600;
let server, browser, people = 0;

before(async () => {
  server = await startServer({ args: ['--rate-limit', '0'] });
  browser = await launchBrowser();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

/** A campaign with a cookie, and two who refer in it. */
async function make(settings = {}) {
  const { body } = await server.api('POST', '/api/v2/campaigns', { name: 'Club', cookie_days: 7, ...settings });
  const campaign = body.data;
  return { campaign, mara: await addReferrer(server, campaign), noah: await addReferrer(server, campaign, { firstName: 'Noah' }) };
}

/** Opens a link as a browser that holds `cookie`; gives the cookie that it holds then. */
async function open(user, cookie = '', headers = {}) {
  const answer = await get(server, `/${user.code}`, { headers: { ...(cookie && { Cookie: cookie }), ...headers } });
  return answer.headers.get('set-cookie')?.split(';')[0] ?? cookie;
}

async function join(where, cookie, more = {}) {
  const email = `friend${++people}@example.org`;
  const response = await fetch(server.url + where, {
    method: 'POST', redirect: 'manual', headers: cookie ? { Cookie: cookie } : {},
    body: new URLSearchParams({ first_name: 'Lee', email, consent: 'yes', ...more }),
  });
  assert.equal(response.status, 303, await response.text());
  return userOf(server, email);
}
const signup = (campaign) => `/${campaign.code}/signup`;

describe('what is set', () => {
  test('is one cookie for as long as the campaign says, for no script, other site or longer than a click counts', async () => {
    for (const [settings, seconds] of [[{}, 7 * DAY_S], [{ click_window_s: 3600 }, 3600], [{ landing_url: 'https://shop.example/' }, 7 * DAY_S]]) {
      const { campaign, mara } = await make(settings);
      const { headers } = await get(server, `/${mara.code}`);
      assert.match(headers.get('set-cookie'), new RegExp(`^refmill_${campaign.code}=${mara.code}\\w{17}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Lax$`));
    }
  });

  test('is nothing without the setting, for programs, on other pages, and once it is turned off', async () => {
    const { campaign, mara } = await make({ cookie_days: 0 });
    const cookieOf = async (where, headers) => (await get(server, where, { headers })).headers.get('set-cookie');
    assert.equal(await cookieOf(`/${mara.code}`), null);
    await server.api('PUT', `/api/v2/campaigns/${campaign.id}`, { cookie_days: 400 });
    assert.match(await cookieOf(`/${mara.code}`), /Max-Age=2592000;/);
    assert.equal(await cookieOf(`/${mara.code}`, { 'User-Agent': 'WhatsApp/2.0' }), null);
    for (const where of [signup(campaign), `/${mara.code}/welcome`, `/${mara.code}/thank-you`, '/']) assert.equal(await cookieOf(where), null, where);
    await server.api('PUT', `/api/v2/campaigns/${campaign.id}`, { cookie_days: 0 });
    assert.equal(await cookieOf(`/${mara.code}`), null);
  });

  test('goes over https alone where the server is reached so', async () => {
    const tls = await startServer({ args: ['--base-url', 'https://refer.example'] });
    try {
      const { body } = await tls.api('POST', '/api/v2/campaigns', { name: 'Club', cookie_days: 1 });
      const user = await addReferrer(tls, body.data);
      assert.match((await get(tls, `/${user.code}`)).headers.get('set-cookie'), /SameSite=Lax; Secure$/);
    } finally {
      await tls.stop();
    }
  });

  test('takes from 0 to 400 days', async () => {
    for (const cookie_days of [401, -1]) {
      const { status, body } = await server.api('POST', '/api/v2/campaigns', { name: 'Club', cookie_days });
      assert.equal(status, 422);
      assert.ok(body.errors.cookie_days, JSON.stringify(body));
    }
  });
});

describe('who is credited', () => {
  test('on the sign-up page: whose link was opened; nobody without the cookie, one made up, or one of another campaign', async () => {
    const { campaign, mara } = await make(), other = await make();
    const lee = await join(signup(campaign), await open(mara));
    assert.deepEqual([lee.referrer_id, lee.source], [mara.id, 'Referred']);
    const [name, value] = (await open(mara)).split('=');
    const worthless = ['', `${name}=`, `${name}=${mara.code}`, `${name}=${value.slice(0, -1)}${value.endsWith('0') ? '1' : '0'}`, `${name}=${(await open(other.mara)).split('=')[1]}`,
      `refmill_${other.campaign.code}=${value}`, `${name}=${'x'.repeat(4000)}`];
    for (const cookie of worthless) assert.equal((await join(signup(campaign), cookie)).referrer_id, null, cookie);
  });

  test('behind another link: the first touch, or the last', async () => {
    for (const [attribution, who] of [['first', 'mara'], ['last', 'noah']]) {
      const made = await make({ attribution });
      const both = await open(made.noah, await open(made.mara));
      assert.equal((await join(`/${made.noah.code}`, both)).referrer_id, made[who].id, attribution);
      assert.equal((await join(signup(made.campaign), both)).referrer_id, made[who].id, attribution);
    }
  });

  test('is not oneself, and not after the cookie is turned off', async () => {
    const { campaign, mara, noah } = await make();
    const cookie = await open(mara);
    assert.equal((await postForm(server, signup(campaign), { first_name: 'M', email: mara.email, consent: 'yes' })).status, 303);
    await fetch(server.url + signup(campaign), { method: 'POST', redirect: 'manual', headers: { Cookie: cookie }, body: new URLSearchParams({ first_name: 'M', email: mara.email, consent: 'yes' }) });
    assert.equal((await userOf(server, mara.email)).referrer_id, null);
    assert.equal((await join(`/${noah.code}`, await open(mara))).referrer_id, mara.id);
    await server.api('PUT', `/api/v2/campaigns/${campaign.id}`, { cookie_days: 0 });
    assert.equal((await join(signup(campaign), cookie)).referrer_id, null);
  });

  test('is whose link it was although the sign-up page asked what people who refer are asked', async () => {
    const field = (label) => [{ id: label.toLowerCase(), label, type: 'input', value: '', required: true }];
    const { campaign, mara } = await make();
    await server.api('PUT', `/api/v2/campaigns/${campaign.id}`, { fields: { person_referring: field('Team'), person_invited: field('Shoe') } });
    const lee = await join(signup(campaign), await open(mara), { field_team: 'Blue' });
    assert.deepEqual(lee.meta, [{ field: 'Team', value: 'Blue' }]);
    assert.equal(lee.referrer_id, mara.id);
  });
});

for (const javaScriptEnabled of [true, false])
  test(`a friend opens a link in Chromium and joins by the sign-up page days later, ${javaScriptEnabled ? 'with' : 'without'} JavaScript`, async () => {
    for (const [cookie_days, credited] of [[7, true], [0, false]]) {
      const { campaign, mara } = await make({ cookie_days });
      const { page, context, alarms } = await openPage(browser, { javaScriptEnabled }, { origin: server.url });
      await page.goto(mara.url);
      assert.equal(await page.getByText('A cookie remembers').count(), credited ? 1 : 0);
      assert.equal((await context.cookies()).length, credited ? 1 : 0);
      assert.ok((await context.cookies()).every(({ httpOnly, sameSite }) => httpOnly && sameSite === 'Lax'));
      await page.goto(server.url + signup(campaign));
      const email = `friend${++people}@example.org`;
      await page.getByLabel('First name').fill('Lee');
      await page.getByLabel('E-mail address').fill(email);
      await page.getByLabel(/^I agree/).check();
      await page.getByRole('button').click();
      await page.waitForURL(/\/welcome$/);
      assert.equal((await userOf(server, email)).referrer_id, credited ? mara.id : null);
      assert.deepEqual(alarms, []);
      await context.close();
    }
  });
