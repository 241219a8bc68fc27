/*
 * Writes the pages of ../../docs/n8n from the built nodes and the templates; with --check
 * it only says whether they are up to date. Their pictures: pictures.mjs.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import tables from '../dist/nodes/Refmill/description.js';
import trigger from '../dist/nodes/RefmillTrigger/RefmillTrigger.node.js';

const HERE = path.dirname(fileURLToPath(import.meta.url));
export const PAGES = path.join(HERE, '..', '..', 'docs', 'n8n');
const WORKFLOWS = path.join(HERE, '..', 'workflows');
const PICTURE_BYTES = 60_000;

// ---- what there is ---------------------------------------------------------------

const slug = (...names) => names.join('-').toLowerCase().replaceAll(' ', '-');

/** Every operation: where it stands, what it is called, its fields as n8n shows them. */
export function operations() {
  const { properties } = tables;
  const resources = properties.find(({ name }) => name === 'resource').options;
  return resources.flatMap(({ name: group, value: resource }) => {
    const { options } = properties.find(({ name, displayOptions }) => name === 'operation' && displayOptions.show.resource.includes(resource));
    return options.map(({ name, value }) => ({
      group, name, resource, value, slug: slug(group, name), operation: tables.operationOf(resource, value),
      fields: properties.filter(({ displayOptions: { show = {} } = {} }) => show.resource?.includes(resource) && show.operation?.includes(value)),
    }));
  });
}

export const triggerFields = new trigger.RefmillTrigger().description.properties;
export const triggerEvents = triggerFields[0].options.map((event) => ({ ...event, slug: slug('trigger', event.name) }));

export const templates = () => readdirSync(WORKFLOWS).sort().map((file) => ({
  file, slug: slug('template', path.basename(file, '.json')), workflow: JSON.parse(readFileSync(path.join(WORKFLOWS, file), 'utf8')),
}));

// ---- how it is written -----------------------------------------------------------

const cell = (text = '') => text
  .replace(/<a href="([^"]*)"[^>]*>([^<]*)<\/a>/g, '[$2]($1)').replaceAll('|', '\\|').replaceAll('<', '&lt;');
const sentence = (text) => `${text}.`.replace(/\.\.$/, '.');
const IMAGES = path.join(PAGES, 'images');
/** The picture of that name, if it was taken. */
const picture = (text, name) => (existsSync(path.join(IMAGES, `${name}.webp`)) ? [`![${text}](images/${name}.webp)`, ''] : []);
const values = (options) => options.map(({ name }) => name).join('; ');

function fieldRows({ displayName, required, description = '', options = [], type }, within = '') {
  const choices = type === 'options' && options.length ? `${description ? ' ' : ''}One of: ${values(options)}.` : '';
  const said = description && !description.endsWith('.') && choices ? `${description}.` : description;
  const row = `| ${within}${displayName}${required ? ' \\*' : ''} | ${cell(`${said}${choices}`)} |`;
  return [row, ...(type === 'collection' ? options.flatMap((one) => fieldRows(one, `${displayName} › `)) : [])];
}

const table = (fields) => (fields.length ? ['| field | |', '| --- | --- |', ...fields.flatMap((field) => fieldRows(field)), ''] : []);

/** What holds for an operation by how it is called. */
function facts({ route, routeThere, bulkPath, paging, simple }) {
  const [method, where] = route.split(' ');
  const isFixed = where !== '/';
  return [
    ...(isFixed ? [`Calls \`${method} /api${where}\`; \`/docs\` on your server has what it gives.`] : []),
    ...(bulkPath ? [`Several items go out together, up to 500 in a call of \`POST /api${bulkPath}\`; each has its own result.`] : []),
    ...(paging ? ['One item for each that was found, read page by page: up to **Limit**, or with **Return All** every one.'] : []),
    ...(simple ? [`**Simplify** leaves ${simple.map((name) => `\`${name}\``).join(', ')}.`] : []),
    ...(method === 'GET' && isFixed ? [] : ['A retry does nothing twice: the call has an idempotency key, or may be repeated as it is.']),
    ...(routeThere ? ['Also with a Referral Factory account.'] : ['Not with a Referral Factory account.']),
  ].map((fact) => `* ${fact}`);
}

function operationPage({ group, name, slug: at, operation, fields }) {
  return [
    `# ${group}: ${name}`, '', sentence(operation.description), '',
    ...picture(`The fields of ${group}: ${name} in n8n`, at),
    ...table(fields), ...facts(operation), '', '[All operations](README.md)', '',
  ];
}

function indexPage() {
  return [
    '# The Refmill nodes for n8n', '',
    '[How to install and connect them](../../n8n/README.md). [Refmill Trigger](trigger.md) starts workflows; [templates](templates.md) are workflows to import.', '',
    'Fields with \\* are needed. Users are picked from a list, by ID, by email address or by referral code; campaigns from a list, by ID or by code.', '',
    '| operation | |', '| --- | --- |',
    ...operations().map(({ group, name, slug: at, operation }) => `| [${group}: ${name}](${at}.md) | ${cell(sentence(operation.description))} |`), '',
  ];
}

function triggerPage() {
  const [, ...fields] = triggerFields;
  return [
    '# Refmill Trigger', '', 'Starts a workflow when something happens. It registers itself with the server when the workflow is published, and checks the signature of what arrives.', '',
    ...triggerEvents.flatMap(({ name, value, description, slug: at }) => [
      `## ${name}`, '', sentence(description), '', ...picture(`The trigger for ${name}`, at),
      ...table(fields.filter(({ displayOptions }) => !displayOptions || displayOptions.show.event.includes(value))),
    ]),
    'What an item has: [Refmill Trigger](../../n8n/README.md#refmill-trigger).', '',
  ];
}

function templatesPage() {
  const notes = ({ nodes }) => nodes.filter(({ type }) => type === 'n8n-nodes-base.stickyNote').map(({ parameters }) => parameters.content);
  return [
    '# Workflow templates', '', 'Download the file, choose **Import from File** in n8n, then choose your campaign and credentials in the nodes.', '',
    ...templates().flatMap(({ file, slug: at, workflow }) => [
      `## ${workflow.name}`, '', `[${file}](../../n8n/workflows/${file})`, '', ...picture(`The workflow ${workflow.name}`, at),
      ...notes(workflow).flatMap((note) => [note.replace(/^## .*\n/, '').trim(), '']),
    ]),
  ];
}

/** The pages, by file name. */
export function pages() {
  const all = operations().map((operation) => [`${operation.slug}.md`, operationPage(operation)]);
  const made = [...all, ['README.md', indexPage()], ['trigger.md', triggerPage()], ['templates.md', templatesPage()]];
  return new Map(made.map(([file, lines]) => [file, `${lines.join('\n').trimEnd()}\n`]));
}

/** What is wrong with the files that are there. */
function faults(made) {
  const found = readdirSync(PAGES).filter((name) => name.endsWith('.md'));
  const shown = new Set([...made.values()].flatMap((text) => [...text.matchAll(/\(images\/([\w-]+\.webp)\)/g)].map(([, name]) => name)));
  const images = readdirSync(IMAGES);
  return [
    ...[...made].filter(([file, text]) => !found.includes(file) || readFileSync(path.join(PAGES, file), 'utf8') !== text).map(([file]) => `${file} is not up to date`),
    ...found.filter((file) => !made.has(file)).map((file) => `${file} belongs to nothing`),
    ...[...operations(), ...templates(), ...triggerEvents].filter(({ slug: at }) => !shown.has(`${at}.webp`)).map(({ slug: at }) => `images/${at}.webp is missing`),
    ...images.filter((name) => !shown.has(name)).map((name) => `images/${name} is shown nowhere`),
    ...images.filter((name) => statSync(path.join(IMAGES, name)).size > PICTURE_BYTES).map((name) => `images/${name} is too large`),
  ];
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const made = pages();
  if (!process.argv.includes('--check')) {
    mkdirSync(IMAGES, { recursive: true });
    for (const name of readdirSync(PAGES)) if (name.endsWith('.md') && !made.has(name)) rmSync(path.join(PAGES, name));
    for (const [file, text] of made) writeFileSync(path.join(PAGES, file), text);
  } else {
    const wrong = existsSync(PAGES) ? faults(made) : ['docs/n8n is missing'];
    for (const fault of wrong) console.error(`docs/n8n: ${fault}`);
    if (wrong.length) console.error('Run "node n8n/docs/pages.mjs", for pictures "node n8n/docs/pictures.mjs".');
    process.exitCode = wrong.length ? 1 : 0;
  }
}
