import type { IDataObject, INodeProperties } from 'n8n-workflow';

import { callApi } from '../../shared/api';
import { readBinary } from '../execute';
import {
	campaignFilter,
	campaignId,
	choice,
	collection,
	conditions,
	day,
	email,
	flag,
	listFields,
	meta,
	pages,
	simplify,
	sorted,
	SOURCES,
	text,
	user,
	userId,
	userOptions,
} from '../fields';
import type { Field, Operation, Resource, Task } from '../operation';
import { deleted } from '../operation';

const SIMPLE = [
	'id',
	'campaign_id',
	'referrer_id',
	'first_name',
	'email',
	'code',
	'url',
	'type',
	'signed_up_at',
	'qualified_at',
];

const firstName = text('first_name', 'First Name', { placeholder: 'e.g. Nathan' });
const customerId = text('customer_id', 'Customer ID', {
	description: 'What your own system calls the person',
});

const referrerValues: INodeProperties[] = [
	choice(
		'field',
		'Find By',
		[
			{ name: 'Email', value: 'email' },
			{ name: 'ID', value: 'id' },
			{ name: 'Referral Code', value: 'code' },
		],
		{ default: 'code' },
	),
	text('value', 'Value', { placeholder: 'e.g. uM8x2BvD' }),
];

const referrer: INodeProperties = {
	displayName: 'Referrer',
	name: 'referrer',
	type: 'fixedCollection',
	default: {},
	placeholder: 'Choose Referrer',
	description: 'Who invited this person. Without a referrer, they join as a person referring.',
	options: [{ displayName: 'Referrer', name: 'values', values: referrerValues }],
};

const add: Operation = {
	name: 'Add',
	value: 'create_user',
	action: 'Add user',
	description:
		'Add a person to a campaign and get their referral link; a known email address gives the person that is there',
	route: 'POST /n8n/users',
	routeThere: 'POST /n8n/users',
	bulkPath: '/v2/users/bulk',
	fields: [
		campaignId,
		{ property: { ...firstName, required: true } },
		{ property: { ...email, required: true } },
		collection('additionalFields', 'Additional Fields', [
			meta,
			referrer,
			customerId,
			text('click_id', 'Click ID', { description: 'The click_id of the link that they came by' }),
			text('coupon', 'Coupon', { description: 'The coupon of the person who invited them' }),
			text('ip', 'IP Address', {
				description: 'Where they signed up from; fraud rules look at it',
			}),
			text('last_name', 'Last Name'),
			flag(
				'notify',
				'Notify',
				'Whether to ask for a welcome message, as Referral Factory has it; a Refmill server sends none by itself: let the workflow do it',
			),
			flag(
				'promotion',
				'Promotion',
				'Whether to ask for a promotion code, as Referral Factory has it; it changes nothing on a Refmill server',
			),
		]),
	],
};

function shownFor(...ways: string[]) {
	return { displayOptions: { show: { qualify_by: ways } }, required: true };
}

/** A code may look like a number; the server wants the text. */
function asText(property: INodeProperties): Field {
	return { property, send: (value) => ({ [property.name]: String(value) }) };
}

const who: Field[] = [
	{
		property: choice(
			'qualify_by',
			'Find By',
			[
				{
					name: 'Coupon',
					value: 'by_coupon',
					description: 'The coupon that the invited person redeemed',
				},
				{
					name: 'Customer ID',
					value: 'by_customer_id',
					description: 'The campaign and what your own system calls the person',
				},
				{
					name: 'Email Address',
					value: 'by_email_address',
					description: 'The campaign and the email address of the invited person',
				},
				{ name: 'ID', value: 'by_id', description: 'The ID of the invited person' },
				{
					name: 'Referral Code',
					value: 'by_referral_code',
					description: 'The code of the invited person',
				},
			],
			{ default: 'by_email_address', description: 'How to find the invited person' },
		),
		send: () => ({}),
	},
	{
		...campaignId,
		property: { ...campaignId.property, ...shownFor('by_email_address', 'by_customer_id') },
	},
	{ property: { ...email, ...shownFor('by_email_address') } },
	{ property: text('id', 'User ID', shownFor('by_id')) },
	asText(
		text('code', 'Referral Code', {
			placeholder: 'e.g. uK3p9ZtQ',
			...shownFor('by_referral_code'),
		}),
	),
	asText(text('coupon', 'Coupon', { placeholder: 'e.g. SPRING-0042', ...shownFor('by_coupon') })),
	asText({ ...customerId, ...shownFor('by_customer_id') }),
];

const qualify: Operation = {
	name: 'Qualify',
	value: 'qualify_user',
	action: 'Qualify user',
	description:
		'Mark an invited person as qualified, which earns the rewards; doing it twice changes nothing',
	route: 'PUT /v2/users/qualification',
	body: { qualified: true },
	routeThere: 'POST /n8n/users/qualify',
	bulkPath: '/v2/users/qualification/bulk',
	fields: [
		...who,
		collection('additionalFields', 'Additional Fields', [
			text('amount', 'Amount', {
				placeholder: 'e.g. 49.90',
				description: 'What the order came to; rewards by commission need it',
			}),
			text('currency', 'Currency', { placeholder: 'e.g. EUR' }),
			day('occurred_at', 'Occurred At', 'When it happened, if not now'),
			text('order_id', 'Order ID', { description: 'The order that qualifies them' }),
		]),
	],
};

const unqualify: Operation = {
	name: 'Un-Qualify',
	value: 'unqualify',
	action: 'Un-qualify user',
	description: 'Take a qualification back, as after a refund; what is still due is canceled',
	route: 'PUT /v2/users/qualification',
	body: { qualified: false },
	bulkPath: '/v2/users/qualification/bulk',
	fields: who,
};

const FILTERS = [
	'code',
	'customer_id',
	'email',
	'first_name',
	'id',
	'ip',
	'qualified',
	'qualified_at',
	'qualified_referrals',
	'reach',
	'referrals',
	'referrer_id',
	'review',
	'signed_up_at',
	'unsubscribed_at',
];

const getMany: Operation = {
	name: 'Get Many',
	value: 'getAll',
	action: 'Get many users',
	description: 'Get users, of one campaign or with conditions',
	route: 'GET /v2/users',
	paging: pages,
	simple: SIMPLE,
	fields: [
		...listFields,
		simplify,
		collection('filters', 'Filters', [
			campaignFilter,
			choice('source', 'Source', SOURCES, {
				description: 'How they joined',
			}),
			choice('type', 'Type', ['person_invited', 'person_referring']),
			sorted(['id', 'email']),
		]),
		conditions(FILTERS),
	],
};

/** The users with an address, code or customer ID; none is an answer, too. */
const find: Operation = {
	name: 'Find',
	value: 'find',
	action: 'Find users',
	description:
		'Get the users of all campaigns with an email address, a referral code or a customer ID; none is no failure',
	route: 'GET /v2/users',
	paging: pages,
	simple: SIMPLE,
	fields: [
		{
			property: choice(
				'by',
				'Find By',
				[
					{ name: 'Customer ID', value: 'customer_id' },
					{ name: 'Email', value: 'email' },
					{ name: 'Referral Code', value: 'code' },
				],
				{ default: 'email' },
			),
			send: (value) => ({ 'filters[0][field]': value as string, 'filters[0][operator]': '=' }),
		},
		{
			property: text('value', 'Value', { required: true, placeholder: 'e.g. nathan@example.com' }),
			send: (value) => ({ 'filters[0][value]': value as string }),
		},
		...listFields,
		simplify,
	],
};

/** The link, and its QR code as a picture. */
async function link(task: Task, { user: id, campaign_id, binaryProperty }: IDataObject) {
	const path = `/v2/users/${encodeURIComponent(String(id))}`;
	const query = campaign_id ? { campaign_id } : undefined;
	const { data } = await callApi(task.context, { method: 'GET', path, query }, task.itemIndex);
	const { id: found, email: address, code, url } = data as IDataObject;
	const item = { json: { id: found, email: address, code, url } };
	const picture = await readBinary(
		task,
		`/${String(code)}/download-qr-code`,
		`${String(code)}.png`,
	);
	return [{ ...item, binary: { [String(binaryProperty)]: picture } }];
}

const getLink: Operation = {
	name: 'Get Link',
	value: 'getLink',
	action: 'Get link of user',
	description: 'Get the referral link of a user, with its QR code as a PNG file',
	route: 'GET /v2/users/{user}',
	fields: [
		user,
		{
			property: text('binaryProperty', 'Put QR Code in Field', {
				default: 'data',
				required: true,
				hint: 'The name of the output binary field to put the file in',
			}),
		},
		userOptions,
	],
	run: link,
};

const others: Operation[] = [
	{
		name: 'Attach Referrer',
		value: 'attachReferrer',
		action: 'Attach referrer to user',
		description: 'Say afterwards who invited a user that has not qualified yet',
		route: 'POST /v2/users/{user}/referrer',
		fields: [
			userId,
			...referrerValues.map((property) => ({
				property: {
					...property,
					...(property.name === 'value'
						? { displayName: 'Referrer', required: true }
						: { displayName: 'Find Referrer By' }),
				},
			})),
			collection('additionalFields', 'Additional Fields', [
				text('reason', 'Reason', { description: 'Why; it is kept and shown by Explain' }),
			]),
		],
	},
	{
		name: 'Delete',
		value: 'delete',
		action: 'Delete user',
		description: 'Erase a user and their personal data for good',
		route: 'DELETE /v2/users/{user}',
		fields: [userId],
		shape: deleted,
	},
	{
		name: 'Explain',
		value: 'explain',
		action: 'Explain user',
		description:
			'Get what a user was credited for and is owed, and every decision that led to it. Use it to answer why somebody was or was not credited.',
		route: 'GET /v2/users/{user}/explain',
		fields: [userId],
	},
	{
		name: 'Get',
		value: 'get',
		action: 'Get user',
		description: 'Get one user by ID, email address or referral code',
		route: 'GET /v2/users/{user}',
		fields: [user, simplify, userOptions],
		simple: SIMPLE,
	},
	{
		name: 'Get Leaderboard',
		value: 'getLeaderboard',
		action: 'Get leaderboard of users',
		description: 'Get the users of a campaign with the most qualified referrals, best first',
		route: 'GET /v2/campaigns/{campaign_id}/leaderboard',
		fields: [
			campaignId,
			{
				property: {
					displayName: 'Limit',
					name: 'limit',
					type: 'number',
					typeOptions: { minValue: 1 },
					default: 50,
					description: 'Max number of results to return',
				},
			},
		],
	},
	{
		name: 'Update',
		value: 'update',
		action: 'Update user',
		description: 'Change a user; what is not given stays as it is',
		route: 'PUT /v2/users/{user}',
		fields: [
			userId,
			collection('updateFields', 'Update Fields', [firstName, email, customerId, meta]),
		],
	},
];

export const userResource: Resource = {
	name: 'User',
	value: 'user',
	operations: [add, ...others, find, getLink, getMany, qualify, unqualify],
};
