/*
 * Takes the pictures of ../../docs/n8n in a real n8n: the form of each operation and of the
 * trigger, and each template. "node docs/pictures.mjs ^user-" takes only those whose name fits
 * the expression. REFMILL_BIN names the server. Needs the built package.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { launchBrowser } from '../../tests/lib/browser.mjs';
import { installedN8n, N8n } from '../harness/n8n.mjs';
import { Refmill } from '../harness/refmill.mjs';
import { Templates } from '../test/stories/template-kit.mjs';
import { operations, PAGES, templates, triggerEvents } from './pages.mjs';

const PACKAGE = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const CREDENTIALS = { refmillApi: 'Refmill' };
const FORM = { width: 1280, height: 1400 };
const CANVAS = { width: 1200, height: 760 };

/** What somebody would have put into a field. */
function example({ name, type, default: given, placeholder = '', required }) {
  if (type === 'resourceLocator') {
    const chosen = { campaign_id: 'Spring invite', reward_id: 'Coffee credit', webhook_id: 'user.join: https://shop.example.com/joined' }[name];
    return chosen ? { __rl: true, mode: 'list', value: '1', cachedResultName: chosen } : { __rl: true, mode: 'email', value: 'nathan@example.com' };
  }
  return type === 'string' && required && given === '' ? placeholder.replace(/^e\.g\. /, '') : given;
}

function formNode({ resource, value, fields, slug }) {
  const parameters = Object.fromEntries(fields.map((field) => [field.name, example(field)]));
  return { id: `form-${slug}`, name: slug, type: 'n8n-nodes-refmill.refmill', typeVersion: 1, parameters: { resource, operation: value, ...parameters }, credentials: CREDENTIALS };
}

function triggerNode({ value, slug }, { campaign, reward }) {
  const parameters = { event: value, ...(value === 'reward_issued' ? { reward_id: reward } : {}), ...(/^user/.test(value) ? { campaign_id: campaign } : {}) };
  return { id: `form-${slug}`, name: slug, type: 'n8n-nodes-refmill.refmillTrigger', typeVersion: 1, parameters, credentials: CREDENTIALS };
}

async function startParts() {
  const refmill = await new Refmill().start();
  refmill.token = refmill.cli('token', 'create', '--name', 'n8n');
  const campaign = Number(refmill.cli('campaign', 'create', '--name', 'Spring invite', '--offer', 'A coffee'));
  const reward = Number(refmill.cli('reward', 'create', '--campaign', String(campaign), '--name', 'Coffee credit', '--metric', 'amount', '--value', '5.00',
    '--currency', 'USD', '--for', 'referrer', '--when', 'qualified', '--issue', 'n8n'));
  const n8n = await new N8n({ ...installedN8n(), packages: [PACKAGE] }).start();
  await n8n.createCredential({ name: 'Refmill', type: 'refmillApi', data: { baseUrl: refmill.url, apiToken: refmill.token } });
  return { refmill, n8n, campaign, reward };
}

/** n8n's editor, in which workflows and forms are then opened without loading it again. */
async function openEditor(browser, n8n) {
  const context = await browser.newContext({ viewport: FORM });
  context.setDefaultTimeout(120_000);
  const [name, ...value] = n8n.cookie.split('=');
  await context.addCookies([{ name, value: value.join('='), url: n8n.url }]);
  const page = await context.newPage();
  await page.goto(n8n.url);
  return page;
}

/** What n8n's own program does when somebody opens a workflow, or a node of it. */
async function go(page, where) {
  await page.evaluate((to) => document.querySelector('#app').__vue_app__.config.globalProperties.$router.push(to), where);
}
/** A picture is kept as WebP, which the browser itself can write. */
async function keep(blank, name, png) {
  const data = await blank.evaluate(async (from) => {
    const image = new Image();
    image.src = `data:image/png;base64,${from}`;
    await image.decode();
    const canvas = Object.assign(document.createElement('canvas'), { width: image.width, height: image.height });
    canvas.getContext('2d').drawImage(image, 0, 0);
    return canvas.toDataURL('image/webp', 0.8).split(',')[1];
  }, png.toString('base64'));
  writeFileSync(path.join(PAGES, 'images', `${name}.webp`), Buffer.from(data, 'base64'));
}

/** The part of the window that has the fields of the open node. */
async function formOf(page) {
  const panel = await page.locator('[data-test-id="node-parameters"]').boundingBox();
  const bottom = await page.evaluate(() => Math.max(...[...document.querySelectorAll('[data-test-id="parameter-item"], [data-test-id$="-add"], [data-test-id="node-credentials-slot"]')].map((part) => part.getBoundingClientRect().bottom)));
  const top = panel.y - 42; // the tabs above
  return { x: panel.x, y: top, width: panel.width, height: Math.min(bottom + 16, FORM.height) - top };
}

/** Waits until two looks in a row are the same. */
async function settled(take) {
  let last = await take();
  for (let i = 0; i < 20; i += 1) {
    await new Promise((resolve) => { setTimeout(resolve, 400); });
    const next = await take();
    if (next.equals(last)) return next;
    last = next;
  }
  return last;
}

async function takeForms(page, n8n, blank, nodes) {
  if (nodes.length === 0) return;
  const placed = nodes.map((node, i) => ({ ...node, position: [200 * (i % 10), 200 * Math.floor(i / 10)] }));
  const id = await n8n.createWorkflow({ name: 'Forms', nodes: placed });
  await page.setViewportSize(FORM);
  await go(page, `/workflow/${id}`);
  await page.locator('[data-test-id="canvas-node"]').first().waitFor();
  for (const node of placed) {
    await go(page, `/workflow/${id}/${node.id}`);
    await page.locator('[data-test-id="node-title-container"]', { hasText: node.name }).waitFor();
    await page.locator('[data-test-id="parameter-item"]').first().waitFor();
    await keep(blank, node.name, await settled(async () => await page.screenshot({ clip: await formOf(page) })));
    await go(page, `/workflow/${id}`);
    console.log(node.name);
  }
}

/** The part of the window that the workflow takes. */
async function workflowOf(page) {
  const { left, top, right, bottom } = await page.evaluate(() => {
    const boxes = [...document.querySelectorAll('.vue-flow__node, [data-test-id="canvas-node"] *')].map((part) => part.getBoundingClientRect()).filter(({ width }) => width > 0);
    const of = (pick, side) => pick(...boxes.map((box) => box[side]));
    return { left: of(Math.min, 'left'), top: of(Math.min, 'top'), right: of(Math.max, 'right'), bottom: of(Math.max, 'bottom') };
  });
  const x = Math.max(left - 24, 42), y = Math.max(top - 16, 66);
  return { x, y, width: Math.min(right + 24, CANVAS.width) - x, height: Math.min(bottom + 16, CANVAS.height) - y };
}

async function takeTemplates(page, { n8n, campaign }, blank, list) {
  // Credentials that only have to be there.
  const imported = new Templates({ n8n, mail: { port: 25 }, postgres: { port: 5432 } });
  await page.setViewportSize(CANVAS);
  for (const { slug, file, workflow } of list) {
    const name = await imported.import(path.basename(file, '.json'), { id: campaign });
    await go(page, `/workflow/${n8n.idOf(name)}`);
    await page.locator('[data-test-id="canvas-node"]', { hasText: workflow.nodes[0].name }).first().waitFor();
    await page.keyboard.press('1'); // zoom to fit
    await page.addStyleTag({ content: ':has(> [data-test-id="node-creator-plus-button"]), .vue-flow__panel, [class*="executionButtons"] { visibility: hidden !important }' });
    await keep(blank, slug, await settled(async () => await page.screenshot({ clip: await workflowOf(page) })));
    console.log(slug);
  }
}

const wanted = new RegExp(process.argv[2] ?? '');
const ofInterest = (list) => list.filter(({ slug }) => wanted.test(slug));
const parts = await startParts();
const browser = await launchBrowser();
try {
  const page = await openEditor(browser, parts.n8n);
  const blank = await (await browser.newContext()).newPage();
  const forms = [...ofInterest(operations()).map(formNode), ...ofInterest(triggerEvents).map((event) => triggerNode(event, parts))];
  await takeTemplates(page, parts, blank, ofInterest(templates()));
  await takeForms(page, parts.n8n, blank, forms);
} finally {
  await browser.close();
  await parts.n8n.stop();
  await parts.refmill.stop();
}
