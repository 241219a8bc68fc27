import type { IDataObject } from 'n8n-workflow';

import type { ApiContext } from './api';
import { callApi } from './api';

/**
 * Sends a webhook what it missed, from an event or a time on, and gives how many events
 * that are. The server takes so many at a time, and says where to go on.
 */
export async function catchUp(
	context: ApiContext,
	webhookId: unknown,
	since: unknown,
	itemIndex?: number,
): Promise<number> {
	const path = `/v2/webhooks/${encodeURIComponent(String(webhookId))}`;
	let count = 0;
	for (let from = since; from; ) {
		const body = { since: String(from) };
		const { data } = await callApi(context, { method: 'PUT', path, body }, itemIndex);
		const { caught_up: caughtUp } = data as IDataObject;
		count += (caughtUp as IDataObject).count as number;
		from = (caughtUp as IDataObject).next_since;
	}
	return count;
}
