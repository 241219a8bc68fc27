import http from 'node:http';
import net from 'node:net';

export const delay = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const children = new Set();
process.once('exit', () => children.forEach((child) => child.kill('SIGKILL')));

/** Whatever becomes of this process, `child` doesn't stay behind. */
export function endsWithUs(child) {
  children.add(child);
  child.once('close', () => children.delete(child));
  return child;
}

/** A port that was free a moment ago. */
export function freePort(host = '127.0.0.1') {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', reject);
    server.listen(0, host, () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Calls `probe` until it gives something other than undefined. */
export async function until(probe, { timeoutMs = 15_000, everyMs = 50, what = 'the condition' } = {}) {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const value = await probe();
    if (value !== undefined) return value;
    if (Date.now() >= end) throw new Error(`waited ${timeoutMs} ms for ${what}`);
    await delay(everyMs);
  }
}

/**
 * One HTTP request on a connection of its own: a kept-alive one may be closed by the
 * other side at the moment of use, and a POST is not sent again then.
 */
export function request(method, url, { body, headers = {} } = {}) {
  return new Promise((resolve, reject) => {
    const req = http.request(url, { method, agent: false, headers }, (res) => {
      const chunks = [];
      res.on('data', (chunk) => chunks.push(chunk));
      res.on('error', reject);
      res.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        let json;
        try {
          json = JSON.parse(text);
        } catch {
          // Not JSON: the text says what it is.
        }
        resolve({ status: res.statusCode, headers: res.headers, text, json });
      });
    });
    req.once('error', reject);
    req.end(body);
  });
}
