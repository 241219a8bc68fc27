import { campaignFilter, campaignId, collection, day, flag, text } from '../fields';
import type { Field, Operation, Resource } from '../operation';

const conversion: Field = {
	property: text('conversion_id', 'Order Record ID', {
		required: true,
		description: 'The ID that Add gives, not the number of the shop',
	}),
};
const orderId = text('order_id', 'Order ID', {
	required: true,
	placeholder: 'e.g. 1042',
	description: 'The number of the shop; the same order never counts twice',
});

const operations: Operation[] = [
	{
		name: 'Add',
		value: 'create',
		action: 'Add order',
		description: 'Add an order of an invited person, which qualifies them and earns the rewards',
		route: 'POST /v2/conversions',
		fields: [
			{ property: orderId },
			{ property: text('amount', 'Amount', { required: true, placeholder: 'e.g. 49.90' }) },
			{ property: text('currency', 'Currency', { required: true, placeholder: 'e.g. EUR' }) },
			collection(
				'person',
				'Person',
				[
					{ ...campaignFilter, description: 'With an email address or a customer ID' },
					text('coupon', 'Coupon', { description: 'The one that they were handed' }),
					text('customer_id', 'Customer ID'),
					text('email', 'Email', { placeholder: 'e.g. nathan@example.com' }),
					text('code', 'Referral Code', { placeholder: 'e.g. uK3p9ZtQ' }),
					text('id', 'User ID'),
				],
				{ description: 'Whose order it is, in one of these ways' },
			),
			collection('additionalFields', 'Additional Fields', [
				day('occurred_at', 'Occurred At', 'When it was ordered, if not now'),
				flag('qualified', 'Qualify', 'Whether it qualifies and pays; else it is only noted', true),
			]),
		],
	},
	{
		name: 'Explain',
		value: 'explain',
		action: 'Explain order',
		description:
			'Get what an order has led to, and why. Use it to answer why an order did or did not pay a reward.',
		route: 'GET /v2/orders/{order_id}/explain',
		fields: [campaignId, { property: orderId }],
	},
	{
		name: 'Get',
		value: 'get',
		action: 'Get order',
		description: 'Get an order that was added',
		route: 'GET /v2/conversions/{conversion_id}',
		fields: [conversion],
	},
	{
		name: 'Refund',
		value: 'refund',
		action: 'Refund order',
		description: 'Refund an order or a part of it, which takes back what it earned',
		route: 'POST /v2/conversions/{conversion_id}/refund',
		fields: [
			conversion,
			collection('additionalFields', 'Additional Fields', [
				text('amount', 'Amount', { description: 'How much of it; all of it if not given' }),
			]),
		],
	},
];

export const orderResource: Resource = { name: 'Order', value: 'order', operations };
