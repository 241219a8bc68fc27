/*
 * The receivers of the drill's webhooks: acknowledge like our n8n node, keep a journal, and now and
 * then misbehave as receivers do. On several ports, since the sender is shy with each of them.
 *
 * What can be judged at once is judged here: that all receipts of one id have one body, that the id
 * is the body's own, and that it is signed with a secret of that webhook.
 */
import { createHmac } from 'node:crypto';
import http from 'node:http';

const PORTS = 3;
/* Each makes the sender try again: nothing may get lost by it, and nothing may change. */
const acknowledge = (request, response) => response.writeHead(200, { 'Content-Type': 'application/json' }).end('{"received":true}');
const fail = (request, response) => response.writeHead(500).end();
const startUp = (request, response) => response.writeHead(200, { 'Content-Type': 'text/html' }).end('n8n is starting up. Please wait');
const loseAnswer = (request) => request.socket.destroy();
const MISBEHAVIOURS = [fail, startUp, loseAnswer];

const signatureOf = (secret, id, time, body) =>
  `v1,${createHmac('sha256', secret).update(`${id}.${time}.${body}`).digest('base64')}`;

function readBody(request) {
  return new Promise((resolve, reject) => {
    const parts = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => resolve(Buffer.concat(parts)));
    request.on('error', reject);
  });
}

export class Receiver {
  constructor({ random, misbehaves }) {
    this.random = random;
    this.misbehaves = misbehaves; // the share of requests
    this.bodies = new Map(); // id → body
    this.receipts = new Map(); // hook → Map: id → { count, lost, acknowledged }
    this.secrets = new Map(); // hook → Set of Buffers as base64
    this.unverified = []; // signed with a secret that is not known yet
    this.ordered = new Set(); // hooks
    this.lastOf = new Map(); // ordered hook and user → the highest sequence that has come
    this.problems = [];
    this.total = 0;
    this.servers = [];
  }

  async start() {
    for (let i = 0; i < PORTS; i++) {
      const server = http.createServer((request, response) => {
        this.take(request, response).catch((error) => request.destroyed || this.problems.push(String(error)));
      });
      await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
      this.servers.push(server);
    }
    return this;
  }

  url(hook) {
    return `http://127.0.0.1:${this.servers[hook % PORTS].address().port}/hook/${hook}`;
  }

  addSecret(hook, secret) {
    if (!this.secrets.has(hook)) this.secrets.set(hook, new Set());
    this.secrets.get(hook).add(secret.toString('base64'));
  }

  async take(request, response) {
    const hook = Number(request.url.split('/').at(-1));
    const id = request.headers['webhook-id'];
    const bytes = await readBody(request).catch(() => undefined);
    if (bytes?.length !== Number(request.headers['content-length'])) return request.socket.destroy(); // killed in the middle of it
    const body = bytes.toString();
    const behaviour = this.random.chance(this.misbehaves) ? this.random.pick(MISBEHAVIOURS) : acknowledge;
    this.note(hook, id, body, behaviour);
    this.verify({ hook, id, body, time: request.headers['webhook-timestamp'], signature: request.headers['webhook-signature'] });
    behaviour(request, response);
  }

  note(hook, id, body, behaviour) {
    this.total++;
    if (this.bodies.has(id) && this.bodies.get(id) !== body) this.problems.push(`${id} came with two bodies`);
    if (!this.bodies.has(id) && JSON.parse(body).event_id !== id) this.problems.push(`${id} came as ${body}`);
    this.bodies.set(id, body);
    if (!this.receipts.has(hook)) this.receipts.set(hook, new Map());
    const receipts = this.receipts.get(hook);
    if (this.ordered.has(hook) && !receipts.has(id)) this.noteOrder(hook, id, JSON.parse(body));
    const receipt = receipts.get(id) ?? { count: 0, lost: 0, acknowledged: false };
    receipt.count++;
    receipt.lost += behaviour === loseAnswer;
    receipt.acknowledged ||= behaviour === acknowledge;
    receipts.set(id, receipt);
  }

  /* What comes for the first time comes in order (I7). */
  noteOrder(hook, id, { recipient_id: recipient, id: user, sequence }) {
    const key = `${hook} ${recipient ?? user}`, last = this.lastOf.get(key) ?? 0;
    if (sequence <= last) this.problems.push(`${id}, number ${sequence} of user ${recipient ?? user}, came to hook ${hook} after number ${last}`);
    this.lastOf.set(key, Math.max(last, sequence));
  }

  isSigned({ hook, id, body, time, signature }) {
    const secrets = [...(this.secrets.get(hook) ?? [])];
    return secrets.some((secret) => signature?.split(' ').includes(signatureOf(Buffer.from(secret, 'base64'), id, time, body)));
  }

  verify(receipt) {
    if (!this.isSigned(receipt)) this.unverified.push(receipt);
  }

  /** Once every secret is known: what still fits none of them is a violation. */
  verifyRest() {
    for (const receipt of this.unverified.splice(0))
      if (!this.isSigned(receipt)) this.problems.push(`${receipt.id} was signed with a foreign secret`);
  }

  stop() {
    this.servers.forEach((server) => {
      server.close();
      server.closeAllConnections();
    });
  }
}
