import { createHmac, timingSafeEqual } from 'crypto';
import type { IDataObject } from 'n8n-workflow';

const PREFIX = 'whsec_';
const TOLERANCE_SECONDS = 5 * 60;

export interface SignedHeaders {
	id: string;
	timestamp: number;
	signatures: string[];
}

function text(value: unknown): string {
	return typeof value === 'string' ? value : '';
}

/** The three headers of Standard Webhooks; undefined if one is missing or unreadable. */
export function readSignedHeaders(headers: IDataObject): SignedHeaders | undefined {
	const id = text(headers['webhook-id']);
	const timestamp = text(headers['webhook-timestamp']);
	const signatures = text(headers['webhook-signature']).split(' ').filter(Boolean);
	if (id === '' || !/^\d{1,12}$/.test(timestamp) || signatures.length === 0) return undefined;
	return { id, timestamp: Number(timestamp), signatures };
}

/** An old delivery could be one that somebody recorded and sends again. */
export function isRecent(timestamp: number, nowMs = Date.now()): boolean {
	return Math.abs(nowMs / 1000 - timestamp) <= TOLERANCE_SECONDS;
}

function matches(given: string, expected: Buffer): boolean {
	const [version, value = ''] = given.split(',', 2);
	if (version !== 'v1') return false;
	const bytes = Buffer.from(value, 'base64');
	return bytes.length === expected.length && timingSafeEqual(bytes, expected);
}

/** Whether one of the signatures fits: a server that changes its key sends several. */
export function isSignedWith(secret: string, headers: SignedHeaders, rawBody: Buffer): boolean {
	const encoded = secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : secret;
	const key = Buffer.from(encoded, 'base64');
	if (key.length === 0) return false;
	const expected = createHmac('sha256', key)
		.update(`${headers.id}.${headers.timestamp}.`)
		.update(rawBody)
		.digest();
	return headers.signatures.some((given) => matches(given, expected));
}
