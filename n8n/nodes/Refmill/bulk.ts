import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { callApi } from '../shared/api';
import { refusal } from '../shared/errors';
import { failed, rowOf } from './execute';
import type { Operation } from './operation';

/*
 * Many items in few calls. A row has the result that a call of its own would have;
 * rows can be sent again as they are, so they need no key.
 */

/** Rows of one call, and bytes: little enough for any proxy in between. */
const MOST_ROWS = 500;
const MOST_BYTES = 900_000;
/** Users of one page of a list. */
const MOST_USERS = 250;

interface Row {
	item: number;
	body: IDataObject;
}

interface Result {
	status: number;
	data?: { id: number };
	error?: IDataObject;
}

function chunksOf(rows: Row[]): Row[][] {
	const chunks: Row[][] = [];
	let bytes = Infinity;
	for (const row of rows) {
		const size = Buffer.byteLength(JSON.stringify(row.body)) + 1;
		if (bytes + size > MOST_BYTES || chunks[chunks.length - 1].length === MOST_ROWS) {
			chunks.push([]);
			bytes = 0;
		}
		chunks[chunks.length - 1].push(row);
		bytes += size;
	}
	return chunks;
}

async function usersOf(context: IExecuteFunctions, ids: number[]) {
	const users = new Map<number, IDataObject>();
	const wanted = [...new Set(ids)];
	while (wanted.length > 0) {
		const some = wanted.splice(0, MOST_USERS);
		const { data } = await callApi(context, {
			method: 'POST',
			path: '/v2/users/search',
			query: { per_page: MOST_USERS },
			body: {
				filters: { operator: 'AND', value: [{ field: 'id', operator: 'IN', value: some }] },
			},
		});
		for (const user of data as IDataObject[]) users.set(user.id as number, user);
	}
	return users;
}

/** The results of a chunk, as items in the place of theirs in `out`. */
async function runChunk(
	context: IExecuteFunctions,
	path: string,
	rows: Row[],
	out: INodeExecutionData[],
): Promise<void> {
	const body = { users: rows.map((row) => row.body) };
	const answer = await callApi(context, { method: 'POST', path, body });
	const results = answer.data as unknown as Result[];
	const users = await usersOf(
		context,
		results.flatMap(({ data }) => data?.id ?? []),
	);
	rows.forEach(({ item }, i) => {
		const { status, data, error } = results[i];
		out[item] = data
			? { json: users.get(data.id) ?? { ...data }, pairedItem: { item } }
			: failed(context, refusal(context.getNode(), status, error, item), item);
	});
}

export async function runInBulk(
	context: IExecuteFunctions,
	operation: Operation,
): Promise<INodeExecutionData[]> {
	const found = new Map<string, unknown>();
	const out: INodeExecutionData[] = [];
	const rows: Row[] = [];
	for (let item = 0; item < context.getInputData().length; item += 1) {
		try {
			rows.push({ item, body: await rowOf({ context, itemIndex: item, found }, operation) });
		} catch (error) {
			out[item] = failed(context, error, item);
		}
	}
	for (const chunk of chunksOf(rows)) {
		try {
			await runChunk(context, operation.bulkPath!, chunk, out);
		} catch (error) {
			// Without the server's results all of the chunk went wrong.
			for (const { item } of chunk) out[item] ??= failed(context, error, item);
		}
	}
	return out;
}
