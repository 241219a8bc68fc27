/*
 * Writes what each operation and the trigger put out, as JSON schemas (nodes/…/__schema__), which n8n shows before
 * anything has run and gives to AI agents. They come from /openapi.json of a server (REFMILL_BIN); with --check it only
 * says whether they are up to date. Needs the built package.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Refmill } from '../harness/refmill.mjs';
import { operations } from './pages.mjs';

const NODES = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', 'nodes');
const VERSION = 'v1.0.0';

const server = await new Refmill().start();
const openapi = await (await fetch(`${server.url}/openapi.json`)).json();
await server.stop();

const resolved = (schema = {}) => (schema.$ref ? resolved(schema.$ref.slice(2).split('/').reduce((at, name) => at[name], openapi)) : schema);
const typeOfValue = (value) => (value === null ? 'null' : typeof value);

/**
 * The form that n8n reads: no references, and one type each. `nullable` stands for the type null, since n8n shows the
 * members of plain objects only.
 */
function plain(from) {
  const schema = resolved(from);
  const [branch, ...others] = (schema.anyOf ?? schema.oneOf ?? []).filter((one) => resolved(one).type !== 'null');
  if (branch) return others.length ? {} : { ...plain(branch), nullable: true };
  const values = schema.enum ?? ('const' in schema ? [schema.const] : undefined);
  const types = [...new Set(values?.map(typeOfValue) ?? [schema.type ?? []].flat())];
  const [type, ...more] = types.filter((name) => name !== 'null');
  if (more.length || types.length === 0) return {};
  const { description, properties, items } = schema;
  return {
    type: type ?? 'null',
    ...(types.length > 1 ? { nullable: true } : {}),
    ...(description ? { description } : {}),
    ...(values ? { enum: values } : {}),
    ...(properties ? { properties: mapped(properties) } : {}),
    ...(items ? { items: plain(items) } : {}),
  };
}

const mapped = (properties) => Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, plain(schema)]));
const object = (properties) => ({ type: 'object', properties });
const text = { type: 'string' };
const truth = { type: 'boolean' };

function chosen({ properties }, names) {
  return object(Object.fromEntries(names.map((name) => [name, properties[name]])));
}

/** What n8n's item is made of, as execute.ts opens the server's answer. */
function answerOf(route) {
  const [method, where] = route.split(' ');
  const sameForm = (a, b) => a.replace(/\{\w+\}/g, '{}') === b.replace(/\{\w+\}/g, '{}');
  const at = Object.keys(openapi.paths).find((one) => sameForm(one, `/api${where}`));
  const answer = resolved(openapi.paths[at][method.toLowerCase()].responses['2XX']);
  const whole = resolved(answer.content['application/json'].schema);
  const opened = resolved(whole.properties?.data ?? whole.properties?.user ?? whole);
  const data = plain(opened.anyOf?.[0] ?? opened); // one, or a list of such
  return data.type === 'array' ? data.items : data;
}

/** Any of the events: the members of all. */
const events = Object.values(openapi.webhooks).map(({ post }) => plain(post.requestBody.content['application/json'].schema).properties);
const anyEvent = { ...Object.assign({}, ...events), event: { type: 'string', enum: Object.keys(openapi.webhooks) } };
const user = plain(openapi.components.schemas.User);

/** Those that make something of their own of the answer, in nodes/Refmill/resources. */
const OWN = {
  'code check': object({ code: text, valid: truth, url: text, user: chosen(user, ['id', 'campaign_id', 'first_name', 'type']) }),
  'user getLink': chosen(user, ['id', 'email', 'code', 'url']),
  'event getAll': object({ ...anyEvent, seq: { type: 'integer' } }),
  'event replay': object({ count: { type: 'integer' } }),
  'customCall call': undefined, // whatever is called
};

function outputOf({ resource, value, operation: { route, simple } }) {
  const name = `${resource} ${value}`;
  if (name in OWN) return OWN[name];
  if (route.startsWith('DELETE')) return object({ deleted: truth });
  return simple ? chosen(answerOf(route), simple) : answerOf(route);
}

const delivery = object({ id: text, attempt: { type: 'integer' }, timestamp: text });
const made = new Map([
  [path.join('RefmillTrigger', '__schema__', `${VERSION}.json`), object({ ...anyEvent, delivery })],
  ...operations().map((one) => [path.join('Refmill', '__schema__', VERSION, one.resource, `${one.value}.json`), outputOf(one)]),
].filter(([, schema]) => schema).map(([file, schema]) => [file, `${JSON.stringify(schema, null, '\t')}\n`]));

const known = readdirSync(NODES, { recursive: true }).filter((file) => file.includes('__schema__') && file.endsWith('.json'));
const stale = known.filter((file) => !made.has(file));
if (process.argv.includes('--check')) {
  const isCurrent = ([file, schema]) => existsSync(path.join(NODES, file)) && readFileSync(path.join(NODES, file), 'utf8') === schema;
  const wrong = [...stale, ...[...made].filter((one) => !isCurrent(one)).map(([file]) => file)];
  for (const file of wrong) console.error(`n8n/nodes/${file} is not up to date`);
  if (wrong.length) console.error('Run "node n8n/docs/schemas.mjs".');
  process.exitCode = wrong.length ? 1 : 0;
} else {
  for (const file of stale) rmSync(path.join(NODES, file));
  for (const [file, schema] of made) {
    mkdirSync(path.dirname(path.join(NODES, file)), { recursive: true });
    writeFileSync(path.join(NODES, file), schema);
  }
}
