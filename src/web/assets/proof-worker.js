/*
 * Looks for a proof of work (domain/proof.h). SHA-256 is our own: crypto.subtle is on https pages only, and slower for many
 * short texts.
 */
const primes = [];
for (let n = 2; primes.length < 64; n++) if (primes.every((prime) => n % prime)) primes.push(n);
const fraction = (x) => ((x % 1) * 2 ** 32) | 0;
const K = Int32Array.from(primes, (prime) => fraction(Math.cbrt(prime)));
const START = Int32Array.from(primes.slice(0, 8), (prime) => fraction(Math.sqrt(prime)));
const w = new Int32Array(64);

const rotate = (x, n) => (x >>> n) | (x << (32 - n));

/** Takes one block of 64 bytes into the state (FIPS 180-4, 6.2.2). */
function takeBlock(state, view, at) {
  for (let i = 0; i < 16; i++) w[i] = view.getInt32(at + 4 * i);
  for (let i = 16; i < 64; i++) {
    const x = w[i - 15], y = w[i - 2];
    w[i] = w[i - 16] + w[i - 7] + (rotate(x, 7) ^ rotate(x, 18) ^ (x >>> 3)) + (rotate(y, 17) ^ rotate(y, 19) ^ (y >>> 10));
  }
  let [a, b, c, d, e, f, g, h] = state;
  for (let i = 0; i < 64; i++) {
    const t = (h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & f) ^ (~e & g)) + K[i] + w[i]) | 0;
    const u = ((rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g; g = f; f = e; e = (d + t) | 0;
    d = c; c = b; b = a; a = (t + u) | 0;
  }
  [a, b, c, d, e, f, g, h].forEach((value, i) => { state[i] += value; });
}

/** The hash of some bytes, as eight numbers. */
function sha256(bytes) {
  const padded = new Uint8Array((((bytes.length + 8) >> 6) + 1) << 6);
  const view = new DataView(padded.buffer);
  const state = START.slice();
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  view.setUint32(padded.length - 4, bytes.length * 8);
  for (let at = 0; at < padded.length; at += 64) takeBlock(state, view, at);
  return state;
}

onmessage = ({ data: { about, bits } }) => {
  const encoder = new TextEncoder();
  const head = new DataView(new ArrayBuffer(32));
  sha256(encoder.encode(about)).forEach((value, i) => head.setInt32(4 * i, value));
  for (let n = 0; ; n++) {
    const digits = encoder.encode(String(n));
    const bytes = new Uint8Array(32 + digits.length);
    bytes.set(new Uint8Array(head.buffer));
    bytes.set(digits, 32);
    if (sha256(bytes)[0] >>> (32 - bits) === 0) return postMessage(String(n));
  }
};
