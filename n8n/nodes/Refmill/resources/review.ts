import { listFields, pages, userId } from '../fields';
import type { Operation, Resource } from '../operation';

const operations: Operation[] = [
	{
		name: 'Approve',
		value: 'approve',
		action: 'Approve user in review',
		description: 'Approve a user that a fraud rule held: what was held goes on',
		route: 'POST /v2/review/{user}/approve',
		fields: [userId],
	},
	{
		name: 'Get Many',
		value: 'getAll',
		action: 'Get many users in review',
		description: 'Get what fraud rules saw and nobody has judged yet',
		route: 'GET /v2/review',
		paging: pages,
		fields: [...listFields],
	},
	{
		name: 'Reject',
		value: 'reject',
		action: 'Reject user in review',
		description: 'Reject a user for good: what is due is canceled',
		route: 'POST /v2/review/{user}/reject',
		fields: [userId],
	},
];

export const reviewResource: Resource = { name: 'Review', value: 'review', operations };
