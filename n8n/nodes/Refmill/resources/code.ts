import type { IDataObject, IHttpRequestMethods, INodeExecutionData } from 'n8n-workflow';

import { callApiUnlessGone } from '../../shared/api';
import { callFor } from '../execute';
import { choice, text } from '../fields';
import type { Field, Operation, Resource, Task } from '../operation';

// ---- referral codes ---------------------------------------------------------

async function check(task: Task, { code }: IDataObject): Promise<INodeExecutionData[]> {
	const path = `/v2/users/${encodeURIComponent(String(code))}`;
	const answer = await callApiUnlessGone(task.context, { method: 'GET', path }, task.itemIndex);
	const found = answer?.data as IDataObject | undefined;
	// An ID and an e-mail address find a user, too, but are no referral code.
	if (!found || found.code !== code) return [{ json: { code, valid: false } }];
	const { id, campaign_id, first_name, url, type } = found;
	return [{ json: { code, valid: true, url, user: { id, campaign_id, first_name, type } } }];
}

const operations: Operation[] = [
	{
		name: 'Check',
		value: 'check',
		action: 'Check referral code',
		description:
			'Get whether a referral code is somebody’s, and whose; an unknown one is no failure',
		route: 'GET /v2/users/{code}',
		fields: [
			{
				property: text('code', 'Referral Code', { required: true, placeholder: 'e.g. uM8x2BvD' }),
				send: (value) => ({ code: String(value).trim() }),
			},
		],
		run: check,
	},
];

export const codeResource: Resource = { name: 'Referral Code', value: 'code', operations };

// ---- any call ---------------------------------------------------------------

function json(name: string, displayName: string, description: string): Field {
	return {
		property: { displayName, name, type: 'json', default: '{}', description },
		send: (value) => ({
			[name]: (typeof value === 'string' ? JSON.parse(value || '{}') : value) as IDataObject,
		}),
	};
}

async function call(task: Task, values: IDataObject): Promise<INodeExecutionData[]> {
	const { method, path, query, body } = values as {
		method: IHttpRequestMethods;
		path: string;
		query?: IDataObject;
		body?: IDataObject;
	};
	const request = { method, path: path.replace(/^\/?(api\/)?/, '/'), query };
	const answer = await callFor(task, method === 'GET' ? request : { ...request, body });
	return [{ json: answer }];
}

const callOperations: Operation[] = [
	{
		name: 'Make a Call',
		value: 'call',
		action: 'Make a custom API call',
		description:
			'Make any call of the API, with its token, its patience and its errors; /docs on the server lists them all',
		route: 'POST /',
		fields: [
			{ property: choice('method', 'Method', ['GET', 'POST', 'PUT', 'DELETE']) },
			{
				property: text('path', 'Path', {
					required: true,
					placeholder: 'e.g. /v2/users',
					description: 'Below /api',
				}),
			},
			json('query', 'Query', 'Query parameters'),
			json('body', 'Body', 'What to send, for other methods than GET'),
		],
		run: call,
	},
];

export const callResource: Resource = {
	name: 'Custom API Call',
	value: 'customCall',
	operations: callOperations,
};
