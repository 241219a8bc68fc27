/*
 * QR codes: what a scanner reads from them, as PNG, as SVG, as download, and in the picture of previews.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { PNG } from 'pngjs';
import { launchBrowser, openPage } from '../lib/browser.mjs';
import { scan } from '../lib/qr.mjs';
import { startServer } from '../lib/server.mjs';
import { addCampaign, addReferrer, get } from '../lib/world.mjs';

let server, mara;

before(async () => {
  server = await startServer();
  mara = await addReferrer(server, addCampaign(server));
});
after(() => server?.stop());

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

test('previews of a link show title, offer and a picture in the campaign’s colour, whose code leads to the link', async () => {
  const offer = 'A "free" <b>cup</b>';
  const campaign = (await server.api('POST', '/api/v2/campaigns', { name: 'Cups', offer, accent_color: '#8a1538' })).body.data;
  const noor = await addReferrer(server, campaign, { firstName: 'Noor' });
  const { text } = await get(server, `/${noor.code}`, { headers: { 'User-Agent': 'WhatsApp/2.0' } });
  const meta = (name) => text.match(new RegExp(`<meta property="og:${name}" content="([^"]*)">`))?.[1];
  assert.equal(meta('title'), 'Noor invites you: Cups');
  assert.equal(meta('description'), 'A &quot;free&quot; &lt;b&gt;cup&lt;/b&gt;');
  assert.equal(meta('url'), noor.url);
  const { status, headers, bytes } = await get(server, new URL(meta('image')).pathname);
  assert.equal(status, 200);
  assert.equal(headers.get('content-type'), 'image/png');
  const { width, height, data } = PNG.sync.read(bytes);
  assert.deepEqual([width, height, ...data.subarray(4 * 600, 4 * 600 + 3)], [1200, 630, 0x8a, 0x15, 0x38]);
  assert.equal(scan(bytes), noor.url);
  assert.ok(bytes.length < 40 * 1024);
});

test('a campaign’s own link has such a picture, and nothing else has', async () => {
  const campaign = addCampaign(server);
  assert.equal(scan((await get(server, `/${campaign.code}/card.png`)).bytes), `${server.url}/${campaign.code}`);
  assert.equal((await get(server, '/u0000000/card.png')).status, 404);
  assert.doesNotMatch((await get(server, `/${mara.code}/welcome`)).text, /og:/);
});
