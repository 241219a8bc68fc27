import type { INodeProperties } from 'n8n-workflow';

import { EVENTS } from '../shared/events';

// The names of events and fields are those of Referral Factory's node.
export const triggerFields: INodeProperties[] = [
	{
		displayName: 'Event',
		name: 'event',
		type: 'options',
		noDataExpression: true,
		options: EVENTS,
		default: 'user.join',
	},
	{
		displayName: 'User Source Names or IDs',
		name: 'sources',
		type: 'multiOptions',
		typeOptions: { loadOptionsMethod: 'getSources' },
		displayOptions: { show: { event: ['user.join'] } },
		default: ['Referred'],
		description:
			'Which ways of joining start the workflow; "Referred" stands for those who came by a referral link. Choose from the list, or specify IDs using an <a href="https://docs.n8n.io/code/expressions/">expression</a>.',
	},
	{
		displayName: 'Campaign Name or ID',
		name: 'campaign_id',
		type: 'options',
		typeOptions: { loadOptionsMethod: 'getCampaigns' },
		displayOptions: { show: { event: ['user.join', 'user.qualified'] } },
		default: '',
		required: true,
		description:
			'Choose from the list, or specify an ID using an <a href="https://docs.n8n.io/code/expressions/">expression</a>',
	},
	{
		displayName: 'Reward Name or ID',
		name: 'reward_id',
		type: 'options',
		typeOptions: { loadOptionsMethod: 'getRewards' },
		displayOptions: { show: { event: ['reward_issued'] } },
		default: '',
		required: true,
		description:
			'The list has the rewards whose issuing method is n8n. Choose from the list, or specify an ID using an <a href="https://docs.n8n.io/code/expressions/">expression</a>.',
	},
];
