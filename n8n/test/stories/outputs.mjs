/* What nodes put out, compared with the schemas that n8n has of it. */
import assert from 'node:assert/strict';
import { strictly } from '../../../tests/lib/schemas.mjs';

/** Throws unless the items are like the schema that n8n gives for a node of the package, and have no member more. */
export async function areAsDescribed(n8n, node, where, items) {
  const { json: schema } = await n8n.http('GET', `/schemas/n8n-nodes-refmill.${node}/1.0.0${where}.json`);
  const validate = strictly(schema);
  for (const item of items) assert.ok(validate(item), `${node}${where}: ${JSON.stringify(validate.errors)}`);
}
