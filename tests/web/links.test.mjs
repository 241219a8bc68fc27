/*
 * Links over plain HTTP: where they lead, what they count, which headers they carry.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startServer, until } from '../lib/server.mjs';
import { addCampaign, addReferrer, get, postForm, userOf } from '../lib/world.mjs';

const POLICY = [
  "base-uri 'none'", "default-src 'none'", "form-action 'self'", "frame-ancestors 'none'", "img-src 'self' data:",
];
const STYLE = /^style-src 'sha256-[A-Za-z0-9+/]{43}='$/;

let server, campaign, mara;

before(async () => {
  server = await startServer();
  campaign = addCampaign(server, { offer: 'The first bag is on us.' });
  mara = await addReferrer(server, campaign);
});
after(() => server?.stop());

test('a link shows the landing page and counts the open within about a second', async () => {
  const before = (await userOf(server, mara.code)).reach;
  for (let i = 0; i < 5; i++) assert.equal((await get(server, `/${mara.code}`)).status, 200);
  const counted = async () => (await userOf(server, mara.code)).reach === before + 5;
  await until(counted, { timeoutMs: 3000, what: 'the clicks to be counted' });
});

test('a landing page has the name of its referrer as it is now, and none once they are gone', async () => {
  const user = await addReferrer(server, campaign, { firstName: 'Ann' });
  const open = async () => [...new Set(await Promise.all(Array.from({ length: 8 }, async () => {
    const { status, text } = await get(server, `/${user.code}`);
    return status === 200 ? /<h1><bdi>(.*?)<\/bdi>/.exec(text)[1] : status;
  })))];
  assert.deepEqual(await open(), ['Ann']);
  assert.deepEqual(await open(), ['Ann']);
  for (const name of ['Bea', 'Wolfeschlegelsteinhausenbergerdorff', 'Zoë']) {
    assert.equal((await server.api('PUT', `/api/v2/users/${user.id}`, { first_name: name })).status, 200);
    assert.deepEqual(await open(), [name]);
    assert.deepEqual(await open(), [name]);
  }
  assert.equal((await server.api('DELETE', `/api/v2/users/${user.id}`)).status, 200);
  assert.deepEqual(await open(), [404]);
});

/** "https://shop.example/?ref=u…&click=u…" with the click id, which is different each time, as CLICK. */
const withoutClick = (location) => location?.replace(/click=(u[0-9A-Za-z]{24})(?=$|#)/, 'click=CLICK');

test('a link of a campaign with a landing URL redirects with code and click id in its query', async () => {
  const cases = [
    ['https://shop.example', (code) => `https://shop.example?ref=${code}&click=CLICK`],
    ['https://shop.example/a?b=c', (code) => `https://shop.example/a?b=c&ref=${code}&click=CLICK`],
    ['https://shop.example/a?b=c#top', (code) => `https://shop.example/a?b=c&ref=${code}&click=CLICK#top`],
    ['https://shop.example/#/spa?x=1', (code) => `https://shop.example/?ref=${code}&click=CLICK#/spa?x=1`],
  ];
  for (const [url, expected] of cases) {
    const user = await addReferrer(server, addCampaign(server, { 'landing-url': url }));
    const { status, location, headers, bytes } = await get(server, `/${user.code}`);
    assert.equal(status, 302);
    assert.equal(withoutClick(location), expected(user.code));
    assert.equal(headers.get('cache-control'), 'no-store');
    assert.equal(bytes.length, 0);
    await until(async () => (await userOf(server, user.code)).reach === 1, { what: 'the click to be counted' });
  }
});

test('programs, previews, looks in advance and HEAD are answered and not counted', async () => {
  const user = await addReferrer(server, addCampaign(server, { 'landing-url': 'https://shop.example/' }));
  const others = [
    { headers: { 'User-Agent': 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)' } },
    { headers: { 'User-Agent': 'WhatsApp/2.23.20.0' } },
    { headers: { 'User-Agent': 'facebookexternalhit/1.1' } },
    { headers: { 'User-Agent': '' } },
    { headers: { 'Sec-Purpose': 'prefetch;prerender' } },
    { headers: { 'X-Purpose': 'preview' } },
    { method: 'HEAD' },
  ];
  for (const options of others) assert.equal((await get(server, `/${user.code}`, options)).status, 302);
  await get(server, `/${user.code}`);
  const reach = async () => (await userOf(server, user.code)).reach;
  await until(async () => (await reach()) > 0, { what: 'the click to be counted' });
  assert.equal(await reach(), 1);
});

test('with --clicks durable each click is on disk before its visitor is answered', async () => {
  const own = await startServer({ args: ['--clicks', 'durable'] });
  try {
    const page = await addReferrer(own, addCampaign(own)), shop = await addReferrer(own, addCampaign(own, { 'landing-url': 'https://shop.example/' }));
    const answers = await Promise.all([page, shop, shop].map(({ code }) => get(own, `/${code}`)));
    await own.kill();
    assert.deepEqual(answers.map((each) => each.status), [200, 302, 302]);
    await own.start();
    assert.deepEqual([(await userOf(own, page.code)).reach, (await userOf(own, shop.code)).reach], [1, 2]);
  } finally {
    await own.stop();
  }
});

test("the visitor's UTM parameters go along to the shop, unless its URL sets them", async () => {
  const user = await addReferrer(server, addCampaign(server, { 'landing-url': 'https://shop.example/?utm_medium=referral' }));
  const query = 'utm_source=spring%20mail&utm_medium=other&gclid=x&utm_campaign=a+b';
  const { location } = await get(server, `/${user.code}?${query}`);
  assert.match(location, /^https:\/\/shop\.example\/\?utm_medium=referral&ref=u\w{7}&click=\w{25}&utm_source=spring%20mail&utm_campaign=a\+b$/);
});

test('what else stands in the query of a link never changes where it leads', async () => {
  const user = await addReferrer(server, addCampaign(server, { 'landing-url': 'https://shop.example/' }));
  for (const query of ['?next=https://evil.test', '?url=//evil.test', '?ref=other', '?landing_url=javascript:alert(1)'])
    assert.equal(withoutClick((await get(server, `/${user.code}${query}`)).location), `https://shop.example/?ref=${user.code}&click=CLICK`);
});

test('links follow what the command line does to their campaign beside the server', async () => {
  const shop = addCampaign(server, { 'landing-url': 'https://shop.example/' });
  const user = await addReferrer(server, shop);
  const open = () => get(server, `/${user.code}`);
  const change = (...options) => server.cli('campaign', 'change', '--campaign', String(shop.id), ...options);
  assert.equal(withoutClick((await open()).location), `https://shop.example/?ref=${user.code}&click=CLICK`);

  change('--landing-url', 'https://other.example/');
  await until(async () => (await open()).location?.startsWith('https://other.example/'), { what: 'the link to lead elsewhere' });
  change('--status', 'paused');
  // Each of the server's threads looks for itself, so an answer of the past may still follow a new one.
  await until(async () => /It is paused at the moment/.test((await open()).text), { what: 'the page to say that it is paused' });
  change('--status', 'ended');
  await until(async () => /It has ended/.test((await open()).text), { what: 'the page to say that it is over' });
  change('--status', 'launched');
  await until(async () => (await open()).status === 302, { what: 'the link to lead on' });
});

test('unknown and malformed codes are 404, as a page', async () => {
  const wrong = [
    '/u0000000', '/c0000000', '/x', `/${mara.code}x`, `/${mara.code.slice(0, 7)}`, '/%00', '/%ff', '/..%2f..%2fetc',
    '/<script>', '/c0000000/signup', `/${mara.code}/signup`, `/${mara.code}/nothing`, `/${campaign.code}/welcome`,
  ];
  const pages = ['', '/signup', '/welcome', '/thank-you', '/qr-code', '/qr-code.svg', '/download-qr-code', '/socials/email'];
  for (const path of [...wrong, ...pages.map((page) => `/u0000000${page}`)]) {
    const { status, headers } = await get(server, path);
    assert.equal(status, 404, path);
    assert.equal(headers.get('content-type'), 'text/html; charset=utf-8', path);
  }
});

test('wrong methods are 405 and name the right ones', async () => {
  const cases = [
    ['PUT', `/${mara.code}`, 'GET, HEAD, POST'],
    ['DELETE', `/${campaign.code}/signup`, 'GET, HEAD, POST'],
    ['POST', '/', 'GET, HEAD'],
    ['POST', '/robots.txt', 'GET, HEAD'],
    ['POST', '/assets/sharing.js', 'GET, HEAD'],
    ['POST', `/${mara.code}/qr-code`, 'GET, HEAD'],
    ['PATCH', `/${mara.code}/welcome`, 'GET, HEAD'],
    ['POST', `/${mara.code}/socials/email`, 'GET, HEAD'],
  ];
  for (const [method, path, allow] of cases) {
    const { status, headers } = await get(server, path, { method });
    assert.equal(status, 405, `${method} ${path}`);
    assert.equal(headers.get('allow'), allow, `${method} ${path}`);
  }
});

test('HEAD answers as GET does, without the body', async () => {
  const head = await get(server, `/${mara.code}`, { method: 'HEAD' });
  assert.equal(head.status, 200);
  assert.equal(head.bytes.length, 0);
  assert.ok(Number(head.headers.get('content-length')) > 1000);
});

test('a slash at the end makes no difference', async () => {
  assert.equal((await get(server, `/${mara.code}/`)).status, 200);
  assert.equal((await get(server, `/${campaign.code}/signup/`)).status, 200);
});

test("a campaign's code leads to its sign-up page", async () => {
  const { status, location } = await get(server, `/${campaign.code}`);
  assert.equal(status, 302);
  assert.equal(location, `/${campaign.code}/signup`);
});

test('every page is closed to scripts, frames and other hosts, and sets no cookie', async () => {
  const pages = [`/${mara.code}`, `/${mara.code}/welcome`, `/${mara.code}/thank-you`, `/${campaign.code}/signup`];
  for (const path of [...pages, '/', '/nothing']) {
    const { headers, text, bytes } = await get(server, path);
    const [style, ...policy] = headers.get('content-security-policy').split('; ').sort((a, b) => STYLE.test(b) - STYLE.test(a));
    assert.match(style, STYLE, path);
    const mayShare = path.endsWith('/welcome'); // the button that copies the link
    assert.deepEqual(policy.sort(), mayShare ? [...POLICY, "script-src 'self'"].sort() : POLICY, path);
    assert.equal(headers.get('x-content-type-options'), 'nosniff', path);
    assert.equal(headers.get('referrer-policy'), 'same-origin', path);
    assert.equal(headers.get('set-cookie'), null, path);
    assert.match(headers.get('cache-control'), /private/, path);
    const scripts = text.match(/<script[^>]*>/g) ?? [];
    assert.ok(scripts.every((each) => mayShare && /^<script type="module" src="\/assets\/sharing\.js\?v=\w+">$/.test(each)), `${path}: ${scripts}`);
    assert.doesNotMatch(text.replace(/<style>[^<]*<\/style>/, ''), /<style| style=| on[a-z]+=|https?:\/\/(?!127\.0\.0\.1)/i, path);
    assert.ok(bytes.length < 16 * 1024, `${path}: ${bytes.length} bytes`);
  }
});

test("the form's policy names the thank-you page's host and what is below it", async () => {
  const user = await addReferrer(server, addCampaign(server, { 'thank-you-url': 'https://www.shop.example/thanks' }));
  const { headers } = await get(server, `/${user.code}`);
  assert.match(headers.get('content-security-policy'), /; form-action 'self' http:\/\/shop\.example http:\/\/\*\.shop\.example(;|$)/);
});

test("a page's language is the campaign's, where there are texts in it", async () => {
  const cases = {
    'pt-BR': ['<html lang="pt-BR" dir="ltr">', 'Aceitar o convite'],
    de: ['<html lang="de" dir="ltr">', 'Einladung annehmen'],
    es: ['<html lang="es" dir="ltr">', 'Aceptar la invitación'],
    'fr-CA': ['<html lang="fr-CA" dir="ltr">', 'Accepter l’invitation'],
    ar: ['<html lang="ar" dir="rtl">', 'قبول الدعوة'],
    en: ['<html lang="en" dir="ltr">', 'Accept the invitation'],
    nl: ['<html lang="en" dir="ltr">', 'Accept the invitation'],
  };
  for (const [lang, parts] of Object.entries(cases)) {
    const user = await addReferrer(server, addCampaign(server, { lang }));
    const { text } = await get(server, `/${user.code}`, { headers: { 'Accept-Language': 'es' } });
    for (const part of parts) assert.ok(text.includes(part), `${lang}: ${part}`);
  }
});

test('what is wrong with a form is said in its language', async () => {
  const user = await addReferrer(server, addCampaign(server, { lang: 'de' }));
  const { status, html } = await postForm(server, `/${user.code}`, { first_name: '', email: user.email });
  assert.equal(status, 422);
  for (const part of ['<title>Fehler: Mara lädt Sie ein', 'Geben Sie Ihren Vornamen ein.', 'Setzen Sie das Häkchen'])
    assert.ok(html.includes(part), part);
  const self = await postForm(server, `/${user.code}`, { first_name: 'Lee', email: user.email, consent: 'yes' });
  assert.ok(self.html.includes('Niemand kann sich selbst einladen'));
});

test("a page that is nobody's is in the visitor's language", async () => {
  const { status, text } = await get(server, '/u0000000', { headers: { 'Accept-Language': 'nl, fr-CH;q=0.9, de;q=0.8' } });
  assert.equal(status, 404);
  assert.match(text, /<html lang="fr" dir="ltr">/);
  assert.match(text, /Ce lien ne mène nulle part/);
});

test('scripts and icon are kept for good under their version', async () => {
  const page = (await get(server, `/${mara.code}/welcome`)).text;
  const assets = [
    [/\/assets\/sharing\.js\?v=[0-9a-f]{16}/, 'text/javascript; charset=utf-8'],
    [/\/assets\/favicon\.svg\?v=[0-9a-f]{16}/, 'image/svg+xml'],
  ];
  for (const [pattern, type] of assets) {
    const [path] = page.match(pattern);
    const { status, headers, bytes } = await get(server, path);
    assert.equal(status, 200);
    assert.equal(headers.get('content-type'), type);
    assert.equal(headers.get('cache-control'), 'public, max-age=31536000, immutable');
    assert.ok(bytes.length < 16 * 1024);
    const other = await get(server, path.replace(/v=.*/, 'v=0'));
    assert.doesNotMatch(other.headers.get('cache-control'), /immutable/);
    const etag = headers.get('etag');
    assert.equal((await get(server, path, { headers: { 'If-None-Match': `"x", W/${etag}` } })).status, 304);
    assert.equal((await get(server, path, { headers: { 'If-None-Match': '"x"' } })).status, 200);
  }
});

test('templates and other files of the program are not to be fetched', async () => {
  for (const name of ['layout.html', 'form.html', 'page.css', '..%2fassets%2fsharing.js', 'sharing.js%00', 'Sharing.js'])
    assert.equal((await get(server, `/assets/${name}`)).status, 404, name);
});

test('robots and the icon of old browsers are answered', async () => {
  const robots = await get(server, '/robots.txt');
  assert.equal(robots.headers.get('content-type'), 'text/plain; charset=utf-8');
  assert.match(robots.text, /^User-agent: \*\nDisallow: \/api\/\n/);
  assert.equal((await get(server, '/favicon.ico')).headers.get('content-type'), 'image/svg+xml');
});

test('odd bodies are answered with the form, and store nothing', async () => {
  const bodies = [
    ['application/json', '{"first_name":"Lee","email":"lee@example.org","consent":"yes"}'],
    ['application/x-www-form-urlencoded', ''],
    ['application/x-www-form-urlencoded', '&&=&a'],
    ['application/x-www-form-urlencoded', 'first_name=%ff&email=%00&consent=%zz'],
    ['application/x-www-form-urlencoded', `first_name=${'x'.repeat(500_000)}&email=lee%40example.org&consent=yes`],
    ['text/plain', 'first_name=\0'],
  ];
  for (const [type, body] of bodies) {
    const response = await fetch(`${server.url}/${mara.code}`, { method: 'POST', body, headers: { 'Content-Type': type } });
    assert.equal(response.status, 422, body.slice(0, 60));
    assert.ok((await response.text()).length < 20_000);
  }
  assert.equal((await userOf(server, mara.code)).id, mara.id);
  assert.equal(await userOf(server, 'lee@example.org'), undefined);
});

test('a robot that fills the hidden field is thanked, and not stored', async () => {
  const fields = { first_name: 'Bot', email: 'bot@example.org', consent: 'yes', topic: 'casino' };
  const { status, location } = await postForm(server, `/${mara.code}`, fields);
  assert.equal(status, 303);
  assert.equal(location, `/${mara.code}/thank-you`);
  assert.equal(await userOf(server, 'bot@example.org'), undefined);
});

test('each network has its share redirect, with the link in it', async () => {
  const encoded = encodeURIComponent(mara.url);
  const cases = {
    sms: 'sms:?&body=', lineme: 'https://line.me/', email: 'mailto:?subject=Bluebird%20Coffee%20Club&body=',
    twitter: 'https://twitter.com/intent/tweet?', facebook: 'https://www.facebook.com/sharer/',
    linkedin: 'https://www.linkedin.com/sharing/', telegram: 'https://t.me/share/url?', whatsapp: 'https://wa.me/?text=',
    messenger: 'fb-messenger://share/?link=',
  };
  for (const [network, start] of Object.entries(cases)) {
    const { status, location } = await get(server, `/${mara.code}/socials/${network}`);
    assert.equal(status, 302, network);
    assert.ok(location.startsWith(start), `${network}: ${location}`);
    assert.ok(location.includes(encoded), `${network}: ${location}`);
  }
  assert.equal((await get(server, `/${mara.code}/socials/wechat`)).location, `${mara.url}/qr-code`);
  assert.equal((await get(server, `/${mara.code}/socials/myspace`)).status, 404);
  const named = mara.sharing.socials.map(({ social }) => social).sort();
  assert.deepEqual(named, [...Object.keys(cases), 'wechat'].sort());
});
