import assert from 'node:assert/strict';
import { test } from 'node:test';
import deliveries from '../dist/nodes/RefmillTrigger/deliveries.js';

const { claim, idsToStore, KEPT_IDS } = deliveries;
const running = () => ({ statusCode: 200, writableEnded: false });
const ended = (statusCode) => ({ statusCode, writableEnded: true });

test('an id in the static data is a repetition', async () => {
  assert.equal(await claim('a', 'm1', ['m1'], running()), 'repeated');
});

test('a delivery that was answered is a repetition, even if the static data lost it', async () => {
  assert.equal(await claim('b', 'm1', [], ended(200)), 'first');
  assert.equal(await claim('b', 'm1', [], running()), 'repeated');
  assert.deepEqual(idsToStore('b', 'm2', ['m0']), ['m0', 'm1', 'm2']);
});

test('a delivery whose execution could not be made may come again', async () => {
  assert.equal(await claim('c', 'm1', [], ended(500)), 'first');
  assert.equal(await claim('c', 'm1', [], running()), 'first');
  assert.deepEqual(idsToStore('c', 'm2', []), ['m2']);
});

test('a second copy waits for the outcome of the first', async () => {
  const first = running();
  assert.equal(await claim('d', 'm1', [], first), 'first');
  const second = claim('d', 'm1', [], running());
  assert.equal(await Promise.race([second, new Promise((r) => { setTimeout(r, 120, 'waits'); })]), 'waits');
  first.writableEnded = true;
  assert.equal(await second, 'repeated');
});

test('a second copy takes over when the first fails', async () => {
  const first = running();
  await claim('e', 'm1', [], first);
  const second = claim('e', 'm1', [], running());
  Object.assign(first, ended(500));
  assert.equal(await second, 'first');
});

test('a delivery under way is not written as done with another one', async () => {
  await claim('f', 'm1', [], running());
  assert.deepEqual(idsToStore('f', 'm2', []), ['m2']);
});

test('triggers do not share their deliveries', async () => {
  await claim('g', 'm1', [], ended(200));
  assert.equal(await claim('h', 'm1', [], running()), 'first');
});

test('the list of ids is bounded and drops the oldest', async () => {
  const stored = Array.from({ length: KEPT_IDS }, (_, i) => `m${i}`);
  const next = idsToStore('i', 'new', stored);
  assert.equal(next.length, KEPT_IDS);
  assert.equal(next[0], 'm1');
  assert.equal(next.at(-1), 'new');
});
