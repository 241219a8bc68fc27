/*
 * Signing in to the portal by a code that the owner's webhook sends: nobody learns who is there, and guessing leads
 * nowhere.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, beforeEach, describe, test } from 'node:test';
import { startReceiver } from '../api/kit/receiver.mjs';
import { launchBrowser, openPage, PHONE } from '../lib/browser.mjs';
import { startServer } from '../lib/server.mjs';
import { addCampaign, addReferrer, get, postForm } from '../lib/world.mjs';

let server, receiver, browser, campaign, login, inbox;
let inboxes = 0;

before(async () => {
  server = await startServer({ args: ['--webhook-allow', '127.0.0.0/8', '--threads', '1', '--trust-proxy', '127.0.0.0/8'] });
  receiver = await startReceiver();
  browser = await launchBrowser();
});
after(async () => {
  await browser?.close();
  await server?.stop();
  await receiver?.close();
});

beforeEach(async () => {
  campaign = addCampaign(server);
  login = `/${campaign.code}/login`;
  inbox = receiver.inbox(`login-${++inboxes}`);
  const { status, text } = await server.api('POST', '/api/n8n/webhooks', { url: inbox.url, event: 'login.requested', campaign_id: campaign.id });
  assert.equal(status, 201, text);
});

/** A form sent from an address of its own, so that tests don't share their guesses. */
const post = (fields, from = `192.0.2.${inboxes}`) => fetch(server.url + login, {
  method: 'POST', redirect: 'manual', body: new URLSearchParams(fields), headers: { 'X-Forwarded-For': from },
}).then(async (response) => ({ status: response.status, location: response.headers.get('location'), cookie: response.headers.get('set-cookie'), html: await response.text() }));

const codes = async (count) => (await inbox.wait(count)).map(({ bytes }) => JSON.parse(bytes).login_code);
const wrong = (code) => String((Number(code) + 1) % 1_000_000).padStart(6, '0');

test('a person gets a code, enters it, and is in their portal; without JavaScript', async () => {
  const mara = await addReferrer(server, campaign);
  const { page, context } = await openPage(browser, { ...PHONE, javaScriptEnabled: false });
  await page.goto(`${server.url}/${campaign.code}/signup`);
  await page.getByRole('link', { name: 'You have a link already? Sign in' }).click();
  await page.getByLabel('E-mail address').fill(mara.email.toUpperCase());
  await page.getByRole('button', { name: 'Send me a code' }).click();
  const [code] = await codes(1);
  await page.getByLabel('Code').fill(`${code.slice(0, 3)} ${code.slice(3)}`);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL(`${server.url}/${mara.code}/portal`);
  await page.getByRole('heading', { name: 'Hello Mara' }).waitFor();
  await context.close();
});

test('the event has code and link, which open the same portal', async () => {
  const mara = await addReferrer(server, campaign);
  await post({ email: mara.email });
  const [{ bytes }] = await inbox.wait(1);
  const event = JSON.parse(bytes);
  assert.equal(event.event, 'login.requested');
  assert.equal(event.user.email, mara.email);
  assert.match(event.login_code, /^\d{6}$/);
  assert.equal(event.lang, 'en');
  assert.ok(Math.abs(Date.parse(event.expires_at) - Date.now() - 3_600_000) < 60_000);
  assert.equal((await get(server, event.login_url.slice(server.url.length))).location, `/${mara.code}/portal`);
  const { status, location, cookie } = await post({ email: mara.email, code: event.login_code });
  assert.deepEqual([status, location], [303, `/${mara.code}/portal`]);
  assert.match(cookie, new RegExp(`; Path=/${mara.code}; .*HttpOnly`));
  assert.equal((await post({ email: mara.email, code: event.login_code })).status, 422, 'it is good for once');
});

test('an unknown e-mail is answered like a known one, and nothing is sent', async () => {
  const mara = await addReferrer(server, campaign);
  const [known, unknown] = [await post({ email: mara.email }), await post({ email: 'nobody@example.org' })];
  assert.equal(unknown.status, known.status);
  assert.equal(unknown.html.replace('nobody@example.org', mara.email), known.html);
  await codes(1);
  const { body } = await server.api('GET', `/api/v2/events?event=login.requested&campaign_id=${campaign.id}`);
  assert.equal(body.data.length, 1);
});

test('a code is tried five times, and sent three times; then there is none for the hour', async () => {
  const mara = await addReferrer(server, campaign);
  for (let sent = 0; sent < 4; sent++) assert.equal((await post({ email: mara.email })).status, 200);
  const [code, ...again] = await codes(3);
  assert.deepEqual(again, [code, code]);
  for (let tries = 0; tries < 5; tries++) assert.equal((await post({ email: mara.email, code: wrong(code) })).status, 422);
  assert.equal((await post({ email: mara.email, code })).status, 422);
  await post({ email: mara.email });
  const { body } = await server.api('GET', `/api/v2/events?event=login.requested&campaign_id=${campaign.id}`);
  assert.equal(body.data.length, 3);
});

test('after an hour a code is over, and there is another one', async () => {
  const mara = await addReferrer(server, campaign);
  await post({ email: mara.email });
  const [code] = await codes(1);
  execFileSync('sqlite3', ['-cmd', '.timeout 5000', server.db, `UPDATE login SET since_us = since_us - 3600000000, tries = 5, sent = 3 WHERE user_id = ${mara.id}`]);
  assert.equal((await post({ email: mara.email, code })).status, 422);
  await post({ email: mara.email });
  const [, next] = await codes(2);
  assert.equal((await post({ email: mara.email, code: next })).status, 303);
});

test('a code opens the portal of nobody else, nor of the same person in another campaign', async () => {
  const other = addCampaign(server, { name: 'Other' });
  const mara = await addReferrer(server, campaign);
  const omar = await addReferrer(server, campaign, { firstName: 'Omar' });
  await addReferrer(server, other, { email: mara.email });
  await post({ email: mara.email });
  const [code] = await codes(1);
  assert.equal((await post({ email: omar.email, code })).status, 422);
  const elsewhere = await postForm(server, `/${other.code}/login`, { email: mara.email, code });
  assert.notEqual(elsewhere.status, 303);
});

test('who tries too much is asked to wait, wherever it was tried', async () => {
  const mara = await addReferrer(server, campaign);
  const from = '198.51.100.7';
  for (let i = 0; i < 20; i++) await post({ email: `guess${i}@example.org` }, from);
  assert.equal((await post({ email: mara.email }, from)).status, 429);
  assert.equal((await post({ email: mara.email })).status, 200);
});

describe('what is no code or no e-mail', () => {
  const rows = [
    [{ email: 'x' }, /Enter an e-mail address/], [{ email: '' }, /Enter an e-mail address/], [{}, /Enter an e-mail address/],
    [{ email: 'a@example.org', code: '' }, /This is not the code/], [{ email: 'a@example.org', code: '12345' }, /This is not the code/],
    [{ email: 'a@example.org', code: '1234567' }, /This is not the code/], [{ email: 'a@example.org', code: '12345x' }, /This is not the code/],
    [{ email: `${'a'.repeat(300)}@example.org` }, /Enter an e-mail address/], [{ email: 'a@example.org', code: '1'.repeat(10_000) }, /e-mail address/],
  ];
  for (const [fields, message] of rows)
    test(JSON.stringify(fields).slice(0, 60), async () => {
      const { status, html } = await post(fields, '198.51.100.8');
      assert.equal(status, 422);
      assert.match(html, message);
    });
});

test('where nobody sends codes, the page says so', async () => {
  const lonely = addCampaign(server, { name: 'Lonely' });
  const page = await get(server, `/${lonely.code}/login`);
  assert.equal(page.status, 200);
  assert.doesNotMatch(page.text, /<form/);
  assert.match(page.text, /Open the link to your page/);
  assert.equal((await postForm(server, `/${lonely.code}/login`, { email: 'a@example.org' })).status, 409);
});
