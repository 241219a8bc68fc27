/*
 * Filters of lists and bodies of searches (contract 2.3: U4, C3; Q8).
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startServer } from '../lib/server.mjs';
import { assertError, assertFieldErrors } from './kit/errors.mjs';
import { addLead, addReferrer, campaign, otherAccount, qualified, sql, today } from './kit/world.mjs';

let server, spring, autumn, mara, lee, kim, noor;

before(async () => {
  server = await startServer({ args: ['--rate-limit', '0', '--webhook-allow', '127.0.0.0/8'] });
  spring = campaign(server);
  autumn = campaign(server);
  mara = await addReferrer(server, spring, { first_name: 'Mara' });
  lee = await addLead(server, mara, { first_name: 'Lee' });
  kim = await addLead(server, mara, { first_name: 'Kim' });
  noor = await addReferrer(server, autumn, { first_name: 'Noor' });
  await qualified(server, lee);
});
after(() => server?.stop());

const search = (filters, query = '') => server.api('POST', `/api/v2/users/search${query}`, filters === undefined ? {} : { filters });
const list = (query) => server.api('GET', `/api/v2/users?${query}`);
const names = (answer) => {
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.body.meta.total, answer.body.data.length);
  return answer.body.data.map((user) => user.first_name).sort();
};
const all = (...value) => ({ operator: 'AND', value });
const any = (...value) => ({ operator: 'OR', value });
const where = (field, operator, value) => ({ field, operator, value });

describe('Search Users', () => {
  test('finds by e-mail and campaign, with numbers as text, as clients send them', async () => {
    const answer = await search(all(where('email', '=', lee.email.toUpperCase()), where('campaign_id', '=', String(spring))));
    assert.deepEqual(names(answer), ['Lee']);
    assert.equal(answer.body.data[0].id, lee.id);
  });

  test('finds by every field of a user', async () => {
    const cases = [
      ['id', lee.id], ['id', String(lee.id)], ['code', lee.code], ['url', lee.url], ['email', lee.email],
      ['first_name', 'Lee'], ['qualified', true], ['qualified', 1], ['qualified', '1'], ['qualified_at', today()],
    ];
    for (const [field, value] of cases) assert.deepEqual(names(await search(all(where(field, '=', value)))), ['Lee'], field);
    assert.deepEqual(names(await search(all(where('referrer_id', '=', mara.id)))), ['Kim', 'Lee']);
    assert.deepEqual(names(await search(all(where('type', '=', 'person_invited')))), ['Kim', 'Lee']);
    assert.deepEqual(names(await search(all(where('source', '=', 'N8n')))), ['Mara', 'Noor']);
    assert.deepEqual(names(await search(all(where('signed_up_at', '=', today())))), ['Kim', 'Lee', 'Mara', 'Noor']);
    assert.deepEqual(names(await search(all(where('reach', '>', 0)))), []);
    assert.deepEqual(names(await search(all(where('ip', 'NULL')))), ['Kim', 'Lee', 'Mara', 'Noor']);
    assert.deepEqual(names(await search(all(where('unsubscribed_at', 'NOT NULL')))), []);
  });

  test('knows every operator', async () => {
    const cases = [
      ['!=', lee.id, ['Kim', 'Mara', 'Noor']], ['<', kim.id, ['Lee', 'Mara']], ['<=', kim.id, ['Kim', 'Lee', 'Mara']],
      ['>', kim.id, ['Noor']], ['>=', kim.id, ['Kim', 'Noor']], ['IN', [mara.id, kim.id], ['Kim', 'Mara']],
      ['NOT IN', [mara.id, kim.id], ['Lee', 'Noor']], ['in', [String(kim.id)], ['Kim']],
    ];
    for (const [operator, value, found] of cases) assert.deepEqual(names(await search(all(where('id', operator, value)))), found, operator);
    assert.deepEqual(names(await search(all(where('first_name', 'LIKE', '%ar%')))), ['Mara']);
    assert.deepEqual(names(await search(all(where('referrer_id', 'NULL')))), ['Mara', 'Noor']);
    assert.deepEqual(names(await search(all(where('referrer_id', 'NOT NULL')))), ['Kim', 'Lee']);
    assert.deepEqual(names(await search(all(where('referrer_id', '=', null)))), ['Mara', 'Noor']);
    assert.deepEqual(names(await search(all(where('qualified_at', '>=', '2020-01-01')))), ['Lee']);
    assert.deepEqual(names(await search(all(where('qualified_at', '<', '2020-01-01')))), []);
  });

  test('nests groups', async () => {
    const filters = any(all(where('campaign_id', '=', autumn)), all(where('type', '=', 'person_invited'), any(where('first_name', '=', 'Kim'), where('first_name', '=', 'Nobody'))));
    assert.deepEqual(names(await search(filters)), ['Kim', 'Noor']);
  });

  test('without filters lists all', async () => {
    for (const filters of [undefined, {}, all(), null]) assert.equal((await search(filters)).body.meta.total, 4);
  });

  test('meets plain parameters and those of brackets, too', async () => {
    assert.deepEqual(names(await search(all(where('type', '=', 'person_invited')), `?email=${kim.email}`)), ['Kim']);
    assert.deepEqual(names(await search(all(where('type', '=', 'person_invited')), '?filters[0][field]=first_name&filters[0][value]=Lee')), ['Lee']);
  });

  test('takes what looks like SQL as a value', async () => {
    for (const value of ["' OR '1'='1", "x'; DROP TABLE users; --", '%', '\\', '$1', '"'])
      assert.deepEqual(names(await search(all(where('first_name', '=', value)))), [], value);
    assertFieldErrors(await search(all(where("id = 1 OR 1", '=', 1))), ['filters'], 'v2');
    assert.equal((await search()).body.meta.total, 4);
  });

  test('refuses unknown fields, operators and values, by name', async () => {
    const cases = [
      [all(where('shoe_size', '=', 42)), 'filters', /shoe_size/], [all(where('id', '~', 1)), 'id'], [all(where('id', '=', 'x')), 'id'],
      [all(where('source', '=', 'Moon')), 'source'], [all(where('type', '>', 'person_invited')), 'type'],
      [all(where('signed_up_at', '=', 'today')), 'signed_up_at'], [all(where('id', '=', [1, 2])), 'id'], [all(where('qualified', '=', 2)), 'qualified'],
      [all(where('first_name', 'LIKE', '%%%%%')), 'first_name'], [all(where('first_name', '=', 'x'.repeat(401))), 'first_name'],
      [{ operator: 'XOR', value: [] }, 'filters'], [{ operator: 'AND', value: 'x' }, 'filters'], [all('x'), 'filters'], [all(null), 'filters'],
      [all({ field: 1, value: 1 }), 'filters'], [all({ field: 'id', operator: 1, value: 1 }), 'filters'], [all(where('id', '=', 1.5)), 'filters'],
      [all(where('id', '=', {})), 'filters'], [all(...Array(51).fill(where('id', '=', 1))), 'filters'],
      [all(where('id', 'IN', Array(501).fill(1))), 'filters'], [[where('id', '=', 1)], 'filters'], ['x', 'filters'],
    ];
    let deep = where('id', '=', 1);
    for (let i = 0; i < 9; i++) deep = all(deep);
    for (const [filters, field, message = /\S/] of [...cases, [deep, 'filters']]) {
      const answer = await search(filters);
      assertFieldErrors(answer, [field], 'v2');
      assert.match(answer.body.message, message);
    }
  });

  test('takes as much as the limits say', async () => {
    let deep = where('id', '=', lee.id);
    for (let i = 0; i < 8; i++) deep = all(deep);
    assert.deepEqual(names(await search(deep)), ['Lee']);
    assert.deepEqual(names(await search(all(...Array(50).fill(where('id', '=', lee.id))))), ['Lee']);
    assert.deepEqual(names(await search(all(where('id', 'IN', Array(500).fill(lee.id))))), ['Lee']);
  });
});

describe('filters of the query string', () => {
  test('stand in brackets, raw or encoded, with or without an operator', async () => {
    const at = (index, field, value, operator) => `filters[${index}][field]=${field}&filters[${index}][value]=${value}${operator ? `&filters[${index}][operator]=${operator}` : ''}`;
    const encoded = (query) => query.replaceAll('[', '%5B').replaceAll(']', '%5D');
    for (const form of [(query) => query, encoded, (query) => encoded(query).toLowerCase()]) {
      assert.deepEqual(names(await list(form(at(0, 'id', lee.id)))), ['Lee']);
      assert.deepEqual(names(await list(form(`${at(3, 'campaign_id', spring)}&&${at('a', 'type', 'person_referring')}`))), ['Mara']);
      assert.deepEqual(names(await list(form(at(0, 'id', lee.id, '%21%3D')))), ['Kim', 'Mara', 'Noor']);
    }
    assert.deepEqual(names(await list(at(0, 'code', lee.code))), ['Lee']);
    assert.deepEqual(names(await list(at(0, 'id', `${lee.id},${kim.id}`, 'IN'))), ['Kim', 'Lee']);
    assert.deepEqual(names(await list(`filters[0][field]=id&filters[0][operator]=IN&filters[0][value][]=${lee.id}&filters[0][value][]=${kim.id}`)), ['Kim', 'Lee']);
    assert.deepEqual(names(await list(`filters[0][value]=Lee&filters[0][field]=first_name`)), ['Lee']);
    assert.deepEqual(names(await list(`filters[0][field]=referrer_id&filters[0][operator]=NOT+NULL`)), ['Kim', 'Lee']);
  });

  test('may be plain parameters', async () => {
    assert.deepEqual(names(await list(`campaign_id=${autumn}`)), ['Noor']);
    assert.deepEqual(names(await list(`email=${encodeURIComponent(lee.email)}`)), ['Lee']);
    assert.deepEqual(names(await list(`code=${kim.code}`)), ['Kim']);
    assert.deepEqual(names(await list('type=person_invited&source=Referred')), ['Kim', 'Lee']);
    assert.deepEqual(names(await list('type=person_invited&campaign_id=')), ['Kim', 'Lee']);
    assert.equal((await list('no_such_thing=1')).body.meta.total, 4);
    assertFieldErrors(await list('campaign_id=x'), ['campaign_id'], 'v2');
    assertFieldErrors(await list('filters[0][field]=shoe_size&filters[0][value]=1'), ['filters'], 'v2');
    assertFieldErrors(await list('filters[0][value]=1'), ['filters'], 'v2');
  });

  test('are not more than fifty', async () => {
    const many = (count) => Array.from({ length: count }, (_, i) => `filters[${i}][field]=id&filters[${i}][value]=${lee.id}`).join('&');
    assert.deepEqual(names(await list(many(50))), ['Lee']);
    assertFieldErrors(await list(many(51)), ['filters'], 'v2');
    assertFieldErrors(await list(many(70)), ['filters'], 'v2');
  });
});

describe('order', () => {
  const inOrder = (answer) => answer.body.data.map((user) => user.first_name);

  test('is the newest first, or by a field either way', async () => {
    assert.deepEqual(inOrder(await list('')), ['Noor', 'Kim', 'Lee', 'Mara']);
    for (const query of ['order[first_name]=asc', 'order%5Bfirst_name%5D=ASC', 'sort=first_name'])
      assert.deepEqual(inOrder(await list(query)), ['Kim', 'Lee', 'Mara', 'Noor'], query);
    for (const query of ['order[first_name]=desc', 'sort=-first_name']) assert.deepEqual(inOrder(await list(query)), ['Noor', 'Mara', 'Lee', 'Kim'], query);
    for (const query of ['order[signed_up_at]=asc', 'sort=signed_up_at', 'sort=id']) assert.deepEqual(inOrder(await list(query)), ['Mara', 'Lee', 'Kim', 'Noor'], query);
  });

  test('by an unknown field is ignored', async () => {
    for (const query of ['order[shoe_size]=asc', 'sort=shoe_size', 'sort=', 'order[]=asc']) assert.deepEqual(inOrder(await list(query)), ['Noor', 'Kim', 'Lee', 'Mara'], query);
  });
});

describe('fields and relations', () => {
  test('fields= leaves only these members', async () => {
    const { body } = await list(`fields=id, email,qr,nothing&id=${lee.id}`);
    assert.deepEqual(body.data, [{ id: lee.id, email: lee.email, qr: lee.qr }]);
    assert.deepEqual((await server.api('GET', `/api/v2/users/${lee.id}?fields=first_name`)).body, { data: { first_name: 'Lee' } });
    const tricky = await addReferrer(server, autumn, { first_name: '}],"id":1,{' });
    assert.deepEqual((await list(`fields=first_name,source&id=${tricky.id}`)).body.data, [{ first_name: '}],"id":1,{', source: 'N8n' }]);
  });

  test('with=user.analytics adds the counts, and nothing else does', async () => {
    const analytics = { reach: 0, referrals: 2, qualified_referrals: 1 };
    assert.deepEqual((await list(`with=user.analytics&id=${mara.id}`)).body.data[0].analytics, analytics);
    assert.deepEqual((await list(`with=campaign,user.analytics&id=${mara.id}`)).body.data[0].analytics, analytics);
    assert.deepEqual((await search(all(where('id', '=', mara.id)), '?with=user.analytics')).body.data[0].analytics, analytics);
    assert.deepEqual((await server.api('GET', `/api/v2/users/${mara.id}?with=user.analytics`)).body.data.analytics, analytics);
    assert.equal('analytics' in (await list(`id=${mara.id}`)).body.data[0], false);
    assert.equal('analytics' in (await list(`with=analytics&id=${mara.id}`)).body.data[0], false);
  });
});

describe('another account', () => {
  test('sees nobody of this one', async () => {
    const other = otherAccount(server);
    for (const body of [{}, { filters: all(where('id', '=', lee.id)) }, { filters: all(where('email', '=', lee.email)) }, { filters: any(where('id', '=', lee.id), where('id', '>', 0)) }]) {
      const answer = await server.api('POST', '/api/v2/users/search', body, { token: other.token });
      assert.equal(answer.body.meta.total, 0);
      assert.deepEqual(answer.body.data, []);
    }
  });
});

describe('campaigns', () => {
  test('are listed, searched and found by id and code, with the keys of the contract', async () => {
    const listed = await server.api('GET', '/api/v2/campaigns');
    assert.deepEqual(listed.body.data.map((each) => each.id), [autumn, spring]);
    const [found] = (await server.api('POST', '/api/v2/campaigns/search', { filters: all(where('id', '=', spring)) })).body.data;
    for (const key of ['id', 'name', 'code', 'lang', 'url', 'reach', 'status', 'starts_at', 'ends_at', 'created_at', 'fields', 'assets']) assert.ok(key in found, key);
    assert.equal(found.url, `${server.url}/${found.code}`);
    assert.equal(found.created_at, today());
    assert.deepEqual(found.fields, { person_referring: [], person_invited: [] });
    assert.equal('analytics' in found, false);
    for (const identifier of [spring, found.code, `${spring}/`]) assert.deepEqual((await server.api('GET', `/api/v2/campaigns/${identifier}`)).body, { data: found });
    assert.deepEqual((await server.api('GET', `/api/v2/campaigns?code=${found.code}&status=launched`)).body.data, [found]);
    for (const nobody of ['999999', 'cAAAAAAA', lee.code, '0', '-1', 'x']) assertError(await server.api('GET', `/api/v2/campaigns/${nobody}`), 404);
  });

  test('tell what they have come to, when asked', async () => {
    const answer = await server.api('GET', `/api/v2/campaigns/${spring}?with=campaign.analytics`);
    assert.deepEqual(answer.body.data.analytics, { reach: 0, users: 3, referrals: 2, qualified_referrals: 1 });
  });
});

describe('webhooks and tokens', () => {
  test('are listed, the newest first, and searched', async () => {
    const ids = [];
    for (const event of ['user.join', 'user.qualified']) {
      const { body } = await server.api('POST', '/api/v2/webhooks', { url: `http://127.0.0.1:1/${event}`, event, campaign_id: spring });
      ids.unshift(body.data.id);
    }
    const listed = await server.api('GET', '/api/v2/webhooks?per_page=1');
    assert.deepEqual([listed.body.data.map(({ id }) => id), listed.body.meta.total], [[ids[0]], 2]);
    assert.ok(!('secret' in listed.body.data[0]));
    const search = async (list, ...conditions) => (await server.api('POST', `/api/v2/${list}/search`, { filters: all(...conditions) })).body.data.map(({ id }) => id);
    assert.deepEqual(await search('webhooks', where('event', '=', 'user.join'), where('state', '=', 'active')), [ids[1]]);
    assert.deepEqual(await search('webhooks', where('url', 'LIKE', '%user.q%')), [ids[0]]);
    await server.api('DELETE', `/api/v2/webhooks/${ids[0]}`);
    assert.deepEqual(await search('webhooks', where('campaign_id', '=', spring)), [ids[1]]);

    const { id } = (await server.api('POST', '/api/v2/tokens', { name: 'Till 7', kind: 'inbound' })).body.data;
    assert.deepEqual(await search('tokens', where('name', 'LIKE', 'Till%')), [id]);
    assert.deepEqual(await search('tokens', where('kind', '=', 'inbound'), where('last_used_at', 'NOT NULL')), []);
  });
});

test('the counts by which pages are found are those of the rows, whatever happens to people', async () => {
  const counted = (campaign_id) => sql(server, `SELECT ${campaign_id} AS campaign_id, block, kind, row_count AS users FROM row_block
    WHERE account_id = 1 AND list = 0 AND campaign_id = ${campaign_id} AND row_count <> 0 ORDER BY block, kind`);
  const rows = (campaign_id) => sql(server, `SELECT ${campaign_id} AS campaign_id, id / 1024 AS block,
      source * 4 + (referrer_id IS NOT NULL) * 2 + (qualified_us IS NOT NULL) AS kind, count(*) AS users
    FROM users WHERE account_id = 1 AND ${campaign_id} IN (0, campaign_id) GROUP BY 2, 3 ORDER BY 2, 3`);
  const winter = campaign(server);
  const [mara, noor] = [await addReferrer(server, winter), await addReferrer(server, winter)];
  const leads = [await addLead(server, mara), await addLead(server, mara), await addLead(server, mara)];
  for (const lead of leads) await qualified(server, lead);
  assert.equal((await server.api('PUT', `/api/v1/users/${leads[0].id}`, { qualified: false })).status, 200);
  assert.equal((await server.api('DELETE', `/api/v2/users/${leads[1].id}`)).status, 200);
  assert.equal((await server.api('POST', `/api/v2/users/${noor.id}/referrer`, { field: 'id', value: mara.id })).status, 200);
  for (const each of [0, spring, winter]) assert.deepEqual(counted(each), rows(each));
  const ids = (answer) => answer.body.data.map((user) => user.id).sort();
  assert.deepEqual(ids(await list(`campaign_id=${winter}&qualified=true`)), [leads[2].id]);
  assert.deepEqual(ids(await list(`campaign_id=${winter}&qualified=0&type=person_invited`)), [leads[0].id, noor.id].sort());
});
