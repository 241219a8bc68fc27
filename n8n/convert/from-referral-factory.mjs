#!/usr/bin/env node
/*
 * Turns exported workflows with Referral Factory's nodes into ones with Refmill's:
 *
 *   node from-referral-factory.mjs [--credential NAME] [--campaign OLD=NEW …] [--reward OLD=NEW …] FILE …
 *
 * Each FILE.json gives a FILE.refmill.json beside it. The operations, events and fields
 * have the same names on both sides; what differs is the types, the credential, and
 * the ids of campaigns and rewards.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const TYPES = {
  referralFactory: 'n8n-nodes-refmill.refmill',
  referralFactoryTrigger: 'n8n-nodes-refmill.refmillTrigger',
};

/** What an id is here; an expression, or one that is not in the list, stays. */
function translated(value, ids) {
  return ids.get(String(value)) ?? value;
}

function convertNode(node, { credential, campaigns, rewards }) {
  const type = TYPES[node.type.split('.').pop()];
  if (!type) return node;
  const parameters = { ...node.parameters };
  if ('campaign_id' in parameters) parameters.campaign_id = translated(parameters.campaign_id, campaigns);
  if ('reward_id' in parameters) parameters.reward_id = translated(parameters.reward_id, rewards);
  return { ...node, type, typeVersion: 1, parameters, credentials: { refmillApi: { id: '', name: credential } } };
}

/** The workflow with Refmill's nodes, and the names of the nodes that changed. */
export function convert(workflow, { credential = 'Refmill', campaigns = new Map(), rewards = new Map() } = {}) {
  const nodes = workflow.nodes.map((node) => convertNode(node, { credential, campaigns, rewards }));
  const changed = nodes.filter((node, i) => node !== workflow.nodes[i]).map(({ name }) => name);
  // Ids of the old registrations, which the old node must remove itself.
  const { staticData, ...rest } = workflow;
  return { workflow: { ...rest, active: false, nodes }, changed };
}

function pairs(list = []) {
  return new Map(list.map((pair) => {
    const [from, to] = pair.split('=');
    if (!from || !/^\d+$/.test(to ?? '')) throw new Error(`"${pair}" should look like 101=412`);
    return [from, Number(to)];
  }));
}

function main() {
  const many = { type: 'string', multiple: true };
  const { values, positionals } = parseArgs({
    allowPositionals: true, options: { credential: { type: 'string' }, campaign: many, reward: many },
  });
  if (positionals.length === 0) throw new Error('name the exported workflows');
  const how = { credential: values.credential, campaigns: pairs(values.campaign), rewards: pairs(values.reward) };
  for (const file of positionals) {
    const { workflow, changed } = convert(JSON.parse(readFileSync(file, 'utf8')), how);
    const to = file.replace(/(\.json)?$/, '.refmill.json');
    writeFileSync(to, `${JSON.stringify(workflow, null, 2)}\n`);
    console.log(`${to}: ${changed.length ? changed.join(', ') : 'no node of Referral Factory in it'}`);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    main();
  } catch (error) {
    console.error(`from-referral-factory: ${error.message}`);
    process.exit(2);
  }
}
