/*
 * /docs: shows every call, sends one with a token, takes nothing from elsewhere.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import axe from 'axe-core';
import { DESKTOP, launchBrowser, openPage } from '../lib/browser.mjs';
import { startServer } from '../lib/server.mjs';

let server, browser, page, context;
const asked = new Set();

before(async () => {
  server = await startServer();
  browser = await launchBrowser();
  ({ page, context } = await openPage(browser, DESKTOP));
  page.on('request', (request) => asked.add(new URL(request.url()).origin));
  await page.goto(`${server.url}/docs`);
  await page.locator('details').first().waitFor();
});
after(async () => {
  await context?.close();
  await browser?.close();
  await server?.stop();
});

test('every call of the document is there, and can be found', async () => {
  const { body } = await server.api('GET', '/openapi.json');
  const count = Object.values(body.paths).flatMap((each) => Object.keys(each)).length;
  assert.equal(await page.locator('details').count(), count);
  await page.getByLabel('Find').fill('/api/n8n/test');
  assert.equal(await page.locator('details:visible').count(), 1);
});

test('a call is sent with the token, and its answer shown', async () => {
  await page.getByLabel('Find').fill('/api/n8n/test');
  const call = page.locator('details:visible');
  await call.locator('summary').click();
  await call.getByRole('button', { name: 'Send' }).click();
  await call.locator('pre', { hasText: '401' }).waitFor();
  await page.getByRole('textbox', { name: 'Token' }).fill(server.token);
  await call.getByRole('button', { name: 'Send' }).click();
  await call.locator('pre', { hasText: 'The token is valid.' }).waitFor();
});

test('a path is filled in, and a body sent', async () => {
  await page.getByLabel('Find').fill('POST/api/v2/tokens');
  const call = page.locator('details:visible', { hasText: 'Make a token' });
  await call.locator('summary').click();
  await call.getByLabel('Body').fill('{"name":"from the page"}');
  await call.getByRole('button', { name: 'Send' }).click();
  await call.locator('pre', { hasText: 'from the page' }).waitFor();
});

test('everything comes from this server, and nothing else may', async () => {
  assert.deepEqual([...asked], [server.url]);
  const { headers } = await server.api('GET', '/docs');
  assert.match(headers.get('content-security-policy'), /default-src 'none'; script-src 'self'/);
});

test('axe finds nothing', async () => {
  await page.getByLabel('Find').fill('');
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => window.axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }));
  assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes[0].html} ${nodes[0].failureSummary}`), []);
});
