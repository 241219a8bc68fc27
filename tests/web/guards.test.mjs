/*
 * What keeps others from using links and forms for their own ends: nobody is led elsewhere than a stored
 * address says, and nobody fills a campaign with forms.
 */
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, test } from 'node:test';
import { startServer } from '../lib/server.mjs';
import { addCampaign, addReferrer, userOf } from '../lib/world.mjs';

const FORMS_PER_HOUR = 100;
let server, user, page;

before(async () => {
  server = await startServer({ args: ['--threads', '1', '--trust-proxy', '127.0.0.0/8'] });
  user = await addReferrer(server, addCampaign(server, { 'landing-url': 'https://shop.example/' }));
  page = await addReferrer(server, addCampaign(server));
});
after(() => server?.stop());

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
      [`/${user.code}?${name}=${value}`, `/${page.code}?${name}=${value}`, `/${page.code}/socials/email?${name}=${value}`])),
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
