import type {
	IDataObject,
	IHookFunctions,
	INodeType,
	INodeTypeDescription,
	IWebhookFunctions,
	IWebhookResponseData,
} from 'n8n-workflow';
import { NodeConnectionTypes } from 'n8n-workflow';

import { getCampaigns, getRewards, getSources } from '../shared/api';
import { SUBTITLES } from '../shared/events';
import { claim, idsToStore } from './deliveries';
import { triggerFields } from './fields';
import type { Kept } from './registration';
import {
	isRegistered,
	register,
	registrationsMadeHere,
	unregister,
	wantedOf,
} from './registration';
import type { SignedHeaders } from './signature';
import { isRecent, isSignedWith, readSignedHeaders } from './signature';

function keptOf(context: IHookFunctions | IWebhookFunctions): Kept {
	return context.getWorkflowStaticData('node') as Kept;
}

/** Answers without n8n's help: nothing is started. */
function answer(context: IWebhookFunctions, status: number, message: string): IWebhookResponseData {
	const response = context.getResponseObject();
	if (status === 503) response.setHeader('Retry-After', '5');
	response.status(status).json({ received: false, message });
	return { noWebhookResponse: true };
}

/** Whether the request comes from the server that this trigger registered with. */
function isGenuine(
	context: IWebhookFunctions,
	kept: Kept,
	url: string,
	headers: SignedHeaders,
): boolean {
	const rawBody = context.getRequestObject().rawBody ?? Buffer.alloc(0);
	const signedBy = (list: Kept['registrations'] = []) =>
		list.some(({ secret }) => Boolean(secret) && isSignedWith(secret!, headers, rawBody));
	if (signedBy(kept.registrations)) return true;
	const newer = registrationsMadeHere(url);
	if (!signedBy(newer)) return false;
	kept.registrations = newer;
	return true;
}

/** Whether the campaign is in the mode that this trigger is for; other services name none. */
function isOfMode(context: IWebhookFunctions): boolean {
	const { mode = 'any' } = context.getNodeParameter('options', {}) as { mode?: string };
	const { live } = context.getBodyData();
	return mode === 'any' || typeof live !== 'boolean' || live === (mode === 'live');
}

function start(context: IWebhookFunctions, more: IDataObject): IWebhookResponseData {
	const item = { ...context.getBodyData(), ...more };
	return {
		webhookResponse: { received: true },
		workflowData: [context.helpers.returnJsonArray([item])],
	};
}

async function takeDelivery(
	context: IWebhookFunctions,
	kept: Kept,
	url: string,
	headers: SignedHeaders,
): Promise<IWebhookResponseData> {
	const { id, timestamp } = headers;
	if (!isOfMode(context)) return { webhookResponse: { received: true, skipped: true } };
	const stored = [...(kept.deliveries ?? [])];
	const claimed = await claim(url, id, stored, context.getResponseObject());
	if (claimed === 'busy') return answer(context, 503, 'The same delivery is still being stored.');
	if (!stored.includes(id)) kept.deliveries = idsToStore(url, id, stored);
	if (claimed === 'repeated') return { webhookResponse: { received: true, repeated: true } };
	const attempt = Number(context.getHeaderData()['x-webhook-attempt'] ?? 1);
	return start(context, {
		delivery: { id, attempt, timestamp: new Date(timestamp * 1000).toISOString() },
	});
}

export class RefmillTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Refmill Trigger',
		name: 'refmillTrigger',
		icon: { light: 'file:../../icons/refmill.svg', dark: 'file:../../icons/refmill.dark.svg' },
		group: ['trigger'],
		version: 1,
		subtitle: `={{(${JSON.stringify(SUBTITLES)})[$parameter["event"]] ?? "Several events"}}`,
		description:
			'Starts the workflow when a referral joins or qualifies, a reward is issued, or somebody wants to sign in',
		defaults: { name: 'Refmill Trigger' },
		inputs: [],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'refmillApi', required: true }],
		webhooks: [
			{
				name: 'default',
				httpMethod: 'POST',
				responseMode: 'onReceived',
				// Without it n8n answers the text "firstEntryJson" and drops ours.
				responseData: '',
				path: 'refmill',
			},
		],
		properties: triggerFields,
	};

	methods = { loadOptions: { getCampaigns, getRewards, getSources } };

	webhookMethods = {
		default: {
			async checkExists(this: IHookFunctions): Promise<boolean> {
				return await isRegistered(this, keptOf(this), wantedOf(this));
			},
			async create(this: IHookFunctions): Promise<boolean> {
				await register(this, keptOf(this), wantedOf(this));
				return true;
			},
			async delete(this: IHookFunctions): Promise<boolean> {
				await unregister(this, keptOf(this), this.getNodeWebhookUrl('default') as string);
				return true;
			},
		},
	};

	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		const kept = keptOf(this);
		const url = this.getNodeWebhookUrl('default') as string;
		const here = registrationsMadeHere(url);
		const current = here.length > 0 ? here : (kept.registrations ?? []);
		if (current.some(({ unsigned }) => unsigned)) return start(this, {});

		const headers = readSignedHeaders(this.getHeaderData() as IDataObject);
		if (!headers) return answer(this, 401, 'The signature headers are missing.');
		if (!isRecent(headers.timestamp))
			return answer(this, 401, 'The timestamp is too far from now.');
		if (!isGenuine(this, kept, url, headers)) {
			this.logger.warn(
				'Refmill Trigger refused an event whose signature does not fit. If this goes on, switch the workflow off and on again.',
			);
			return answer(this, 401, 'The signature does not fit.');
		}
		return await takeDelivery(this, kept, url, headers);
	}
}
