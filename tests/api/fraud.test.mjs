/*
 * Fraud rules: what each sees, what a campaign wants done about it, and the review of what was held.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startServer } from '../lib/server.mjs';
import { assertError, assertFieldErrors } from './kit/errors.mjs';
import { email, otherAccount, reward, sql, tally, unique } from './kit/world.mjs';

let server;

before(async () => {
  server = await startServer({ args: ['--rate-limit', '0', '--trust-proxy', '127.0.0.1'] });
});
after(() => server?.stop());

const OFF = { self_referral_alias: 'off', same_ip: 'off', ip_velocity: 'off', referrer_velocity: 'off', burner_domain: 'off', code_guessing: 'off' };

/** A campaign in which these rules alone are on. */
async function make(fraud = {}, more = {}) {
  const { body } = await server.api('POST', '/api/v2/campaigns', { name: unique('Campaign'), fraud: { ...OFF, ...fraud }, ...more });
  return body.data.id;
}

const join = (campaignId, more = {}) =>
  server.api('POST', '/api/v2/users', { campaign_id: campaignId, first_name: 'Lee', email: email('lee'), ...more });

async function joined(campaignId, more) {
  const { status, body } = await join(campaignId, more);
  assert.equal(status, 201, JSON.stringify(body));
  return body.data;
}

const signals = (user) => sql(server, `SELECT rule, action, state FROM fraud_signal WHERE user_id = ${user.id} ORDER BY rule`);
const queue = async () => (await server.api('GET', '/api/v2/review')).body.data;
const judge = (id, verdict) => server.api('POST', `/api/v2/review/${id}/${verdict}`);

let host = 0;
const ip = () => `203.0.113.${++host}`;

/** What makes each rule strike, in a campaign where it does `action`: gives the answer of the join that strikes. */
const patterns = {
  self_referral_alias: { field: 'email', strike: async (id) => {
    const mara = await joined(id, { email: `${unique('mara')}@gmail.com` });
    const alias = mara.email.replace('@', '+friend@').replace('m', 'm.');
    return join(id, { email: alias, referrer_code: mara.code });
  } },
  same_ip: { field: 'ip', strike: async (id) => {
    const mara = await joined(id, { ip: '2001:db8::1' });
    return join(id, { ip: '2001:0db8:0:0::1', referrer_code: mara.code });
  } },
  ip_velocity: { field: 'ip', strike: async (id) => {
    const here = ip();
    for (let i = 0; i < 9; i++) await joined(id, { ip: here });
    return join(id, { ip: here });
  } },
  referrer_velocity: { field: 'referrer', strike: async (id) => {
    const mara = await joined(id);
    for (let i = 0; i < 19; i++) assert.deepEqual(signals(await joined(id, { referrer_code: mara.code })), []);
    return join(id, { referrer_code: mara.code });
  } },
  burner_domain: { field: 'email', strike: (id) => join(id, { email: `${unique('lee')}@mx.Mailinator.com` }) },
};

for (const [rule, { field, strike }] of Object.entries(patterns)) {
  describe(rule, () => {
    test('off: nothing is kept', async () => {
      const { status, body } = await strike(await make());
      assert.equal(status, 201);
      assert.deepEqual([signals(body.data), body.data.review], [[], 'none']);
    });

    test('flag: a signal is kept, with its reason in the decisions', async () => {
      const { status, body } = await strike(await make({ [rule]: 'flag' }));
      assert.equal(status, 201, JSON.stringify(body));
      assert.equal(signals(body.data).length, 1);
      assert.equal(body.data.review, 'none');
      const [decision] = sql(server, `SELECT rule, outcome FROM decision WHERE kind = 3 AND user_id = ${body.data.id}`);
      assert.deepEqual(decision, { rule, outcome: 'flag' });
    });

    test('hold: the user is held for review', async () => {
      const { status, body } = await strike(await make({ [rule]: 'hold' }));
      assert.equal(status, 201);
      assert.equal(body.data.review, 'held');
      assert.ok((await queue()).some((signal) => signal.user.id === body.data.id && signal.rule === rule && signal.action === 'hold'));
    });

    test('block: nobody joins that way, and the field is named', async () => {
      const id = await make({ [rule]: 'block' });
      const answer = await strike(id);
      const before = tally(server);
      assertFieldErrors(answer, [field], 'v2');
      assert.deepEqual(tally(server), before);
    });
  });
}

describe('a lead whom a later touch moves', () => {
  const moved = async (action) => {
    const id = await make({ self_referral_alias: action }, { attribution: 'last' });
    const [mara, lee] = [await joined(id), { email: `${unique('lee')}@gmail.com` }];
    const alias = await joined(id, { email: lee.email.replace('@', '+me@') });
    const { id: lead } = await joined(id, { ...lee, referrer_code: mara.code });
    return { mara, alias, lead, answer: await join(id, { ...lee, referrer_code: alias.code }) };
  };

  test('is judged as if joining there: held', async () => {
    const { alias, lead, answer } = await moved('hold');
    assert.deepEqual([answer.body.data.id, answer.body.data.review], [lead, 'held']);
    assert.deepEqual(sql(server, `SELECT referrer_id FROM users WHERE id = ${lead}`), [{ referrer_id: alias.id }]);
    assert.equal(signals({ id: lead }).length, 1);
  });

  test('or refused, and stays where it was', async () => {
    const { mara, lead, answer } = await moved('block');
    assertFieldErrors(answer, ['email'], 'v2');
    assert.deepEqual(sql(server, `SELECT referrer_id, review FROM users WHERE id = ${lead}`), [{ referrer_id: mara.id, review: 0 }]);
  });
});

describe('honest people', () => {
  test('of one family, town or provider strike nothing', async () => {
    const id = await make(Object.fromEntries(Object.keys(OFF).map((rule) => [rule, 'block'])));
    const mara = await joined(id, { ip: ip(), email: `${unique('mara')}@gmail.com` });
    for (let i = 0; i < 5; i++) await joined(id, { ip: ip(), referrer_code: mara.code, email: `${unique('lee')}@gmail.com` });
    await joined(id, { referrer_code: mara.code }); // without an address
  });

  test('joining again strikes nothing', async () => {
    const id = await make({ ip_velocity: 'block' }), here = ip();
    const lee = await joined(id, { ip: here });
    for (let i = 0; i < 15; i++) assert.equal((await join(id, { email: lee.email, ip: here })).status, 200);
  });

  test('a wrong IP address is refused', async () => {
    const id = await make();
    for (const wrong of ['nowhere', '1.2.3', '1.2.3.4.5', '::g', '01.2.3.4']) assertFieldErrors(await join(id, { ip: wrong }), ['ip'], 'v2');
  });
});

describe('code_guessing', () => {
  test('who tried many links that nobody has is seen on joining by a page', async () => {
    const { body } = await server.api('POST', '/api/v2/campaigns', { name: unique('Campaign'), fraud: { ...OFF, code_guessing: 'block' } });
    const post = (from) =>
      fetch(`${server.url}/${body.data.code}/signup`, {
        method: 'POST', redirect: 'manual', headers: { 'x-forwarded-for': from },
        body: new URLSearchParams({ first_name: 'Lee', email: email('lee'), consent: 'yes' }),
      });
    const guesser = ip(), honest = ip();
    // Each loop counts for itself, and which one a connection meets is the system's choice.
    for (let i = 0; i < 200; i++)
      await fetch(`${server.url}/uAAAA${String(i).padStart(3, '0')}`, { headers: { 'x-forwarded-for': guesser, connection: 'close' } });
    assert.equal((await post(guesser)).status, 422);
    assert.equal((await post(honest)).status, 303);
  });
});

const [DUE, CANCELLED, PENDING] = [0, 2, 3]; // domain/grant.h

describe('the review', () => {
  /** Somebody who is held, and the grant that waits. */
  async function held() {
    const id = await make({ burner_domain: 'hold' });
    reward(server, id, { whom: 'referrer', when: 'invited' });
    const mara = await joined(id);
    const lee = await joined(id, { email: `${unique('lee')}@yopmail.com`, referrer_code: mara.code });
    return { id, mara, lee };
  }
  const states = (mara) => sql(server, `SELECT state FROM reward_grant WHERE recipient_id = ${mara.id}`).map(({ state }) => state);

  test('shows what was seen, with the user, until it is judged', async () => {
    const { lee } = await held();
    const found = (await queue()).find(({ user }) => user.id === lee.id);
    assert.deepEqual(Object.keys(found), ['id', 'rule', 'action', 'state', 'detail', 'created_at', 'user']);
    assert.deepEqual([found.rule, found.action, found.state, found.user.review], ['burner_domain', 'hold', 'open', 'held']);
    const { status, body } = await judge(lee.id, 'approve');
    assert.deepEqual([status, body.data.review], [200, 'approved']);
    assert.ok(!(await queue()).some(({ user }) => user.id === lee.id));
    assert.deepEqual(signals(lee).map(({ state }) => state), [1]);
    assert.equal((await judge(lee.id, 'approve')).status, 200, 'again is nothing');
  });

  test('what a held user earned others waits, and becomes due when the user is approved', async () => {
    const { mara, lee } = await held();
    assert.deepEqual(states(mara), [PENDING]);
    await judge(lee.id, 'approve');
    assert.deepEqual(states(mara), [DUE]);
  });

  test('rejecting cancels what is due because of the user, for good, and the user refers nobody', async () => {
    const { id, mara, lee } = await held();
    const { body } = await judge(lee.id, 'reject');
    assert.equal(body.data.review, 'rejected');
    assert.deepEqual(states(mara), [CANCELLED]);
    assertFieldErrors(await judge(lee.id, 'approve'), ['user_id'], 'v2');
    assertFieldErrors(await join(id, { referrer_code: lee.code }), ['referrer_code'], 'v2');
    const last = sql(server, `SELECT rule, outcome FROM decision WHERE user_id = ${lee.id} ORDER BY id DESC LIMIT 1`)[0];
    assert.deepEqual(last, { rule: 'review', outcome: 'rejected' });
  });

  test('people nobody knows, and those of another account, are 404', async () => {
    const other = otherAccount(server);
    const foreign = await server.api('POST', '/api/v2/users', { campaign_id: other.campaign, first_name: 'A', email: email() }, { token: other.token });
    for (const id of [999_999, 0, 'x', foreign.body.data.id])
      for (const verdict of ['approve', 'reject']) assertError(await judge(id, verdict), 404);
    assert.equal(sql(server, `SELECT review FROM users WHERE id = ${foreign.body.data.id}`)[0].review, 0);
  });
});

describe('the queue', () => {
  test('is a list as others: by pages, newest first, with filters, and what is judged on demand', async () => {
    const { body } = await server.api('POST', '/api/v2/campaigns', { name: unique('Queue') });
    const mara = await joined(body.data.id, { ip: '2001:db8::77' });
    const leads = [];
    for (let i = 0; i < 3; i++) leads.push(await joined(body.data.id, { ip: '2001:db8::77', referrer_code: mara.code }));
    const list = async (query) => (await server.api('GET', `/api/v2/review?${query}`)).body;
    const about = ({ data }) => data.map(({ user }) => user.id);
    assert.deepEqual(about(await list('per_page=2')), [leads[2].id, leads[1].id]);
    assert.deepEqual(about(await list('per_page=2&page=2')).slice(0, 1), [leads[0].id]);
    const one = `user_id=${leads[0].id}`;
    assert.deepEqual((await list(`${one}&rule=same_ip`)).meta.total, 1);
    assert.deepEqual((await list(`${one}&rule=burner_domain`)).meta.total, 0);
    await judge(leads[0].id, 'approve');
    assert.deepEqual(about(await list(one)), []);
    assert.deepEqual((await list(`${one}&state=approved`)).data.map(({ state }) => state), ['approved']);
  });
});

describe('--burner-domains', () => {
  test('takes the place of the built-in list', async () => {
    const file = path.join(server.home, 'burners.txt');
    writeFileSync(file, '# ours\nthrow.example\n');
    const own = await startServer({ args: ['--rate-limit', '0', '--burner-domains', file] });
    try {
      const { body } = await own.api('POST', '/api/v2/campaigns', { name: 'A', fraud: { burner_domain: 'block' } });
      const add = (address) => own.api('POST', '/api/v2/users', { campaign_id: body.data.id, first_name: 'Lee', email: address });
      assertFieldErrors(await add('lee@throw.example'), ['email'], 'v2');
      assert.equal((await add('lee@mailinator.com')).status, 201);
    } finally {
      await own.stop();
    }
  });
});
