/*
 * Compares answers of the API with what /openapi.json says of them. Stricter than the document: an answer has no member
 * that is not described.
 */
import Ajv from 'ajv/dist/2020.js';

const BASE = 'openapi.json';

/** Closes each object whose members are described; `loose` ones need not have them all (?fields=…). */
function closed(value, loose) {
  if (Array.isArray(value)) return value.map((item) => closed(item, loose));
  if (value === null || typeof value !== 'object') return value;
  const copy = Object.fromEntries(Object.entries(value).map(([name, member]) => [name, closed(member, loose)]));
  if (copy.type === 'object' && copy.properties && copy.additionalProperties === undefined) copy.additionalProperties = false;
  if (loose && Array.isArray(copy.required)) delete copy.required;
  return copy;
}

/** A check of values against a schema, which have no member that is not described. */
export const strictly = (schema) => new Ajv({ strict: false, allErrors: true }).compile(closed(schema, false));

const pattern = (path) => new RegExp(`^${path.replace(/[.]/g, '\\.').replace(/\{\w+\}/g, '[^/]+')}/?$`);

/** What the calls of one server must answer. */
export class AnswerSchemas {
  constructor(document) {
    /* Fixed paths stand before those with parameters, as in the server. */
    const fixedFirst = ([a], [b]) => (a.match(/\{/g)?.length ?? 0) - (b.match(/\{/g)?.length ?? 0);
    this.paths = Object.entries(document.paths).sort(fixedFirst).map(([path, item]) => ({ path, item, pattern: pattern(path) }));
    this.compilers = [false, true].map((loose) => {
      const ajv = new Ajv({ strict: false, allErrors: true });
      ajv.addSchema({ $id: BASE, ...closed(document, loose) });
      return ajv;
    });
  }

  /** The JSON pointer of what a call's answer must be like; undefined for paths that the API does not have. */
  pointer(method, pathname, status) {
    const found = this.paths.find(({ pattern, item }) => pattern.test(pathname) && item[method.toLowerCase()]);
    if (!found) return undefined;
    const escaped = found.path.replace(/~/g, '~0').replace(/\//g, '~1');
    const answer = found.item[method.toLowerCase()].responses[`${Math.floor(status / 100)}XX`];
    if (answer === undefined) return undefined;
    const at = answer.$ref ?? `#/paths/${escaped}/${method.toLowerCase()}/responses/${Math.floor(status / 100)}XX`;
    return `${BASE}${at.replace(/[{}]/g, encodeURIComponent)}/content/application~1json/schema`;
  }

  /** Throws when what a webhook was sent is not like its event's schema. */
  checkEvent(name, body) {
    const validate = this.compilers[0].getSchema(`${BASE}#/webhooks/${name}/post/requestBody/content/application~1json/schema`);
    if (!validate(body)) throw new Error(`${name} is unlike its schema: ${JSON.stringify(validate.errors)}`);
  }

  /** Throws when an answer is not like its schema. */
  check(method, where, { status, text, body }) {
    const { pathname, searchParams } = new URL(where, 'http://server');
    const pointer = this.pointer(method, pathname, status);
    if (pointer === undefined) return;
    const ajv = this.compilers[Number(searchParams.has('fields'))];
    const validate = ajv.getSchema(pointer);
    if (validate(body)) return;
    const wrong = validate.errors.map((error) => `${error.instancePath} ${error.message} ${JSON.stringify(error.params)}`);
    throw new Error(
      `${method} ${where} answered ${status} unlike its schema (src/api/spec/openapi.json):\n  ${wrong.join('\n  ')}\n${(text ?? '').slice(0, 2000)}`,
    );
  }
}
