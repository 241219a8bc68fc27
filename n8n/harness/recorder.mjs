/*
 * A stand-in HTTP(S) API on loopback that keeps every request as it came.
 *
 *   const api = await startRecorder({ answer: (request) => ({ status: 200, body: {} }), tls });
 *   api.url, api.requests, await api.waitFor((request) => …), await api.close()
 */
import http from 'node:http';
import https from 'node:https';

export async function startRecorder({ answer, tls, host = '127.0.0.1' }) {
  const requests = [];
  const waiters = new Set();

  const listener = (req, res) => {
    const chunks = [];
    req.on('data', (chunk) => chunks.push(chunk));
    req.on('end', async () => {
      const body = Buffer.concat(chunks).toString('utf8');
      const isForm = /urlencoded/.test(req.headers['content-type'] ?? '');
      const content = isForm ? { form: new URLSearchParams(body) } : { json: body === '' ? undefined : JSON.parse(body) };
      const record = { method: req.method, url: req.url, headers: req.headers, ...content };
      requests.push(record);
      for (const check of [...waiters]) check();
      const { status = 200, body: payload = { message: 'no such call in the stand-in' } } = (await answer(record)) ?? { status: 404 };
      res.writeHead(status, { 'Content-Type': 'application/json' });
      res.end(JSON.stringify(payload));
    });
  };

  const server = tls ? https.createServer(tls, listener) : http.createServer(listener);
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, host, resolve);
  });
  server.unref(); // a test that fails may leave it behind
  const { port } = server.address();

  return {
    requests,
    port,
    url: `${tls ? 'https' : 'http'}://${host}:${port}`,
    /** Resolves with the first request, old or new, that fits. */
    waitFor(fits, timeoutMs = 10_000) {
      return new Promise((resolve, reject) => {
        let timer;
        const check = () => {
          const hit = requests.find(fits);
          if (!hit) return;
          clearTimeout(timer);
          waiters.delete(check);
          resolve(hit);
        };
        timer = setTimeout(() => {
          waiters.delete(check);
          reject(new Error(`no request that fits came within ${timeoutMs} ms`));
        }, timeoutMs);
        waiters.add(check);
        check();
      });
    },
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
