import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import deliveries from '../dist/nodes/RefmillTrigger/deliveries.js';

const { claim, idsToStore, KEPT_IDS } = deliveries;
class Request extends EventEmitter {
  statusCode = 200;
  writableEnded = false;
  end(statusCode) {
    Object.assign(this, { statusCode, writableEnded: true });
    this.emit('finish');
  }
}
const running = () => new Request();
/** Claims a delivery and ends its request at once. */
async function claimed(trigger, id, statusCode) {
  const request = running();
  const how = await claim(trigger, id, [], request);
  request.end(statusCode);
  return how;
}

test('an id in the static data is a repetition', async () => {
  assert.equal(await claim('a', 'm1', ['m1'], running()), 'repeated');
});

test('a delivery that was answered is a repetition, even if the static data lost it', async () => {
  assert.equal(await claimed('b', 'm1', 200), 'first');
  assert.equal(await claim('b', 'm1', [], running()), 'repeated');
  assert.deepEqual(idsToStore('b', 'm2', ['m0']), ['m0', 'm1', 'm2']);
});

test('a delivery whose execution could not be made may come again', async () => {
  assert.equal(await claimed('c', 'm1', 500), 'first');
  assert.equal(await claim('c', 'm1', [], running()), 'first');
  assert.deepEqual(idsToStore('c', 'm2', []), ['m2']);
});

test('a second copy waits for the outcome of the first', async () => {
  const first = running();
  assert.equal(await claim('d', 'm1', [], first), 'first');
  const second = claim('d', 'm1', [], running());
  assert.equal(await Promise.race([second, new Promise((r) => { setTimeout(r, 50, 'waits'); })]), 'waits');
  first.end(200);
  assert.equal(await second, 'repeated');
});

test('a second copy takes over when the first fails', async () => {
  const first = running();
  await claim('e', 'm1', [], first);
  const second = claim('e', 'm1', [], running());
  first.end(500);
  assert.equal(await second, 'first');
});

test('a copy of one that lost its connection is told to come later, until that one is done', async () => {
  const first = running();
  await claim('j', 'm1', [], first);
  first.emit('close');
  assert.equal(await claimed('j', 'm1', 503), 'busy');
  first.end(200);
  assert.equal(await claim('j', 'm1', [], running()), 'repeated');
});

test('deliveries take turns, so that each writes down those before it', async () => {
  const requests = [running(), running(), running()];
  const claims = requests.map((request, i) => claim('f', `m${i}`, [], request).then(() => {
    const ids = idsToStore('f', `m${i}`, []);
    request.end(200);
    return ids;
  }));
  assert.deepEqual(await Promise.all(claims), [['m0'], ['m0', 'm1'], ['m0', 'm1', 'm2']]);
});

test('triggers do not share their deliveries', async () => {
  await claimed('g', 'm1', 200);
  assert.equal(await claim('h', 'm1', [], running()), 'first');
});

test('the list of ids is bounded and drops the oldest', async () => {
  const stored = Array.from({ length: KEPT_IDS }, (_, i) => `m${i}`);
  const next = idsToStore('i', 'new', stored);
  assert.equal(next.length, KEPT_IDS);
  assert.equal(next[0], 'm1');
  assert.equal(next.at(-1), 'new');
});
