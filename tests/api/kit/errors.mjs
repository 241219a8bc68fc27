/*
 * The shapes of errors (contract 2.0): the same top for all families, fields by family.
 */
import assert from 'node:assert/strict';

export function assertError(answer, status, { message = /\S/ } = {}) {
  assert.equal(answer.status, status, answer.text);
  assert.equal(type(answer), 'application/json');
  assert.equal(answer.body?.code, status, answer.text);
  assert.equal(typeof answer.body.message, 'string');
  assert.match(answer.body.message, message);
}

/** A 422 that names exactly these fields, in the family's shape, and the first of them in the message. */
export function assertFieldErrors(answer, fields, family = 'n8n') {
  assertError(answer, 422);
  const errors = answer.body.errors ?? {};
  assert.deepEqual(Object.keys(errors).sort(), [...fields].sort(), answer.text);
  for (const [field, list] of Object.entries(errors)) {
    assert.ok(Array.isArray(list) && list.length > 0, answer.text);
    for (const entry of list) {
      if (family === 'n8n') {
        assert.equal(typeof entry, 'string', answer.text);
        assert.match(entry, /\S/);
      } else {
        assert.deepEqual(Object.keys(entry).sort(), ['field', 'message'], answer.text);
        assert.equal(entry.field, field);
        assert.match(entry.message, /\S/);
      }
    }
  }
}

const type = (answer) => answer.headers.get('content-type')?.split(';')[0];
