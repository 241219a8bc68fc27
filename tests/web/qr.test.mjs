/*
 * QR codes: what a scanner reads from them, as PNG, as SVG, as download.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import jsqr from 'jsqr';
import { PNG } from 'pngjs';
import { launchBrowser, openPage } from '../lib/browser.mjs';
import { startServer } from '../lib/server.mjs';
import { addCampaign, addReferrer, get } from '../lib/world.mjs';

let server, mara;

before(async () => {
  server = await startServer();
  mara = await addReferrer(server, addCampaign(server));
});
after(() => server?.stop());

function scan(bytes) {
  const { width, height, data } = PNG.sync.read(bytes);
  return jsqr(new Uint8ClampedArray(data), width, height)?.data;
}

test('the PNG leads to the link', async () => {
  const { headers, bytes } = await get(server, new URL(mara.qr.src).pathname);
  assert.equal(headers.get('content-type'), 'image/png');
  assert.equal(scan(bytes), mara.url);
  assert.ok(bytes.length < 10 * 1024);
});

test('the download is the same picture under a name', async () => {
  const { headers, bytes } = await get(server, new URL(mara.qr.download).pathname);
  assert.equal(headers.get('content-disposition'), 'attachment; filename="qr-code.png"');
  assert.equal(scan(bytes), mara.url);
});

test('the SVG, drawn by a browser, leads to the link', async () => {
  const { headers } = await get(server, `/${mara.code}/qr-code.svg`);
  assert.equal(headers.get('content-type'), 'image/svg+xml');
  const browser = await launchBrowser();
  try {
    const { page } = await openPage(browser);
    await page.goto(`${server.url}/${mara.code}/welcome`);
    assert.equal(scan(await page.getByRole('img').screenshot()), mara.url);
  } finally {
    await browser.close();
  }
});

test('a client that has the picture is told so', async () => {
  const { headers } = await get(server, `/${mara.code}/qr-code`);
  const again = await get(server, `/${mara.code}/qr-code`, { headers: { 'If-None-Match': headers.get('etag') } });
  assert.equal(again.status, 304);
  assert.equal(again.bytes.length, 0);
});
