import { createHash } from 'crypto';
import type {
	IBinaryData,
	IDataObject,
	IExecuteFunctions,
	IHttpRequestMethods,
	INodeExecutionData,
	JsonObject,
} from 'n8n-workflow';
import { NodeApiError, NodeOperationError } from 'n8n-workflow';

import type { ApiRequest } from '../shared/api';
import { baseUrlOf, callApi, isReferralFactory } from '../shared/api';
import { isObject } from '../shared/errors';
import { plain } from './fields';
import type { Field, Operation, Task } from './operation';

// ---- what the fields say ----------------------------------------------------

/** n8n keeps the value of a field that another choice has hidden since. */
function isShown({ context, itemIndex }: Task, { property }: Field): boolean {
	return Object.entries(property.displayOptions?.show ?? {}).every(([name, values]) =>
		(values as unknown[]).includes(context.getNodeParameter(name, itemIndex, '')),
	);
}

/** The ID of what has a code or an e-mail address; each is asked for once in an execution. */
async function idOf(task: Task, kind: 'campaigns' | 'users', value: unknown): Promise<unknown> {
	const name = String(value).trim();
	if (/^\d+$/.test(name)) return value;
	const path = `/v2/${kind}/${encodeURIComponent(name)}`;
	if (!task.found.has(path)) {
		const { data } = await callApi(task.context, { method: 'GET', path }, task.itemIndex);
		task.found.set(path, (data as IDataObject).id);
	}
	return task.found.get(path);
}

function isEmpty(value: unknown): boolean {
	return value === '' || value === undefined || value === null;
}

function withoutEmpty(values: IDataObject): IDataObject {
	return Object.fromEntries(Object.entries(values).filter(([, value]) => !isEmpty(value)));
}

async function valuesOf(task: Task, operation: Operation): Promise<IDataObject> {
	const values: IDataObject = {};
	for (const field of operation.fields) {
		if (!isShown(task, field)) continue;
		const { name } = field.property;
		const given = plain(
			task.context.getNodeParameter(name, task.itemIndex, '', { extractValue: true }),
		);
		if (isEmpty(given)) continue;
		const value = field.lookUp ? await idOf(task, field.lookUp, given) : given;
		Object.assign(values, field.send?.(value) ?? { [name]: value });
	}
	return withoutEmpty(values);
}

// ---- a call -----------------------------------------------------------------

/** Takes the values in braces out of `values` and into the path. */
function pathOf(task: Task, operation: Operation, route: string, values: IDataObject): string {
	return route.replace(/\{(\w+)\}/g, (_, name: string) => {
		const value = values[name];
		delete values[name];
		if (!isEmpty(value)) return encodeURIComponent(String(value).trim());
		const field = operation.fields.find(({ property }) => property.name === name);
		throw new NodeOperationError(
			task.context.getNode(),
			`"${field?.property.displayName ?? name}" is empty`,
			{ itemIndex: task.itemIndex, description: 'Give it a value in this node.' },
		);
	});
}

const FIRST_EXECUTION = 'refmill_execution';

/** The execution that began the work: one that is a retry has its data, but another ID. */
function firstExecution(context: IExecuteFunctions): string {
	const { customData } = context.getWorkflowDataProxy(0).$execution;
	const first = customData.get(FIRST_EXECUTION) ?? context.getExecutionId();
	customData.set(FIRST_EXECUTION, first);
	return first;
}

/**
 * The same for the same work: execution, node, run and item name it, so that a retry
 * of the node or of the execution does nothing twice. The request is in it, too: one
 * that changed since is another piece of work.
 */
function keyOf({ context, itemIndex }: Task, request: ApiRequest): string {
	const { $runIndex: run } = context.getWorkflowDataProxy(itemIndex);
	const parts = [firstExecution(context), context.getNode().id, run, itemIndex, request];
	return `n8n-${createHash('sha256').update(JSON.stringify(parts)).digest('hex')}`;
}

/** A call of its own for one item, with a key if it writes. */
export async function callFor(task: Task, request: ApiRequest): Promise<IDataObject> {
	const idempotencyKey = request.method === 'GET' ? undefined : keyOf(task, request);
	return await callApi(task.context, { ...request, idempotencyKey }, task.itemIndex);
}

async function requestOf(task: Task, operation: Operation, values: IDataObject) {
	const there = isReferralFactory(await baseUrlOf(task.context));
	const route = there ? operation.routeThere : operation.route;
	if (!route) {
		throw new NodeOperationError(
			task.context.getNode(),
			`Referral Factory has no call for "${operation.name}"`,
			{ description: 'Use the credential of a Refmill server for it.' },
		);
	}
	const [method, pattern] = route.split(' ') as [IHttpRequestMethods, string];
	const rest = { ...values };
	const path = pathOf(task, operation, pattern, rest);
	if (method === 'GET') return { method, path, query: rest };
	if (method === 'DELETE') return { method, path };
	return { method, path, body: { ...(there ? {} : operation.body), ...rest } };
}

/** Reads a picture of the server, where no token is needed but does no harm. */
export async function readBinary(
	{ context }: Task,
	path: string,
	fileName: string,
): Promise<IBinaryData> {
	const url = `${await baseUrlOf(context)}${path}`;
	try {
		const bytes = (await context.helpers.httpRequestWithAuthentication.call(context, 'refmillApi', {
			method: 'GET',
			url,
			encoding: 'arraybuffer',
		})) as ArrayBuffer;
		return await context.helpers.prepareBinaryData(Buffer.from(bytes), fileName, 'image/png');
	} catch (error) {
		throw new NodeApiError(context.getNode(), error as JsonObject);
	}
}

// ---- answers ----------------------------------------------------------------

/** The thing itself, without the envelope; other services may answer without one. */
function opened(answer: unknown): IDataObject | IDataObject[] {
	if (!isObject(answer)) return { answer: answer as IDataObject };
	return (answer.data ?? answer.user ?? answer) as IDataObject | IDataObject[];
}

function shaped(task: Task, operation: Operation, data: IDataObject): IDataObject[] {
	const list = [operation.shape?.(data) ?? data].flat();
	if (!operation.simple || !task.context.getNodeParameter('simplify', task.itemIndex, true))
		return list;
	const names = operation.simple;
	return list.map((row) => Object.fromEntries(names.map((name) => [name, row[name]])));
}

function itemsOf(task: Task, operation: Operation, answer: unknown): INodeExecutionData[] {
	return [opened(answer)]
		.flat()
		.flatMap((data) => shaped(task, operation, data))
		.map((json) => ({ json }));
}

/** The rows of a list, page by page, until there are enough of them. */
async function listed(task: Task, operation: Operation, request: ApiRequest) {
	const { context, itemIndex } = task;
	const all = context.getNodeParameter('returnAll', itemIndex, false) as boolean;
	const limit = all ? Infinity : (context.getNodeParameter('limit', itemIndex, 50) as number);
	const { size, most, next } = operation.paging!;
	const found: INodeExecutionData[] = [];
	let place: IDataObject | undefined = { [size]: Math.min(limit, most) };
	while (place && found.length < limit) {
		const query = { ...request.query, [size]: Math.min(limit, most), ...place };
		const answer = await callApi(context, { ...request, query }, itemIndex);
		found.push(...itemsOf(task, operation, answer));
		place = next(answer);
	}
	return all ? found : found.slice(0, limit);
}

async function runOne(task: Task, operation: Operation): Promise<INodeExecutionData[]> {
	const values = await valuesOf(task, operation);
	const request = await requestOf(task, operation, values);
	if (operation.run) return await operation.run(task, values);
	if (operation.paging) return await listed(task, operation, request);
	return itemsOf(task, operation, await callFor(task, request));
}

// ---- items ------------------------------------------------------------------

/** With "continue", an item that went wrong has what the error says. */
export function failed(
	context: IExecuteFunctions,
	error: unknown,
	item: number,
): INodeExecutionData {
	const known =
		error instanceof NodeApiError || error instanceof NodeOperationError
			? error
			: new NodeOperationError(context.getNode(), error as Error, { itemIndex: item });
	known.context.itemIndex = item;
	if (!context.continueOnFail()) throw known;
	return { json: { error: known.message }, pairedItem: { item } };
}

/** One item after the other, each with calls of its own. */
export async function runEach(
	context: IExecuteFunctions,
	operation: Operation,
): Promise<INodeExecutionData[]> {
	const found = new Map<string, unknown>();
	const all: INodeExecutionData[] = [];
	for (let item = 0; item < context.getInputData().length; item += 1) {
		try {
			const made = await runOne({ context, itemIndex: item, found }, operation);
			for (const one of made) all.push({ ...one, pairedItem: { item } });
		} catch (error) {
			all.push(failed(context, error, item));
		}
	}
	return all;
}

/** What an item sends in a call for many. */
export async function rowOf(task: Task, operation: Operation): Promise<IDataObject> {
	return { ...operation.body, ...(await valuesOf(task, operation)) };
}
