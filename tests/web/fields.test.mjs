/*
 * The extra fields of a campaign on its hosted forms, in a real browser.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import axe from 'axe-core';
import { launchBrowser, openPage, PHONE } from '../lib/browser.mjs';
import { startServer } from '../lib/server.mjs';
import { addReferrer, get, postForm, userOf } from '../lib/world.mjs';

const EVIL = '"><script>alert(1)</script>\' {{x}}';
const FIELDS = {
  person_referring: [{ id: 'team', type: 'input', label: 'Team', value: 'Blue', required: false }],
  person_invited: [
    { id: 'c 1', type: 'select', label: 'Country', value: 'NL\nDE', required: true },
    { id: 'size', type: 'input', label: 'Shoe size', value: '', required: true },
    { id: EVIL, type: 'select', label: EVIL, value: EVIL, required: false },
  ],
};

let server, browser, campaign, mara;
let friends = 0;
const newEmail = () => `friend${++friends}@example.org`;

before(async () => {
  server = await startServer();
  browser = await launchBrowser();
  campaign = (await server.api('POST', '/api/v2/campaigns', { name: 'Bluebird', fields: FIELDS })).body.data;
  mara = await addReferrer(server, campaign);
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

const valuesOf = async (email) => (await userOf(server, email)).meta;

test('a lead fills them in, with the choices of a select, and they become meta', async () => {
  const { page, context, alarms } = await openPage(browser, PHONE, { origin: server.url });
  const email = newEmail();
  await page.goto(mara.url);
  await page.getByLabel('First name').fill('Lee');
  await page.getByLabel('E-mail address').fill(email);
  await page.getByLabel('Country').selectOption('DE');
  await page.getByLabel('Shoe size').fill('44');
  await page.getByLabel(`${EVIL} (optional)`).selectOption(EVIL);
  await page.getByLabel(/^I agree/).check();
  await page.getByRole('button').click();
  await page.waitForURL(/\/thank-you$/);
  assert.deepEqual(await valuesOf(email), [
    { field: 'Country', value: 'DE' }, { field: 'Shoe size', value: '44' }, { field: EVIL, value: EVIL },
  ]);
  assert.deepEqual(alarms, []);
  await context.close();
});

test('what lacks or is wrong is said beside the field, and what was entered stays', async () => {
  const { page, context, alarms } = await openPage(browser, PHONE, { origin: server.url });
  await page.goto(mara.url);
  await page.locator('form').evaluate((form) => { form.noValidate = true; });
  await page.getByLabel('First name').fill('Lee');
  await page.getByLabel('E-mail address').fill(newEmail());
  await page.getByLabel('Shoe size').fill('44');
  await page.getByLabel(/^I agree/).check();
  await page.getByRole('button').click();
  await page.getByRole('alert').getByRole('link', { name: 'Country is needed.' }).click();
  const country = page.getByLabel('Country');
  assert.ok(await country.evaluate((one) => one === document.activeElement));
  assert.equal(await country.getAttribute('aria-invalid'), 'true');
  assert.equal(await page.locator(`#${await country.getAttribute('aria-describedby')}`).textContent(), 'Country is needed.');
  assert.equal(await page.getByLabel('Shoe size').inputValue(), '44');
  assert.equal(await page.getByLabel('Shoe size').getAttribute('aria-invalid'), null);
  await page.evaluate(axe.source);
  assert.deepEqual((await page.evaluate(() => axe.run())).violations.map(({ id }) => id), []);
  assert.deepEqual(alarms, []);
  await context.close();
});

test('a robot that posts without them changes nothing', async () => {
  const email = newEmail();
  const { status, html } = await postForm(server, `/${mara.code}`, { first_name: 'Lee', email, consent: 'yes', field_size: 'x'.repeat(501), 'field_c 1': 'FR' });
  assert.equal(status, 422);
  assert.match(html, /Country must be one of its choices\./);
  assert.match(html, /Shoe size must be a text of at most 500 characters\./);
  assert.equal(await userOf(server, email), undefined);
});

test('people who refer see their own, with what stands in it at first', async () => {
  const { text } = await get(server, `/${campaign.code}/signup`);
  assert.match(text, /name="field_team" type="text" value="Blue"/);
  assert.doesNotMatch(text, /Country/);
  const email = newEmail();
  assert.equal((await postForm(server, `/${campaign.code}/signup`, { first_name: 'Noor', email, consent: 'yes', field_team: '' })).status, 303);
  assert.deepEqual(await valuesOf(email), []);
});
