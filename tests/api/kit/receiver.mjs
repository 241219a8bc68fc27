/*
 * Who receives webhooks: an HTTP server that keeps what it is sent and answers as it is told.
 */
import http from 'node:http';
import { Webhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';
import { until } from '../../lib/server.mjs';

const ACK = { status: 200, type: 'application/json', body: '{"received":true}' };

export async function startReceiver() {
  const receiver = new Receiver();
  await receiver.listen();
  return receiver;
}

class Receiver {
  constructor() {
    this.requests = [];
    this.answers = new Map(); // path → (request, how many times it came before) → answer
    this.server = http.createServer((request, response) => void this.take(request, response));
  }

  listen(port = 0) {
    return new Promise((resolve) =>
      this.server.listen(port, '127.0.0.1', () => {
        this.port = this.server.address().port;
        resolve();
      }),
    );
  }

  close() {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(resolve));
  }

  /** The URL of an inbox of its own; `answer` gives { status, type, body, headers } or part of it, or null to hang up. */
  inbox(path, answer) {
    const where = `/webhook/${path}/referral-factory`;
    if (answer) this.answers.set(where, answer);
    return {
      url: `http://127.0.0.1:${this.port}${where}`,
      answer: (other) => this.answers.set(where, other),
      received: () => this.requests.filter((each) => each.path === where),
      /** Waits for `count` requests and gives them all. */
      wait: (count, options) =>
        until(() => {
          const list = this.requests.filter((each) => each.path === where);
          return list.length >= count && list;
        }, { what: `${count} deliveries to ${where}, of which ${this.requests.filter((each) => each.path === where).length} came`, ...options }),
    };
  }

  async take(request, response) {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const bytes = Buffer.concat(chunks);
    const taken = { method: request.method, path: request.url, headers: request.headers, bytes, at: Date.now(), id: request.headers['webhook-id'] };
    const before = this.requests.filter((each) => each.path === taken.path && each.id === taken.id).length;
    this.requests.push(taken);
    const told = this.answers.get(taken.path);
    const answer = told ? await told(taken, before) : ACK;
    if (answer === null) {
      request.socket.destroy();
      return;
    }
    const { status, type, body, headers } = { ...ACK, ...answer };
    response.writeHead(status, { 'Content-Type': type, ...headers });
    response.end(body);
  }
}

/** What the request says, after the libraries of Standard Webhooks and of Svix have found its signature good; throws otherwise. */
export function verified(request, secret) {
  const text = request.bytes.toString('utf8');
  new SvixWebhook(secret).verify(text, request.headers);
  return new Webhook(secret).verify(text, request.headers);
}

export const bodyOf = (request) => JSON.parse(request.bytes.toString('utf8'));
