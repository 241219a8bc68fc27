import type {
	IExecuteFunctions,
	INodeExecutionData,
	INodeType,
	INodeTypeDescription,
} from 'n8n-workflow';
import { NodeConnectionTypes, NodeOperationError } from 'n8n-workflow';

import { baseUrlOf, isReferralFactory } from '../shared/api';
import { searchCampaigns, searchRewards, searchUsers, searchWebhooks } from '../shared/search';
import { runInBulk } from './bulk';
import { DEFAULT_RESOURCE, operationOf, properties } from './description';
import { runEach } from './execute';

// The names of the operations and fields that Referral Factory's node has are the same
// here: a workflow moves over by changing the type of the node.
export class Refmill implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Refmill',
		name: 'refmill',
		icon: { light: 'file:../../icons/refmill.svg', dark: 'file:../../icons/refmill.dark.svg' },
		group: ['output'],
		version: 1,
		subtitle:
			'={{ { create_user: "add", qualify_user: "qualify" }[$parameter["operation"]] ?? $parameter["operation"] }}: {{ $parameter["resource"] }}',
		description: 'Run referral campaigns: people, rewards, orders and events',
		defaults: { name: 'Refmill' },
		usableAsTool: true,
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'refmillApi', required: true }],
		properties,
	};

	methods = { listSearch: { searchCampaigns, searchRewards, searchUsers, searchWebhooks } };

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const resource = this.getNodeParameter('resource', 0, DEFAULT_RESOURCE) as string;
		const name = this.getNodeParameter('operation', 0, 'create_user') as string;
		const operation = operationOf(resource, name);
		if (!operation) {
			throw new NodeOperationError(this.getNode(), `There is no operation "${name}" here`, {
				description: 'Choose an operation from the list.',
			});
		}
		const many = operation.bulkPath !== undefined && this.getInputData().length > 1;
		const inBulk = many && !isReferralFactory(await baseUrlOf(this));
		return [inBulk ? await runInBulk(this, operation) : await runEach(this, operation)];
	}
}
