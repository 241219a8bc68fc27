/*
 * /openapi.json as tests read it.
 */

/** Each operation of a document: { where: 'PUT /api/v2/users/{id}', method, path, operation, fields, scope }. */
export function operationsOf(document) {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({
      where: `${method.toUpperCase()} ${path}`,
      method: method.toUpperCase(),
      path,
      operation,
      fields: operation.requestBody?.content['application/json'].schema.properties ?? {},
      needed: operation.requestBody?.content['application/json'].schema.required ?? [],
      scope: operation.security?.[0]?.token?.[0],
    })),
  );
}
