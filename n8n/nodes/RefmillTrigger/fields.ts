import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';

import { EVENT_OPTIONS, eventsWith } from '../shared/events';

const EVENT_CHOICES: INodePropertyOptions[] = [
	...EVENT_OPTIONS,
	{
		name: 'Several Events',
		value: 'several',
		description: 'More than one of them, of one campaign or of all',
	},
];

const campaign: INodeProperties = {
	displayName: 'Campaign Name or ID',
	name: 'campaign_id',
	type: 'options',
	typeOptions: { loadOptionsMethod: 'getCampaigns' },
	default: '',
	description:
		'Choose from the list, or specify an ID using an <a href="https://docs.n8n.io/code/expressions/">expression</a>',
};

const reward: INodeProperties = {
	displayName: 'Reward Name or ID',
	name: 'reward_id',
	type: 'options',
	typeOptions: { loadOptionsMethod: 'getRewards' },
	default: '',
	description:
		'The list has the rewards whose issuing method is n8n. Choose from the list, or specify an ID using an <a href="https://docs.n8n.io/code/expressions/">expression</a>.',
};

const sources: INodeProperties = {
	displayName: 'User Source Names or IDs',
	name: 'sources',
	type: 'multiOptions',
	typeOptions: { loadOptionsMethod: 'getSources' },
	default: ['Referred'],
	description:
		'Which ways of joining start the workflow; "Referred" stands for those who came by a referral link. Choose from the list, or specify IDs using an <a href="https://docs.n8n.io/code/expressions/">expression</a>.',
};

function shownFor(...event: string[]) {
	return { displayOptions: { show: { event } } };
}

export const triggerFields: INodeProperties[] = [
	{
		displayName: 'Event',
		name: 'event',
		type: 'options',
		noDataExpression: true,
		options: EVENT_CHOICES,
		default: 'user.join',
	},
	{
		displayName: 'Events',
		name: 'events',
		type: 'multiOptions',
		options: EVENT_OPTIONS,
		...shownFor('several'),
		required: true,
		default: ['user.join', 'user.qualified', 'reward_issued'],
		description: 'Which events start the workflow; each item names its own in "event"',
	},
	{ ...sources, ...shownFor(...eventsWith('sources')) },
	{ ...campaign, ...shownFor(...eventsWith('campaign_id')), required: true },
	{ ...reward, ...shownFor(...eventsWith('reward_id')), required: true },
	{
		displayName: 'Filters',
		name: 'filters',
		type: 'collection',
		placeholder: 'Add Filter',
		...shownFor('several'),
		default: {},
		options: [campaign, reward, sources],
		description: 'Without a filter, events of all campaigns and rewards start the workflow',
	},
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add Option',
		default: {},
		options: [
			{
				displayName: 'Catch Up',
				name: 'catchUp',
				type: 'boolean',
				default: true,
				description:
					'Whether what happened while the workflow was switched off starts it when it is switched on again',
			},
			{
				displayName: 'Mode of Campaign',
				name: 'mode',
				type: 'options',
				options: [
					{ name: 'Live', value: 'live' },
					{ name: 'Live and Test', value: 'any' },
					{ name: 'Test', value: 'test' },
				],
				default: 'live',
				description: 'Whether campaigns in test mode start the workflow; without this both do',
			},
		],
	},
];
