/*
 * The inbound webhook (contract 3.2): POST /webhook/{token}/qualify, without any header of ours.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startServer } from '../lib/server.mjs';
import { assertError, assertFieldErrors } from './kit/errors.mjs';
import { addReferrer, campaign, events, grants, importCoupons, otherAccount, pair, reward, tally, unique } from './kit/world.mjs';

let server, spring, inbound;

before(async () => {
  server = await startServer({ args: ['--rate-limit', '0'] });
  spring = campaign(server);
  inbound = server.cli('token', 'create', '--name', 'shop', '--inbound');
});
after(() => server?.stop());

const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' };
const post = (body, { token = inbound, headers = FORM } = {}) => server.api('POST', `/webhook/${token}/qualify`, body, { token: null, headers });

describe('a lead is qualified', () => {
  test('by code, coupon, or e-mail with campaign, sent as a form or as JSON', async () => {
    const id = campaign(server), coupon = unique('IN');
    importCoupons(server, id, [coupon]);
    reward(server, id, { metric: 'coupon', whom: 'lead', when: 'invited', more: ['--auto'] });
    const ways = [
      (lead) => [`code=${lead.code}`, FORM],
      (lead) => [`campaign_id=${lead.campaign_id}&email=${encodeURIComponent(lead.email)}`, FORM],
      (lead) => [{ code: lead.code }, {}],
      (lead) => [{ campaign_id: String(lead.campaign_id), email: lead.email }, {}],
    ];
    for (const way of ways) {
      const { lead } = await pair(server, spring);
      const [body, headers] = way(lead);
      const answer = await post(body, { headers });
      assert.equal(answer.status, 200, answer.text);
      assert.match(answer.body.message, /\S/);
      assert.equal(answer.body.data.id, lead.id);
      assert.equal(answer.body.data.qualified, true);
    }
    const { lead } = await pair(server, id);
    const answer = await post(`coupon=${coupon}`);
    assert.equal(answer.body.data.id, lead.id, answer.text);
  });

  test('once: again is 200 without another event or reward', async () => {
    const id = campaign(server);
    reward(server, id);
    const { lead } = await pair(server, id);
    await post(`code=${lead.code}`);
    const before = [grants(server, id).length, events(server).length];
    assert.equal(before[0], 1);
    assert.equal((await post(`code=${lead.code}`)).status, 200);
    assert.deepEqual([grants(server, id).length, events(server).length], before);
  });
});

describe('nothing changes', () => {
  let before;
  const unchanged = () => assert.deepEqual(tally(server), before);

  test('when nobody matches (404), nothing is said (422), or the token is unknown (a constant 404)', async () => {
    const { referrer, lead } = await pair(server, spring);
    before = tally(server);
    assertError(await post('code=uAAAAAAA'), 404);
    assertError(await post(`code=${referrer.code}`), 422);
    assertError(await post(''), 422);
    assertError(await post('code='), 422);
    assertFieldErrors(await post(`campaign_id=x&email=${lead.email}`), ['campaign_id']);
    const texts = new Set();
    for (const token of ['x', 'a'.repeat(80), server.token, 'a'.repeat(300), '%00']) {
      const answer = await post(`code=${lead.code}`, { token });
      assertError(answer, 404);
      texts.add(answer.body.message);
    }
    assert.ok(texts.size <= 2, [...texts].join()); // %00 fits no path
    unchanged();
  });

  test('by GET, which is 405', async () => {
    const answer = await server.api('GET', `/webhook/${inbound}/qualify?code=x`, undefined, { token: null });
    assertError(answer, 405);
    assert.equal(answer.headers.get('allow'), 'POST');
  });

  test("for another account's lead", async () => {
    const { lead } = await pair(server, spring);
    const other = otherAccount(server);
    const { body } = await server.api('POST', '/api/v2/tokens', { name: 'theirs', kind: 'inbound' }, { token: other.token });
    before = tally(server);
    assertError(await post(`code=${lead.code}`, { token: body.data.token }), 404);
    unchanged();
  });

  test('once the token is revoked', async () => {
    const { lead } = await pair(server, spring);
    const { body } = await server.api('POST', '/api/v2/tokens', { name: 'short', kind: 'inbound' });
    await server.api('DELETE', `/api/v2/tokens/${body.data.id}`);
    assertError(await post(`code=${lead.code}`, { token: body.data.token }), 404);
  });
});

test('the log never has the token', async () => {
  await post('code=nobody');
  await addReferrer(server, spring);
  assert.ok(!server.log.includes(inbound));
});
