import http from 'node:http';

export { delay, endsWithUs, freePort, until } from '../../tests/lib/server.mjs';

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
