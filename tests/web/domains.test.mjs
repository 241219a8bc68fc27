/*
 * Campaigns with hosts of their own, as a proxy in front of the server hands them on: by the header Host.
 */
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, test } from 'node:test';
import { startServer, until } from '../lib/server.mjs';
import { launchBrowser, openPage } from '../lib/browser.mjs';
import { scan } from '../lib/qr.mjs';
import { addCampaign, addReferrer, get, portalLink, userOf } from '../lib/world.mjs';

let server, spring, autumn, mara;

before(async () => {
  server = await startServer({ args: ['--rate-limit', '0', '--fallback-url', 'https://example.com/lost?a=b'] });
  [spring, autumn] = [addCampaign(server), addCampaign(server)];
  mara = await addReferrer(server, spring);
});
after(() => server?.stop());

const domains = (method, campaign, host = '', body) => server.api(method, `/api/v2/campaigns/${campaign.id}/domains${host && `/${host}`}`, body);
const give = async (campaign, host, body = {}) => {
  const answer = await domains('PUT', campaign, host, body);
  assert.equal(answer.status, 201, answer.text);
  return answer.body.data;
};

/** fetch() may not set Host. */
const visit = (host, path) =>
  new Promise((resolve, reject) => {
    http.get(`${server.url}${path}`, { headers: { Host: host, 'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64)' } }, (answer) => {
      answer.resume().on('end', () => resolve({ status: answer.statusCode, location: answer.headers.location }));
    }).on('error', reject);
  });

test('a host opens its campaign\'s sign-up page, and every link as the server itself does', async () => {
  await give(spring, 'go.example.com');
  assert.deepEqual(await visit('go.example.com', '/'), { status: 302, location: `/${spring.code}/signup` });
  assert.deepEqual(await visit('GO.example.com:8443', '/'), { status: 302, location: `/${spring.code}/signup` });
  assert.equal((await visit('go.example.com', `/${mara.code}`)).status, 200);
  assert.equal((await visit('other.example.com', '/')).status, 200);
  const ask = async (name) => (await get(server, `/healthz/domain?domain=${name}`)).status;
  assert.deepEqual([await ask('Go.example.com'), await ask('other.example.com'), await ask('x%00y')], [200, 404, 404]);
  for (const host of ['127.0.0.1', 'x', '-', 'a..b', `${'a'.repeat(300)}.example`]) assert.equal((await visit(host, '/')).status, 200, host);
});

test('a link that nobody has leads to the host\'s fallback, else to the server\'s, with the visitor\'s UTM parameters', async () => {
  await give(spring, 'fall.example.com', { fallback_url: 'https://shop.example.com/#top' });
  await give(spring, 'nofall.example.com');
  const lost = async (host, query = '') => (await visit(host, `/uZZZZZZZ${query}`)).location;
  assert.equal(await lost('fall.example.com'), 'https://shop.example.com/#top');
  assert.equal(await lost('fall.example.com', '?utm_source=x&next=//evil.example'), 'https://shop.example.com/?utm_source=x#top');
  assert.equal(await lost('nofall.example.com'), 'https://example.com/lost?a=b');
  assert.equal(await lost('unknown.example.com', '?utm_medium=y'), 'https://example.com/lost?a=b&utm_medium=y');
  const answer = await domains('PUT', spring, 'fall.example.com', {});
  assert.deepEqual([answer.status, answer.body.data.fallback_url], [200, null], 'without one it has none any more');
  assert.equal(await lost('fall.example.com'), 'https://example.com/lost?a=b');
});

test('a host without a fallback leads to its account\'s, which API and command line set', async () => {
  await give(spring, 'account.example.com');
  const lost = async (host) => (await visit(host, '/uZZZZZZZ')).location;
  const set = (fallback_url) => server.api('PUT', '/api/v2/account', { fallback_url });
  const { status, body } = await set('https://account.example.net/?c=d');
  assert.deepEqual([status, body.data], [200, { id: 1, name: 'Main', fallback_url: 'https://account.example.net/?c=d' }]);
  assert.deepEqual((await server.api('GET', '/api/v2/account')).body, body);
  assert.equal(await lost('account.example.com'), 'https://account.example.net/?c=d');
  await give(spring, 'named.example.com', { fallback_url: 'https://shop.example.com/' });
  assert.equal(await lost('named.example.com'), 'https://shop.example.com/', 'the host\'s own comes first');
  assert.equal(await lost('nobodys.example.com'), 'https://example.com/lost?a=b', 'whose host it is not');
  for (const url of ['javascript:alert(1)', '//evil.example', 'https://user@evil.example/'])
    assert.ok((await set(url)).body.errors.fallback_url, url);
  server.cli('account', 'change', '--fallback-url', 'https://cli.example.net/');
  assert.equal(await lost('account.example.com'), 'https://cli.example.net/');
  assert.equal((await set(undefined)).body.data.fallback_url, null);
  assert.equal(await lost('account.example.com'), 'https://example.com/lost?a=b');
});

test('without any fallback the page says that the link is nobody\'s', async () => {
  const plain = await startServer();
  try {
    assert.equal((await get(plain, '/uZZZZZZZ')).status, 404);
  } finally {
    await plain.stop();
  }
});

test('links begin with their campaign\'s first host, wherever they are shown', async () => {
  const own = addCampaign(server);
  const kim = await addReferrer(server, own);
  await give(own, 'first.example.com');
  await give(own, 'another.example.com');
  const user = async () => (await server.api('GET', `/api/v2/users/${kim.id}`)).body.data;
  await until(async () => (await user()).url === `http://first.example.com/${kim.code}`, { what: 'the link to have the host' });
  const shown = await user();
  assert.equal(shown.qr.src, `http://first.example.com/${kim.code}/qr-code`);
  assert.ok(shown.sharing.socials.every((each) => each.url.startsWith(`http://first.example.com/${kim.code}/socials/`)));
  assert.match((await server.api('GET', `/api/v2/campaigns/${own.id}`)).body.data.url, /^http:\/\/first\.example\.com\/c/);
  assert.match((await get(server, `/${kim.code}/welcome`)).text, new RegExp(`http://first\\.example\\.com/${kim.code}`));
  const ownPage = (await get(server, `/${kim.code}`)).text;
  assert.match(ownPage, new RegExp(`og:url" content="http://first\\.example\\.com/${kim.code}"`));
  assert.match(ownPage, new RegExp(`og:image" content="http://first\\.example\\.com/${kim.code}/card.png"`));
  assert.match((await server.api('POST', `/api/v2/users/${kim.id}/portal-link`, {})).body.data.url, new RegExp(`^http://first\\.example\\.com/${kim.code}/portal\\?pass=`));
  assert.equal(scan((await get(server, `/${kim.code}/card.png`)).bytes), `http://first.example.com/${kim.code}`);
  assert.ok(mara.url.startsWith(server.url), 'other campaigns\' links stay as they are');
  assert.equal((await domains('DELETE', own, 'First.Example.com')).status, 200);
  await until(async () => (await user()).url === `http://another.example.com/${kim.code}`, { what: 'the next host' });
  assert.deepEqual(await visit('first.example.com', '/'), { status: 200, location: undefined });
});

test('cookies of a click and of a portal belong to the host that set them', async () => {
  const { body } = await server.api('POST', '/api/v2/campaigns', { name: 'Own', cookie_days: 7 });
  const ada = await addReferrer(server, body.data);
  await give(body.data, 'own.example.com');
  const browser = await launchBrowser({ hosts: 'MAP *.example.com 127.0.0.1' });
  try {
    const { page, context, alarms } = await openPage(browser);
    const home = `http://own.example.com:${server.port}`;
    await page.goto(`${home}/${ada.code}`);
    await page.goto(`${home}/`);
    await page.getByLabel('First name').fill('Lee');
    await page.getByLabel('E-mail address').fill('lee@example.org');
    await page.getByLabel(/^I agree/).check();
    await page.getByRole('button').click();
    await page.waitForURL(`${home}/*/welcome`);
    assert.equal((await userOf(server, 'lee@example.org')).referrer_id, ada.id);
    await page.goto(home + (await portalLink(server, ada.id)));
    assert.equal(page.url(), `${home}/${ada.code}/portal`);
    await page.getByRole('heading', { name: 'Hello Mara' }).waitFor();
    const cookies = await context.cookies();
    assert.deepEqual(cookies.map(({ name, domain, path }) => [name, domain, path]).sort(), [['refmill', 'own.example.com', `/${ada.code}`], [`refmill_${body.data.code}`, 'own.example.com', '/']]);
    await page.goto(`http://other.example.com:${server.port}/${ada.code}/portal`);
    assert.match(page.url(), /other\.example\.com:\d+\/c\w+\/login$/, 'no other host has the session');
    assert.deepEqual(alarms, []);
  } finally {
    await browser.close();
  }
});

test('a host belongs to one campaign, and is listed with it', async () => {
  await give(autumn, 'b.example.org', { fallback_url: 'https://shop.example.com/' });
  await give(autumn, 'a.example.org');
  const { data } = (await domains('GET', autumn)).body;
  assert.deepEqual(data.map(({ domain, campaign_id, fallback_url }) => [domain, campaign_id, fallback_url]),
    [['b.example.org', autumn.id, 'https://shop.example.com/'], ['a.example.org', autumn.id, null]]);
  assert.equal((await domains('PUT', spring, 'a.example.org', {})).status, 409);
  assert.equal((await domains('DELETE', spring, 'a.example.org')).status, 404);
  assert.equal((await domains('GET', autumn)).body.data.length, 2);
});

test('what is no host, or one too many, is refused with a sentence', async () => {
  for (const host of ['localhost', '127.0.0.1', 'a_b.example', 'a.example:80', '-a.example', 'b%C3%BCcher.example']) {
    const answer = await domains('PUT', autumn, host, {});
    assert.equal(answer.status, 422, `${host}: ${answer.text}`);
    assert.match(JSON.stringify(answer.body.errors), /name of a host/);
  }
  for (const fallback_url of ['javascript:alert(1)', '//evil.example', 'https://user@evil.example/'])
    assert.ok((await domains('PUT', autumn, 'c.example.org', { fallback_url })).body.errors.fallback_url, fallback_url);
  assert.equal((await domains('PUT', { id: 999999 }, 'c.example.org', {})).status, 404);
  const full = addCampaign(server);
  for (let i = 0; i < 10; i++) await give(full, `h${i}.example.net`);
  assert.match((await domains('PUT', full, 'h10.example.net', {})).text, /at most 10/);
});
