import type { INodePropertyOptions } from 'n8n-workflow';

/** What narrows an event down: a field of the trigger, and of the call that registers it. */
export type Filter = 'campaign_id' | 'reward_id' | 'sources';

interface EngineEvent {
	name: string;
	value: string;
	description: string;
	/** What the node says below its name. */
	subtitle: string;
	filters: Filter[];
	/** Referral Factory does not have it. */
	onlyHere?: boolean;
}

/** The events of the engine; names, values and filters of those that Referral Factory has are those of its node. */
const EVENTS: EngineEvent[] = [
	{
		name: 'New Referral',
		value: 'user.join',
		description: 'Somebody joined a campaign, by a referral link or otherwise',
		subtitle: 'New referral',
		filters: ['campaign_id', 'sources'],
	},
	{
		name: 'Portal Login Requested',
		value: 'login.requested',
		description: 'Somebody wants to sign in to their portal: send them the code or the link',
		subtitle: 'Portal login requested',
		filters: ['campaign_id'],
		onlyHere: true,
	},
	{
		name: 'Referral Qualified',
		value: 'user.qualified',
		description: 'An invited person became qualified',
		subtitle: 'Referral qualified',
		filters: ['campaign_id'],
	},
	{
		name: 'Reward Issued',
		value: 'reward_issued',
		description: 'A reward whose issuing method is n8n was issued to somebody',
		subtitle: 'Reward issued',
		filters: ['reward_id'],
	},
	{
		name: 'Webhook in Trouble',
		value: 'webhook.trouble',
		description: 'Events reach one of your webhooks late or not at all: tell somebody',
		subtitle: 'Webhook in trouble',
		filters: [],
		onlyHere: true,
	},
];

export const EVENT_OPTIONS: INodePropertyOptions[] = EVENTS.map(({ name, value, description }) => ({
	name,
	value,
	description,
}));

export const SUBTITLES = Object.fromEntries(EVENTS.map(({ value, subtitle }) => [value, subtitle]));

/** The event of that value; each that a form offers is one. */
export function eventOf(value: string): EngineEvent {
	return EVENTS.find((event) => event.value === value)!;
}

export function eventsWith(filter: Filter): string[] {
	return EVENTS.filter(({ filters }) => filters.includes(filter)).map(({ value }) => value);
}
