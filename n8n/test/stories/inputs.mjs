/* What the server's calls take, compared with what the node's operations offer. */
import { operations } from '../../docs/pages.mjs';

/** What the node does otherwise: paging, "Conditions", "Simplify". */
const LISTS = /^(page|before|sort|fields|with|filters\[.*)$/;
const OTHERWISE = {
  'campaign update': ['status'], // Launch, Pause and End
  'code check': ['campaign_id'],
  'coupon upload': ['csv'],
  'event replay': ['campaign_id', 'sources', 'expects_ack', 'method', 'headers', 'fields', 'rate_limit', 'rate_burst', 'schedule', 'ordered', 'ed25519'],
  'reward update': ['metric', 'reward_for', 'when_referral', 'campaign_id'], // stay as they were created
  'user create_user': ['referrer_code'], // Referrer
  'user unqualify': ['order_id', 'amount', 'currency', 'occurred_at'], // of what qualifies
};

/** The fields of calls that no field of their operation stands for. */
export function notOffered(openapi) {
  const resolved = (schema = {}) => (schema.$ref ? resolved(schema.$ref.slice(2).split('/').reduce((at, name) => at[name], openapi)) : schema);
  const formOf = (path) => path.replace(/\{\w+\}/g, '{}');
  return operations().filter(({ resource }) => resource !== 'customCall').flatMap(({ resource, value, operation: { route, fields, body = {}, paging } }) => {
    const [method, where] = route.split(' ');
    const [, path] = Object.entries(openapi.paths).find(([one]) => formOf(one) === formOf(`/api${where}`));
    const { requestBody, parameters = [] } = path[method.toLowerCase()];
    const ofBody = Object.keys(resolved(requestBody?.content['application/json'].schema).properties ?? {});
    const ofQuery = parameters.map(resolved).filter((one) => one.in === 'query').map(({ name }) => name);
    const offered = new Set([
      ...fields.flatMap(({ property: { name, options = [] } }) => [name, ...options.map((option) => option.name)]),
      ...Object.keys(body), paging?.size, ...(OTHERWISE[`${resource} ${value}`] ?? []),
    ]);
    return [...ofBody, ...ofQuery].filter((name) => !offered.has(name) && !LISTS.test(name)).map((name) => `${resource} ${value}: ${name}`);
  });
}
