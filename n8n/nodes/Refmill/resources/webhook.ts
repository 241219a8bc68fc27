import { EVENT_OPTIONS } from '../../shared/events';
import {
	campaignFilter,
	choice,
	collection,
	day,
	flag,
	listFields,
	pages,
	text,
	webhook,
} from '../fields';
import type { Operation, Resource } from '../operation';

function rest(value: string, title: string, description: string): Operation {
	return {
		name: title,
		value,
		action: `${title} webhook`,
		description,
		route: `POST /v2/webhooks/{webhook_id}/${value}`,
		fields: [webhook],
	};
}

const operations: Operation[] = [
	{
		name: 'Get',
		value: 'get',
		action: 'Get webhook',
		description: 'Get what a webhook is sent, and where',
		route: 'GET /v2/webhooks/{webhook_id}',
		fields: [webhook],
	},
	{
		name: 'Get Deliveries',
		value: 'getDeliveries',
		action: 'Get deliveries of webhook',
		description: 'Get what was sent to a webhook and what became of it, the newest first',
		route: 'GET /v2/webhooks/{webhook_id}/deliveries',
		paging: {
			size: 'limit',
			most: 1000,
			next: ({ next_before: before }) => (before ? { before } : undefined),
		},
		fields: [
			webhook,
			...listFields,
			collection('filters', 'Filters', [
				choice('state', 'State', ['pending', 'paused', 'held', 'dead', 'blocked']),
			]),
		],
	},
	{
		name: 'Get Many',
		value: 'getAll',
		action: 'Get many webhooks',
		description: 'Get all webhooks of the account, those of triggers too',
		route: 'GET /v2/webhooks',
		paging: pages,
		fields: [
			...listFields,
			collection('filters', 'Filters', [
				campaignFilter,
				choice('event', 'Event', EVENT_OPTIONS),
				choice('state', 'State', ['active', 'paused', 'disabled']),
			]),
		],
	},
	{
		name: 'Get State',
		value: 'getState',
		action: 'Get state of webhook',
		description: 'Get whether a webhook rests, and how its receiver does',
		route: 'GET /v2/webhooks/{webhook_id}/state',
		fields: [webhook],
	},
	rest('pause', 'Pause', 'Let a webhook rest: what happens meanwhile waits'),
	{
		name: 'Replay Delivery',
		value: 'replayDelivery',
		action: 'Replay delivery of webhook',
		description: 'Send one delivery of a webhook again',
		route: 'POST /v2/webhooks/{webhook_id}/deliveries/{seq}/replay',
		fields: [
			webhook,
			{
				property: text('seq', 'Event Number', {
					required: true,
					description: 'The seq that Get Deliveries gives',
				}),
			},
		],
	},
	{
		name: 'Replay Failed Deliveries',
		value: 'replay',
		action: 'Replay failed deliveries of webhook',
		description: 'Send what was given up or blocked again, up to 1000 deliveries at a time',
		route: 'POST /v2/webhooks/{webhook_id}/replay',
		fields: [
			webhook,
			collection('options', 'Options', [
				flag('dry_run', 'Count Only', 'Whether to count them without sending'),
				day('from', 'From', 'Only events from this time on'),
				choice('state', 'State', ['dead', 'blocked']),
				day('to', 'To', 'Only events before this time'),
			]),
		],
	},
	rest('resume', 'Resume', 'Let a webhook go on that rests or was given up'),
	{
		name: 'Send Test',
		value: 'test',
		action: 'Send test to webhook',
		description:
			'Send an example to a webhook now, and get the request and the answer in full; it is marked as a test, and nothing follows from it',
		route: 'POST /v2/webhooks/{webhook_id}/test',
		fields: [
			webhook,
			collection('options', 'Options', [
				choice('event', 'Event', EVENT_OPTIONS, {
					description: 'An example of another event than that of the webhook',
				}),
			]),
		],
	},
];

export const webhookResource: Resource = { name: 'Webhook', value: 'webhook', operations };
