/*
 * make drill: kill -9 under load, DRILL_ROUNDS (50) times. DRILL_SEED repeats the choices of a run.
 * Exits 1 when anything was lost, doubled or half done; what was found then stays in build/.
 */
import { freshSeed, runDrill } from './drill.mjs';

const seed = Number(process.env.DRILL_SEED ?? freshSeed());
console.log(`DRILL_SEED=${seed}`);
const { violations, summary, evidence } = await runDrill({
  rounds: Number(process.env.DRILL_ROUNDS ?? 50),
  seed,
  say: (line) => console.log(line),
});
violations.forEach((text) => console.log(`VIOLATION ${text}`));
console.log(`\n${summary.join('\n')}`);
if (evidence) console.log(`Journal and database: ${evidence}`);
process.exitCode = violations.length ? 1 : 0;
