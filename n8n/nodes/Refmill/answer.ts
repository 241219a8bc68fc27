import type {
	IDataObject,
	IExecuteSingleFunctions,
	IN8nHttpFullResponse,
	INodeExecutionData,
	JsonObject,
} from 'n8n-workflow';
import { NodeApiError } from 'n8n-workflow';

const HINTS: Record<number, string> = {
	401: 'Check the API token and the base URL of the credential.',
	404: 'Check the values in this node. A person must be in the campaign before they can be qualified.',
	429: 'Too many calls in one minute. Turn on "Retry On Fail" in the settings of this node, or send the items in batches under "Request Options".',
};

function isObject(value: unknown): value is IDataObject {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** All that the server says about single fields, e.g. "email: An e-mail address is needed." */
function fieldTexts(errors: unknown): string[] {
	if (!isObject(errors)) return [];
	return Object.entries(errors).flatMap(([field, texts]) =>
		(Array.isArray(texts) ? texts : [texts]).map((text) => {
			const message = isObject(text) ? text.message : text;
			return `${field}: ${String(message)}`;
		}),
	);
}

/**
 * The server's own sentence becomes the headline, so that it is also what a
 * workflow sees when it goes on after an error: n8n would put a general text there.
 */
export async function refuseErrors(
	this: IExecuteSingleFunctions,
	items: INodeExecutionData[],
	response: IN8nHttpFullResponse,
): Promise<INodeExecutionData[]> {
	if (response.statusCode < 400) return items;
	const body = isObject(response.body) ? response.body : {};
	const message =
		typeof body.message === 'string' && body.message !== ''
			? body.message
			: `The server answered with status ${response.statusCode}`;
	const details = fieldTexts(body.errors).filter((text) => !text.endsWith(`: ${message}`));
	const hint = HINTS[response.statusCode];
	throw new NodeApiError(this.getNode(), body as JsonObject, {
		message,
		description: [...details, ...(hint ? [hint] : [])].join(' ') || undefined,
		httpCode: String(response.statusCode),
		itemIndex: this.getItemIndex(),
	});
}

/** The person, without the envelope; other services may answer without one. */
export async function unwrapUser(
	this: IExecuteSingleFunctions,
	items: INodeExecutionData[],
): Promise<INodeExecutionData[]> {
	return items.map((item) => {
		if (isObject(item.json) && isObject(item.json.user)) return { ...item, json: item.json.user };
		return isObject(item.json) ? item : { ...item, json: { answer: item.json } };
	});
}
