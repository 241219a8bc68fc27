/*
 * A referral as people make it, in a real browser: open the link, fill the form, be thanked; and
 * joining as a referrer, with a link that works.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { DESKTOP, launchBrowser, openPage, PHONE } from '../lib/browser.mjs';
import { startServer } from '../lib/server.mjs';
import { addCampaign, addFriends, addReferrer, get, portalLink, postForm, userOf } from '../lib/world.mjs';

let server, browser, campaign, mara, shop;
let friends = 0;
const newEmail = () => `friend${++friends}@example.org`;

before(async () => {
  server = await startServer();
  shop = await startServer(); // stands for somebody else's site
  browser = await launchBrowser();
  campaign = addCampaign(server, { offer: 'The first bag is on us.' });
  mara = await addReferrer(server, campaign);
});
after(async () => {
  await browser?.close();
  await server?.stop();
  await shop?.stop();
});

async function visit(where, options) {
  const opened = await openPage(browser, options, { origin: server.url });
  await opened.page.goto(server.url + where);
  return opened;
}

/** Turns off the browser's own checks, so that the server's are seen. */
const withoutOwnChecks = (page) => page.locator('form').evaluate((form) => { form.noValidate = true; });

async function fill(page, { firstName, email, consent = true }) {
  if (firstName !== undefined) await page.getByLabel('First name').fill(firstName);
  if (email !== undefined) await page.getByLabel('E-mail address').fill(email);
  if (consent) await page.getByLabel(/^I agree/).check();
}

async function assertLead(email, firstName, referrer) {
  const lead = await userOf(server, email);
  assert.equal(lead.first_name, firstName);
  assert.equal(lead.referrer_id, referrer.id);
  assert.equal(lead.type, 'person_invited');
  assert.equal(lead.source, 'Referred');
  assert.equal(lead.ip, '127.0.0.1');
}

for (const [size, options] of [['phone', PHONE], ['desktop', DESKTOP]]) {
  describe(`on a ${size}`, () => {
    test('a friend opens the link, fills the form by keyboard only, and is thanked', async () => {
      const { page, context, alarms } = await visit(`/${mara.code}`, options);
      const email = newEmail();
      assert.equal(await page.getByRole('heading', { level: 1 }).textContent(), 'Mara invites you');
      await page.getByText('The first bag is on us.').waitFor();

      const { keyboard } = page;
      await keyboard.press('Tab');
      await keyboard.type('Lee');
      await keyboard.press('Tab');
      await keyboard.type(email);
      await keyboard.press('Tab');
      await keyboard.press('Space');
      await keyboard.press('Tab');
      assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Accept the invitation');
      await keyboard.press('Enter');

      await page.waitForURL(`${server.url}/${mara.code}/thank-you`);
      assert.equal(await page.getByRole('heading', { level: 1 }).textContent(), 'Thank you');
      await assertLead(email, 'Lee', mara);
      assert.deepEqual(alarms, []);
      assert.deepEqual(await context.cookies(), []);
      await context.close();
    });

    test('a person joins to refer, gets a link, and the link works for a friend', async () => {
      const { page, context, alarms } = await visit(`/${campaign.code}`, options);
      const email = newEmail(), friendEmail = newEmail();
      await page.waitForURL(`${server.url}/${campaign.code}/signup`);
      await fill(page, { firstName: 'Noor', email });
      await page.getByRole('button', { name: 'Get my link' }).click();
      await page.waitForURL(/\/u[0-9A-Za-z]{7}\/welcome$/);

      const link = await page.getByLabel('Your link').inputValue();
      const noor = await userOf(server, email);
      assert.equal(link, noor.url);
      assert.equal(noor.source, 'Direct');
      assert.equal(noor.type, 'person_referring');

      await page.goto(link);
      assert.equal(await page.getByRole('heading', { level: 1 }).textContent(), 'Noor invites you');
      await fill(page, { firstName: 'Kai', email: friendEmail });
      await page.getByRole('button').click();
      await page.waitForURL(/\/thank-you$/);
      await assertLead(friendEmail, 'Kai', noor);
      assert.deepEqual(alarms, []);
      await context.close();
    });

    test('nothing is wider than the screen, and what is touched is large enough', async () => {
      for (const where of [`/${mara.code}`, `/${campaign.code}/signup`, `/${mara.code}/welcome`, await portalLink(server, mara.id)]) {
        const { page, context } = await visit(where, options);
        const width = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
        assert.ok(width[0] <= width[1], `${where}: ${width}`);
        for (const box of await page.locator('button, .share a:visible, input:visible').evaluateAll((all) =>
          all.filter((one) => one.tabIndex >= 0).map((one) => one.getBoundingClientRect().toJSON())))
          assert.ok(box.width >= 24 && box.height >= 24, `${where}: ${JSON.stringify(box)}`);
        if (where.endsWith('/welcome')) assert.equal(await page.locator('.share a:visible').count(), size === 'phone' ? 10 : 8, 'all networks but those of telephones');
        await context.close();
      }
    });
  });
}

test('everything works without JavaScript', async () => {
  const { page, context } = await visit(`/${mara.code}`, { ...PHONE, javaScriptEnabled: false });
  const email = newEmail();
  await fill(page, { firstName: 'Ada', email });
  await page.getByRole('button').click();
  await page.waitForURL(/\/thank-you$/);
  await assertLead(email, 'Ada', mara);
  await context.close();
});

test('nothing need arrive before a page is shown', async () => {
  const themed = (await server.api('POST', '/api/v2/campaigns', { name: 'Club', accent_color: '#8a1538', proof_of_work: true })).body.data;
  const noor = await addReferrer(server, themed);
  for (const where of [`/${mara.code}`, `/${mara.code}/welcome`, await portalLink(server, mara.id), `/${noor.code}`, `/${themed.code}/signup`, `/${themed.code}/login`]) {
    const { page, context, alarms } = await visit(where, PHONE);
    const [blocking, paints] = await page.evaluate(() => [
      performance.getEntriesByType('resource').filter((one) => one.renderBlockingStatus === 'blocking').map((one) => one.name),
      getComputedStyle(document.body).margin,
    ]);
    assert.deepEqual(blocking, [], where);
    assert.equal(paints, '0px', `${where} has its style`);
    assert.equal(await page.locator('link[rel=stylesheet], script:not([type=module])').count(), 0, where);
    assert.deepEqual(alarms, []);
    await context.close();
  }
});

test('a page weighs less than 50 KiB in all, with the longest lists and a style of its own', async () => {
  const css = '.offer { font-weight: 700; letter-spacing: .01em }\n'.repeat(160);
  const { data } = (await server.api('POST', '/api/v2/campaigns', { name: 'Heavy', kind: 'refer_to_win', offer: 'x'.repeat(2000), custom_css: css, proof_of_work: true, cookie_days: 7 })).body;
  const ada = await addReferrer(server, data);
  await addFriends(server, ada, 55); // 50 are shown
  const portal = await portalLink(server, ada.id);
  const icon = (await get(server, '/favicon.ico')).bytes.length; // comes whenever the browser likes
  const weigh = async (where) => {
    const { page, context } = await openPage(browser);
    const bodies = [];
    page.on('response', (response) => {
      const isMoved = response.status() >= 300 && response.status() < 400;
      if (!isMoved && response.request().resourceType() !== 'other') bodies.push(response.body());
    });
    await page.goto(server.url + where);
    const bytes = (await Promise.all(bodies)).reduce((sum, body) => sum + body.length, icon);
    assert.ok(bytes > 2000 && bytes < 50 * 1024, `${where}: ${bytes} bytes`);
    if (where === portal) assert.equal(await page.locator('.rows li').count(), 50 + 50 + 1);
    await context.close();
  };
  await Promise.all([
    `/${ada.code}`, `/${data.code}/signup`, `/${ada.code}/welcome`, `/${ada.code}/thank-you`, `/${data.code}/login`, portal, portal.replace('/portal?', '/referrals?'), `/${ada.code}/referrals`,
    '/nothing', '/',
  ].map(weigh));
});

describe('what is wrong', () => {
  test('is told at each field, with the input kept and the focus where it is needed', async () => {
    const { page, context } = await visit(`/${mara.code}`);
    await withoutOwnChecks(page);
    await fill(page, { firstName: '  ', email: 'lee@', consent: false });
    const [response] = await Promise.all([page.waitForResponse((r) => r.request().method() === 'POST'), page.getByRole('button').click()]);
    assert.equal(response.status(), 422);
    await page.waitForLoadState();
    assert.match(await page.title(), /^Error: /);

    const alert = page.getByRole('alert');
    assert.equal(await alert.getByRole('link').count(), 3);
    const cases = [
      [page.getByLabel('First name'), '', 'Enter your first name.'],
      [page.getByLabel('E-mail address'), 'lee@', 'Enter an e-mail address such as name@example.org.'],
      [page.getByLabel(/^I agree/), 'yes', 'Tick the box to go on.'],
    ];
    for (const [field, value, message] of cases) {
      assert.equal((await field.inputValue()).trim(), value);
      assert.equal(await field.getAttribute('aria-invalid'), 'true');
      const described = await field.getAttribute('aria-describedby');
      assert.equal(await page.locator(`#${described}`).textContent(), message);
      await alert.getByRole('link', { name: message }).waitFor();
    }
    assert.equal(await page.evaluate(() => document.activeElement.id), 'first_name');

    const email = newEmail(); // and once it is right, it goes through
    await fill(page, { firstName: 'Lee', email });
    await page.getByRole('button').click();
    await page.waitForURL(/\/thank-you$/);
    await assertLead(email, 'Lee', mara);
    await context.close();
  });

  test('is told for one field alone', async () => {
    const { status, html } = await postForm(server, `/${mara.code}`, { first_name: 'Lee', email: newEmail() });
    assert.equal(status, 422);
    assert.equal(html.match(/aria-invalid="true"/g).length, 1);
    assert.match(html, /<input id="consent"[^>]*aria-describedby="consent_error"[^>]*autofocus/);
    assert.match(html, /value="Lee"/);
  });

  test('is a name that is too long, or has control characters in it', async () => {
    for (const name of ['x'.repeat(101), 'Le\u0007e', 'Le\u202Ee', 'Le\ne']) {
      const email = newEmail();
      const { status, html } = await postForm(server, `/${mara.code}`, { first_name: name, email, consent: 'yes' });
      assert.equal(status, 422);
      assert.match(html, /id="first_name_error"/);
      assert.equal(await userOf(server, email), undefined);
    }
  });

  test('is told on the sign-up page too', async () => {
    const { status, html } = await postForm(server, `/${campaign.code}/signup`, { first_name: '', email: 'x', consent: 'yes' });
    assert.equal(status, 422);
    assert.match(html, /Enter your first name\./);
    assert.match(html, /action="\/c[0-9A-Za-z]{7}\/signup"/);
    assert.match(html, /type="checkbox"[^>]* checked/);
  });
});

test('people who open their own link are told that they cannot invite themselves', async () => {
  const { page, context } = await visit(`/${mara.code}`, PHONE);
  await fill(page, { firstName: 'Mara', email: mara.email.toUpperCase() });
  await page.getByRole('button').click();
  await page.locator('#email_error').getByText('Nobody can invite themselves').waitFor();
  assert.equal((await userOf(server, mara.email)).referrer_id, null);
  await context.close();
});

test('a known e-mail is thanked like a new one; the first referrer and name stay', async () => {
  const other = await addReferrer(server, campaign, { firstName: 'Olu' });
  const fields = { first_name: 'Lee', email: newEmail(), consent: 'yes' };
  const first = await postForm(server, `/${mara.code}`, fields);
  const known = await postForm(server, `/${other.code}`, { ...fields, first_name: 'Leo' });
  const again = await postForm(server, `/${mara.code}`, { ...fields, first_name: 'Leo' });
  assert.deepEqual([first.status, known.status, again.status], [303, 303, 303]);
  assert.equal(first.location, `/${mara.code}/thank-you`);
  assert.equal(known.location, `/${other.code}/thank-you`);
  assert.equal(again.location, first.location);
  await assertLead(fields.email, 'Lee', mara);
});

test('signing up again gives the same link', async () => {
  const fields = { first_name: 'Ina', email: newEmail(), consent: 'yes' };
  const first = await postForm(server, `/${campaign.code}/signup`, fields);
  const again = await postForm(server, `/${campaign.code}/signup`, { ...fields, email: fields.email.toUpperCase() });
  assert.equal(first.status, 303);
  assert.equal(again.location, first.location);
});

test('a lead may refer on with a link of their own', async () => {
  const email = newEmail();
  await postForm(server, `/${mara.code}`, { first_name: 'Lee', email, consent: 'yes' });
  const lee = await userOf(server, email);
  const next = newEmail();
  await postForm(server, `/${lee.code}`, { first_name: 'Kim', email: next, consent: 'yes' });
  await assertLead(next, 'Kim', lee);
});

test("the form leads to the campaign's own thank-you page, on another host too", async () => {
  const user = await addReferrer(server, addCampaign(server, { 'thank-you-url': `${shop.url}/?thanks=1#done` }));
  const { page, context } = await openPage(browser);
  await page.goto(user.url);
  await fill(page, { firstName: 'Lee', email: newEmail() });
  await page.getByRole('button').click();
  await page.waitForURL(`${shop.url}/?thanks=1#done`);
  await context.close();
});

describe('a campaign that is not open', () => {
  const cases = { draft: 'has not started yet', paused: 'is paused at the moment' };
  for (const [status, reason] of Object.entries(cases)) {
    test(`says so instead of a form when it is ${status}`, async () => {
      const closed = addCampaign(server, { name: 'Closed', status });
      const page = await get(server, `/${closed.code}/signup`);
      assert.equal(page.status, 200);
      assert.match(page.text, new RegExp(reason));
      assert.doesNotMatch(page.text, /<form/);
      const email = newEmail();
      const posted = await postForm(server, `/${closed.code}/signup`, { first_name: 'Lee', email, consent: 'yes' });
      assert.equal(posted.status, 409);
      assert.match(posted.html, new RegExp(reason));
      assert.equal(await userOf(server, email), undefined);
    });
  }

  test('says so behind its links, also when it has ended', async () => {
    const ending = addCampaign(server, { name: 'Short' });
    const user = await addReferrer(server, ending);
    // There is no command for it yet.
    execFileSync('sqlite3', ['-cmd', '.timeout 5000', server.db, `UPDATE campaign SET ends_us = 1000 WHERE id = ${ending.id}`]);
    const page = await get(server, `/${user.code}`);
    assert.equal(page.status, 200);
    assert.match(page.text, /has ended/);
    assert.doesNotMatch(page.text, /<form/);
    assert.equal((await postForm(server, `/${user.code}`, { first_name: 'Lee', email: newEmail(), consent: 'yes' })).status, 409);
  });
});
