/*
 * The receiver zoo: receivers that behave in every way a receiver has been seen to, and what the sender
 * must make of each. Every one has a port of its own, so that to the sender it is an origin of its own.
 *
 * A specimen is [name, behaviour, expected]: the behaviour gets the socket when a whole request has come
 * (or, with `onConnect`, when somebody connects). Expected of the first attempt: its outcome and HTTP status;
 * `state` of the delivery (else pending), `waits` the least seconds until the next attempt.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import tls from 'node:tls';

const ADDRESS = '127.0.0.1';

// ---- behaviours ------------------------------------------------------------------

/** Says it and hangs up. */
const say = (...lines) => (socket) => socket.end(lines.join('\r\n'));
const answer = (status, headers = [], body = '') => say(`HTTP/1.1 ${status} Whatever`, `Content-Length: ${body.length}`, 'Connection: close', ...headers, '', body);
const answerJson = (status, headers = []) => answer(status, ['Content-Type: application/json', ...headers], '{"received":true}');
/** Says a beginning, then more of the same, for ever. */
const forever = (first, more, everyMs) => (socket) => {
  socket.write(first);
  const timer = setInterval(() => socket.write(more), everyMs);
  socket.on('close', () => clearInterval(timer));
};
/** As fast as it is taken. */
const flood = (first, more) => (socket) => {
  socket.write(first);
  const pour = () => { while (!socket.destroyed && socket.write(more)); };
  socket.on('drain', pour);
  pour();
};
const reset = (first) => (socket) => {
  if (first) socket.write(first, () => setTimeout(() => socket.resetAndDestroy(), 50));
  else socket.resetAndDestroy();
};
const httpDate = (seconds) => new Date(Date.now() + seconds * 1000).toUTCString();
const GZIP_BOMB = Buffer.from('1f8b0800000000000003', 'hex').toString('latin1');

const OK = { outcome: 'ok', status: 200, state: 'delivered' };
const ok = (status) => ({ ...OK, status });
const redirect = (status) => ({ outcome: 'redirect', status });
const refused = (status, more) => ({ outcome: 'client_error', status, ...more });
const fails = (status, more) => ({ outcome: 'server_error', status, ...more });
const broken = (status = 0) => ({ outcome: 'broken', status });
const timeout = (status = 0) => ({ outcome: 'timeout', status });
const DAY = 24 * 3600;

export const SPECIMENS = [
  // good ones, if odd
  ['200', answerJson(200), OK],
  ['201', answerJson(201), ok(201)],
  ['204 without a body', say('HTTP/1.1 204 No Content', '', ''), ok(204)],
  ['299', answerJson(299), ok(299)],
  ['100 Continue before the answer', say('HTTP/1.1 100 Continue', '', 'HTTP/1.1 200 OK', 'Content-Length: 2', '', 'ok'), OK],
  ['103 Early Hints before the answer', say('HTTP/1.1 103 Early Hints', 'Retry-After: 50', '', 'HTTP/1.1 200 OK', 'Content-Length: 2', '', 'ok'), OK],
  ['HTTP/1.0', say('HTTP/1.0 200 OK', '', 'fine'), OK],
  ['line feeds only', (socket) => socket.end('HTTP/1.1 200 OK\nContent-Length: 2\n\nok'), OK],
  ['no content length: the end of the connection ends it', say('HTTP/1.1 200 OK', '', 'fine'), OK],
  ['more body than its content length', say('HTTP/1.1 200 OK', 'Content-Length: 2', 'Connection: close', '', 'ok and much more'), OK],
  ['a megabyte of answer', say('HTTP/1.1 200 OK', 'Content-Length: 1000000', '', 'x'.repeat(1_000_000)), OK],
  ['a body without end', flood('HTTP/1.1 200 OK\r\n\r\n', 'x'.repeat(65536)), OK],
  ['a chunked body without end', flood('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', `10000\r\n${'x'.repeat(65536)}\r\n`), OK],
  ['what says it is gzip', (socket) => socket.end(Buffer.from(`HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${GZIP_BOMB.length}\r\n\r\n${GZIP_BOMB}`, 'latin1')), OK],
  ['an answer before the request is read', { onConnect: say('HTTP/1.1 200 OK', 'Content-Length: 2', '', 'ok') }, OK],
  ['a start page of something else', answer(200, ['Content-Type: text/html'], '<p>Welcome</p>'), OK],
  // 3xx
  ...[301, 302, 303, 307, 308].map((status) => [`${status} to a private address`, answer(status, ['Location: http://169.254.169.254/latest/meta-data/']), redirect(status)]),
  ['302 to itself', answer(302, ['Location: /hook']), redirect(302)],
  ['302 to a file', answer(302, ['Location: file:///etc/passwd']), redirect(302)],
  ['300', answer(300), redirect(300)],
  ['304', say('HTTP/1.1 304 Not Modified', '', ''), redirect(304)],
  ['302 that asks for time', answer(302, ['Location: /', 'Retry-After: 1000']), { ...redirect(302), waits: 1000 }],
  // 4xx
  ...[400, 401, 403, 404, 405, 408, 409, 413, 415, 422, 451].map((status) => [`${status}`, answer(status), refused(status)]),
  ['410', answer(410), refused(410, { state: 'paused', webhook: 'disabled' })],
  ['429 without a word', answer(429), refused(429)],
  ['429 with seconds', answer(429, ['Retry-After: 1000']), refused(429, { waits: 1000 })],
  ['429 with a date', (socket) => answer(429, [`Retry-After: ${httpDate(2000)}`])(socket), refused(429, { waits: 1900 })],
  ['429 with an old date', answer(429, ['Retry-After: Wed, 21 Oct 2015 07:28:00 GMT']), refused(429)],
  // 5xx and numbers that mean nothing
  ...[500, 501, 502, 504, 507, 599].map((status) => [`${status}`, answer(status), fails(status)]),
  ['503 with seconds', answer(503, ['Retry-After: 1000']), fails(503, { waits: 1000 })],
  ['503 with a date in lower case', (socket) => answer(503, [`retry-after: ${httpDate(3000)}`])(socket), fails(503, { waits: 2900 })],
  ['503 with more seconds than there are', answer(503, ['Retry-After: 99999999999999999999999']), fails(503, { waits: DAY - 10 })],
  ['503 with nonsense', answer(503, ['Retry-After: soon']), fails(503)],
  ['600', answer(600), fails(600)],
  ['999', answer(999), fails(999)],
  // n8n
  ['n8n while it starts up', answer(200, ['Content-Type: text/html; charset=utf-8'], 'n8n is starting up. Please wait'), { outcome: 'starting', status: 200 }],
  ['n8n with its usual answer', answer(200, ['Content-Type: application/json'], '{"message":"Workflow was started"}'), OK],
  // slow ones
  ['a head that never comes', () => {}, timeout()],
  ['a head that drips', forever('HTTP/1.1 200 OK\r\n', 'X', 1000), timeout(200)],
  ['a body that drips', forever('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n', 'x', 400), timeout(200)],
  ['chunks that drip', forever('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', '1\r\nx\r\n', 400), timeout(200)],
  ['1xx for ever', forever('HTTP/1.1 102 Processing\r\n\r\n', 'HTTP/1.1 102 Processing\r\n\r\n', 1000), timeout(102)],
  ['a connection that is taken and never read', { onConnect: (socket) => socket.pause() }, timeout()],
  // heads
  ['a head without end', flood('HTTP/1.1 200 OK\r\n', `X-Filler: ${'x'.repeat(1000)}\r\n`), { outcome: 'broken' }],
  ['ten thousand headers', say('HTTP/1.1 200 OK', ...Array.from({ length: 10_000 }, (_, i) => `X-${i}: y`), '', ''), { outcome: 'broken' }],
  ['a header of 20 KB', answer(200, [`X-Long: ${'x'.repeat(20_000)}`]), { outcome: 'broken' }],
  ['a NUL in the head', answer(200, ['X-Nul: a\0b']), { outcome: 'broken' }],
  // cut off
  ['a reset when one connects', { onConnect: (socket) => socket.resetAndDestroy() }, broken()],
  ['a reset when the request has come', reset(), broken()],
  ['a reset within the head', reset('HTTP/1.1 200 OK\r\nContent-'), { outcome: 'broken' }],
  ['a reset within the body', reset('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf'), broken(200)],
  ['an end without an answer', (socket) => socket.end(), broken()],
  ['an end when one connects', { onConnect: (socket) => socket.end() }, broken()],
  ['less body than its content length', say('HTTP/1.1 200 OK', 'Content-Length: 100', '', 'half'), broken(200)],
  ['chunks cut off', say('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', '', '5', 'hello'), broken(200)],
  // not HTTP
  ['chunks with a bad size', say('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', '', 'zz', 'hello', '0', '', ''), broken(200)],
  ['a chunk size beyond all numbers', say('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', '', 'fffffffffffffffff', 'x'), broken(200)],
  ['a negative content length', say('HTTP/1.1 200 OK', 'Content-Length: -5', '', 'hello'), { outcome: 'broken' }],
  ['SSH', say('SSH-2.0-OpenSSH_9.2p1 Debian-2', ''), broken()],
  ['a text and no head', say('hello', ''), broken()],
  ['random bytes', (socket) => socket.end(Buffer.from(Array.from({ length: 500 }, (_, i) => (i * 7919) % 251))), broken()],
  ['HTTP/9.9', say('HTTP/9.9 200 OK', 'Content-Length: 0', '', ''), { outcome: 'broken' }],
  // not there
  ['nobody listens', { closed: true }, { outcome: 'connect', status: 0 }],
  // TLS
  ['TLS: of an authority that is trusted', { certificate: 'good' }, { outcome: 'ok', status: 200, state: 'delivered' }],
  ['TLS: of an authority that is not', { certificate: 'stranger' }, { outcome: 'tls_untrusted', status: 0 }],
  ['TLS: signed by itself', { certificate: 'self' }, { outcome: 'tls_self_signed', status: 0 }],
  ['TLS: expired', { certificate: 'expired' }, { outcome: 'tls_expired', status: 0 }],
  ['TLS: of another host', { certificate: 'other' }, { outcome: 'tls_wrong_host', status: 0 }],
  ['TLS: 1.1 at most', { certificate: 'good', maxVersion: 'TLSv1.1' }, { outcome: 'tls_version', status: 0 }],
  ['TLS: a plain HTTP server', { secure: true, onConnect: say('HTTP/1.1 200 OK', 'Content-Length: 0', '', '') }, { outcome: 'tls', status: 0 }],
  ['TLS: a handshake that never comes', { secure: true, onConnect: () => {} }, timeout()],
];

// ---- the zoo ----------------------------------------------------------------------

/** Keys and certificates, made for the run, and the file of the authority that the sender shall trust. */
function certificates() {
  const home = mkdtempSync(path.join(tmpdir(), 'refmill-zoo-'));
  const at = (name, kind) => path.join(home, `${name}.${kind}`);
  const openssl = (...args) => execFileSync('openssl', args, { stdio: 'pipe' });
  const request = (name) => openssl('req', '-newkey', 'rsa:2048', '-nodes', '-keyout', at(name, 'key'), '-out', at(name, 'csr'), '-subj', `/CN=${name}`);
  /** Signs a request: by its own key, or by an authority's. */
  const sign = (name, { by, host = ADDRESS, until = '20991231000000Z', extension = `subjectAltName=${host === ADDRESS ? 'IP' : 'DNS'}:${host}` }) => {
    writeFileSync(at(name, 'list'), '');
    writeFileSync(at(name, 'serial'), '01\n');
    writeFileSync(at(name, 'cnf'), ['[ca]', 'default_ca=d', '[d]', `database=${at(name, 'list')}`, `serial=${at(name, 'serial')}`, `new_certs_dir=${home}`, 'default_md=sha256', 'policy=p',
      '[p]', 'commonName=supplied', '[x]', extension, ''].join('\n'));
    const signer = by ? ['-keyfile', at(by, 'key'), '-cert', at(by, 'crt')] : ['-selfsign', '-keyfile', at(name, 'key')];
    openssl('ca', '-batch', '-notext', ...signer, '-in', at(name, 'csr'), '-out', at(name, 'crt'), '-config', at(name, 'cnf'), '-extensions', 'x', '-startdate', '20200101000000Z', '-enddate', until);
  };
  const make = (name, options) => {
    request(name);
    sign(name, options);
    return { key: readFileSync(at(name, 'key')), cert: readFileSync(at(name, 'crt')) };
  };
  try {
    for (const name of ['authority', 'nobody']) make(name, { extension: 'basicConstraints=critical,CA:TRUE' });
    return {
      authority: readFileSync(at('authority', 'crt')),
      good: make('good', { by: 'authority' }),
      stranger: make('stranger', { by: 'nobody' }),
      self: make('self', {}),
      expired: make('expired', { by: 'authority', until: '20210101000000Z' }),
      other: make('other', { by: 'authority', host: 'somebody.else.example' }),
    };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** Calls `answer` for each whole request on the socket. */
function onRequests(socket, answerOne) {
  let seen = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    seen = Buffer.concat([seen, chunk]);
    const head = seen.indexOf('\r\n\r\n');
    const length = head < 0 ? 0 : Number(/content-length: (\d+)/i.exec(seen.subarray(0, head).toString('latin1'))?.[1] ?? 0);
    if (head < 0 || seen.length < head + 4 + length) return;
    seen = seen.subarray(head + 4 + length);
    answerOne(socket);
  });
}

class Specimen {
  constructor([name, behaviour, expected], certificate) {
    Object.assign(this, { name, expected, sockets: new Set() });
    const { onConnect, certificate: kind, maxVersion, secure, closed } = behaviour;
    this.isSecure = secure || Boolean(kind);
    this.isClosed = closed;
    const serve = (socket) => {
      this.sockets.add(socket);
      socket.on('error', () => {}).on('close', () => this.sockets.delete(socket));
      if (onConnect) onConnect(socket);
      else onRequests(socket, kind || closed ? answerJson(200) : behaviour);
    };
    this.server = kind
      ? tls.createServer({ ...certificate[kind], minVersion: maxVersion ?? 'TLSv1.2', maxVersion: maxVersion ?? 'TLSv1.3' }, serve).on('tlsClientError', () => {})
      : net.createServer({ allowHalfOpen: false }, serve);
  }

  async open() {
    await new Promise((resolve) => this.server.listen(0, ADDRESS, resolve));
    this.url = `${this.isSecure ? 'https' : 'http'}://${ADDRESS}:${this.server.address().port}/hook`;
    if (this.isClosed) await new Promise((resolve) => this.server.close(resolve));
    return this;
  }

  close() {
    for (const socket of this.sockets) socket.destroy();
    return new Promise((resolve) => this.server.close(resolve));
  }
}

/** Opens them all; gives [{ name, url, expected }] and close(). */
export async function openZoo() {
  const certificate = certificates();
  const specimens = await Promise.all(SPECIMENS.map((each) => new Specimen(each, certificate).open()));
  const home = mkdtempSync(path.join(tmpdir(), 'refmill-zoo-')), authority = path.join(home, 'authority.crt');
  writeFileSync(authority, certificate.authority);
  const close = async () => {
    rmSync(home, { recursive: true, force: true });
    await Promise.all(specimens.map((each) => each.close()));
  };
  return { specimens, authority, close };
}
