/*
 * Debian's Chromium, driven by Playwright's core, with nothing that calls home.
 */
import { chromium } from 'playwright-core';

export const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 };
export const DESKTOP = { viewport: { width: 1280, height: 900 } };

/** `hosts`: rules for names, e.g. 'MAP *.example.com 127.0.0.1'. */
export function launchBrowser({ hosts } = {}) {
  return chromium.launch({
    executablePath: process.env.CHROMIUM_BIN ?? '/usr/bin/chromium',
    headless: true,
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync',
      ...(hosts ? [`--host-resolver-rules=${hosts}`] : []),
    ],
  });
}

/**
 * A page in a context of its own, which notes what must not happen: dialogs, errors of scripts,
 * violations of the content policy, requests to anywhere but `origin`.
 */
export async function openPage(browser, options = {}, { origin } = {}) {
  const context = await browser.newContext({ ...DESKTOP, ...options });
  const page = await context.newPage();
  const alarms = [];
  page.on('dialog', (dialog) => {
    alarms.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('pageerror', (error) => alarms.push(`error: ${error.message}`));
  page.on('console', (message) => {
    if (/Content Security Policy|Refused to/i.test(message.text())) alarms.push(`policy: ${message.text()}`);
  });
  page.on('request', (request) => {
    if (origin && !request.url().startsWith(`${origin}/`)) alarms.push(`request: ${request.url()}`);
  });
  return { page, context, alarms };
}
