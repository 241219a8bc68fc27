import {
	campaignFilter,
	choice,
	collection,
	conditions,
	listFields,
	pages,
	rewardFilter,
	sorted,
	text,
} from '../fields';
import type { Field, Operation, Resource } from '../operation';

// What one person was promised for one referral: Referral Factory's due and issued rewards.

const grant: Field = {
	property: text('grant_id', 'Grant ID', {
		required: true,
		placeholder: 'e.g. 6601',
		description: 'The ID that Reward Issued and Get Many give',
	}),
};

const reason: Field = collection('additionalFields', 'Additional Fields', [
	text('reason', 'Reason', { description: 'Why; it is kept and shown by Explain' }),
]);

function decision(value: string, title: string, description: string): Operation {
	return {
		name: title,
		value,
		action: `${title} grant`,
		description,
		route: `POST /v2/grants/{grant_id}/${value}`,
		fields: [grant, reason],
	};
}

const operations: Operation[] = [
	decision('approve', 'Approve', 'Approve a pending grant that waits for it'),
	decision('cancel', 'Cancel', 'Cancel a grant that is not issued, for good'),
	decision('fail', 'Fail', 'Say that issuing did not work, such as a payout that came back'),
	{
		name: 'Get',
		value: 'get',
		action: 'Get grant',
		description: 'Get a grant with its entries in the ledger and every decision about it',
		route: 'GET /v2/grants/{grant_id}',
		fields: [grant],
	},
	{
		name: 'Get Many',
		value: 'getAll',
		action: 'Get many grants',
		description: 'Get rewards that people have earned: due, issued or of any other state',
		route: 'GET /v2/grants',
		paging: pages,
		fields: [
			...listFields,
			collection('filters', 'Filters', [
				campaignFilter,
				rewardFilter,
				text('recipient_id', 'Recipient ID', { description: 'Only of this user' }),
				choice('status', 'Status', ['due', 'issued', 'pending', 'canceled', 'failed', 'reversed']),
				choice('metric', 'Type', ['amount', 'commission', 'coupon', 'custom']),
				sorted(['id']),
			]),
			conditions(['coupon', 'created_at', 'currency', 'issued_at', 'referral_id', 'total_minor']),
		],
	},
	decision('issue', 'Issue', 'Issue a due grant; issuing it again changes nothing'),
	decision('retry', 'Retry', 'Make a failed grant due again'),
	decision('reverse', 'Reverse', 'Take an issued grant back, for good'),
	{
		name: 'Set Spend',
		value: 'setTotal',
		action: 'Set spend of grant',
		description: 'Enter what a person spent, for a due reward that depends on it',
		route: 'PUT /v2/rewards/total/{grant_id}',
		fields: [
			grant,
			{ property: text('total', 'Total', { required: true, placeholder: 'e.g. 49.90' }) },
			collection('additionalFields', 'Additional Fields', [
				text('currency', 'Currency', { placeholder: 'e.g. EUR' }),
			]),
		],
	},
];

export const grantResource: Resource = { name: 'Grant', value: 'grant', operations };
