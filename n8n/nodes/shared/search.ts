import type {
	IDataObject,
	ILoadOptionsFunctions,
	INodeListSearchItems,
	INodeListSearchResult,
} from 'n8n-workflow';

import { callApi, listOptions } from './api';

const ROWS = 50;

/** What of a list has the text in its name. These lists come whole. */
function matching(all: INodeListSearchItems[], filter = ''): INodeListSearchResult {
	const wanted = filter.toLowerCase();
	return { results: all.filter(({ name }) => name.toLowerCase().includes(wanted)) };
}

/** The pattern of LIKE for "has this in it"; there is no way to write a literal % or _. */
function pattern(filter: string): string {
	return `%${filter.replace(/[%_]/g, '_')}%`;
}

/** A page of one of the lists of /v2, and the number of the next one. */
async function page(
	context: ILoadOptionsFunctions,
	path: string,
	conditions: IDataObject,
	paginationToken: string | undefined,
	show: (row: IDataObject) => INodeListSearchItems,
): Promise<INodeListSearchResult> {
	const current = Number(paginationToken ?? 1);
	const query = { page: current, per_page: ROWS, ...conditions };
	const { data, meta } = await callApi(context, { method: 'GET', path, query });
	const { last_page: last } = meta as { last_page: number };
	return {
		results: (data as IDataObject[]).map(show),
		paginationToken: current < last ? String(current + 1) : undefined,
	};
}

function has(field: string, filter?: string): IDataObject {
	if (!filter) return {};
	return {
		'filters[0][field]': field,
		'filters[0][operator]': 'LIKE',
		'filters[0][value]': pattern(filter),
	};
}

export async function searchCampaigns(
	this: ILoadOptionsFunctions,
	filter?: string,
): Promise<INodeListSearchResult> {
	const campaigns = await listOptions(this, 'campaigns', '/campaigns');
	return matching(campaigns as INodeListSearchItems[], filter);
}

export async function searchUsers(
	this: ILoadOptionsFunctions,
	filter?: string,
	paginationToken?: string,
): Promise<INodeListSearchResult> {
	return await page(this, '/v2/users', has('email', filter), paginationToken, (user) => ({
		name: `${String(user.first_name)} (${String(user.email)})`,
		value: user.id as number,
	}));
}

export async function searchRewards(
	this: ILoadOptionsFunctions,
	filter?: string,
	paginationToken?: string,
): Promise<INodeListSearchResult> {
	return await page(this, '/v2/rewards', has('name', filter), paginationToken, (reward) => ({
		name: String(reward.name),
		value: reward.id as number,
	}));
}

export async function searchWebhooks(
	this: ILoadOptionsFunctions,
	filter?: string,
	paginationToken?: string,
): Promise<INodeListSearchResult> {
	return await page(this, '/v2/webhooks', has('url', filter), paginationToken, (webhook) => ({
		name: `${String(webhook.event)}: ${String(webhook.url)}`,
		value: webhook.id as number,
	}));
}
