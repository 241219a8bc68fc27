import type { INodeProperties } from 'n8n-workflow';

function showFor(way: string) {
	return { show: { operation: ['qualify_user'], qualify_by: [way] } };
}

export const qualifyUserFields: INodeProperties[] = [
	{
		displayName: 'Qualify By',
		name: 'qualify_by',
		type: 'options',
		options: [
			{
				name: 'Coupon',
				value: 'by_coupon',
				description: 'The coupon that the invited person redeemed',
			},
			{
				name: 'Email Address',
				value: 'by_email_address',
				description: 'The campaign and the email address of the invited person',
			},
			{
				name: 'Referral Code',
				value: 'by_referral_code',
				description: 'The code of the invited person',
			},
		],
		displayOptions: { show: { operation: ['qualify_user'] } },
		default: 'by_email_address',
		description: 'How to find the invited person',
	},
	{
		displayName: 'Campaign Name or ID',
		name: 'campaign_id',
		type: 'options',
		typeOptions: { loadOptionsMethod: 'getCampaigns' },
		description:
			'Choose from the list, or specify an ID using an <a href="https://docs.n8n.io/code/expressions/">expression</a>',
		displayOptions: showFor('by_email_address'),
		default: '',
		required: true,
		routing: { send: { type: 'body', property: 'campaign_id' } },
	},
	{
		displayName: 'Email',
		name: 'email',
		type: 'string',
		placeholder: 'e.g. nathan@example.com',
		displayOptions: showFor('by_email_address'),
		default: '',
		required: true,
		routing: { send: { type: 'body', property: 'email' } },
	},
	{
		displayName: 'Referral Code',
		name: 'code',
		type: 'string',
		placeholder: 'e.g. uK3p9ZtQ',
		displayOptions: showFor('by_referral_code'),
		default: '',
		required: true,
		// A code may look like a number; the server wants the text.
		routing: { send: { type: 'body', property: 'code', value: '={{String($value)}}' } },
	},
	{
		displayName: 'Coupon',
		name: 'coupon',
		type: 'string',
		placeholder: 'e.g. SPRING-0042',
		displayOptions: showFor('by_coupon'),
		default: '',
		required: true,
		routing: { send: { type: 'body', property: 'coupon', value: '={{String($value)}}' } },
	},
];
