import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';

import { choice } from './fields';
import type { Operation, Resource } from './operation';
import { campaignResource } from './resources/campaign';
import { callResource, codeResource } from './resources/code';
import { eventResource } from './resources/event';
import { grantResource } from './resources/grant';
import { orderResource } from './resources/order';
import { reviewResource } from './resources/review';
import { couponResource, rewardResource } from './resources/reward';
import { userResource } from './resources/user';
import { webhookResource } from './resources/webhook';

const resources: Resource[] = [
	campaignResource,
	couponResource,
	callResource,
	eventResource,
	grantResource,
	orderResource,
	codeResource,
	reviewResource,
	rewardResource,
	userResource,
	webhookResource,
];

/** A workflow of Referral Factory's node names no resource: then it is the user. */
export const DEFAULT_RESOURCE = userResource.value;

export function operationOf(resource: string, operation: string): Operation | undefined {
	return resources
		.find(({ value }) => value === resource)
		?.operations.find(({ value }) => value === operation);
}

function operationField({ value: resource, operations }: Resource): INodeProperties {
	const sorted = [...operations].sort((a, b) => a.name.localeCompare(b.name));
	const options: INodePropertyOptions[] = sorted.map(({ name, value, action, description }) => ({
		name,
		value,
		action,
		description,
	}));
	const first = resource === DEFAULT_RESOURCE ? 'create_user' : options[0].value;
	return choice('operation', 'Operation', options, {
		noDataExpression: true,
		displayOptions: { show: { resource: [resource] } },
		default: first,
	});
}

function fieldsOf(resource: string, { value, fields }: Operation): INodeProperties[] {
	return fields.map(({ property }) => ({
		...property,
		displayOptions: {
			...property.displayOptions,
			show: { resource: [resource], operation: [value], ...property.displayOptions?.show },
		},
	}));
}

export const properties: INodeProperties[] = [
	{
		displayName: 'Resource',
		name: 'resource',
		type: 'options',
		noDataExpression: true,
		options: resources.map(({ name, value }) => ({ name, value })),
		default: DEFAULT_RESOURCE,
	},
	...resources.map(operationField),
	...resources.flatMap(({ value, operations }) =>
		operations.flatMap((operation) => fieldsOf(value, operation)),
	),
];
