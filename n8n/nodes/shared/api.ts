import type {
	IDataObject,
	IExecuteFunctions,
	IHookFunctions,
	IHttpRequestMethods,
	ILoadOptionsFunctions,
	IN8nHttpFullResponse,
	INodePropertyOptions,
	JsonObject,
} from 'n8n-workflow';
import { NodeApiError, sleep } from 'n8n-workflow';

import { refusal } from './errors';

export type ApiContext = IExecuteFunctions | IHookFunctions | ILoadOptionsFunctions;

export interface ApiRequest {
	method: IHttpRequestMethods;
	/** Below /api, e.g. "/v2/users". */
	path: string;
	query?: IDataObject;
	body?: IDataObject;
	/** The server does what has the same key once, and then gives the same answer. */
	idempotencyKey?: string;
}

/** The limit is one of calls per minute: after that long a call has its turn. */
const LONGEST_WAIT_SECONDS = 60;
/** Other workflows with the same token may be quicker after a wait. */
const MOST_WAITS = 10;

/** The credential's address without a slash at its end. */
export async function baseUrlOf(context: ApiContext): Promise<string> {
	const { baseUrl } = await context.getCredentials<{ baseUrl: string }>('refmillApi');
	return baseUrl.trim().replace(/\/+$/, '');
}

/** Referral Factory's own service: it knows some of the calls, and signs nothing. */
export function isReferralFactory(baseUrl: string): boolean {
	return /^https?:\/\/([^/@]+\.)?referral-factory\.com(:\d+)?(\/|$)/i.test(baseUrl);
}

async function sendOnce(context: ApiContext, request: ApiRequest): Promise<IN8nHttpFullResponse> {
	const { method, path, query, body, idempotencyKey } = request;
	return (await context.helpers.httpRequestWithAuthentication.call(context, 'refmillApi', {
		method,
		url: `${await baseUrlOf(context)}/api${path}`,
		qs: query,
		body,
		json: true,
		headers: {
			Accept: 'application/json',
			...(idempotencyKey ? { 'Idempotency-Key': idempotencyKey } : {}),
		},
		returnFullResponse: true,
		ignoreHttpStatusErrors: true,
	})) as IN8nHttpFullResponse;
}

/** Seconds to wait when the server asks for patience, else undefined. */
function askedToWait({ statusCode, headers }: IN8nHttpFullResponse): number | undefined {
	const seconds = Number(headers['retry-after'] ?? NaN);
	if ((statusCode !== 429 && statusCode !== 503) || !(seconds >= 0)) return undefined;
	return Math.min(Math.max(seconds, 1), LONGEST_WAIT_SECONDS);
}

/** One call; when the limit of calls per minute is used up, it waits for the next minute. */
export async function send(
	context: ApiContext,
	request: ApiRequest,
): Promise<IN8nHttpFullResponse> {
	try {
		for (let waits = 0; ; waits += 1) {
			const response = await sendOnce(context, request);
			const seconds = askedToWait(response);
			if (seconds === undefined || waits === MOST_WAITS) return response;
			await sleep(seconds * 1000);
		}
	} catch (error) {
		throw new NodeApiError(context.getNode(), error as JsonObject);
	}
}

/** The answer's body; a call that the server refuses throws what the server says. */
export async function callApi(
	context: ApiContext,
	request: ApiRequest,
	itemIndex?: number,
): Promise<IDataObject> {
	const { statusCode, body } = await send(context, request);
	if (statusCode >= 400) throw refusal(context.getNode(), statusCode, body, itemIndex);
	return body as unknown as IDataObject;
}

/** Like callApi, but gives undefined for a thing that the server does not know (404). */
export async function callApiUnlessGone(
	context: ApiContext,
	request: ApiRequest,
	itemIndex?: number,
): Promise<IDataObject | undefined> {
	const { statusCode, body } = await send(context, request);
	if (statusCode === 404) return undefined;
	if (statusCode >= 400) throw refusal(context.getNode(), statusCode, body, itemIndex);
	return body as unknown as IDataObject;
}

/** The lists of this family all look alike: `{ "<name>": [{ "id": …, "name": … }] }`. */
export async function listOptions(
	context: ILoadOptionsFunctions,
	name: 'campaigns' | 'rewards' | 'sources',
	path: string,
): Promise<INodePropertyOptions[]> {
	const answer = await callApi(context, { method: 'GET', path: `/n8n${path}` });
	const entries = (answer[name] ?? []) as Array<{ id: number | string; name: string }>;
	return entries.map((entry) => ({ name: entry.name, value: entry.id }));
}

export async function getCampaigns(this: ILoadOptionsFunctions): Promise<INodePropertyOptions[]> {
	return await listOptions(this, 'campaigns', '/campaigns');
}

export async function getSources(this: ILoadOptionsFunctions): Promise<INodePropertyOptions[]> {
	return await listOptions(this, 'sources', '/user-sources');
}

export async function getRewards(this: ILoadOptionsFunctions): Promise<INodePropertyOptions[]> {
	return await listOptions(this, 'rewards', '/rewards');
}
