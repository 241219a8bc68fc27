import type { INodePropertyOptions } from 'n8n-workflow';

/** The events of the engine; the names of the first three are those of Referral Factory's node. */
export const EVENTS: INodePropertyOptions[] = [
	{
		name: 'New Referral',
		value: 'user.join',
		description: 'Somebody joined a campaign, by a referral link or otherwise',
	},
	{
		name: 'Referral Qualified',
		value: 'user.qualified',
		description: 'An invited person became qualified',
	},
	{
		name: 'Reward Issued',
		value: 'reward_issued',
		description: 'A reward whose issuing method is n8n was issued to somebody',
	},
];
