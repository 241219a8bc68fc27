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

const replay = {
	property: text('replay', 'Replay ID', {
		required: true,
		description: 'The ID that Replay Many Deliveries gives',
	}),
};

const operations: Operation[] = [
	{
		name: 'Cancel Replay',
		value: 'cancelReplay',
		action: 'Cancel replay of webhook',
		description: 'End a replay where it is; what it has sent stays sent',
		route: 'POST /v2/webhooks/{webhook_id}/replays/{replay}/cancel',
		fields: [webhook, replay],
	},
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
		name: 'Get Replay',
		value: 'getReplay',
		action: 'Get replay of webhook',
		description: 'Get how far a replay is',
		route: 'GET /v2/webhooks/{webhook_id}/replays/{replay}',
		fields: [webhook, replay],
	},
	{
		name: 'Get Replays',
		value: 'getReplays',
		action: 'Get replays of webhook',
		description: 'Get the last replays of a webhook, the newest first',
		route: 'GET /v2/webhooks/{webhook_id}/replays',
		fields: [webhook],
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
		name: 'Replay Many Deliveries',
		value: 'replay',
		action: 'Replay many deliveries of webhook',
		description:
			'Send all that was given up, blocked or delivered again, in the background: Get Replay tells how far it is',
		route: 'POST /v2/webhooks/{webhook_id}/replays',
		fields: [
			webhook,
			collection('options', 'Options', [
				flag('dry_run', 'Count Only', 'Whether to count them without sending'),
				day('from', 'From', 'Only events from this time on'),
				text('rate_limit', 'Rate Limit', {
					placeholder: 'e.g. 10/second',
					description: 'How many at most: so many a second or a minute',
				}),
				choice('state', 'State', ['dead', 'blocked', 'delivered']),
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
