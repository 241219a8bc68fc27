/*
 * make drill: kill -9 under load, DRILL_ROUNDS (1000) times, at points in the code and at any moment; a new
 * database every fifty. DRILL_SEED repeats the choices of a run. Exits 1 when anything was lost, doubled or
 * half done; what was found then stays in build/.
 */
import { freshSeed, runDrill } from './drill.mjs';

const ROUNDS_OF_ONE = 50;
let seed = Number(process.env.DRILL_SEED ?? freshSeed());
for (let left = Number(process.env.DRILL_ROUNDS ?? 1000); left > 0 && !process.exitCode; left -= ROUNDS_OF_ONE, seed += 1) {
  console.log(`DRILL_SEED=${seed}`);
  const rounds = Math.min(left, ROUNDS_OF_ONE);
  const { violations, summary, evidence } = await runDrill({ rounds, seed, shortenLeases: true, say: (line) => console.log(line) });
  violations.forEach((text) => console.log(`VIOLATION ${text}`));
  console.log(`\n${summary.join('\n')}`);
  if (evidence) console.log(`Journal and database: ${evidence}`);
  process.exitCode = violations.length ? 1 : 0;
}
