/*
 * What keeps others from using links and forms for their own ends: nobody is led elsewhere than a stored
 * address says, and nobody fills a campaign with forms.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import http from 'node:http';
import { after, before, describe, test } from 'node:test';
import { launchBrowser, openPage, PHONE } from '../lib/browser.mjs';
import { startServer, until } from '../lib/server.mjs';
import { addCampaign, addReferrer, get, postForm, userOf } from '../lib/world.mjs';

const FORMS_PER_HOUR = 100;
let server, user, page, campaign, careful, browser, friends = 0;

before(async () => {
  server = await startServer({ args: ['--threads', '1', '--trust-proxy', '127.0.0.0/8'] });
  user = await addReferrer(server, addCampaign(server, { 'landing-url': 'https://shop.example/' }));
  campaign = addCampaign(server);
  page = await addReferrer(server, campaign);
  careful = await startServer({ args: ['--rate-limit', '0', '--form-seconds', '2'] });
  browser = await launchBrowser();
});
after(async () => {
  await browser?.close();
  await careful?.stop();
  await server?.stop();
});

/** Where a request leads, sent as it stands: fetch() would tidy up its path. */
const locationOf = (path, headers = {}) => new Promise((resolve, reject) => {
  http.get({ host: '127.0.0.1', port: server.port, path, headers, agent: false }, (response) => {
    response.resume();
    resolve({ status: response.statusCode, location: response.headers.location ?? '' });
  }).on('error', reject);
});

test('no path and no header makes a link lead to somewhere else', async () => {
  const evil = ['//evil.test', '///evil.test', '/\\evil.test', '/%2f%2fevil.test', '/%5cevil.test', '/.evil.test', '/..//evil.test', '/;@evil.test', '/%09/evil.test',
    '/%0d%0aLocation:%20https://evil.test', 'http://evil.test/', '/@evil.test', '/https://evil.test', '/javascript:alert(1)', '/%E2%80%AEevil.test'];
  const queries = ['next', 'url', 'to', 'r', 'redirect', 'redirect_uri', 'return', 'continue', 'landing_url', 'thank_you_url', 'ref', 'click', 'utm_source', '__proto__'];
  const paths = [
    ...evil, ...evil.map((each) => `/${user.code}${each}`), ...evil.map((each) => `${each}/${user.code}`), ...evil.map((each) => `${each}/..`),
    ...queries.flatMap((name) => ['https://evil.test', '//evil.test', '%0d%0aLocation:%20//evil.test'].flatMap((value) =>
      [`/${user.code}?${name}=${value}`, `/${page.code}?${name}=${value}`, `/${page.code}/socials/email?${name}=${value}`, `/${page.code}/portal?${name}=${value}`,
        `/${campaign.code}?${name}=${value}`, `/${campaign.code}/login?${name}=${value}`, `/?${name}=${value}`, `/uZZZZZZZ?${name}=${value}`])),
  ];
  const ours = /^(https:\/\/shop\.example\/\?|mailto:\?|\/[uc]\w{7}(\/\w+)?$)/;
  for (const path of paths) {
    const { status, location } = await locationOf(path);
    assert.ok(location === '' ? status < 300 || status >= 400 : ours.test(location), `${path}: ${status} ${location}`);
  }
  for (const headers of [{ Host: 'evil.test' }, { 'X-Forwarded-Host': 'evil.test' }, { Referer: 'https://evil.test/' }, { Origin: 'https://evil.test' }])
    for (const path of [`/${user.code}`, `/${page.code}/socials/facebook`, `/${page.code}/portal`])
      assert.doesNotMatch((await locationOf(path, headers)).location, /evil/, `${path} ${JSON.stringify(headers)}`);
});

test('an address that sent a hundred forms within the hour is asked to wait, others are not', async () => {
  const send = async (email, from) => {
    const body = new URLSearchParams({ first_name: 'Lee', email, consent: 'yes' });
    const answer = await fetch(`${server.url}/${page.code}`, { method: 'POST', redirect: 'manual', body, headers: { 'X-Forwarded-For': from } });
    return { status: answer.status, html: await answer.text() };
  };
  for (let i = 0; i < FORMS_PER_HOUR; i += 20) {
    const answers = await Promise.all(Array.from({ length: 20 }, (_, k) => send(`lee${i + k}@example.org`, '192.0.2.1')));
    assert.ok(answers.every(({ status }) => status === 303), answers.map(({ status }) => status).join());
  }
  const refused = await send('late@example.org', '192.0.2.1');
  assert.equal(refused.status, 429);
  assert.match(refused.html, /These were too many tries\. Please try again in an hour\./);
  assert.equal(await userOf(server, 'late@example.org'), undefined);
  assert.equal((await send('other@example.org', '192.0.2.2')).status, 303);
});

describe('a form that is sent sooner than a person could', () => {
  const SOON = /That was very quick\. Please send it once more\./, LATE = /This page had been open for too long\. Please send it once more\./;
  const stampIn = (html) => /name="stamp" value="(\w{25})"/.exec(html)?.[1];
  const fields = (stamp) => ({ first_name: 'Lee', email: `soon${++friends}@example.org`, consent: 'yes', ...(stamp && { stamp }) });
  let campaign, mara;
  before(async () => {
    campaign = addCampaign(careful);
    mara = await addReferrer(careful, campaign);
  });

  test('comes back with what was entered and its stamp, and is taken a little later', async () => {
    for (const where of [`/${mara.code}`, `/${campaign.code}/signup`]) {
      const sent = fields(stampIn((await get(careful, where)).text));
      const caught = await postForm(careful, where, sent);
      assert.equal(caught.status, 422);
      assert.match(caught.html, SOON);
      assert.ok(caught.html.includes(`value="${sent.email}"`) && stampIn(caught.html) === sent.stamp, caught.html);
      assert.equal(await userOf(careful, sent.email), undefined);
      await until(async () => (await postForm(careful, where, sent)).status === 303, { everyMs: 200, what: 'the same form to be taken' });
      assert.ok(await userOf(careful, sent.email));
    }
  });

  test('is one without a stamp of its own, too: it gets a new one', async () => {
    const own = stampIn((await get(careful, `/${mara.code}`)).text), other = stampIn((await get(careful, `/${campaign.code}/signup`)).text);
    for (const stamp of [undefined, '', 'x', other, `${own.slice(0, -1)}${own.endsWith('0') ? '1' : '0'}`, own.repeat(200)]) {
      const { status, html } = await postForm(careful, `/${mara.code}`, fields(stamp));
      assert.equal(status, 422);
      assert.match(html, LATE, stamp);
      assert.notEqual(stampIn(html), stamp);
      assert.equal(stampIn(html)?.length, own.length);
    }
  });

  for (const javaScriptEnabled of [true, false])
    test(`is taken from a person at the second try, ${javaScriptEnabled ? 'with' : 'without'} JavaScript`, async () => {
      const { page: tab, context, alarms } = await openPage(browser, { javaScriptEnabled }, { origin: careful.url });
      const email = `soon${++friends}@example.org`;
      await tab.goto(mara.url);
      await tab.locator('form').waitFor();
      const stamp = await tab.locator('[name=stamp]').inputValue();
      await tab.getByLabel('First name').fill('Lee');
      await tab.getByLabel('E-mail address').fill(email);
      await tab.getByLabel(/^I agree/).check();
      await tab.getByRole('button').click();
      await tab.waitForURL((url) => url.pathname.endsWith('/thank-you') || url.pathname === `/${mara.code}`);
      // A slow machine is as slow as a person: then there is nothing to send again.
      await until(async () => {
        if (!(await tab.getByRole('alert').count())) return tab.url().endsWith('/thank-you');
        assert.match(await tab.getByRole('alert').textContent(), SOON);
        assert.equal(await tab.locator('[name=stamp]').inputValue(), stamp);
        await tab.getByRole('button').click();
        return false;
      }, { everyMs: 500, what: 'the form to be taken' });
      assert.equal((await userOf(careful, email)).referrer_id, mara.id);
      assert.deepEqual(alarms, []);
      await context.close();
    });
});

describe('a form with a proof of work', () => {
  const REFUSED = /This form needs JavaScript, which keeps robots away/;
  let campaign, mara;
  before(async () => {
    campaign = (await server.api('POST', '/api/v2/campaigns', { name: 'Club', proof_of_work: true })).body.data;
    mara = await addReferrer(server, campaign);
  });
  const fill = async (tab, email) => {
    await tab.getByLabel('First name').fill('Lee');
    await tab.getByLabel('E-mail address').fill(email);
    await tab.getByLabel(/^I agree/).check();
  };
  const hash = (...parts) => parts.reduce((state, part) => state.update(part), createHash('sha256')).digest();
  /** As the browser finds it, by Node's own SHA-256. */
  function prove(html, email) {
    const [, bits] = /name="proof_bits" value="(\d+)"/.exec(html), [, stamp] = /name="stamp" value="(\w+)"/.exec(html);
    const head = hash(`${stamp}\n${email}`);
    for (let n = 0; ; n++) if (hash(head, String(n)).readUInt32BE() >>> (32 - bits) === 0) return { stamp, proof: String(n) };
  }

  test('is taken with a proof for its page and e-mail, and comes back without', async () => {
    const where = `/${mara.code}`, { text } = await get(server, where), email = `proof${++friends}@example.org`, other = `proof${++friends}@example.org`;
    const fields = { first_name: 'Lee', email, consent: 'yes' }, good = prove(text, email);
    for (const wrong of [{}, { ...good, proof: '' }, { ...good, proof: `${good.proof}0` }, { ...good, email: other }, { proof: good.proof }, prove((await get(server, `/${campaign.code}/signup`)).text, email)]) {
      const { status, html } = await postForm(server, where, { ...fields, ...wrong });
      assert.equal(status, 422, JSON.stringify(wrong));
      assert.match(html, REFUSED);
    }
    assert.equal(await userOf(server, email), undefined);
    assert.equal((await postForm(server, where, { ...fields, ...good })).status, 303);
    assert.equal((await userOf(server, email)).referrer_id, mara.id);
    assert.doesNotMatch((await get(server, `/${page.code}`)).text, /name="proof|<script|noscript/, 'other campaigns have none');
  });

  test('is sent by a browser like any other, also once it came back', async () => {
    const { page: tab, context, alarms } = await openPage(browser, PHONE, { origin: server.url });
    const email = `proof${++friends}@example.org`;
    for (const where of [`/${mara.code}`, `/${campaign.code}/signup`]) {
      await tab.goto(server.url + where);
      await tab.locator('form').evaluate((form) => { form.noValidate = true; });
      await fill(tab, 'no address');
      await tab.getByRole('button').click();
      await tab.getByRole('alert').waitFor();
      assert.doesNotMatch(await tab.getByRole('alert').textContent(), REFUSED);
      await fill(tab, email);
      await tab.keyboard.press('Enter');
      await tab.waitForURL(/\/(thank-you|welcome)$/);
    }
    assert.equal((await userOf(server, email)).referrer_id, mara.id);
    assert.deepEqual(alarms, []);
    await context.close();
  });

  test('says without JavaScript what it needs, before and after it is sent', async () => {
    const { page: tab, context } = await openPage(browser, { javaScriptEnabled: false });
    await tab.goto(mara.url);
    await tab.getByText(REFUSED).waitFor();
    await fill(tab, 'lee@example.org');
    await tab.getByRole('button').click();
    await tab.getByRole('alert').getByText(REFUSED).waitFor();
    assert.equal(await tab.getByLabel('First name').inputValue(), 'Lee');
    await context.close();
  });
});
