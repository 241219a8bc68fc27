import type { INodeProperties } from 'n8n-workflow';

import {
	campaignFilter,
	campaignId,
	choice,
	collection,
	conditions,
	flag,
	listFields,
	number,
	pages,
	reward,
	simplify,
	sorted,
	text,
} from '../fields';
import type { Operation, Resource } from '../operation';
import { deleted } from '../operation';

const SIMPLE = ['id', 'campaign_id', 'name', 'reward_for', 'type', 'value', 'when_referral'];
const METRICS = ['amount', 'commission', 'coupon', 'custom'];

const name = text('name', 'Name', { placeholder: 'e.g. Coffee Credit' });
const value = number('value_minor', 'Value', {
	typeOptions: { minValue: 0 },
	description:
		'An amount in the smallest unit of the currency, a commission in hundredths of a percent, anything else in hundredths',
});
const settings: INodeProperties[] = [
	flag('approval', 'Approval', 'Whether somebody has to approve it before it is due'),
	flag('automatic', 'Automatic', 'Whether it is issued the moment it is due'),
	number('cap_minor', 'Cap', { description: 'At most so much each time; 0 for any' }),
	{
		displayName: 'Caps',
		name: 'caps',
		type: 'json',
		default: '[]',
		description:
			'Bounds: [{"scope": "person", "period": "month", "most_count": 5}]; scope is person or campaign, period is day, week, month or ever',
	},
	text('currency', 'Currency', { placeholder: 'e.g. EUR' }),
	number('every', 'Every', { description: 'With the frequency Every N: which time' }),
	choice('frequency', 'Frequency', ['each', 'once', 'every_n', 'milestones', 'order', 'recurring']),
	number('hold_s', 'Hold', { description: 'Seconds until it is due' }),
	choice('issue', 'Issuing Method', [
		{ name: 'By Hand', value: 'manual' },
		{ name: 'Webhook', value: 'webhook' },
		{ name: 'By Workflow', value: 'n8n' },
	]),
	choice('period', 'Period', ['week', 'month', 'quarter', 'year'], {
		description: 'With the frequency Recurring',
	}),
	number('periods', 'Periods', {
		description: 'With the frequency Recurring: for so many; 0 for without end',
	}),
	choice('status', 'Status', ['active', 'draft', 'inactive']),
	{
		displayName: 'Steps',
		name: 'steps',
		type: 'json',
		default: '[]',
		description: 'Milestones or tiers: [{"at_count": 5, "value_minor": 1000}]',
	},
];

const operations: Operation[] = [
	{
		name: 'Archive',
		value: 'delete',
		action: 'Archive reward',
		description: 'Take a reward out of use; what was earned stays',
		route: 'DELETE /v2/rewards/{reward_id}',
		fields: [reward],
		shape: deleted,
	},
	{
		name: 'Create',
		value: 'create',
		action: 'Create reward',
		description: 'Create a reward of a campaign, or with Both one for each side',
		route: 'POST /v2/rewards',
		fields: [
			campaignId,
			{ property: { ...name, required: true } },
			{ property: choice('metric', 'Type', METRICS) },
			{ property: value },
			{
				property: choice(
					'reward_for',
					'For',
					[
						{ name: 'Both', value: 'both' },
						{ name: 'Person Invited', value: 'person_invited' },
						{ name: 'Person Referring', value: 'person_referring' },
					],
					{ default: 'person_referring' },
				),
			},
			{
				property: choice('when_referral', 'When the Referral', ['joined', 'invited', 'qualified'], {
					default: 'qualified',
				}),
			},
			collection('additionalFields', 'Additional Fields', settings),
		],
	},
	{
		name: 'Get',
		value: 'get',
		action: 'Get reward',
		description: 'Get a reward with all its rules',
		route: 'GET /v2/rewards/{reward_id}',
		fields: [reward, simplify],
		simple: SIMPLE,
	},
	{
		name: 'Get Many',
		value: 'getAll',
		action: 'Get many rewards',
		description: 'Get the rewards that campaigns give',
		route: 'GET /v2/rewards',
		paging: pages,
		fields: [
			...listFields,
			collection('filters', 'Filters', [
				campaignFilter,
				choice('metric', 'Type', METRICS),
				choice('status', 'Status', ['active', 'draft', 'inactive']),
				sorted(['id']),
			]),
			conditions(['created_at', 'frequency', 'issue', 'name', 'reward_for', 'when_referral']),
		],
	},
	{
		name: 'Get Totals',
		value: 'getTotals',
		action: 'Get totals of rewards',
		description: 'Get rewards with what they have led to: how many are due and issued',
		route: 'GET /v2/rewards/dashboard/{metric}',
		paging: pages,
		fields: [{ property: choice('metric', 'Type', METRICS) }, ...listFields],
	},
	{
		name: 'Update',
		value: 'update',
		action: 'Update reward',
		description: 'Change a reward from now on; what is not given stays as it is',
		route: 'PUT /v2/rewards/{reward_id}',
		fields: [reward, collection('updateFields', 'Update Fields', [name, value, ...settings])],
	},
];

export const rewardResource: Resource = { name: 'Reward', value: 'reward', operations };

// ---- coupons ----------------------------------------------------------------

const couponOperations: Operation[] = [
	{
		name: 'Get Many',
		value: 'getAll',
		action: 'Get many coupons',
		description: 'Get the coupons that nobody has yet',
		route: 'GET /v2/rewards/remaining/coupon',
		paging: pages,
		fields: [...listFields, collection('filters', 'Filters', [campaignFilter])],
	},
	{
		name: 'Upload',
		value: 'upload',
		action: 'Upload coupons',
		description: 'Upload coupons for a campaign: all of them or none',
		route: 'POST /v2/coupons',
		fields: [
			campaignId,
			{
				property: text('codes', 'Codes', {
					required: true,
					typeOptions: { rows: 4 },
					placeholder: 'e.g. SPRING-0001, SPRING-0002',
					description: 'With commas or line breaks between them, or a list from an expression',
				}),
				send: (given) => ({
					codes: (Array.isArray(given) ? given.map(String) : String(given).split(/[,\n]/))
						.map((code) => code.trim())
						.filter(Boolean),
				}),
			},
		],
	},
	{
		name: 'Void',
		value: 'delete',
		action: 'Void coupon',
		description: 'Make a coupon that nobody has unusable',
		route: 'DELETE /v2/coupons/{coupon_id}',
		fields: [{ property: text('coupon_id', 'Coupon ID', { required: true }) }],
		shape: deleted,
	},
];

export const couponResource: Resource = {
	name: 'Coupon',
	value: 'coupon',
	operations: couponOperations,
};
