import type { IDataObject, INodeExecutionData } from 'n8n-workflow';

import { catchUp } from '../../shared/catchUp';
import { EVENT_OPTIONS } from '../../shared/events';
import { campaignFilter, choice, collection, listFields, number, text, webhook } from '../fields';
import type { Operation, Resource, Task } from '../operation';

/** The event as webhooks send it, with its place. */
function withPlace({ seq, body }: IDataObject): IDataObject {
	return { ...(body as IDataObject), seq };
}

async function replay(
	task: Task,
	{ webhook_id: id, since }: IDataObject,
): Promise<INodeExecutionData[]> {
	return [{ json: { count: await catchUp(task.context, id, String(since), task.itemIndex) } }];
}

const operations: Operation[] = [
	{
		name: 'Get Many',
		value: 'getAll',
		action: 'Get many events',
		description:
			'Get events in their order, as the trigger gives them, from a place on: to catch up, or to check that none was missed',
		route: 'GET /v2/events',
		paging: {
			size: 'limit',
			most: 1000,
			next: ({ has_more: more, next_after: after }) => (more ? { after } : undefined),
		},
		fields: [
			{
				property: number('after', 'After', {
					description: 'The seq of the last event that you have; 0 for all that are kept',
				}),
			},
			...listFields,
			collection('filters', 'Filters', [campaignFilter, choice('event', 'Event', EVENT_OPTIONS)]),
		],
		shape: withPlace,
	},
	{
		name: 'Replay',
		value: 'replay',
		action: 'Replay events',
		description:
			'Send a webhook the events that it missed, from a place or a time on; what it has had already is left out',
		route: 'PUT /v2/webhooks/{webhook_id}',
		fields: [
			webhook,
			{
				property: text('since', 'Since', {
					required: true,
					placeholder: 'e.g. 2026-01-14T09:30:00Z',
					description: 'A time, or the seq of the last event that it should not get',
				}),
			},
		],
		run: replay,
	},
];

export const eventResource: Resource = { name: 'Event', value: 'event', operations };
