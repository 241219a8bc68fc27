import type { IDataObject, INodeProperties, INodePropertyOptions } from 'n8n-workflow';

import { isObject } from '../shared/errors';
import type { Field, Paging } from './operation';

// Fields that several operations have. Those of Referral Factory's node keep its names.

export function text(
	name: string,
	displayName: string,
	more: Partial<INodeProperties> = {},
): INodeProperties {
	return { displayName, name, type: 'string', default: '', ...more };
}

export function choice(
	name: string,
	displayName: string,
	values: string[] | INodePropertyOptions[],
	more: Partial<INodeProperties> = {},
): INodeProperties {
	const options = values.map((value) =>
		typeof value === 'string' ? { name: titleOf(value), value } : value,
	);
	const first = options[0].value;
	return { displayName, name, type: 'options', options, default: first, ...more };
}

const IN_TITLES: Record<string, string> = { id: 'ID', ip: 'IP', lang: 'Language', to: 'to' };

/** "every_n" → "Every N" */
function titleOf(value: string): string {
	return value
		.split(/[_ ]/)
		.map((word) => IN_TITLES[word] ?? word.charAt(0).toUpperCase() + word.slice(1))
		.join(' ');
}

const ON = { type: 'boolean' as const, default: true };
const OFF = { type: 'boolean' as const, default: false };

export function flag(
	name: string,
	displayName: string,
	description: string,
	isOn = false,
): INodeProperties {
	return { displayName, name, description, ...(isOn ? ON : OFF) };
}

export function number(
	name: string,
	displayName: string,
	more: Partial<INodeProperties> = {},
): INodeProperties {
	return { displayName, name, type: 'number', default: 0, ...more };
}

/** The value of a resource locator, a collection or a plain parameter. */
export function plain(value: unknown): unknown {
	if (!isObject(value)) return value;
	if (value.__rl) return value.value;
	return 'values' in value ? value.values : value;
}

/** A text that holds JSON, as the JSON that it holds; the server judges any other. */
function parsed(value: unknown): unknown {
	if (typeof value !== 'string') return value;
	try {
		return JSON.parse(value) as unknown;
	} catch {
		return value;
	}
}

/** "Additional Fields" and the like: what was added is sent, each under its own name. */
export function collection(
	name: string,
	displayName: string,
	options: INodeProperties[],
	more: Partial<INodeProperties> = {},
): Field {
	const ofJson = new Set(options.filter(({ type }) => type === 'json').map((o) => o.name));
	const members = [...options].sort((a, b) => a.displayName.localeCompare(b.displayName));
	return {
		property: {
			displayName,
			name,
			type: 'collection',
			placeholder: `Add ${{ Filters: 'Filter', Options: 'Option' }[displayName] ?? 'Field'}`,
			default: {},
			options: members,
			...more,
		},
		send: (value) =>
			Object.fromEntries(
				Object.entries(isObject(value) ? value : {}).map(([key, given]) => [
					key,
					(ofJson.has(key) ? parsed(given) : plain(given)) as IDataObject,
				]),
			),
	};
}

function locator(
	name: string,
	displayName: string,
	list: { method: string; searchable: boolean } | undefined,
	byHand: INodeProperties['modes'],
	description: string,
): INodeProperties {
	const fromList = {
		displayName: 'From List',
		name: 'list',
		type: 'list' as const,
		typeOptions: { searchListMethod: list?.method, searchable: list?.searchable },
	};
	return {
		displayName,
		name,
		type: 'resourceLocator',
		default: { mode: list ? 'list' : 'id', value: '' },
		required: true,
		modes: [...(list ? [fromList] : []), ...(byHand ?? [])],
		description,
	};
}

const byId = {
	displayName: 'By ID',
	name: 'id',
	type: 'string' as const,
	placeholder: 'e.g. 812001',
	validation: [
		{
			type: 'regex' as const,
			properties: { regex: '\\s*[0-9]+\\s*', errorMessage: 'An ID has only digits' },
		},
	],
};

function byText(name: string, displayName: string, placeholder: string) {
	return { displayName, name, type: 'string' as const, placeholder };
}

function userLocator(name: string, displayName: string, description: string): INodeProperties {
	return locator(
		name,
		displayName,
		{ method: 'searchUsers', searchable: true },
		[
			byId,
			byText('email', 'By Email', 'e.g. nathan@example.com'),
			byText('code', 'By Code', 'e.g. uM8x2BvD'),
		],
		description,
	);
}

/** The user that a call is about, for a call that takes an ID, a code or an address. */
export const user: Field = {
	property: userLocator(
		'user',
		'User',
		'The user, by ID, email address or referral code. An address that several campaigns know stands for the newest of its users; name the campaign under Options to get another.',
	),
};

/** The same for a call that takes an ID only. */
export const userId: Field = { ...user, lookUp: 'users' };

const campaign: INodeProperties = locator(
	'campaign_id',
	'Campaign',
	{ method: 'searchCampaigns', searchable: true },
	[byId, byText('code', 'By Code', 'e.g. cR4tYp2a')],
	'The campaign, by ID or code',
);

export const campaignId: Field = { property: campaign, lookUp: 'campaigns' };

/** One that may be left out: n8n asks for what a collection requires even where it is hidden. */
function optional(property: INodeProperties, description: string): INodeProperties {
	return { ...property, required: false, description };
}

export const campaignFilter = optional(campaign, 'Only of this campaign');

/** Which of the users with one e-mail address. */
export const userOptions: Field = collection('options', 'Options', [
	optional(campaign, 'Of this campaign, if an email address is in several'),
]);

const rewardLocator: INodeProperties = locator(
	'reward_id',
	'Reward',
	{ method: 'searchRewards', searchable: true },
	[byId],
	'The reward, by ID',
);

export const reward: Field = { property: rewardLocator };

export const rewardFilter = optional(rewardLocator, 'Only of this reward');

export const webhook: Field = {
	property: locator(
		'webhook_id',
		'Webhook',
		{ method: 'searchWebhooks', searchable: true },
		[byId],
		'The webhook, by ID',
	),
};

/** The ways of joining a campaign. */
export const SOURCES = [
	'Added',
	'Api',
	'Direct',
	'Embed',
	'Make',
	'N8n',
	'Popup',
	'Referred',
	'Test',
	'Widget',
	'Zapier',
];

export const email = text('email', 'Email', { placeholder: 'e.g. nathan@example.com' });

/** Further fields of the campaign's form, by their label. */
export const meta: INodeProperties = {
	displayName: 'Extra Fields',
	name: 'meta',
	type: 'fixedCollection',
	typeOptions: { multipleValues: true },
	default: {},
	placeholder: 'Add Extra Field',
	description: 'Further fields of the campaign form, by their label',
	options: [
		{
			displayName: 'Field',
			name: 'values',
			values: [text('field', 'Field', { placeholder: 'e.g. Company' }), text('value', 'Value')],
		},
	],
};

export function day(name: string, displayName: string, description: string): INodeProperties {
	return { displayName, name, type: 'dateTime', default: '', description };
}

// ---- lists ------------------------------------------------------------------

export const listFields: Field[] = [
	{
		property: flag(
			'returnAll',
			'Return All',
			'Whether to return all results or only up to a given limit',
		),
		send: () => ({}),
	},
	{
		property: {
			displayName: 'Limit',
			name: 'limit',
			type: 'number',
			typeOptions: { minValue: 1 },
			default: 50,
			description: 'Max number of results to return',
			displayOptions: { show: { returnAll: [false] } },
		},
		send: () => ({}),
	},
];

export const simplify: Field = {
	property: flag(
		'simplify',
		'Simplify',
		'Whether to return a simplified version of the response instead of the raw data',
		true,
	),
	send: () => ({}),
};

const OPERATORS: INodePropertyOptions[] = [
	{ name: 'After or Above', value: '>' },
	{ name: 'Before or Below', value: '<' },
	{ name: 'Is', value: '=' },
	{ name: 'Is Empty', value: 'NULL' },
	{ name: 'Is Like', value: 'LIKE', description: 'With % for any text, as in %@example.com' },
	{ name: 'Is Not', value: '!=' },
	{ name: 'Is Not Empty', value: 'NOT NULL' },
	{ name: 'Is One Of', value: 'IN', description: 'With commas between the values' },
];

/** Conditions that all must hold, by the fields of the list. */
export function conditions(fields: string[]): Field {
	return {
		property: {
			displayName: 'Conditions',
			name: 'conditions',
			type: 'fixedCollection',
			typeOptions: { multipleValues: true },
			default: {},
			placeholder: 'Add Condition',
			description: 'Only results for which all of these hold',
			options: [
				{
					displayName: 'Condition',
					name: 'values',
					values: [
						choice('field', 'Field', [...fields].sort()),
						choice('operator', 'Operator', OPERATORS, { default: '=' }),
						text('value', 'Value', {
							displayOptions: { hide: { operator: ['NULL', 'NOT NULL'] } },
						}),
					],
				},
			],
		},
		send: (value) =>
			Object.assign(
				{},
				...(Array.isArray(value) ? (value as IDataObject[]) : []).map((condition, i) =>
					Object.fromEntries(
						['field', 'operator', 'value'].map((part) => [
							`filters[${i}][${part}]`,
							condition[part] ?? '',
						]),
					),
				),
			) as IDataObject,
	};
}

export function sorted(fields: string[]): INodeProperties {
	const ways = fields.flatMap((field) => [
		{ name: `${titleOf(field)}, Ascending`, value: field },
		{ name: `${titleOf(field)}, Descending`, value: `-${field}` },
	]);
	return choice('sort', 'Sort', ways, { default: '-id' });
}

/** Pages with numbers, as all lists of /v2 but those of events and deliveries have. */
export const pages: Paging = {
	size: 'per_page',
	most: 250,
	next: ({ meta: place }) => {
		const { current_page: current, last_page: last } = (place ?? {}) as Record<string, number>;
		return current < last ? { page: current + 1 } : undefined;
	},
};
