/*
 * Add User (N9, v2 U1) and Get User (v2 U2).
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startServer } from '../lib/server.mjs';
import { assertError, assertFieldErrors } from './kit/errors.mjs';
import { assertUser } from './kit/shapes.mjs';
import { addLead, addReferrer, campaign, email, events, pair, sql, tally } from './kit/world.mjs';

let server, spring;

before(async () => {
  server = await startServer({ args: ['--rate-limit', '0'] });
  spring = campaign(server);
});
after(() => server?.stop());

const add = (body, family = 'n8n') => server.api('POST', `/api/${family}/users`, body);
const person = (more = {}) => ({ campaign_id: spring, first_name: 'Mara', email: email('mara'), ...more });

describe('Add User', () => {
  test('N9 answers 201 with the whole user, a person referring with the source N8n', async () => {
    const body = person();
    const answer = await add(body);
    assert.equal(answer.status, 201);
    assert.deepEqual(Object.keys(answer.body), ['user']);
    assertUser(server, answer.body.user, { campaign_id: spring, first_name: 'Mara', email: body.email, source: 'N8n', type: 'person_referring' });
  });

  test('v2 answers 201 with the user in data, with the source Api', async () => {
    const body = person();
    const answer = await add(body, 'v2');
    assert.equal(answer.status, 201);
    assert.deepEqual(Object.keys(answer.body), ['data']);
    assertUser(server, answer.body.data, { campaign_id: spring, first_name: 'Mara', email: body.email, source: 'Api', type: 'person_referring' });
  });

  test('a campaign_id may be a numeric string', async () => {
    for (const campaign_id of [String(spring), ` ${spring} `]) {
      const { status, body } = await add(person({ campaign_id }));
      assert.equal(status, 201);
      assert.equal(body.user.campaign_id, spring);
    }
  });

  test('white space around name and address is taken off', async () => {
    const address = email();
    const { body } = await add(person({ first_name: '  Mara Lee\t', email: ` ${address}\n` }));
    assert.equal(body.user.first_name, 'Mara Lee');
    assert.equal(body.user.email, address);
  });

  test('names and addresses of all scripts are kept as they are', async () => {
    for (const name of ['Zoë', '李小龍', 'Ólafur', 'נועה', 'محمد', 'Nguyễn', "O'Neill", 'Anne-Marie', '🙂', 'x'.repeat(100), 'é'.repeat(100)]) {
      const { status, body } = await add(person({ first_name: name }));
      assert.equal(status, 201, name);
      assert.equal(body.user.first_name, name);
    }
    const { status, body } = await add(person({ email: `жанна.${email()}` }));
    assert.equal(status, 201);
    assert.match(body.user.email, /^жанна\./);
  });

  test('a last name becomes the extra field Last Name', async () => {
    const { body } = await add(person({ last_name: ' Odum ', meta: [{ field: 'Country', value: 'NL' }] }));
    assert.deepEqual(body.user.meta, [{ field: 'Last Name', value: 'Odum' }, { field: 'Country', value: 'NL' }]);
  });

  test('extra fields keep values of any type', async () => {
    const meta = [
      { field: 'Text', value: 'a "quoted" <b>' }, { field: 'Number', value: 12.5 }, { field: 'Whole', value: 9007199254740993n.toString() },
      { field: 'Yes', value: true }, { field: 'None', value: null }, { field: 'List', value: [1, 'a'] }, { field: 'Object', value: { a: { b: 1 } } },
    ];
    const { status, body } = await add(person({ meta }));
    assert.equal(status, 201);
    assert.deepEqual(body.user.meta, meta);
    assert.deepEqual((await server.api('GET', `/api/v2/users/${body.user.id}`)).body.data.meta, meta);
  });

  test('the same address in two campaigns is two users with two codes', async () => {
    const address = email();
    const [first, second] = [(await add(person({ email: address }))).body.user,
      (await add(person({ email: address, campaign_id: campaign(server) }))).body.user];
    assert.notEqual(first.id, second.id);
    assert.notEqual(first.code, second.code);
  });

  test('optional switches may be sent: notify, promotion, as booleans or what older clients send', async () => {
    for (const value of [true, false, 1, 0, 'true', 'false', '1', '0', null, ''])
      assert.equal((await add(person({ notify: value, promotion: value }), 'v2')).status, 201, String(value));
  });

  test('null and empty optional fields count as not given', async () => {
    const { status, body } = await add(person({ referrer: null, meta: null, last_name: '', notify: null }), 'v2');
    assert.equal(status, 201);
    assert.equal(body.data.type, 'person_referring');
    assert.deepEqual(body.data.meta, []);
  });
});

describe('Add User with a referrer', () => {
  for (const family of ['n8n', 'v2']) {
    test(`${family}: by id, code or e-mail makes a person invited with the source Referred`, async () => {
      const referrer = await addReferrer(server, spring);
      const named = [{ field: 'id', value: referrer.id }, { field: 'id', value: String(referrer.id) }, { field: 'code', value: referrer.code },
        { field: 'email', value: referrer.email }, { field: 'email', value: referrer.email.toUpperCase() }];
      for (const each of named) {
        const body = person({ first_name: 'Lee', referrer: each });
        const answer = await add(body, family);
        assert.equal(answer.status, 201, JSON.stringify(each));
        assertUser(server, answer.body.user ?? answer.body.data, { campaign_id: spring, first_name: 'Lee', email: body.email,
          referrer_id: referrer.id, source: 'Referred', type: 'person_invited' });
      }
    });
  }

  test('a lead has a code of its own and can refer on', async () => {
    const { lead } = await pair(server, spring);
    const next = await addLead(server, lead);
    assert.equal(next.referrer_id, lead.id);
  });

  test('the first referrer stays', async () => {
    const { referrer, lead } = await pair(server, spring);
    const other = await addReferrer(server, spring);
    const answer = await add(person({ email: lead.email, referrer: { field: 'id', value: other.id } }), 'v2');
    assert.equal(answer.status, 200);
    assert.equal(answer.body.data.referrer_id, referrer.id);
  });

  test('who joined alone does not become a lead later', async () => {
    const [first, other] = [await addReferrer(server, spring), await addReferrer(server, spring)];
    const answer = await add(person({ email: first.email, referrer: { field: 'id', value: other.id } }), 'v2');
    assert.equal(answer.status, 200);
    assert.equal(answer.body.data.id, first.id);
    assert.equal(answer.body.data.type, 'person_referring');
  });

  test('nobody refers themselves, in whatever case the address is written', async () => {
    const referrer = await addReferrer(server, spring);
    for (const address of [referrer.email, referrer.email.toUpperCase()])
      assertFieldErrors(await add(person({ email: address, referrer: { field: 'code', value: referrer.code } }), 'v2'), ['email'], 'v2');
  });

  test('a referrer that is nobody, of another campaign or malformed is 422, and nobody is added', async () => {
    const elsewhere = await addReferrer(server, campaign(server));
    const wrong = [{ field: 'id', value: 999999 }, { field: 'id', value: 'abc' }, { field: 'id', value: elsewhere.id }, { field: 'code', value: elsewhere.code },
      { field: 'code', value: 'uAAAAAAA' }, { field: 'code', value: 'x' }, { field: 'email', value: elsewhere.email }, { field: 'email', value: 'nobody@example.org' },
      { field: 'name', value: 'Mara' }, { field: 'id' }, { value: 1 }, {}, { field: 1, value: 1 }, { field: 'id', value: null }, { field: 'id', value: {} }];
    const before = tally(server);
    for (const referrer of wrong) assertFieldErrors(await add(person({ referrer }), 'v2'), ['referrer'], 'v2');
    for (const referrer of wrong) assertFieldErrors(await add(person({ referrer })), ['referrer'], 'n8n');
    assert.deepEqual(tally(server), before);
  });
});

describe('Add User again', () => {
  test('the same address gives the same user with 200, in any case and by any family', async () => {
    const body = person();
    const first = (await add(body)).body.user;
    for (const [again, family] of [[body, 'n8n'], [{ ...body, email: body.email.toUpperCase(), first_name: 'Other' }, 'n8n'], [body, 'v2']]) {
      const answer = await add(again, family);
      assert.equal(answer.status, 200);
      assert.deepEqual(answer.body.user ?? answer.body.data, first);
    }
  });

  test('nothing is announced or counted twice', async () => {
    const { referrer, lead } = await pair(server, spring);
    const before = tally(server);
    await add(person({ email: lead.email, referrer: { field: 'id', value: referrer.id } }), 'v2');
    await add(person({ email: referrer.email }));
    assert.deepEqual(tally(server), before);
    assert.equal(sql(server, `SELECT referrals FROM user_count WHERE user_id = ${referrer.id}`)[0].referrals, 1);
  });

  test('extra fields are filled when there are none, and left alone otherwise', async () => {
    const body = person();
    const first = (await add(body)).body.user;
    assert.deepEqual(first.meta, []);
    const one = [{ field: 'Country', value: 'NL' }];
    assert.deepEqual((await add({ ...body, meta: one })).body.user.meta, one);
    assert.deepEqual((await add({ ...body, meta: [{ field: 'Country', value: 'DE' }, { field: 'City', value: 'Ulm' }] })).body.user.meta, one);
    assert.deepEqual((await add({ ...body, meta: [] })).body.user.meta, one);
    assert.deepEqual((await server.api('GET', `/api/v2/users/${first.id}`)).body.data.meta, one);
  });

  test('an alias is another person', async () => {
    const [local, domain] = email().split('@');
    const [plain, tagged] = [(await add(person({ email: `${local}@${domain}` }))).body.user, (await add(person({ email: `${local}+tag@${domain}` }))).body.user];
    assert.notEqual(plain.id, tagged.id);
  });

  test('one hundred at once make one user and one event', async () => {
    const body = person();
    const before = tally(server);
    const answers = await Promise.all(Array.from({ length: 100 }, () => add(body)));
    assert.deepEqual(answers.map((each) => each.status).sort(), [...Array(99).fill(200), 201]);
    assert.equal(new Set(answers.map((each) => each.body.user.id)).size, 1);
    const now = tally(server);
    assert.equal(now.users, before.users + 1);
    assert.equal(now.event, before.event + 1);
  });

  test('one hundred leads at once, of many spellings, make one lead and count once', async () => {
    const referrer = await addReferrer(server, spring);
    const body = person({ referrer: { field: 'id', value: referrer.id } });
    const answers = await Promise.all(Array.from({ length: 100 }, (_, i) => add({ ...body, email: i % 2 ? body.email.toUpperCase() : body.email }, 'v2')));
    assert.equal(new Set(answers.map((each) => each.body.data.id)).size, 1);
    assert.equal(sql(server, `SELECT referrals FROM user_count WHERE user_id = ${referrer.id}`)[0].referrals, 1);
  });
});

describe('Add User refuses', () => {
  test('every wrong field at once, in the shape of the family', async () => {
    const cases = [
      [{}, ['campaign_id', 'email', 'first_name']],
      [{ campaign_id: null, first_name: '', email: ' ' }, ['campaign_id', 'email', 'first_name']],
      [{ campaign_id: 'x', first_name: 1, email: [] }, ['campaign_id', 'email', 'first_name']],
      [{ campaign_id: -1, first_name: {}, email: true, meta: 'x', referrer: 'x', notify: 'x' },
        ['campaign_id', 'email', 'first_name', 'meta', 'notify', 'referrer']],
    ];
    for (const family of ['n8n', 'v2'])
      for (const [body, fields] of cases) assertFieldErrors(await add(body, family), fields, family);
  });

  test('the message, which is all that n8n shows, says which field is meant', async () => {
    const { body } = await add({ campaign_id: spring, first_name: 'Mara' });
    assert.match(body.message, /email/);
  });

  test('a campaign that is unknown, a draft or paused', async () => {
    for (const campaign_id of [999999, '999999', campaign(server, '--status', 'draft'), campaign(server, '--status', 'paused')])
      assertFieldErrors(await add(person({ campaign_id })), ['campaign_id']);
  });

  test('an address that is none', async () => {
    const before = tally(server);
    const wrong = ['a', '@', 'a@', '@example.org', 'a@b', 'a@@example.org', 'a b@example.org', '.a@example.org', 'a.@example.org', 'a..b@example.org',
      'a@-example.org', 'a@example-.org', 'a@example..org', 'a@.org', 'a@example.org.', '"a b"@example.org', 'a@[127.0.0.1]', 'Mara <a@example.org>',
      'a@example.org,b@example.org', 'a@example.org\nBcc: b@example.org', `${'a'.repeat(65)}@example.org`, `a@${'b'.repeat(64)}.org`,
      `a@${'b.'.repeat(130)}org`, 'a(c)@example.org', 'a@exam ple.org', 'a;b@example.org', 'mailto:a@example.org', 'a@exa_mple.org', 'a\u0007@example.org'];
    for (const address of wrong) assertFieldErrors(await add(person({ email: address })), ['email']);
    assert.match((await add(person({ email: 'a' }))).body.errors.email[0], /must be a valid email address/);
    assert.deepEqual(tally(server), before);
  });

  test('a name that is too long or has control or direction characters in it', async () => {
    const before = tally(server);
    for (const name of ['x'.repeat(101), 'é'.repeat(101), 'a\nb', 'a\u0000b', 'a\u0007b', 'a\u007fb', 'a\u0085b', 'a\u202eb', 'a\u2066b'].filter((each) => each !== 'a\u0000b'))
      assertFieldErrors(await add(person({ first_name: name })), ['first_name']);
    assert.deepEqual(tally(server), before);
  });

  test('extra fields without a name, too many of them or too large', async () => {
    const many = (count, value = 'x') => Array.from({ length: count }, (_, i) => ({ field: `F${i}`, value }));
    for (const meta of [[1], ['x'], [null], [[]], [{}], [{ field: 'A' }], [{ value: 1 }], [{ field: 1, value: 1 }], [{ field: ' ', value: 1 }], {}, 'x', 1, true,
      many(51), many(2, 'x'.repeat(9000))])
      assertFieldErrors(await add(person({ meta })), ['meta']);
    assert.equal((await add(person({ meta: many(50) }))).status, 201);
  });
});

describe('Get User', () => {
  test('by id, code and e-mail gives the same user', async () => {
    const { lead } = await pair(server, spring);
    for (const identifier of [lead.id, lead.code, lead.email, encodeURIComponent(lead.email), lead.email.toUpperCase()]) {
      const answer = await server.api('GET', `/api/v2/users/${identifier}`);
      assert.equal(answer.status, 200, String(identifier));
      assert.deepEqual(answer.body, { data: lead });
    }
  });

  test('an e-mail of several campaigns gives the newest, or the one of the campaign asked for', async () => {
    const address = email(), other = campaign(server);
    const first = await addReferrer(server, spring, { email: address });
    const second = await addReferrer(server, other, { email: address });
    assert.equal((await server.api('GET', `/api/v2/users/${address}`)).body.data.id, second.id);
    assert.equal((await server.api('GET', `/api/v2/users/${address}?campaign_id=${spring}`)).body.data.id, first.id);
    assertError(await server.api('GET', `/api/v2/users/${address}?campaign_id=999999`), 404);
    assertFieldErrors(await server.api('GET', `/api/v2/users/${address}?campaign_id=x`), ['campaign_id'], 'v2');
  });

  test('a code is found without regard to case when it fits one user only', async () => {
    const user = await addReferrer(server, spring);
    assert.equal((await server.api('GET', `/api/v2/users/${user.code.toLowerCase()}`)).body.data.id, user.id);
    assert.equal((await server.api('GET', `/api/v2/users/${user.code.toUpperCase()}`)).body.data.id, user.id);
  });

  test('who is not there is 404', async () => {
    for (const identifier of ['999999', '0', '-1', '9'.repeat(30), 'uAAAAAAA', 'cAAAAAAA', 'nobody@example.org', '@', '%00', '%ff', 'a'.repeat(300), "1'--", '1.0', '%2e%2e'])
      assertError(await server.api('GET', `/api/v2/users/${identifier}`), 404);
  });

  test('a slash at the end is fine', async () => {
    const user = await addReferrer(server, spring);
    assert.equal((await server.api('GET', `/api/v2/users/${user.id}/`)).status, 200);
  });
});

describe('the event of joining', () => {
  test('is written once, with the user and the referrer in it', async () => {
    const { referrer, lead } = await pair(server, spring);
    const [event, ...more] = events(server, `user_id = ${lead.id}`);
    assert.equal(more.length, 0);
    assert.equal(event.body.event, 'user.join');
    assert.equal(event.body.email, lead.email);
    assert.equal(event.body.referrer.id, referrer.id);
  });
});
