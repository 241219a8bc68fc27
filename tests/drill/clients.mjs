/*
 * The clients of the drill: they do what people, programmes and n8n do, all at once, and keep a
 * journal. An entry is written before its request is sent and completed when the answer is there, so
 * after a kill it says what must be there (answered 2xx), what must not (refused), and what may have
 * happened or not (unanswered).
 */
import { REWARD_BY_URL } from './hooks.mjs';

const CLIENTS = 16;
const NAMES = ['Ada', 'Grace', 'Edsger', 'Barbara', 'Łukasz', '李', "O'Neil", '<b>Bo</b>'];

export class Clients {
  constructor({ server, random, receiver, hooks, campaigns, run }) {
    Object.assign(this, { server, random, receiver, hooks, campaigns, run });
    this.journal = [];
    this.referrers = []; // answers of those that were added, by campaign: { id, code, campaign }
    this.leads = [];
    this.orders = []; // answers of those that were taken: { id, amount, refunded }, in cents
    this.due = []; // grants, as of the last check
    this.registered = new Set(); // hooks tried in this round: one try each, so that every secret can be known
    this.webhooks = new Set(); // ids of those that were registered
    this.number = 0;
  }

  /** Works until the function it gives is called, which waits for the last of them. */
  start(round) {
    this.round = round;
    this.stopped = false;
    this.registered.clear();
    const all = Promise.all(Array.from({ length: CLIENTS }, (_, index) => this.work(index)));
    return async () => {
      this.stopped = true;
      await all;
    };
  }

  async work(index) {
    /* Two begin with a webhook, so that there is something to deliver from the first round on. */
    let what = index < 2 ? this.registering() : undefined;
    while (!this.stopped) {
      const entry = await this.do(what ?? this.choose());
      if (entry.status === undefined) return; // the server is gone
      what = undefined;
    }
  }

  choose() {
    const { random } = this;
    const dice = random.below(100);
    if (dice < 2) return this.registering() ?? this.addingReferrer();
    if (dice < 5) return this.addingWrongly();
    if (dice < 6 && this.webhooks.size) return this.random.chance(0.9) ? this.replaying() : this.replayingMany();
    if (dice < 9) return this.addingAgain() ?? this.addingReferrer();
    if (dice < 20 && this.due.length) return this.issuing();
    if (dice < 27 && this.orders.length) return this.refunding();
    if (dice < 38 && this.leads.length) return this.ordering();
    if (dice < 50 && this.leads.length) return this.qualifying();
    if (dice < 80 && this.referrers.length) return this.addingLead();
    return this.addingReferrer();
  }

  /* ---- what can be done: { op, method, path, body, … } ---- */

  person() {
    return { first_name: this.random.pick(NAMES), email: `p${this.run}.${++this.number}@example.com` };
  }

  adding(op, campaign, extra) {
    const path = this.random.chance(0.5) ? '/api/n8n/users' : '/api/v2/users';
    const body = { campaign_id: campaign, ...this.person(), ...extra };
    return { op, method: 'POST', path, body, referrer: extra?.of };
  }

  addingReferrer() {
    return this.adding('addReferrer', this.random.pick(this.campaigns));
  }

  addingLead() {
    const referrer = this.random.pick(this.referrers);
    const field = this.random.pick(['id', 'code']);
    const what = this.adding('addLead', referrer.campaign, { referrer: { field, value: referrer[field] } });
    return { ...what, referrer: referrer.id };
  }

  /* Its referrer is nobody: 422, and the person must not be there. */
  addingWrongly() {
    return this.adding('addWrongly', this.random.pick(this.campaigns), { referrer: { field: 'code', value: 'u0000000' } });
  }

  /* The same person once more: 200 and the same user. */
  addingAgain() {
    const first = this.random.pick([...this.referrers.slice(-100), ...this.leads.slice(-100)]);
    if (!first) return undefined;
    return { op: 'addAgain', method: 'POST', path: '/api/n8n/users', body: first.body, first };
  }

  qualifying() {
    const lead = this.random.pick(this.leads.slice(-200));
    return { op: 'qualify', method: 'POST', path: '/api/n8n/users/qualify', body: { code: lead.code }, user: lead.id };
  }

  /* An order qualifies the lead, and pays commissions; its number is its own idempotency key. */
  ordering() {
    const lead = this.random.pick(this.leads.slice(-200));
    const cents = 100 + this.random.below(20_000);
    const body = { id: lead.id, order_id: `o${this.run}.${++this.number}`, amount: (cents / 100).toFixed(2), currency: 'USD' };
    return { op: 'order', method: 'POST', path: '/api/v2/conversions', body, user: lead.id, cents };
  }

  /* In part or as a whole. A refund has no number of its own: the key makes it one when it is sent again. */
  refunding() {
    const order = this.random.pick(this.orders.slice(-100));
    const rest = order.cents - order.refunded;
    if (rest < 2) return this.ordering();
    const cents = this.random.chance(0.5) ? rest : 1 + this.random.below(rest - 1);
    order.refunded += cents; // whatever comes of it: nobody else may ask for more than there is
    const key = `r${this.run}.${++this.number}`;
    return { op: 'refund', method: 'POST', path: `/api/v2/conversions/${order.id}/refund`, body: { amount: (cents / 100).toFixed(2) }, key, order, cents };
  }

  /* Taken off the list mostly, so that some are issued by two at once. */
  issuing() {
    const at = this.random.below(this.due.length);
    const grant = this.random.chance(0.8) ? this.due.splice(at, 1)[0] : this.due[at];
    return { op: 'issue', method: 'POST', path: `/api/v2/rewards/issue/${grant}`, grant };
  }

  /* Any delivery, whether it is there or not: it may come once more, and then is counted. */
  replaying() {
    const id = this.random.pick([...this.webhooks]), seq = 1 + this.random.below(this.number + 1);
    return { op: 'replay', method: 'POST', path: `/api/v2/webhooks/${id}/deliveries/${seq}/replay` };
  }

  /* All that happened in the last second and has arrived. */
  replayingMany() {
    const id = this.random.pick([...this.webhooks]), from = new Date(Date.now() - 1000).toISOString();
    return { op: 'replayMany', method: 'POST', path: `/api/v2/webhooks/${id}/replays`, body: { state: 'delivered', from } };
  }

  registering() {
    const free = this.hooks.filter((hook) => !this.registered.has(hook.index) && !hook.rests(this.round));
    if (free.length === 0) return undefined;
    const hook = this.random.pick(free);
    this.registered.add(hook.index);
    hook.lastRound = this.round;
    const body = { url: this.receiver.url(hook.index), expects_ack: true, ...hook.filter };
    return hook.event === REWARD_BY_URL
      ? { op: 'register', method: 'PUT', path: `/api/n8n/rewards/${hook.filter.reward_id}`, body, hook }
      : { op: 'register', method: 'POST', path: '/api/n8n/webhooks', body: { event: hook.event, ...body }, hook };
  }

  /* ---- doing it ---- */

  async do(what) {
    const entry = { round: this.round, ...what };
    this.journal.push(entry);
    try {
      const headers = entry.key ? { 'Idempotency-Key': entry.key } : {};
      const { status, body } = await this.server.api(entry.method, entry.path, entry.body, { headers });
      entry.answer = body;
      entry.status = status;
    } catch {
      return entry; // no answer: anything may have become of it
    }
    this.learn(entry);
    return entry;
  }

  learn(entry) {
    const user = entry.answer?.user ?? entry.answer?.data;
    if (entry.op === 'register' && entry.status < 300) {
      const secret = Buffer.from(entry.answer.webhook.secret.replace(/^whsec_/, ''), 'base64');
      this.receiver.addSecret(entry.hook.index, secret);
      this.webhooks.add(entry.answer.webhook.id);
    } else if (entry.op === 'order' && entry.status < 300) {
      if (!this.orders.some((order) => order.id === user.id)) this.orders.push({ id: user.id, cents: entry.cents, refunded: 0 });
    } else if (entry.op.startsWith('add') && entry.status < 300) {
      entry.user = user.id;
      const known = { id: user.id, code: user.code, campaign: user.campaign_id, body: entry.body };
      if (entry.op !== 'addAgain') (user.referrer_id ? this.leads : this.referrers).push(known);
    }
  }

  /** Does again what was not answered: it must come to the same end, whichever it was. */
  async doAgain(entry) {
    const again = { ...entry, round: this.round };
    delete again.status;
    return this.do(again);
  }
}
