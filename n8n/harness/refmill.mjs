/*
 * The Refmill server of the black-box tests, as n8n meets it: it may call n8n on loopback.
 */
import { execFileSync } from 'node:child_process';
import { answerSchemas, Server } from '../../tests/lib/server.mjs';

export { refmillBin } from '../../tests/lib/server.mjs';

export class Refmill extends Server {
  /** @param {object} o  options of startServer(), and `schedule`: the waits before the next attempts, in seconds */
  constructor({ schedule, ...o } = {}) {
    super({ ...o, args: ['--webhook-allow', '127.0.0.0/8', ...(schedule ? ['--webhook-schedule', schedule] : [])] });
  }

  async start() {
    await super.start();
    this.schemas = await answerSchemas(this);
    return this;
  }

  /** What the database has, as it is. */
  rows(sql) {
    return JSON.parse(execFileSync('sqlite3', ['-json', this.db, sql], { encoding: 'utf8' }) || '[]');
  }

  /** What a call of the API answers, which has to work. */
  async ask(method, where, body) {
    const { status, text, body: answer } = await this.api(method, `/api${where}`, body);
    if (status > 299) throw new Error(`${method} ${where}: HTTP ${status} ${text.slice(0, 500)}`);
    return answer;
  }

  async addUser(user) {
    return (await this.ask('POST', '/v2/users', user)).data;
  }

  async user(identifier) {
    return (await this.ask('GET', `/v2/users/${encodeURIComponent(identifier)}`)).data;
  }
}
