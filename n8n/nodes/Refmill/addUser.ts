import type { INodeProperties } from 'n8n-workflow';

const show = { operation: ['create_user'] };

const referrer: INodeProperties = {
	displayName: 'Referrer',
	name: 'referrer',
	type: 'fixedCollection',
	default: {},
	placeholder: 'Choose Referrer',
	description: 'Who invited this person. Without a referrer, they join as a person referring.',
	options: [
		{
			displayName: 'Referrer',
			name: 'values',
			values: [
				{
					displayName: 'Find By',
					name: 'field',
					type: 'options',
					options: [
						{ name: 'Email', value: 'email' },
						{ name: 'ID', value: 'id' },
						{ name: 'Referral Code', value: 'code' },
					],
					default: 'code',
					routing: { send: { type: 'body', property: 'referrer.field' } },
				},
				{
					displayName: 'Value',
					name: 'value',
					type: 'string',
					default: '',
					placeholder: 'e.g. uM8x2BvD',
					routing: { send: { type: 'body', property: 'referrer.value' } },
				},
			],
		},
	],
};

const extraFields: INodeProperties = {
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
			values: [
				{
					displayName: 'Field',
					name: 'field',
					type: 'string',
					default: '',
					placeholder: 'e.g. Company',
				},
				{ displayName: 'Value', name: 'value', type: 'string', default: '' },
			],
		},
	],
	routing: { send: { type: 'body', property: 'meta', value: '={{$value.values}}' } },
};

export const addUserFields: INodeProperties[] = [
	{
		displayName: 'Campaign Name or ID',
		name: 'campaign_id',
		type: 'options',
		typeOptions: { loadOptionsMethod: 'getCampaigns' },
		description:
			'Choose from the list, or specify an ID using an <a href="https://docs.n8n.io/code/expressions/">expression</a>',
		displayOptions: { show },
		default: '',
		required: true,
		routing: { send: { type: 'body', property: 'campaign_id' } },
	},
	{
		displayName: 'First Name',
		name: 'first_name',
		type: 'string',
		placeholder: 'e.g. Nathan',
		displayOptions: { show },
		default: '',
		required: true,
		routing: { send: { type: 'body', property: 'first_name' } },
	},
	{
		displayName: 'Email',
		name: 'email',
		type: 'string',
		placeholder: 'e.g. nathan@example.com',
		displayOptions: { show },
		default: '',
		required: true,
		routing: { send: { type: 'body', property: 'email' } },
	},
	{
		displayName: 'Additional Fields',
		name: 'additionalFields',
		type: 'collection',
		placeholder: 'Add Field',
		displayOptions: { show },
		default: {},
		options: [
			extraFields,
			{
				displayName: 'Last Name',
				name: 'last_name',
				type: 'string',
				default: '',
				routing: { send: { type: 'body', property: 'last_name' } },
			},
			referrer,
		],
	},
];
