/*
 * A real PostgreSQL (Debian's) on loopback with data of its own.
 *
 *   const postgres = await startPostgres();
 *   postgres.port, postgres.run('CREATE …'), postgres.rows('SELECT …'), await postgres.stop()
 */
import { execFileSync, spawn } from 'node:child_process';
import { chownSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { endsWithUs, freePort, until } from './util.mjs';

const HOST = '127.0.0.1';
const VERSIONS = '/usr/lib/postgresql';

/** It refuses to run as root: then its own user does it. */
function ownUser() {
  if (process.getuid() !== 0) return {};
  const id = (flag) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

export async function startPostgres() {
  const newest = readdirSync(VERSIONS).sort((a, b) => Number(b) - Number(a))[0];
  const program = (name) => `${VERSIONS}/${newest}/bin/${name}`;
  const port = await freePort();
  const user = ownUser();
  // Not inside of a folder that only root may enter.
  const dir = mkdtempSync(path.join(tmpdir(), 'refmill-postgres-'));
  if (user.uid !== undefined) chownSync(dir, user.uid, user.gid);
  const how = { ...user, cwd: '/', stdio: 'ignore' };
  execFileSync(program('initdb'), ['-D', dir, '-U', 'refmill', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'], how);
  const child = endsWithUs(spawn(program('postgres'), [
    '-D', dir, '-h', HOST, '-p', String(port), '-k', '', '-c', 'fsync=off',
  ], how));
  const ended = new Promise((resolve) => { child.once('close', resolve); });
  const run = (sql) => execFileSync(program('psql'), [
    '-h', HOST, '-p', String(port), '-U', 'refmill', '-d', 'postgres', '-v', 'ON_ERROR_STOP=1', '-qAtc', sql,
  ], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  await until(() => {
    try {
      return run('SELECT 1');
    } catch {
      return undefined;
    }
  }, { timeoutMs: 60_000, everyMs: 100, what: 'PostgreSQL' });
  return {
    port,
    run,
    rows: (sql) => JSON.parse(run(`SELECT coalesce(json_agg(t), '[]') FROM (${sql}) t`)),
    async stop() {
      child.kill('SIGINT'); // its fast shutdown
      await ended;
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
