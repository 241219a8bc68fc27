/*
 * What generated tests are made of: two accounts that have one of everything, a body that fits each route, values that
 * fit no field, and a picture of the whole database.
 */
import { execFileSync } from 'node:child_process';
import { addLead, addReferrer, campaign, email, otherAccount, reward, sql, unique } from './world.mjs';
import { operationsOf } from './openapi.mjs';

/** Stands in whatever another account has: no answer to us may show it. */
export const MARK = 'belongs-to-another';

const HOOK = 'http://127.0.0.1:9/hook';

async function done(answer) {
  const { status, text, body } = await answer;
  if (status >= 300) throw new Error(`the world could not be made: ${status} ${text}`);
  return body.data ?? body;
}

/** One of everything in an account whose campaign and reward are there; calls go with `token`. */
async function populate(server, { token, campaign: campaignId, reward: rewardId }) {
  const call = (method, where, body) => done(server.api(method, where, body, { token }));
  const add = (more) => call('POST', '/api/v2/users', { campaign_id: campaignId, first_name: 'Mara', email: `${unique(MARK)}@example.org`, ...more });
  const user = await add();
  const lead = await add({ referrer: { field: 'id', value: user.id } });
  await call('POST', '/api/n8n/users/qualify', { code: lead.code });
  const order = unique(`order-${MARK}`);
  const conversion = await call('POST', '/api/v2/conversions', { id: lead.id, order_id: order, amount: '10.00', currency: 'USD' });
  const webhook = await call('POST', '/api/v2/webhooks', { url: `${HOOK}-${MARK}`, event: 'user.join' });
  const [grant] = sql(server, `SELECT id FROM reward_grant WHERE reward_id = ${rewardId}`);
  return { user, lead, order, conversion: conversion.id, webhook: webhook.id, grant: grant.id };
}

/** The document's operations, and two accounts: `own` (the server's token) and `other`. */
export async function generatedWorld(server) {
  const document = (await server.api('GET', '/openapi.json')).body;
  const own = { token: server.token, campaign: campaign(server) };
  own.reward = reward(server, own.campaign);
  own.user = await addReferrer(server, own.campaign);
  own.lead = await addLead(server, own.user);
  const other = otherAccount(server);
  Object.assign(other, await populate(server, other));
  return { operations: operationsOf(document), own, other };
}

// ---- paths and bodies that fit ----------------------------------------------------

const KINDS = {
  users: 'user', campaigns: 'campaign', webhooks: 'webhook', rewards: 'reward', issue: 'grant', cancel: 'grant', due: 'grant',
  total: 'grant', grants: 'grant', conversions: 'conversion', orders: 'order',
};

/** Does it name a thing of an account? */
export const namesThing = ({ operation }) => operation.parameters.some(({ in: where, schema }) => where === 'path' && !schema.enum);

/** What a path's parameter names: what stands before it says which. */
function idFor(account, before) {
  const found = account[KINDS[before]];
  return found?.id ?? found ?? account.campaign;
}

/** The route's path with `name` for the thing that it names (else with the account's own), and the query that it needs. */
export function fill({ path, operation }, account, name) {
  const needed = operation.parameters.filter(({ in: where, required }) => where === 'query' && required);
  const query = needed.map((parameter) => `${parameter.name}=${account.campaign}`).join('&');
  const filled = path.replace(/([\w-]+)\/\{(\w+)\}/g, (_, before, param) => {
    const { schema } = operation.parameters.find((each) => each.in === 'path' && each.name === param);
    return `${before}/${encodeURIComponent(schema.enum ? 'custom' : (name ?? idFor(account, before)))}`;
  });
  return query ? `${filled}?${query}` : filled;
}

/** A value that fits a needed field, by its name and else by its type. */
function fitting(name, schema, own) {
  const byName = {
    campaign_id: own.campaign,
    reward_id: own.reward,
    first_name: 'Mara',
    email: email(),
    name: unique('Name'),
    url: HOOK,
    event: 'reward_issued',
    field: 'id',
    value: String(own.user.id),
    users: [{}],
    currency: 'USD',
    amount: '1',
  };
  const byType = { integer: 1, string: 'x', boolean: true, array: [], object: {}, number: 1 };
  return byName[name] ?? byType[[schema.type ?? 'object'].flat()[0]];
}

/* Needed, but not said to be: one of several, or only to make one. */
const BESIDES = {
  'POST /api/v2/campaigns': ['name'],
  'POST /api/v2/rewards': ['campaign_id', 'name'],
};

/** The least body that a route takes. */
export const bodyFor = ({ where, fields, needed }, own) =>
  Object.fromEntries([...needed, ...(BESIDES[where] ?? [])].map((name) => [name, fitting(name, fields[name], own)]));

// ---- values that fit no field ------------------------------------------------------

const NOT_TEXT = [{}, [], true, { toString: 'x' }];
const isTime = (schema) => schema.type === 'string' && schema.maxLength === undefined;

/** [what is wrong, value] for a field; `any` JSON has none. */
export function misfits(schema) {
  const type = [schema.type ?? 'any'].flat()[0];
  if (isTime(schema)) return [...NOT_TEXT, 5, 'soon', '2026-13-45', '2026-02-30T25:00:00Z'].map((value) => ['no time', value]);
  switch (type) {
    case 'integer':
      return [
        ...[...NOT_TEXT, 'many', 1.5, '1.5', '0x10'].map((value) => ['wrong type', value]),
        ...[-1, '-1', Number.MIN_SAFE_INTEGER].map((value) => ['negative', value]),
        ...['99999999999999999999', `${'9'.repeat(400)}`].map((value) => ['huge', value]),
        ...(schema.maximum === undefined || schema.maximum > Number.MAX_SAFE_INTEGER ? [] : [['huge', schema.maximum + 1]]),
      ];
    case 'string':
      return [
        ...NOT_TEXT.map((value) => ['wrong type', value]),
        ['too long', 'x'.repeat(schema.maxLength + 1)],
        ['control characters', 'a\u0001b'],
        ['control characters', 'a\u007fb'],
      ];
    case 'boolean':
      return ['maybe', 2, -1, 'TRUE!', 1.5, {}, []].map((value) => ['wrong type', value]);
    case 'number':
      return [
        ...[{}, [], true, 'a lot', '1.', '.5', '1e3', '1,5'].map((value) => ['wrong type', value]),
        ...[-1, '-0.01'].map((value) => ['negative', value]),
        ['huge', '9'.repeat(40)],
      ];
    case 'array':
      return [{}, 'x', 5, true].map((value) => ['wrong type', value]);
    case 'object':
      return [[], 'x', 5, true].map((value) => ['wrong type', value]);
    default:
      return [];
  }
}

/** Bodies that no route can read, as text. */
export const UNREADABLE = {
  'an array': '[]',
  'a text': '"x"',
  'a number': '5',
  'half of it': '{"email": "a',
  'a member twice': '{"email": "a@example.org", "email": "b@example.org"}',
  'no UTF-8': Buffer.from([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xff, 0xfe, 0x22, 0x7d]),
  'a NUL in a text': '{"email": "a\\u0000b@example.org"}',
  'deep arrays': `{"meta": ${'['.repeat(5000)}${']'.repeat(5000)}}`,
  'deep objects': `{"filters": ${'{"value":'.repeat(5000)}1${'}'.repeat(5000)}}`,
};

// ---- the database --------------------------------------------------------------------

/* Failed commands leave gaps in numbers, tokens note when they were used, and the sender is at work meanwhile. */
const UNWATCHED = /^INSERT INTO (?:counter|token|delivery)\b/;
const TOKENS = 'SELECT hex(hash), account_id, id, name, kind, scopes, is_main, created_us, expires_us FROM token ORDER BY 1';

/** Everything that calls can change, as lines of text. */
export function pictureOf(server) {
  const ask = (statement) =>
    execFileSync('sqlite3', ['-cmd', '.timeout 10000', server.db, statement], { encoding: 'utf8', maxBuffer: 1 << 26 }).split('\n');
  return [...ask('.dump').filter((line) => !UNWATCHED.test(line)), ...ask(TOKENS)].join('\n');
}
