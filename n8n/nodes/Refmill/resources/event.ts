import type { IDataObject } from 'n8n-workflow';

import { EVENT_OPTIONS } from '../../shared/events';
import { campaignFilter, choice, collection, listFields, number } from '../fields';
import type { Operation, Resource } from '../operation';

/** The event as webhooks send it, with its place. */
function withPlace({ seq, body }: IDataObject): IDataObject {
	return { ...(body as IDataObject), seq };
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
];

export const eventResource: Resource = { name: 'Event', value: 'event', operations };
