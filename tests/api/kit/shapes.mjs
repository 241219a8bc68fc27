/*
 * What things look like on the wire, key by key (contract 2.3 and 3.1).
 */
import assert from 'node:assert/strict';
import { today } from './world.mjs';

const NETWORKS = ['sms', 'lineme', 'email', 'wechat', 'twitter', 'facebook', 'linkedin', 'telegram', 'whatsapp', 'messenger'];

export const SOURCES = ['Direct', 'Referred', 'Api', 'Added', 'Zapier', 'Widget', 'Popup', 'Embed', 'Test', 'Make', 'N8n'];

/** The whole v2 User; `expected` has what differs from a person who has just been added. */
export function assertUser(server, user, expected) {
  assert.ok(Number.isInteger(user.id) && user.id > 0);
  assert.match(user.code, /^u[0-9A-Za-z]{7}$/);
  const url = `${server.url}/${user.code}`;
  assert.deepEqual(user, {
    id: user.id,
    code: user.code,
    referrer_id: null,
    reach: 0,
    ip: null,
    url,
    promotion: null,
    qr: { src: `${url}/qr-code`, download: `${url}/download-qr-code` },
    signed_up_at: today(),
    qualified: false,
    qualified_at: null,
    unsubscribed_at: null,
    meta: [],
    sharing: {
      socials: NETWORKS.map((social) => ({ social, url: `${url}/socials/${social}` })),
      subject: null,
      text: null,
    },
    customer_id: null,
    review: 'none',
    ...expected,
  });
}

/** The envelope of a page: what its links and meta must be for this path, number and total. */
export function assertPage(server, answer, { path, page = 1, perPage = 25, total, query = '' }) {
  assert.equal(answer.status, 200, answer.text);
  assert.deepEqual(Object.keys(answer.body), ['data', 'links', 'meta']);
  const last = Math.max(1, Math.ceil(total / perPage));
  const from = (page - 1) * perPage + 1;
  const shown = Math.max(0, Math.min(perPage, total - from + 1));
  const link = (number) => `${server.url}${path}?page=${number}${query}`;
  assert.equal(answer.body.data.length, shown);
  assert.deepEqual(answer.body.links, {
    first: link(1),
    last: link(last),
    prev: page > 1 ? link(page - 1) : null,
    next: page < last ? link(page + 1) : null,
  });
  assert.deepEqual(answer.body.meta, {
    current_page: page,
    from: shown ? from : null,
    last_page: last,
    path: server.url + path,
    per_page: perPage,
    to: shown ? from + shown - 1 : null,
    total,
  });
}
