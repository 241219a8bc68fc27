import type {
	IDataObject,
	IHookFunctions,
	IHttpRequestMethods,
	ILoadOptionsFunctions,
	INodePropertyOptions,
	JsonObject,
} from 'n8n-workflow';
import { NodeApiError } from 'n8n-workflow';

type ApiContext = ILoadOptionsFunctions | IHookFunctions;

/** The credential's address without a slash at its end. */
export async function baseUrlOf(context: ApiContext): Promise<string> {
	const { baseUrl } = await context.getCredentials<{ baseUrl: string }>('refmillApi');
	return baseUrl.trim().replace(/\/+$/, '');
}

/** Referral Factory's own service: it knows the same calls, but signs nothing. */
export function isReferralFactory(baseUrl: string): boolean {
	return /^https?:\/\/([^/@]+\.)?referral-factory\.com(:\d+)?(\/|$)/i.test(baseUrl);
}

async function send(
	context: ApiContext,
	method: IHttpRequestMethods,
	path: string,
	body?: IDataObject,
): Promise<IDataObject> {
	const url = `${await baseUrlOf(context)}/api/n8n${path}`;
	return (await context.helpers.httpRequestWithAuthentication.call(context, 'refmillApi', {
		method,
		url,
		body,
		json: true,
	})) as IDataObject;
}

export async function callApi(
	context: ApiContext,
	method: IHttpRequestMethods,
	path: string,
	body?: IDataObject,
): Promise<IDataObject> {
	try {
		return await send(context, method, path, body);
	} catch (error) {
		throw new NodeApiError(context.getNode(), error as JsonObject);
	}
}

/** Like callApi, but gives undefined for a thing that the server does not know (404). */
export async function callApiUnlessGone(
	context: ApiContext,
	method: IHttpRequestMethods,
	path: string,
): Promise<IDataObject | undefined> {
	try {
		return await send(context, method, path);
	} catch (error) {
		const apiError = new NodeApiError(context.getNode(), error as JsonObject);
		if (apiError.httpCode === '404') return undefined;
		throw apiError;
	}
}

/** The lists of the API all look alike: `{ "<name>": [{ "id": …, "name": … }] }`. */
async function listOptions(
	context: ILoadOptionsFunctions,
	name: 'campaigns' | 'rewards' | 'sources',
	path: string,
): Promise<INodePropertyOptions[]> {
	const answer = await callApi(context, 'GET', path);
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
