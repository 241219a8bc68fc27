import type { IDataObject, INode, JsonObject } from 'n8n-workflow';
import { NodeApiError } from 'n8n-workflow';

const HINTS: Record<number, string> = {
	401: 'Check the API token and the base URL of the credential.',
	403: 'The API token of the credential lacks the scope for this. Create one that has it.',
	404: 'Check the values in this node. Whatever it names must be in the account of the API token.',
	429: 'Other workflows use up the calls of this API token. Let them run at different times, or raise the limit of the server.',
};

export function isObject(value: unknown): value is IDataObject {
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
export function refusal(
	node: INode,
	status: number,
	answer: unknown,
	itemIndex?: number,
): NodeApiError {
	const body = isObject(answer) ? answer : {};
	const message =
		typeof body.message === 'string' && body.message !== ''
			? body.message
			: `The server answered with status ${status}`;
	const details = fieldTexts(body.errors).filter((text) => !message.includes(text));
	const hint = HINTS[status];
	return new NodeApiError(node, body as JsonObject, {
		message,
		description: [...details, ...(hint ? [hint] : [])].join(' ') || undefined,
		httpCode: String(status),
		itemIndex,
	});
}
