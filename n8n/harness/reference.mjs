/*
 * Writes docs/n8n-actions.md, the reference of the Refmill node, from the built node;
 * with --check it only says whether that file is up to date.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import action from '../dist/nodes/Refmill/Refmill.node.js';

const HERE = path.dirname(fileURLToPath(import.meta.url));
export const REFERENCE = path.join(HERE, '..', '..', 'docs', 'n8n-actions.md');

/** What every list or record has, said once at the top. */
const COMMON = new Set(['returnAll', 'limit', 'simplify', 'conditions']);

const cell = (text = '') => text.replaceAll('|', '\\|').replaceAll('<', '&lt;');

function fieldRow({ displayName, required, description, options, type }) {
  const inside = type === 'collection' ? options.map((o) => o.displayName).join(', ') : '';
  return `| ${displayName}${required ? ' \\*' : ''} | ${cell([description, inside].filter(Boolean).join(': '))} |`;
}

function operationText(resource, { name, value, description }, properties) {
  const fields = properties.filter(({ name: field, displayOptions: { show = {} } = {} }) =>
    !COMMON.has(field) && show.resource?.includes(resource) && show.operation?.includes(value));
  const table = fields.length ? ['', '| field | |', '| --- | --- |', ...fields.map(fieldRow)] : [];
  return [`### ${name}`, '', `${description}.`.replace(/\.\.$/, '.'), ...table, ''];
}

export function reference() {
  const { properties } = new action.Refmill().description;
  const resources = properties.find(({ name }) => name === 'resource').options;
  const parts = resources.flatMap(({ name, value }) => {
    const { options } = properties.find((p) => p.name === 'operation' && p.displayOptions.show.resource.includes(value));
    return [`## ${name}`, '', ...options.flatMap((option) => operationText(value, option, properties))];
  });
  return [
    '# What the Refmill node for n8n does', '',
    'Fields with \\* are needed. Users are picked from a list, by ID, by email address or by referral code; campaigns from a list, by ID or by code.',
    'Lists have **Return All** or **Limit**, most also **Conditions** that all must hold; **Simplify** leaves the fields that matter most.', '',
    '<!-- Made by n8n/harness/reference.mjs from the node itself. -->', '',
    ...parts,
  ].join('\n').trimEnd() + '\n';
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  if (!process.argv.includes('--check')) {
    writeFileSync(REFERENCE, reference());
  } else if (readFileSync(REFERENCE, 'utf8') !== reference()) {
    console.error('docs/n8n-actions.md is not up to date: run "node n8n/harness/reference.mjs"');
    process.exit(1);
  }
}
