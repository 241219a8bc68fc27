import type { IDataObject, IHookFunctions } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import { baseUrlOf, callApi, callApiUnlessGone, isReferralFactory } from '../shared/api';

/** What the node keeps in the static data of its workflow. */
export interface Kept {
	webhookId?: number | string;
	webhookSecret?: string;
	/** Set for a service that signs nothing. */
	unsigned?: boolean;
	/** The server that the webhook was registered with. */
	baseUrl?: string;
	/** The reward that the webhook is bound to: removing it needs the id. */
	rewardId?: number | string;
	/** Ids of the latest deliveries, against running one twice. */
	deliveries?: string[];
}

type Registration = Omit<Kept, 'deliveries'>;

/** What to subscribe to; the server knows a webhook by url, event and reward. */
export interface Wanted {
	url: string;
	event: string;
	sources?: string[];
	campaign_id?: number | string;
	reward_id?: number | string;
}

/*
 * The registrations made by this process, by the address of the trigger. A
 * request that was under way while the webhook was registered can put an old
 * copy of the static data back; without this the new secret would be gone then.
 */
const made = new Map<string, Registration>();

export function registrationMadeHere(url: string): Registration | undefined {
	return made.get(url);
}

export function wantedOf(context: IHookFunctions): Wanted {
	const url = context.getNodeWebhookUrl('default') as string;
	const event = context.getNodeParameter('event') as string;
	if (event === 'reward_issued') {
		return { url, event, reward_id: context.getNodeParameter('reward_id') as number | string };
	}
	const campaign = { campaign_id: context.getNodeParameter('campaign_id') as number | string };
	if (event !== 'user.join') return { url, event, ...campaign };
	return { url, event, sources: context.getNodeParameter('sources') as string[], ...campaign };
}

function sameText(a: unknown, b: unknown): boolean {
	return String(a ?? '') === String(b ?? '');
}

function sameTarget(found: IDataObject, wanted: Wanted): boolean {
	return (
		found.url === wanted.url &&
		found.event === wanted.event &&
		sameText(found.reward_id, wanted.reward_id)
	);
}

function sameFilters(found: IDataObject, wanted: Wanted): boolean {
	const sorted = (list: unknown) => JSON.stringify([...((list ?? []) as string[])].sort());
	if (wanted.event === 'reward_issued') return true;
	if (!sameText(found.campaign_id, wanted.campaign_id)) return false;
	return wanted.event !== 'user.join' || sorted(found.sources) === sorted(wanted.sources);
}

export function forget(kept: Kept, url: string): void {
	made.delete(url);
	// The ids of deliveries stay: a switch off and on must not run one again.
	delete kept.webhookId;
	delete kept.webhookSecret;
	delete kept.unsigned;
	delete kept.baseUrl;
	delete kept.rewardId;
}

/** Whether the server still has exactly what this node wants. */
export async function isRegistered(
	context: IHookFunctions,
	kept: Kept,
	wanted: Wanted,
): Promise<boolean> {
	const baseUrl = await baseUrlOf(context);
	if (kept.webhookId === undefined || kept.baseUrl !== baseUrl) return false;
	// Referral Factory has no call to look a webhook up.
	if (kept.unsigned && isReferralFactory(baseUrl)) return true;
	if (!kept.webhookSecret) return false;
	const path = `/n8n/webhooks/${encodeURIComponent(kept.webhookId)}`;
	const answer = await callApiUnlessGone(context, { method: 'GET', path });
	if (!answer) {
		forget(kept, wanted.url);
		return false;
	}
	const found = (answer.webhook ?? {}) as IDataObject;
	if (sameTarget(found, wanted)) return sameFilters(found, wanted);
	// Another event at our own address is left over from before an edit. One with
	// another address is not touched: it may serve a copy of this n8n.
	if (found.url === wanted.url) await unregister(context, kept, wanted.url);
	return false;
}

export async function register(context: IHookFunctions, kept: Kept, wanted: Wanted): Promise<void> {
	const baseUrl = await baseUrlOf(context);
	// Our server then takes a delivery for done only with this node's own answer:
	// an n8n that starts says 200 to everything.
	const body = { ...wanted, ...(isReferralFactory(baseUrl) ? {} : { expects_ack: true }) };
	const answer =
		wanted.reward_id === undefined
			? await callApi(context, { method: 'POST', path: '/n8n/webhooks', body })
			: await callApi(context, {
					method: 'PUT',
					path: `/n8n/rewards/${encodeURIComponent(wanted.reward_id)}`,
					body,
				});
	const webhook = (answer.webhook ?? {}) as { id?: number | string; secret?: string };
	const signs = typeof webhook.secret === 'string' && webhook.secret !== '';
	if (webhook.id === undefined || !(signs || isReferralFactory(baseUrl))) {
		throw new NodeOperationError(
			context.getNode(),
			`The server did not return a webhook ${webhook.id === undefined ? 'ID' : 'secret'}`,
			{ description: 'Check that the base URL of the credential is that of a Refmill server.' },
		);
	}
	forget(kept, wanted.url);
	const registration: Registration = {
		webhookId: webhook.id,
		baseUrl,
		...(signs ? { webhookSecret: webhook.secret } : { unsigned: true }),
		...(wanted.reward_id === undefined ? {} : { rewardId: wanted.reward_id }),
	};
	Object.assign(kept, registration);
	made.set(wanted.url, registration);
}

/** Removes the webhook; one that is gone already counts as removed. */
export async function unregister(context: IHookFunctions, kept: Kept, url: string): Promise<void> {
	if (kept.webhookId !== undefined) {
		const id = encodeURIComponent(kept.webhookId);
		const path =
			kept.rewardId === undefined
				? `/n8n/webhooks/${id}`
				: `/n8n/rewards/${encodeURIComponent(kept.rewardId)}?webhook_id=${id}`;
		await callApiUnlessGone(context, { method: 'DELETE', path });
	}
	forget(kept, url);
}
