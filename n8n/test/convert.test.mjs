import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { convert } from '../convert/from-referral-factory.mjs';
import { EXPORTED } from './exported.mjs';

const SCRIPT = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', 'convert', 'from-referral-factory.mjs');

test('the nodes of Referral Factory become ours, all else stays', () => {
  const { workflow, changed } = convert(EXPORTED, { credential: 'Shop', campaigns: new Map([['101', 412]]) });
  assert.deepEqual(changed, ['Friend', 'Qualify']);
  const [trigger, action, other] = workflow.nodes;
  const credentials = { refmillApi: { id: '', name: 'Shop' } };
  assert.deepEqual(trigger, { ...EXPORTED.nodes[0], type: 'n8n-nodes-refmill.refmillTrigger', parameters: { event: 'user.join', sources: ['Referred'], campaign_id: 412 }, credentials });
  assert.deepEqual(action, { ...EXPORTED.nodes[1], type: 'n8n-nodes-refmill.refmill', parameters: { ...EXPORTED.nodes[1].parameters, campaign_id: 412 }, credentials });
  assert.deepEqual([other, workflow.connections], [EXPORTED.nodes[2], EXPORTED.connections]);
  assert.deepEqual([workflow.active, workflow.staticData], [false, undefined]);
});

test('an id that nobody named, and an expression, stay as they are', () => {
  const nodes = [{ ...EXPORTED.nodes[1], parameters: { campaign_id: '={{ $json.campaign }}' } }, EXPORTED.nodes[0]];
  const { workflow } = convert({ ...EXPORTED, nodes }, { campaigns: new Map([['7', 8]]) });
  assert.deepEqual(workflow.nodes.map(({ parameters }) => parameters.campaign_id), ['={{ $json.campaign }}', 101]);
});

test('the command writes a file beside each, and says what is wrong', () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'refmill-convert-'));
  try {
    const file = path.join(dir, 'old.json');
    writeFileSync(file, JSON.stringify(EXPORTED));
    const told = execFileSync(process.execPath, [SCRIPT, '--campaign', '101=412', file], { encoding: 'utf8' });
    assert.match(told, /old\.refmill\.json: Friend, Qualify/);
    const written = JSON.parse(readFileSync(path.join(dir, 'old.refmill.json'), 'utf8'));
    assert.equal(written.nodes[1].parameters.campaign_id, 412);
    const wrong = spawnSync(process.execPath, [SCRIPT, '--campaign', '101', file], { encoding: 'utf8' });
    assert.deepEqual([wrong.status, wrong.stderr], [2, 'from-referral-factory: "101" should look like 101=412\n']);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
