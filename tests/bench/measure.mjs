/*
 * What the benchmark measures with: processor time and memory out of /proc, cores to run on, a run
 * of the load generator with the server's processor time beside it, and medians.
 */
import { execFile, execFileSync } from 'node:child_process';
import { closeSync, fdatasyncSync, openSync, readdirSync, readFileSync, realpathSync, rmSync, writeSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { refmillBin } from '../lib/server.mjs';

const run = promisify(execFile);
const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** The load generator is built beside the server. */
export const loadBin = () => process.env.LOAD_BIN ?? path.join(path.dirname(realpathSync(refmillBin())), 'load');

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/* ---- /proc ------------------------------------------------------------- */

/* User and system seconds. The name, the second field, may hold anything: it ends at the last ")". */
function statSeconds(file) {
  const fields = readFileSync(file, 'utf8').replace(/^.*\) /s, '').split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

export const cpuSeconds = (pids) => pids.reduce((sum, pid) => sum + statSeconds(`/proc/${pid}/stat`), 0);

/** Seconds by thread: { tid: seconds }. */
export const threadSeconds = (pid) =>
  Object.fromEntries(readdirSync(`/proc/${pid}/task`).map((tid) => [tid, statSeconds(`/proc/${pid}/task/${tid}/stat`)]));

/** Resident memory in MiB: all of it, and what of it is no mapped file (the binary, the database). */
export function residentMiB(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const field = (name) => Number(status.match(new RegExp(`^${name}:\\s+(\\d+)`, 'm'))[1]) / 1024;
  return { all: field('VmRSS'), anonymous: field('RssAnon'), peak: field('VmHWM') };
}

/* ---- cores ------------------------------------------------------------- */

export const canPin = availableParallelism() >= 2;

/** Pins every thread of a process to some cores, e.g. "0" or "0,1". */
export function pin(pids, cores) {
  if (canPin) pids.forEach((pid) => execFileSync('taskset', ['--all-tasks', '--cpu-list', '--pid', cores, String(pid)]));
}

/* ---- load -------------------------------------------------------------- */

/** Runs the load generator, on the last core; gives what it prints. */
export async function load(args) {
  const command = canPin ? ['taskset', '--cpu-list', '1', loadBin()] : [loadBin()];
  const { stdout } = await run(command[0], [...command.slice(1), ...args.map(String)]);
  return JSON.parse(stdout);
}

/**
 * The same with the processor time that `pids` took for it. Warm-up is a run of its own, so that
 * requests and seconds are of the same time.
 */
export async function measure(pids, args) {
  const threadsBefore = threadSeconds(pids[0]);
  const before = cpuSeconds(pids);
  const result = await load(args);
  const cpu = cpuSeconds(pids) - before;
  const threads = Object.entries(threadSeconds(pids[0])).map(([tid, seconds]) => seconds - (threadsBefore[tid] ?? 0));
  const share = (seconds) => seconds / result.seconds;
  return {
    rps: result.rps,
    perCpuSecond: result.requests / cpu,
    cores: share(cpu),
    busiestThreads: threads.map(share).sort((a, b) => b - a).slice(0, 4),
    generatorCores: share(result.cpu_seconds),
    p50Ms: result.latency_us.p50 / 1000,
    p99Ms: result.latency_us.p99 / 1000,
    maxMs: result.latency_us.max / 1000,
    statuses: result.statuses,
    samples: result.samples,
    next: result.next,
  };
}

/** The median of each number of several runs. */
export function medians(runs) {
  const numbers = Object.keys(runs[0]).filter((key) => typeof runs[0][key] === 'number');
  return Object.fromEntries(numbers.map((key) => [key, median(runs.map((run) => run[key]))]));
}

/** What the disk can do at all: fdatasync after overwriting 4 KiB, per second. */
export function syncsPerSecond(folder, seconds = 0.5) {
  const file = path.join(folder, 'sync-probe');
  const fd = openSync(file, 'w');
  const page = Buffer.alloc(4096, 1);
  let count = 0;
  const end = performance.now() + seconds * 1000;
  for (; performance.now() < end; count++) {
    writeSync(fd, page, 0, page.length, (count % 256) * page.length);
    fdatasyncSync(fd);
  }
  closeSync(fd);
  rmSync(file);
  return count / seconds;
}
