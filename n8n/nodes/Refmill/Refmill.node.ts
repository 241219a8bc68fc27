import type { INodeType, INodeTypeDescription } from 'n8n-workflow';
import { NodeConnectionTypes } from 'n8n-workflow';

import { getCampaigns } from '../shared/api';
import { addUserFields } from './addUser';
import { refuseErrors, unwrapUser } from './answer';
import { qualifyUserFields } from './qualifyUser';

// The names of operations and fields are those of Referral Factory's node: a
// workflow moves over by changing the type of the node.
export class Refmill implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Refmill',
		name: 'refmill',
		icon: { light: 'file:../../icons/refmill.svg', dark: 'file:../../icons/refmill.dark.svg' },
		group: ['output'],
		version: 1,
		subtitle: '={{$parameter["operation"] === "create_user" ? "Add user" : "Qualify user"}}',
		description: 'Add and qualify people in your referral campaigns',
		defaults: { name: 'Refmill' },
		usableAsTool: true,
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'refmillApi', required: true }],
		requestDefaults: {
			baseURL: '={{$credentials.baseUrl.trim().replace(/\\/+$/, "")}}/api/n8n',
			headers: { Accept: 'application/json', 'Content-Type': 'application/json' },
			ignoreHttpStatusErrors: true,
		},
		properties: [
			{
				displayName: 'Operation',
				name: 'operation',
				type: 'options',
				noDataExpression: true,
				options: [
					{
						name: 'Add User',
						value: 'create_user',
						action: 'Add user',
						description: 'Add a person to a campaign and get their referral link',
						routing: {
							request: { method: 'POST', url: '/users' },
							output: { postReceive: [refuseErrors, unwrapUser] },
						},
					},
					{
						name: 'Qualify User',
						value: 'qualify_user',
						action: 'Qualify user',
						description: 'Mark an invited person as qualified, which earns the rewards',
						routing: {
							request: { method: 'POST', url: '/users/qualify' },
							output: { postReceive: [refuseErrors, unwrapUser] },
						},
					},
				],
				default: 'create_user',
			},
			...addUserFields,
			...qualifyUserFields,
		],
	};

	methods = { loadOptions: { getCampaigns } };
}
