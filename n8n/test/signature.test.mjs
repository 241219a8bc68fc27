import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import signature from '../dist/nodes/RefmillTrigger/signature.js';

const { isRecent, isSignedWith, readSignedHeaders } = signature;

const FIRST = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const SECOND = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD';
const ID = 'msg_p5jXN8AQM9LWM0D4loKWxJek';
const AT = '1614265330';
const BODY = '{"test": 2432232314}';
const GOOD = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=';
const ROTATED = 'v1,78nXHjpFP0tVJQW5D0SBwmVyyW87BV/rL6MgfM/Bw44=';

function headers(signatures, id = ID, timestamp = AT) {
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures };
}

function accepts(secret, given, body) {
  const read = readSignedHeaders(given);
  return read !== undefined && isSignedWith(secret, read, Buffer.from(body));
}

test('the five vectors of Standard Webhooks are accepted', () => {
  assert.ok(accepts(FIRST, headers(GOOD), BODY));
  assert.ok(accepts(
    SECOND,
    headers('v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=', 'msg_27UH4WbU6Z5A5EzD8u03UvzRbpk', '1649367553'),
    '{"email":"test@example.com","username":"test_user"}',
  ));
  assert.ok(accepts(FIRST, headers('v1,v48jdbgvh29KJz2Qc+ghw8G6vG3nAKnujWBg8oM/62A='), ''));
  assert.ok(accepts(FIRST, headers('v1,3Y0uOXEca2zsElJwlDVR3YZoq8JPNDFNFfgiXf6SB8Y='), '{"name":"Zoë"}'));
  assert.ok(accepts(SECOND, headers(ROTATED), BODY));
});

test('while a key is changed, either secret verifies', () => {
  assert.ok(accepts(FIRST, headers(`${ROTATED} ${GOOD}`), BODY));
  assert.ok(accepts(SECOND, headers(`${ROTATED} ${GOOD}`), BODY));
});

test('a secret is taken without its prefix, and junk beside a good signature is skipped', () => {
  assert.ok(accepts(FIRST.slice('whsec_'.length), headers(GOOD), BODY));
  assert.ok(accepts(FIRST, headers(`v1a,abc v2,${GOOD.slice(3)} v1, junk ${GOOD}`), BODY));
});

test('a changed body, id, time or secret is refused', () => {
  assert.ok(!accepts(FIRST, headers(GOOD), `${BODY} `));
  assert.ok(!accepts(FIRST, headers(GOOD, `${ID}x`), BODY));
  assert.ok(!accepts(FIRST, headers(GOOD, ID, '1614265331'), BODY));
  assert.ok(!accepts(SECOND, headers(GOOD), BODY));
});

test('an empty, cut or otherwise versioned signature is refused', () => {
  for (const bad of ['', 'v1,', 'v1', GOOD.slice(0, 11), GOOD.slice(3), `v1a,${GOOD.slice(3)}`]) {
    assert.ok(!accepts(FIRST, headers(bad), BODY), bad);
  }
});

test('an empty secret never verifies', () => {
  const value = createHmac('sha256', '').update(`${ID}.${AT}.${BODY}`).digest('base64');
  for (const secret of ['', 'whsec_']) assert.ok(!accepts(secret, headers(`v1,${value}`), BODY));
});

test('each header must be there, and the time a number', () => {
  for (const name of Object.keys(headers(GOOD))) {
    assert.equal(readSignedHeaders({ ...headers(GOOD), [name]: undefined }), undefined);
  }
  for (const time of ['', 'soon', '-1', '1e9', '1614265330.5']) {
    assert.equal(readSignedHeaders(headers(GOOD, ID, time)), undefined, time);
  }
});

test('a time of more than five minutes ago or ahead is refused', () => {
  const now = 1_700_000_000;
  for (const [offset, good] of [[0, true], [-300, true], [300, true], [-301, false], [301, false]]) {
    assert.equal(isRecent(now + offset, now * 1000), good, String(offset));
  }
});
