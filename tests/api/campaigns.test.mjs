/*
 * Campaigns by the API: making, reading (C2), changing, states, archiving, and what people see of each.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startServer } from '../lib/server.mjs';
import { assertError, assertFieldErrors } from './kit/errors.mjs';
import { addReferrer, email, events, otherAccount, pair, qualified, reward, sql, tally, today, unique } from './kit/world.mjs';

let server;

before(async () => {
  server = await startServer({ args: ['--rate-limit', '0'] });
});
after(() => server?.stop());

const create = (body) => server.api('POST', '/api/v2/campaigns', body);
const read = (id) => server.api('GET', `/api/v2/campaigns/${id}`);
const change = (id, body) => server.api('PUT', `/api/v2/campaigns/${id}`, body);
const act = (id, action) => server.api('POST', `/api/v2/campaigns/${id}/${action}`);
const archive = (id) => server.api('DELETE', `/api/v2/campaigns/${id}`);

async function made(more = {}) {
  const { status, body } = await create({ name: unique('Campaign'), ...more });
  assert.equal(status, 201, JSON.stringify(body));
  return body.data;
}

const RULES = ['self_referral_alias', 'same_ip', 'ip_velocity', 'referrer_velocity', 'burner_domain', 'code_guessing'];
const FORM = {
  person_referring: [{ id: 'f1', type: 'input', label: 'Last Name', value: '', required: false }],
  person_invited: [{ id: 'f2', type: 'select', label: 'Country', value: 'NL\nDE', required: true }],
};

describe('making a campaign', () => {
  test('needs a name alone, and has the defaults of the contract', async () => {
    const campaign = await made({ name: 'Spring invite' });
    assert.match(campaign.code, /^c[0-9A-Za-z]{7}$/);
    assert.deepEqual(
      { ...campaign, id: 0, code: '', url: '', assets: 0 },
      {
        id: 0, name: 'Spring invite', code: '', lang: 'en', url: '', reach: 0, status: 'launched', starts_at: null,
        ends_at: null, created_at: today(), fields: { person_referring: [], person_invited: [] }, assets: 0, live: true,
        kind: 'single_sided', offer: null, landing_url: null, thank_you_url: null, share_subject: null,
        share_text: null, attribution: 'first', click_window_s: 2592000, cookie_days: 0, proof_of_work: false, credit_window_s: 0, sources: [],
        budget_minor: 0, budget_currency: null, min_spend_minor: 0, min_spend_currency: null, min_spend_window_s: 0,
        fraud: Object.fromEntries(RULES.map((rule) => [rule, 'flag'])), accent_color: null, accent_color_dark: null, logo_url: null,
        hero_url: null, texts: {}, custom_css: null, embed_origins: null, archived_at: null,
      },
    );
    assert.equal(campaign.assets.logo.type, 'square');
    assert.equal(campaign.assets.logo.path, null);
  });

  test('keeps everything that is said, by id and by code', async () => {
    const said = {
      name: 'Autumn', status: 'draft', kind: 'double_sided', live: false, lang: 'pt-BR', offer: 'A cup for you',
      landing_url: 'https://shop.example/a?b=c', thank_you_url: 'https://shop.example/thanks', fields: FORM,
      share_subject: 'Coffee?', share_text: 'Have one\nwith me', attribution: 'last', click_window_s: 60, cookie_days: 30, proof_of_work: true,
      credit_window_s: 3600, sources: ['Referred', 'N8n'], budget_minor: 500_000, budget_currency: 'EUR',
      min_spend_minor: 2000, min_spend_currency: 'USD', min_spend_window_s: 86_400, accent_color: '#0b7a75',
      accent_color_dark: '#58c7bf', logo_url: 'https://cdn.example/logo.png', custom_css: 'h1 { color: red }',
      hero_url: 'https://cdn.example/hero.jpg', texts: { 'form.accept': 'Yes: please', 'landing.heading': '{referrer} & you' },
      embed_origins: 'https://shop.example http://localhost:8080',
    };
    const campaign = await made({ ...said, starts_at: '2030-01-01', ends_at: '2030-12-31T00:00:00Z', fraud: { same_ip: 'block', ip_velocity: 'off' } });
    for (const [key, value] of Object.entries(said)) assert.deepEqual(campaign[key], value, key);
    assert.equal(campaign.starts_at, '2030-01-01');
    assert.equal(campaign.ends_at, '2030-12-31');
    assert.equal(campaign.fraud.same_ip, 'block');
    assert.equal(campaign.fraud.ip_velocity, 'off');
    assert.equal(campaign.fraud.burner_domain, 'flag');
    for (const identifier of [campaign.id, campaign.code]) assert.deepEqual((await read(identifier)).body.data, campaign);
  });

  const wrong = [
    ['fraud', { fraud: { same_eye: 'off' } }], ['fields', { fields: { person_unknown: [] } }],
    ['name', {}], ['name', { name: '' }], ['name', { name: 'x'.repeat(201) }], ['name', { name: 'a\u0007b' }],
    ['status', { status: 'open' }], ['kind', { kind: 'pyramid' }], ['live', { live: 'maybe' }], ['lang', { lang: 'English!' }],
    ['offer', { offer: 'x'.repeat(2001) }], ['landing_url', { landing_url: 'shop.example' }],
    ['landing_url', { landing_url: 'javascript:alert(1)' }], ['thank_you_url', { thank_you_url: '/thanks' }],
    ['starts_at', { starts_at: 'tomorrow' }], ['ends_at', { starts_at: '2030-02-01', ends_at: '2030-01-01' }],
    ['share_subject', { share_subject: 'x'.repeat(201) }], ['share_text', { share_text: 'x'.repeat(2001) }],
    ['attribution', { attribution: 'middle' }], ['click_window_s', { click_window_s: -1 }],
    ['click_window_s', { click_window_s: 1e12 }], ['credit_window_s', { credit_window_s: 'long' }],
    ['sources', { sources: ['Pigeon'] }], ['sources', { sources: 'N8n' }], ['budget_minor', { budget_minor: 5 }],
    ['budget_minor', { budget_minor: 1e18, budget_currency: 'EUR' }], ['budget_currency', { budget_minor: 5, budget_currency: 'euro' }],
    ['budget_currency', { budget_minor: 5, budget_currency: 'eur' }], ['min_spend_minor', { min_spend_minor: 5 }],
    ['min_spend_window_s', { min_spend_window_s: 1e12 }], ['fraud', { fraud: { same_ip: 'shout' } }], ['fraud', { fraud: 'off' }],
    ['fields', { fields: [] }], ['fields', { fields: { person_invited: {} } }],
    ['fields', { fields: { person_invited: [{ id: 'a', type: 'file', label: 'A' }] } }],
    ['fields', { fields: { person_invited: [{ id: 'a', type: 'input' }] } }],
    ['fields', { fields: { person_invited: [{ id: 'a', type: 'input', label: 'x'.repeat(201) }] } }],
    ['fields', { fields: { person_referring: Array.from({ length: 51 }, (_, i) => ({ id: `f${i}`, type: 'input', label: `F${i}` })) } }],
  ];
  test('refuses what is wrong, names the field and makes nothing', async () => {
    const before = tally(server);
    for (const [field, more] of wrong) {
      const answer = await create(field === 'name' ? more : { name: 'Spring', ...more });
      assertFieldErrors(answer, [field], 'v2');
    }
    assert.deepEqual(tally(server), before);
  });
});

describe('reading a campaign', () => {
  test('what is not there is 404, and so is what another account has', async () => {
    const other = otherAccount(server);
    const code = 'c0000000';
    for (const identifier of [999_999, 0, -1, code, 'x', other.campaign]) assertError(await read(identifier), 404);
    for (const call of [change(other.campaign, { name: 'Mine' }), act(other.campaign, 'pause'), archive(other.campaign)])
      assertError(await call, 404);
    assert.deepEqual(sql(server, `SELECT name, status, archived_us FROM campaign WHERE id = ${other.campaign}`),
      [{ name: 'Other campaign', status: 1, archived_us: null }]);
  });
});

describe('changing a campaign', () => {
  test('what is not sent stays, what is null goes back to its default', async () => {
    const campaign = await made({ offer: 'A cup', click_window_s: 60, budget_minor: 5, budget_currency: 'EUR', fields: FORM });
    const { status, body } = await change(campaign.id, { name: 'Summer', click_window_s: null, fields: null });
    assert.equal(status, 200);
    assert.deepEqual(body.data, { ...campaign, name: 'Summer', click_window_s: 2592000, fields: { person_referring: [], person_invited: [] } });
    assert.deepEqual((await read(campaign.id)).body.data, body.data);
  });

  test('an empty body changes nothing', async () => {
    const campaign = await made();
    assert.deepEqual((await change(campaign.id, {})).body.data, campaign);
  });

  test('a wrong part changes nothing at all', async () => {
    const campaign = await made();
    assertFieldErrors(await change(campaign.id, { name: 'Summer', landing_url: 'nowhere' }), ['landing_url'], 'v2');
    assertFieldErrors(await change(campaign.id, { name: 'Summer', live: false }), ['live'], 'v2');
    assert.deepEqual((await read(campaign.id)).body.data, campaign);
  });

  test('states follow draft, launched, paused, ended', async () => {
    const { id } = await made({ status: 'draft' });
    const step = async (action, expected) => assert.equal((await act(id, action)).body.data?.status, expected, action);
    assertFieldErrors(await act(id, 'pause'), ['status'], 'v2');
    await step('launch', 'launched');
    await step('launch', 'launched');
    await step('pause', 'paused');
    assertFieldErrors(await change(id, { status: 'draft' }), ['status'], 'v2');
    await step('end', 'ended');
    assertFieldErrors(await act(id, 'pause'), ['status'], 'v2');
    assert.equal((await change(id, { status: 'launched' })).body.data.status, 'launched');
  });

  test('only a launched campaign takes people', async () => {
    const { id } = await made({ status: 'draft' });
    const join = () => server.api('POST', '/api/v2/users', { campaign_id: id, first_name: 'Mara', email: email() });
    assertFieldErrors(await join(), ['campaign_id'], 'v2');
    await act(id, 'launch');
    assert.equal((await join()).status, 201);
    for (const action of ['pause', 'end']) {
      await act(id, action);
      assertFieldErrors(await join(), ['campaign_id'], 'v2');
    }
  });
});

describe('test mode', () => {
  test('every event of a test campaign says live: false, of another live: true', async () => {
    for (const live of [false, true]) {
      const { id } = await made({ live });
      reward(server, id, { whom: 'referrer', when: 'qualified', more: ['--auto'] });
      const { lead } = await pair(server, id);
      await qualified(server, lead);
      const told = events(server, `campaign_id = ${id}`).map(({ body }) => [body.event, body.live]);
      assert.deepEqual(told, [['user.join', live], ['user.join', live], ['user.qualified', live], ['reward_issued', live]]);
    }
  });
});

describe('links of a campaign', () => {
  test('follow each change at once', async () => {
    const campaign = await made({ landing_url: 'https://shop.example/' });
    const user = await addReferrer(server, campaign.id);
    const open = async () => {
      const answer = await fetch(`${server.url}/${user.code}`, { redirect: 'manual' });
      return answer.headers.get('location') ?? (await answer.text());
    };
    assert.ok((await open()).startsWith('https://shop.example/'));
    await change(campaign.id, { landing_url: 'https://other.example/' });
    assert.ok((await open()).startsWith('https://other.example/'));
    await act(campaign.id, 'pause');
    assert.match(await open(), /It is paused at the moment/);
    await act(campaign.id, 'launch');
    assert.ok((await open()).startsWith('https://other.example/'));
    await archive(campaign.id);
    assert.match(await open(), /It has ended/);
  });

  test('lead to a page that follows each change of the campaign and of the referrer at once', async () => {
    const campaign = await made({ offer: 'A cup of tea' });
    const user = await addReferrer(server, campaign.id);
    const page = async () => (await fetch(`${server.url}/${user.code}`)).text();
    const first = await page();
    assert.match(first, /A cup of tea/);
    await change(campaign.id, { offer: 'A pot of tea' });
    assert.match(await page(), /A pot of tea/);
    assert.equal((await server.api('PUT', `/api/v2/users/${user.id}`, { first_name: 'Zora' })).status, 200);
    assert.match(await page(), /Zora/);
    assert.equal((await server.api('DELETE', `/api/v2/users/${user.id}`)).status, 200);
    assert.equal((await fetch(`${server.url}/${user.code}`)).status, 404);
  });
});

describe('what people send with their link', () => {
  test('stands in each user, and follows the campaign', async () => {
    const campaign = await made({ share_subject: 'Coffee?', share_text: 'Have one\nwith me' });
    const { body } = await server.api('POST', '/api/v2/users', { campaign_id: campaign.id, first_name: 'Mara', email: email() });
    const { socials, ...said } = body.data.sharing;
    assert.equal(socials.length, 10);
    assert.deepEqual(said, { subject: 'Coffee?', text: 'Have one\nwith me' });
    const shared = async () => {
      const { id, sharing } = (await server.api('GET', `/api/v2/users?campaign_id=${campaign.id}`)).body.data[0];
      assert.equal(id, body.data.id);
      return [sharing.subject, sharing.text];
    };
    assert.deepEqual(await shared(), ['Coffee?', 'Have one\nwith me']);
    await change(campaign.id, { share_subject: null, share_text: 'Tea' });
    assert.deepEqual(await shared(), [null, 'Tea']);
  });

  test('goes along when they share it', async () => {
    const campaign = await made({ name: 'Club', offer: 'A cup', share_subject: 'Coffee?', share_text: 'Have one & come' });
    const user = await addReferrer(server, campaign.id);
    const mail = async () => {
      const { headers } = await fetch(`${server.url}/${user.code}/socials/email`, { redirect: 'manual' });
      const { searchParams } = new URL(headers.get('location'));
      return [searchParams.get('subject'), searchParams.get('body')];
    };
    assert.deepEqual(await mail(), ['Coffee?', `Have one & come\n${user.url}`]);
    await change(campaign.id, { share_subject: '', share_text: 'x'.repeat(501) });
    assert.deepEqual(await mail(), ['Club', `${'x'.repeat(500)}…\n${user.url}`]);
    await change(campaign.id, { share_text: '' });
    assert.deepEqual(await mail(), ['Club', `A cup\n${user.url}`]);
  });
});

describe('archiving a campaign', () => {
  test('takes it out of lists for good, and nobody can join or change it', async () => {
    const campaign = await made();
    await addReferrer(server, campaign.id);
    for (const _ of [1, 2]) assert.equal((await archive(campaign.id)).status, 200);
    const listed = (await server.api('GET', '/api/n8n/campaigns')).body.campaigns;
    assert.ok(!listed.some(({ id }) => id === campaign.id));
    assert.ok((await read(campaign.id)).body.data.archived_at);
    const found = async (query, filters) => {
      const method = filters ? 'POST' : 'GET';
      const { body } = await server.api(method, `/api/v2/campaigns${filters ? '/search' : ''}?per_page=250&${query}`, filters && { filters });
      return body.data.some(({ id }) => id === campaign.id);
    };
    const group = (field, value) => ({ operator: 'AND', value: [{ operator: 'OR', value: [{ field, operator: '=', value }] }] });
    assert.equal(await found(''), false);
    assert.equal(await found('', group('id', campaign.id)), false);
    assert.equal(await found('archived=1'), true);
    assert.equal(await found('archived=0'), false);
    assert.equal(await found('', group('archived', true)), true);
    assert.equal(await found('filters[0][field]=archived&filters[0][operator]=IN&filters[0][value]=0,1'), true);
    assertError(await change(campaign.id, { name: 'Again' }), 422);
    assertError(await act(campaign.id, 'launch'), 422);
    const join = await server.api('POST', '/api/v2/users', { campaign_id: campaign.id, first_name: 'Mara', email: email() });
    assertFieldErrors(join, ['campaign_id'], 'v2');
  });
});
