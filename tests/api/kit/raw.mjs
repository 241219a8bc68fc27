/*
 * HTTP by hand: what exactly is sent, byte for byte, and what exactly comes back.
 */
import net from 'node:net';

/** What came back, read as one HTTP/1.1 answer with a Content-Length; undefined while parts are missing. */
function answerIn(bytes) {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [line, ...rest] = bytes.subarray(0, end).toString('latin1').split('\r\n');
  const headers = new Map(rest.map((each) => [each.slice(0, each.indexOf(':')).toLowerCase(), each.slice(each.indexOf(':') + 1).trim()]));
  const body = bytes.subarray(end + 4);
  const length = Number(headers.get('content-length') ?? 0);
  if (body.length < length) return undefined;
  const text = body.subarray(0, length).toString();
  return { status: Number(line.split(' ')[1]), headers, text, body: parsed(text), rest: body.subarray(length) };
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A connection of its own: send() bytes, answer() reads one answer, closed() waits for its end. */
export class RawConnection {
  constructor(server) {
    this.received = Buffer.alloc(0);
    this.wakers = [];
    this.socket = net.connect(server.port, '127.0.0.1');
    this.socket.setNoDelay(true);
    this.socket.on('data', (chunk) => {
      this.received = Buffer.concat([this.received, chunk]);
      this.wake();
    });
    this.socket.on('error', (error) => (this.error = error));
    this.socket.on('close', () => {
      this.isClosed = true;
      this.wake();
    });
  }

  wake() {
    for (const waker of this.wakers.splice(0)) waker();
  }

  /** Gives the connection a moment to say something; false when it said nothing. */
  changed(timeoutMs) {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), timeoutMs);
      this.wakers.push(() => {
        clearTimeout(timer);
        resolve(true);
      });
    });
  }

  send(bytes) {
    if (!this.socket.destroyed) this.socket.write(bytes);
    return this;
  }

  async answer({ timeoutMs = 10_000 } = {}) {
    for (;;) {
      const answer = answerIn(this.received);
      if (answer) {
        this.received = answer.rest;
        return answer;
      }
      if (this.isClosed) throw new Error(`the connection ended without an answer (${this.error?.message ?? 'closed'})`);
      if (!(await this.changed(timeoutMs))) throw new Error(`no answer within ${timeoutMs} ms`);
    }
  }

  async closed({ timeoutMs = 10_000 } = {}) {
    while (!this.isClosed) if (!(await this.changed(timeoutMs))) throw new Error(`still open after ${timeoutMs} ms`);
  }

  destroy() {
    this.socket.destroy();
  }
}

/** One request on a connection of its own, as the bytes stand. */
export async function rawRequest(server, bytes, options) {
  const connection = new RawConnection(server);
  try {
    return await connection.send(bytes).answer(options);
  } finally {
    connection.destroy();
  }
}

/** The bytes of a request with these headers, in this order; null leaves one out. */
export function requestBytes(method, path, headers, body) {
  const lines = Object.entries(headers).filter(([, value]) => value !== null);
  const head = [`${method} ${path} HTTP/1.1`, ...lines.map(([name, value]) => `${name}: ${value}`), '', ''].join('\r\n');
  return body === undefined ? Buffer.from(head) : Buffer.concat([Buffer.from(head), Buffer.from(body)]);
}

/** The headers of every request that n8n makes, in its order (shared notes on n8n, 3). */
export function n8nHeaders(server, body, { token = server.token } = {}) {
  return {
    Accept: 'application/json',
    'Content-Type': 'application/json',
    Authorization: token === null ? null : `Bearer ${token}`,
    'User-Agent': 'n8n',
    'Content-Length': body === undefined ? null : Buffer.byteLength(body),
    'Accept-Encoding': 'gzip, compress, deflate, br',
    Host: 'referral-factory.com',
    Connection: 'close',
  };
}

/** A call as n8n makes it: one connection per call, Content-Type also without a body. */
export function asN8n(server, method, path, value, options = {}) {
  const body = value === undefined || typeof value === 'string' ? value : JSON.stringify(value);
  const headers = { ...n8nHeaders(server, body, options), ...options.headers };
  return rawRequest(server, requestBytes(method, `/api/n8n${path}`, headers, body));
}
