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
    ...expected,
  });
}
