/* A few rounds of `make drill`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freshSeed, runDrill } from './drill.mjs';

test('a server that is killed under load loses nothing and does nothing twice', { timeout: 240_000 }, async (t) => {
  const seed = Number(process.env.DRILL_SEED ?? freshSeed());
  const options = { rounds: 6, seed, maxRunMs: 1000, shortenLeases: true };
  const { violations, summary } = await runDrill(options);
  summary.forEach((line) => t.diagnostic(line));
  assert.deepEqual(violations, [], `DRILL_SEED=${seed}`);
});
