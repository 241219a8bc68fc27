/*
 * Short ways to a programme with people in it, and a look into the database behind the server's back.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

let serial = 0;
/** A name or address that nothing else has. */
export const unique = (prefix) => `${prefix}-${process.pid}-${++serial}`;
export const email = (name = 'person') => `${unique(name)}@example.org`;

export const today = () => new Date().toISOString().slice(0, 10);

// ---- setting up, by the command line ------------------------------------------

export const campaign = (server, ...more) =>
  Number(server.cli('campaign', 'create', '--name', unique('Campaign'), ...more));

export function reward(server, campaignId, options = {}) {
  const { metric = 'custom', value = '1', whom = 'referrer', when = 'qualified', issue = 'manual', more = [], ...rest } = options;
  assert.deepEqual(rest, {}, 'an option that reward() does not know');
  const amount = metric === 'coupon' ? [] : ['--value', value];
  const currency = metric === 'amount' ? ['--currency', 'USD'] : [];
  return Number(
    server.cli('reward', 'create', '--campaign', String(campaignId), '--name', unique('Reward'), '--metric', metric,
      ...amount, ...currency, '--for', whom, '--when', when, '--issue', issue, ...more),
  );
}

export function importCoupons(server, campaignId, codes, ...more) {
  const file = path.join(server.home, `${unique('coupons')}.csv`);
  writeFileSync(file, codes.map((code) => `${code}\n`).join(''));
  try {
    return server.cli('coupon', 'import', '--campaign', String(campaignId), file, ...more);
  } finally {
    rmSync(file);
  }
}

/** What a `list --json` command prints: a JSON object a line. */
export const listed = (server, noun, ...args) =>
  server.cli(noun, 'list', '--json', ...args).split('\n').filter(Boolean).map((line) => JSON.parse(line));

export const grants = (server, campaignId) => listed(server, 'grant', '--campaign', String(campaignId));

// ---- people, by the API ---------------------------------------------------------

export async function addReferrer(server, campaignId, more = {}) {
  const { status, body } = await server.api('POST', '/api/n8n/users',
    { campaign_id: campaignId, first_name: 'Mara', email: email('mara'), ...more });
  assert.equal(status, 201, JSON.stringify(body));
  return body.user;
}

export async function addLead(server, referrer, more = {}) {
  const { status, body } = await server.api('POST', '/api/v2/users', {
    campaign_id: referrer.campaign_id,
    first_name: 'Lee',
    email: email('lee'),
    referrer: { field: 'id', value: referrer.id },
    ...more,
  });
  assert.equal(status, 201, JSON.stringify(body));
  return body.data;
}

export const qualify = (server, body, options) => server.api('POST', '/api/n8n/users/qualify', body, options);

export async function qualified(server, lead) {
  const { status, body } = await qualify(server, { code: lead.code });
  assert.equal(status, 200, JSON.stringify(body));
  return body.user;
}

/** A referrer with a lead. */
export async function pair(server, campaignId) {
  const referrer = await addReferrer(server, campaignId);
  return { referrer, lead: await addLead(server, referrer) };
}

// ---- the database ---------------------------------------------------------------

/** Rows of a query, or nothing for a change; on the file, beside the server. */
export function sql(server, statement) {
  const out = execFileSync('sqlite3', ['-json', '-cmd', '.timeout 10000', server.db, statement], { encoding: 'utf8' });
  return out.trim() ? JSON.parse(out) : [];
}

const COUNTED = ['users', 'reward_grant', 'coupon', 'event', 'webhook', 'delivery', 'campaign', 'reward', 'token'];

/** How many rows there are of everything that a call can make, and what a call can change in them. */
export function tally(server) {
  const counts = COUNTED.map((table) => `(SELECT count(*) FROM ${table}) AS "${table}"`);
  return sql(server, `SELECT ${counts.join(', ')}, (SELECT count(*) FROM users WHERE qualified_us IS NOT NULL) AS qualified,
    (SELECT count(*) FROM reward_grant WHERE issued_us IS NOT NULL) AS issued,
    (SELECT count(*) FROM coupon WHERE user_id IS NOT NULL) AS handed,
    (SELECT count(*) FROM webhook WHERE removed_us IS NOT NULL) AS removed,
    (SELECT count(*) FROM users WHERE meta IS NOT NULL) AS with_meta`)[0];
}

export const events = (server, where = '1') =>
  sql(server, `SELECT seq, type, user_id, body FROM event WHERE ${where} ORDER BY seq`).map((row) => ({
    ...row,
    body: JSON.parse(row.body),
  }));

const OTHER = 900_001;

/**
 * A second account with a token, a campaign, a reward that n8n issues and a free coupon. No command
 * makes one yet, so it is written into the database.
 */
export function otherAccount(server) {
  const token = 'o'.repeat(80);
  const hash = createHash('sha256').update(token).digest('hex');
  sql(server, `BEGIN IMMEDIATE;
    INSERT INTO account (id, name, created_us) VALUES (${OTHER}, 'Other', 1);
    INSERT INTO token (hash, account_id, id, name, kind, scopes, is_main, created_us) VALUES (x'${hash}', ${OTHER}, ${OTHER}, 'other', 0, 9223372036854775807, 0, 1);
    INSERT INTO campaign (account_id, id, name, status, lang, offer, landing_url, thank_you_url, created_us, kind,
      live, share_subject, share_text, attribution, sources, fraud, click_window_s, credit_window_s, budget_minor,
      budget_currency, min_spend_minor, min_spend_currency, min_spend_window_s)
      VALUES (${OTHER}, ${OTHER}, 'Other campaign', 1, 'en', '', '', '', 1, 0, 1, '', '', 0, 0, 0, 0, 0, 0, '', 0, '', 0);
    INSERT INTO campaign_home (id, account_id) VALUES (${OTHER}, ${OTHER});
    INSERT INTO reward (account_id, id, campaign_id, name, metric, value_minor, cap_minor, currency, who, cause, frequency,
      every, period, periods, steps, caps, hold_s, approval, issue, automatic, status, created_us)
      VALUES (${OTHER}, ${OTHER}, ${OTHER}, 'Other reward', 3, 100, 0, '', 0, 2, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1),
        (${OTHER}, ${OTHER + 1}, ${OTHER}, 'Other coupons', 2, 0, 0, '', 1, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1);
    INSERT INTO coupon (account_id, id, campaign_id, code, created_us) VALUES (${OTHER}, ${OTHER}, ${OTHER}, 'OTHER-1', 1);
    INSERT INTO coupon_count (account_id, campaign_id, free) VALUES (${OTHER}, ${OTHER}, 1);
    COMMIT`);
  return { id: OTHER, token, campaign: OTHER, reward: OTHER, coupon: 'OTHER-1' };
}
