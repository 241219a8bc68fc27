/*
 * Debian's nginx with a configuration of its own in a folder that goes with it: the yardstick of the
 * benchmark (`return 302`) and its receiver of webhooks (`return 200`).
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort, until } from '../lib/server.mjs';

/* Logging off and connections kept for ever, as in the server it stands beside. */
const config = (home, port, answer) => `
  worker_processes 1;
  daemon off;
  pid ${home}/nginx.pid;
  error_log stderr warn;
  events { worker_connections 1024; }
  http {
    access_log off;
    keepalive_requests 1000000000;
    client_body_temp_path ${home}/body;
    proxy_temp_path ${home}/proxy;
    fastcgi_temp_path ${home}/fastcgi;
    uwsgi_temp_path ${home}/uwsgi;
    scgi_temp_path ${home}/scgi;
    server {
      listen 127.0.0.1:${port};
      location / { ${answer} }
    }
  }`;

const running = new Set();
process.once('exit', () => running.forEach((child) => child.kill('SIGTERM'))); // the master ends its worker

/** The process itself and what it started: nginx works in a child. */
export function family(pid) {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return [pid, ...children.split(' ').filter(Boolean).flatMap((child) => family(Number(child)))];
}

/**
 * @param {string} answer  of every request, e.g. "return 302 https://example.com/;"
 * @returns {Promise<{url: string, pids: () => number[], stop: () => Promise<void>}>}
 */
export async function startNginx(answer) {
  const home = mkdtempSync(path.join(tmpdir(), 'refmill-nginx-'));
  const port = await freePort();
  writeFileSync(path.join(home, 'nginx.conf'), config(home, port, answer));
  const child = spawn('/usr/sbin/nginx', ['-p', home, '-e', 'stderr', '-c', path.join(home, 'nginx.conf')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  running.add(child);
  let log = '';
  child.stderr.on('data', (chunk) => (log += chunk));
  const ended = new Promise((resolve) => child.once('close', resolve).once('error', resolve));
  let hasEnded = false;
  void ended.then(() => (hasEnded = true));
  const url = `http://127.0.0.1:${port}`;
  await until(
    async () => {
      if (hasEnded) throw new Error(`nginx ended while starting:\n${log}`);
      const response = await fetch(url, { redirect: 'manual' }).catch(() => undefined);
      await response?.arrayBuffer();
      return response;
    },
    { what: 'nginx' },
  );
  const stop = async () => {
    child.kill('SIGQUIT');
    await ended;
    running.delete(child);
    rmSync(home, { recursive: true, force: true });
  };
  return { url, pids: () => family(child.pid), stop };
}
