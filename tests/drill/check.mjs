/*
 * What must hold after every kill. The rules stand as queries that give what breaks them, so a
 * violation shows itself; beside them the clients' journal and the receivers' journal are compared
 * with the database and with what the API says.
 *
 * A kill of the process leaves what it wrote to the kernel: that commits reach the disk in order is
 * for a drill with a lost power supply, not for this one.
 */
import { execFile } from 'node:child_process';

/* Deliveries that must be there, by the registrations as of the event's commit. Those of the very
 * same transaction may stand before or after it. */
const WANTED = `
  SELECT w.id AS webhook_id, e.seq AS event_seq, w.created_us < e.occurred_us AS surely
  FROM event e JOIN users u ON u.account_id = e.account_id AND u.id = e.user_id
  JOIN webhook w ON w.account_id = e.account_id AND w.event = e.type
   AND (w.campaign_id = 0 OR w.campaign_id = e.campaign_id)
   AND (w.reward_id = 0 OR w.reward_id = json_extract(e.body, '$.reward_id'))
   AND (w.sources = 0 OR w.sources >> u.source & 1)
   AND w.created_us <= e.occurred_us
  WHERE e.seq > :seq`;

const JOINED = 0;
const QUALIFIED = 1;
const ISSUED = 2;
const UNQUALIFIED = "(SELECT user_id, count(*) AS n FROM decision WHERE kind = 1 AND outcome = 'unqualified' GROUP BY user_id)";
const STANDS = 'state NOT IN (2, 5)'; // neither cancelled nor reversed
const WAS_ISSUED = 'state IN (1, 5)';
const BOOKS = `(SELECT grant_id, sum(amount_minor) FILTER (WHERE book = 0) AS promised, sum(amount_minor) FILTER (WHERE book = 2) AS paid
  FROM ledger_entry GROUP BY grant_id)`;
const eventsOf = (type) => `(SELECT user_id, count(*) AS n FROM event WHERE type = ${type} GROUP BY user_id)`;

/* Name → query for rows that must not exist. :seq is the last event that was checked before. */
const RULES = {
  'a user without its event, or with two': `
    SELECT u.id, e.n FROM users u LEFT JOIN ${eventsOf(JOINED)} e ON e.user_id = u.id WHERE e.n IS NOT 1`,
  'a join event without its user': `
    SELECT e.seq FROM event e LEFT JOIN users u ON u.account_id = e.account_id AND u.id = e.user_id
    WHERE u.id IS NULL AND e.account_id = 1`,
  'a user that no code leads to': `
    SELECT u.id FROM users u LEFT JOIN user_home h ON h.id = u.id WHERE h.account_id IS NOT u.account_id`,
  'a person twice in a campaign': `
    SELECT email_key, campaign_id, count(*) FROM users GROUP BY account_id, email_key, campaign_id HAVING count(*) > 1`,
  'a lead whose referrer is not there': `
    SELECT l.id FROM users l LEFT JOIN users r ON r.id = l.referrer_id AND r.campaign_id = l.campaign_id
    WHERE l.referrer_id IS NOT NULL AND r.id IS NULL`,
  'a referrer whose counts are not those of the leads': `
    SELECT r.id, n.referrals, n.qualified_referrals FROM users r
    JOIN (SELECT referrer_id, count(*) AS leads, count(qualified_us) AS good FROM users
          WHERE referrer_id IS NOT NULL GROUP BY referrer_id) l ON l.referrer_id = r.id
    LEFT JOIN user_count n ON n.account_id = r.account_id AND n.user_id = r.id
    WHERE n.referrals IS NOT l.leads OR n.qualified_referrals IS NOT l.good`,
  'qualified without its event, or more often than it was undone': `
    SELECT u.id, u.qualified_us, e.n, d.n FROM users u LEFT JOIN ${eventsOf(QUALIFIED)} e ON e.user_id = u.id
    LEFT JOIN ${UNQUALIFIED} d ON d.user_id = u.id
    WHERE coalesce(e.n, 0) <> (u.qualified_us IS NOT NULL) + coalesce(d.n, 0)`,
  'a grant twice for one reason': `
    SELECT reward_id, recipient_id, per_referral, number FROM reward_grant
    GROUP BY account_id, reward_id, recipient_id, per_referral, number HAVING count(*) > 1`,
  'a qualified lead whose rewards were not granted, or a grant that nobody earned': `
    SELECT u.id, r.id, g.id FROM users u
    JOIN reward r ON r.campaign_id = u.campaign_id AND r.cause = 2 AND r.frequency = 0
    LEFT JOIN reward_grant g ON g.reward_id = r.id AND g.referral_id = u.id AND g.${STANDS}
     AND g.recipient_id = CASE r.who WHEN 0 THEN u.referrer_id ELSE u.id END
    WHERE u.referrer_id IS NOT NULL AND (u.qualified_us IS NULL) <> (g.id IS NULL)`,
  'a referrer without a grant for each third lead': `
    SELECT n.user_id, n.referrals, g.n FROM user_count n
    JOIN users u ON u.id = n.user_id JOIN reward r ON r.campaign_id = u.campaign_id AND r.every = 3
    LEFT JOIN (SELECT reward_id, recipient_id, count(*) AS n FROM reward_grant WHERE ${STANDS} GROUP BY 1, 2) g
      ON g.reward_id = r.id AND g.recipient_id = n.user_id
    WHERE coalesce(g.n, 0) <> n.referrals / 3`,
  'an issued grant without its event, or with two': `
    SELECT g.id, e.n FROM reward_grant g
    LEFT JOIN (SELECT json_extract(body, '$.id') AS id, count(*) AS n FROM event WHERE type = ${ISSUED} GROUP BY 1) e
      ON e.id = g.id
    WHERE coalesce(e.n, 0) <> (g.${WAS_ISSUED})`,
  'an order of a qualified lead that was not paid for, or one that was for nothing': `
    SELECT c.id, g.id FROM conversion c JOIN users u ON u.id = c.user_id
    JOIN reward r ON r.campaign_id = c.campaign_id AND r.frequency = 4
    LEFT JOIN reward_grant g ON g.reward_id = r.id AND g.conversion_id = c.id AND g.${STANDS}
    WHERE (u.qualified_us IS NOT NULL AND c.refunded_us IS NULL) <> (g.id IS NOT NULL)`,
  'a commission that is not the percentage of what remains of its order': `
    SELECT g.id, g.value_minor, c.amount_minor, c.refunded_minor FROM reward_grant g JOIN conversion c ON c.id = g.conversion_id
    WHERE g.metric = 1 AND g.${STANDS} AND g.value_minor <> (c.amount_minor - c.refunded_minor) * g.rate / 10000`,
  'an order of which more was refunded than it was for': `
    SELECT id FROM conversion WHERE refunded_minor > amount_minor OR (refunded_us IS NULL) <> (refunded_minor < amount_minor)`,
  'a posting that does not add up to zero': `
    SELECT posting_id, sum(amount_minor), count(*) FROM ledger_entry
    GROUP BY account_id, posting_id, currency HAVING sum(amount_minor) <> 0 OR count(*) <> 2`,
  'a ledger that promises or has paid something else than the grants say': `
    SELECT g.id, g.state, g.value_minor, b.promised, b.paid FROM reward_grant g LEFT JOIN ${BOOKS} b ON b.grant_id = g.id
    WHERE coalesce(b.promised, 0) <> CASE WHEN g.${STANDS} THEN -g.value_minor ELSE 0 END
      OR (coalesce(b.paid, 0) > 0) > (g.${WAS_ISSUED}) OR (g.state = 1 AND coalesce(b.paid, 0) < g.value_minor)`,
  'a budget that counts something else than the ledger has promised': `
    SELECT campaign_id, currency, sum(minor) FROM (
      SELECT account_id, campaign_id, currency, minor FROM campaign_spend
      UNION ALL SELECT account_id, campaign_id, currency, amount_minor FROM ledger_entry WHERE book = 0 AND currency <> '')
    GROUP BY account_id, campaign_id, currency HAVING sum(minor) <> 0`,
  'a cap that counts something else than the grants that stand': `
    SELECT reward_id, recipient_id, sum(granted), sum(minor) FROM (
      SELECT reward_id, recipient_id, granted, minor FROM reward_usage WHERE period = 0
      UNION ALL SELECT g.reward_id, iif(c.scope = 0, g.recipient_id, 0), -(g.rest_of = 0), -g.value_minor
        FROM reward_grant g JOIN reward_cap c ON c.reward_id = g.reward_id AND c.period = 0 WHERE g.${STANDS})
    GROUP BY reward_id, recipient_id HAVING sum(granted) <> 0 OR sum(minor) <> 0`,
  'issued events and issued grants that are not equally many': `
    SELECT e.n, g.n FROM (SELECT count(*) AS n FROM event WHERE type = ${ISSUED}) e,
      (SELECT count(*) AS n FROM reward_grant WHERE ${WAS_ISSUED}) g WHERE e.n <> g.n`,
  'a coupon that two have': `
    SELECT coupon FROM reward_grant WHERE coupon IS NOT NULL GROUP BY account_id, coupon HAVING count(*) > 1`,
  'a coupon and a grant that disagree about who has it': `
    SELECT c.code, c.user_id, g.recipient_id FROM coupon c LEFT JOIN reward_grant g ON g.coupon = c.code
    WHERE c.user_id IS NOT g.recipient_id`,
  'a delivery that is missing': `
    SELECT webhook_id, event_seq FROM (${WANTED}) WHERE surely
    EXCEPT SELECT webhook_id, event_seq FROM delivery`,
  'a delivery that nothing asked for': `
    SELECT webhook_id, event_seq FROM delivery WHERE event_seq > :seq
    EXCEPT SELECT webhook_id, event_seq FROM (${WANTED})`,
  'a delivery that was given up or refused': `
    SELECT webhook_id, event_seq, state, outcome FROM delivery WHERE state IN (3, 4, 5)`,
};

/* ---- the database ------------------------------------------------------ */

/** Runs queries in one transaction, so that they see one state: { name: rows }. */
export function query(db, queries, { seq = 0 } = {}) {
  const script = ['.bail on', '.mode json', '.timeout 10000', `.parameter set :seq ${seq}`, 'BEGIN;'];
  for (const [name, sql] of Object.entries(queries)) script.push(`.print @@${name}`, `${sql};`);
  script.push('COMMIT;');
  return new Promise((resolve, reject) => {
    const child = execFile('sqlite3', ['-readonly', db], { maxBuffer: 1 << 30 }, (error, stdout, stderr) => {
      if (error || stderr) return reject(new Error(`sqlite3: ${stderr || error}`));
      const parts = stdout.split(/^@@/m).slice(1);
      resolve(
        Object.fromEntries(
          parts.map((part) => {
            const end = part.indexOf('\n');
            return [part.slice(0, end), JSON.parse(part.slice(end + 1).trim() || '[]')];
          }),
        ),
      );
    });
    child.stdin.end(script.join('\n'));
  });
}

export async function rulesBroken(db, seq = 0) {
  const limited = Object.entries(RULES).map(([name, sql]) => [name, `SELECT * FROM (${sql}) LIMIT 3`]);
  const rows = await query(db, { ...Object.fromEntries(limited), integrity: 'PRAGMA integrity_check' }, { seq });
  const { integrity, ...broken } = rows;
  const violations = Object.entries(broken).flatMap(([name, list]) => list.map((row) => `${name}: ${JSON.stringify(row)}`));
  if (integrity[0]?.integrity_check !== 'ok') violations.push(`integrity_check: ${JSON.stringify(integrity.slice(0, 3))}`);
  return violations;
}

/* ---- the clients' journal ---------------------------------------------- */

const EXPECTED = {
  addReferrer: [201],
  addLead: [201],
  addAgain: [200],
  addWrongly: [422],
  qualify: [200],
  order: [200, 201],
  refund: [200],
  issue: [200, 422], // 422: somebody else was first
  register: [200, 201],
  replay: [200, 404, 409], // not there, or under way
  replayMany: [201, 404, 409], // not there, or another one runs
};

function judgeAnswer(entry) {
  const user = entry.answer?.user ?? entry.answer?.data;
  if (entry.status === undefined || entry.status === 503) return []; // 503: not done
  if (!EXPECTED[entry.op].includes(entry.status)) return [`${entry.op} was answered ${entry.status}: ${JSON.stringify(entry.answer)}`];
  if (entry.op === 'addAgain' && user.id !== entry.first.id) return [`added again, ${entry.first.id} became ${user.id}`];
  return [];
}

const wasDone = (entry) => entry.status >= 200 && entry.status < 300;

function judgeUser(entry, rows) {
  const name = `${entry.body.email}, ${entry.op}, answered ${entry.status}`;
  if (rows.length > 1) return [`${name}: is there ${rows.length} times`];
  if (wasDone(entry) && rows.length === 0) return [`${name}: is not there`];
  const refused = entry.status !== undefined && !wasDone(entry);
  if ((refused || entry.op === 'addWrongly') && rows.length) return [`${name}: is there all the same`];
  const [row] = rows;
  if (!row) return [];
  const referrer = entry.referrer ?? null;
  const isSame = row.campaign_id === entry.body.campaign_id && row.referrer_id === referrer && row.first_name === entry.body.first_name;
  if (!isSame || (wasDone(entry) && row.id !== entry.user)) return [`${name}: is there as ${JSON.stringify(row)}`];
  return [];
}

/** The journal's entries against the rows of the database. */
export async function journalBroken(db, entries) {
  const rows = await query(db, {
    users: 'SELECT id, campaign_id, referrer_id, first_name, email, qualified_us FROM users',
    issued: `SELECT id FROM reward_grant WHERE ${WAS_ISSUED}`,
    undone: `SELECT user_id FROM ${UNQUALIFIED}`,
    orders: 'SELECT id, order_id, user_id, amount_minor, refunded_minor FROM conversion',
    webhooks: 'SELECT id, url FROM webhook',
  });
  const byEmail = groupBy(rows.users, (row) => row.email);
  const byId = new Map(rows.users.map((row) => [row.id, row]));
  const issued = new Set(rows.issued.map((row) => row.id));
  const undone = new Set(rows.undone.map((row) => row.user_id));
  const orders = new Map(rows.orders.map((row) => [row.order_id, row]));
  const urls = new Map(rows.webhooks.map((row) => [row.id, row.url]));
  return entries.flatMap((entry) => {
    const wrong = judgeAnswer(entry);
    if (/^add(Referrer|Lead|Wrongly)$/.test(entry.op)) wrong.push(...judgeUser(entry, byEmail.get(entry.body.email) ?? []));
    if (!wasDone(entry)) return wrong;
    if (entry.op === 'order' && (orders.get(entry.body.order_id)?.amount_minor !== entry.cents || orders.get(entry.body.order_id).user_id !== entry.user))
      wrong.push(`${entry.body.order_id} of ${entry.cents} was taken and is ${JSON.stringify(orders.get(entry.body.order_id))}`);
    if (entry.op === 'qualify' && !byId.get(entry.user)?.qualified_us && !undone.has(entry.user)) wrong.push(`${entry.user} was qualified and is not`);
    if (entry.op === 'issue' && !issued.has(entry.grant)) wrong.push(`grant ${entry.grant} was issued and is not`);
    if (entry.op === 'register' && urls.get(entry.answer.webhook.id) !== entry.body.url) wrong.push(`${entry.body.url} was registered and is not`);
    return wrong;
  });
}

/** Of every order, what was refunded: all that was answered, at most what was not, nothing twice. */
export async function refundsBroken(db, journal) {
  const { orders } = await query(db, { orders: 'SELECT id, refunded_minor FROM conversion' });
  const refunds = groupBy(journal.filter((entry) => entry.op === 'refund'), (entry) => entry.order.id);
  const sum = (entries) => entries.reduce((cents, entry) => cents + entry.cents, 0);
  return orders.flatMap(({ id, refunded_minor: refunded }) => {
    const asked = refunds.get(id) ?? [], least = sum(asked.filter(wasDone)), most = sum(asked);
    return refunded >= least && refunded <= most ? [] : [`of order ${id}, ${refunded} cents were refunded, for ${least} to ${most}`];
  });
}

function groupBy(list, keyOf) {
  const groups = new Map();
  for (const item of list) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}

/** What the API says of users that were added, the same as it said then. */
export async function apiBroken(server, entries) {
  const violations = [];
  for (const entry of entries) {
    const then = entry.answer.user ?? entry.answer.data;
    const { status, body } = await server.api('GET', `/api/v2/users/${entry.user}`);
    const now = body?.data;
    const fields = ['id', 'code', 'email', 'campaign_id', 'referrer_id', 'first_name', 'source', 'url'];
    const other = status === 200 ? fields.filter((field) => now[field] !== then[field]) : ['status'];
    if (other.length) violations.push(`user ${entry.user} by the API: ${status}, other ${other}: ${JSON.stringify(now)}`);
  }
  return violations;
}

/* ---- the receivers' journal -------------------------------------------- */

/** Whatever a receiver knows is a committed event, word for word (I2, I5). */
export async function receiptsBroken(server, receiver, known) {
  const { db } = server;
  const { events } = await query(db, { events: 'SELECT seq, body FROM event WHERE account_id = 1 AND seq > :seq' }, { seq: known.seq });
  for (const { seq, body } of events) {
    known.bodies.set(JSON.parse(body).event_id, body);
    known.seq = Math.max(known.seq, seq);
  }
  const { hooks } = await query(db, { hooks: 'SELECT id, url FROM webhook WHERE removed_us IS NULL' });
  for (const { id, url } of hooks) {
    const secret = server.cli('webhook', 'secret', '--webhook', id).replace(/^whsec_/, '');
    receiver.addSecret(Number(url.split('/').at(-1)), Buffer.from(secret, 'base64'));
  }
  receiver.verifyRest();
  const violations = receiver.problems.splice(0);
  for (const [id, body] of receiver.bodies)
    if (known.bodies.get(id) !== body) violations.push(`${id} was received and is ${known.bodies.has(id) ? 'another' : 'no'} event: ${body}`);
  return violations;
}

/** In the end each delivery was acknowledged, and nothing came more often than it was sent (I3, I4).
 * One attempt can come twice when its answer got lost on a connection that was used before: libcurl
 * then asks again by itself, since it can't tell that from a connection closed while it was idle. */
export async function deliveriesBroken(db, receiver) {
  const { deliveries } = await query(db, {
    deliveries: `
      SELECT w.url, json_extract(e.body, '$.event_id') AS id, d.attempt, d.state FROM delivery d
      JOIN webhook w ON w.id = d.webhook_id JOIN event e ON e.seq = d.event_seq`,
  });
  return deliveries.flatMap(({ url, id, attempt, state }) => {
    const receipt = receiver.receipts.get(Number(url.split('/').at(-1)))?.get(id);
    if (state !== 2 || !receipt?.acknowledged) return [`${id} for ${url}: state ${state}, ${JSON.stringify(receipt)}`];
    return receipt.count - receipt.lost > attempt ? [`${id} for ${url} came ${receipt.count} times, was sent ${attempt} times`] : [];
  });
}

/** Who missed something can see it in the feed: it has each event that is kept, and what somebody wanted of it was received (WH-44). */
export async function feedBroken(server, receiver) {
  const { kept, wanted } = await query(server.db, {
    kept: `SELECT seq, json_extract(body, '$.event_id') AS id FROM event WHERE account_id = 1`,
    wanted: 'SELECT DISTINCT event_seq AS seq FROM delivery WHERE account_id = 1',
  });
  const feed = new Map();
  for (let after = 0, more = true; more; ) {
    const { body } = await server.api('GET', `/api/v2/events?after=${after}&limit=500`);
    for (const { seq, event_id: id } of body.data) feed.set(seq, id);
    ({ next_after: after, has_more: more } = body);
  }
  const wantedSeqs = new Set(wanted.map(({ seq }) => seq));
  return [
    ...kept.filter(({ seq, id }) => feed.get(seq) !== id).map(({ seq }) => `event ${seq} is not in the feed`),
    ...[...feed].filter(([seq, id]) => wantedSeqs.has(seq) && !receiver.bodies.has(id)).map(([seq]) => `event ${seq} of the feed was not received`),
  ];
}
