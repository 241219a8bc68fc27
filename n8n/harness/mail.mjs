/*
 * A real mail server (Debian's python3-aiosmtpd) that keeps what it gets in a Maildir,
 * and a reader for it.
 *
 *   const mail = await startMail(dir, parse);   // parse: mailparser's simpleParser
 *   mail.port, await mail.waitFor(({ to, subject, text, html }) => …), await mail.stop()
 */
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { endsWithUs, freePort, until } from './util.mjs';

const HOST = '127.0.0.1';

/** Whether a mail server greets there. */
function greets(port) {
  return new Promise((resolve) => {
    const socket = net.connect(port, HOST);
    socket.once('data', (data) => { socket.destroy(); resolve(String(data).startsWith('220') || undefined); });
    socket.once('error', () => resolve(undefined));
  });
}

export async function startMail(dir, parse) {
  const port = await freePort();
  const folder = path.join(dir, 'new');
  for (const name of ['new', 'cur', 'tmp']) mkdirSync(path.join(dir, name), { recursive: true });
  const child = endsWithUs(spawn('/usr/bin/python3', [
    '-m', 'aiosmtpd', '--nosetuid', '--listen', `${HOST}:${port}`, '--class', 'aiosmtpd.handlers.Mailbox', dir,
  ], { stdio: 'ignore' }));
  const ended = new Promise((resolve) => { child.once('close', resolve); });
  await until(() => greets(port), { timeoutMs: 60_000, what: 'the mail server' });

  async function all() {
    const mails = await Promise.all(readdirSync(folder).sort().map(async (name) => await parse(readFileSync(path.join(folder, name)))));
    // aiosmtpd notes whom a mail went to, whatever its own headers say.
    return mails.map(({ to, subject, text, html, headers }) => ({ to: to.text, subject, text, html, headers: [...headers.keys()], recipients: headers.get('x-rcptto') }));
  }

  return {
    port,
    all,
    async waitFor(fits, timeoutMs = 60_000) {
      return await until(async () => (await all()).find(fits), { timeoutMs, everyMs: 200, what: 'an e-mail that fits' });
    },
    async stop() {
      child.kill();
      await ended;
    },
  };
}
