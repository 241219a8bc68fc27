/*
 * All that people do on the pages, one after the other as one person and a friend do it: in Arabic, so from right to left,
 * by the keyboard alone; on phone and desktop, with JavaScript and without.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startReceiver } from '../api/kit/receiver.mjs';
import { DESKTOP, launchBrowser, openPage, PHONE } from '../lib/browser.mjs';
import { startServer } from '../lib/server.mjs';
import { addCampaign, userOf } from '../lib/world.mjs';

const MOST_TABS = 40;
let server, receiver, browser, runs = 0;

before(async () => {
  server = await startServer({ args: ['--webhook-allow', '127.0.0.0/8'] });
  receiver = await startReceiver();
  browser = await launchBrowser();
});
after(async () => {
  await browser?.close();
  await server?.stop();
  await receiver?.close();
});

/** Goes on by the Tab key until the element has the focus. */
async function tabTo(page, element) {
  for (let i = 0; i < MOST_TABS; i++) {
    if (await element.evaluate((one) => one === document.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  assert.fail(`the Tab key never comes to ${element}`);
}

async function type(page, label, text) {
  await tabTo(page, page.getByLabel(label));
  await page.keyboard.type(text);
}

async function press(page, element, where) {
  await tabTo(page, element);
  await page.keyboard.press('Enter');
  await page.waitForURL(where);
}

async function join(page, name, email, where) {
  await type(page, 'الاسم الأول', name);
  await type(page, 'البريد الإلكتروني', email);
  await tabTo(page, page.getByRole('checkbox'));
  await page.keyboard.press('Space');
  await press(page, page.getByRole('button'), where);
}

for (const [size, options] of Object.entries({ phone: PHONE, desktop: DESKTOP }))
  for (const javaScriptEnabled of [true, false])
    test(`joining to refer, inviting a friend, signing in and out: ${size}, ${javaScriptEnabled ? 'with' : 'without'} JavaScript`, async () => {
      const campaign = addCampaign(server, { name: 'نادي القهوة', lang: 'ar', offer: 'الكيس الأول علينا.' });
      const inbox = receiver.inbox(`flow-${++runs}`), [sara, layla] = ['sara', 'layla'].map((name) => `${name}${runs}@example.org`);
      await server.api('POST', '/api/n8n/webhooks', { url: inbox.url, event: 'login.requested', campaign_id: campaign.id });
      const { page, context, alarms } = await openPage(browser, { ...options, javaScriptEnabled }, { origin: server.url });
      const assertLaidOut = async (what) => {
        const [direction, scroll, inner] = await page.evaluate(() => [getComputedStyle(document.body).direction, document.documentElement.scrollWidth, window.innerWidth]);
        assert.equal(direction, 'rtl', what);
        assert.ok(scroll <= inner, `${what}: ${scroll} of ${inner}`);
      };

      await page.goto(`${server.url}/${campaign.code}/signup`);
      await assertLaidOut('sign-up page');
      await join(page, 'سارة', sara, /\/welcome$/);
      await assertLaidOut('welcome page');
      const link = await page.getByLabel('رابطك').inputValue();

      await page.goto(link);
      await assertLaidOut('landing page');
      await join(page, 'ليلى', layla, /\/thank-you$/);
      await assertLaidOut('thank-you page');
      assert.equal((await userOf(server, layla)).referrer_id, (await userOf(server, sara)).id);

      await page.goto(`${server.url}/${campaign.code}/login`);
      await assertLaidOut('log-in page');
      await type(page, 'البريد الإلكتروني', sara);
      await page.keyboard.press('Enter');
      await page.getByLabel('الرمز').waitFor();
      const [{ bytes }] = await inbox.wait(1);
      await type(page, 'الرمز', JSON.parse(bytes).login_code);
      await press(page, page.getByRole('button'), /\/portal$/);
      await assertLaidOut('portal');
      await page.getByText('ل…').waitFor();
      await press(page, page.getByRole('button', { name: 'تسجيل الخروج' }), /\/login$/);
      await page.goto(link.replace(/$/, '/portal'));
      assert.match(page.url(), /\/login$/, 'signed out');
      assert.deepEqual(alarms, []);
      await context.close();
    });
