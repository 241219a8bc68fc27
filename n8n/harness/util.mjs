import net from 'node:net';

export const delay = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

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
