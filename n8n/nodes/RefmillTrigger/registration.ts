import type { IDataObject, IHookFunctions } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import { baseUrlOf, callApi, callApiUnlessGone, isReferralFactory } from '../shared/api';
import { catchUp } from '../shared/catchUp';
import { eventOf } from '../shared/events';

/** A webhook that the server has for this trigger: one for each of its events. */
export interface Registration {
	id: number | string;
	event: string;
	secret?: string;
	/** Set for a service that signs nothing. */
	unsigned?: boolean;
	/** The server that the webhook was registered with. */
	baseUrl: string;
	/** The reward that the webhook is bound to: removing it needs the id. */
	rewardId?: number | string;
}

/** What the node keeps in the static data of its workflow. */
export interface Kept {
	registrations?: Registration[];
	/** What was removed last: should n8n have moved since, it comes back at the new address. */
	removed?: Registration[];
	/** Ids of the latest deliveries, against running one twice. */
	deliveries?: string[];
}

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
const made = new Map<string, Registration[]>();

export function registrationsMadeHere(url: string): Registration[] {
	return made.get(url) ?? [];
}

export function wantedOf(context: IHookFunctions): Wanted[] {
	const url = context.getNodeWebhookUrl('default') as string;
	const event = context.getNodeParameter('event') as string;
	const several = event === 'several';
	const given = several ? (context.getNodeParameter('filters', {}) as IDataObject) : undefined;
	const filterOf = (name: string) => (given ? given[name] : context.getNodeParameter(name));
	const events = several ? (context.getNodeParameter('events') as string[]) : [event];
	return events.map((one) => {
		const names = [
			...eventOf(one).filters,
			...(several && one === 'reward_issued' ? ['campaign_id'] : []),
		];
		const values = names.map((name) => [name, filterOf(name)]);
		const filters = values.filter(([, value]) => value !== undefined && value !== '');
		return { url, event: one, ...Object.fromEntries(filters) } as Wanted;
	});
}

function sameText(a: unknown, b: unknown): boolean {
	return String(a ?? '') === String(b ?? '');
}

/** The server takes a new registration of the same target for a change of the old one. */
function sameTarget(found: IDataObject, wanted: Wanted): boolean {
	return (
		found.url === wanted.url &&
		found.event === wanted.event &&
		sameText(found.reward_id, wanted.reward_id)
	);
}

function sameFilters(found: IDataObject, wanted: Wanted): boolean {
	const sorted = (list: unknown) => JSON.stringify([...((list ?? []) as string[])].sort());
	return (
		sameText(found.campaign_id, wanted.campaign_id) &&
		sorted(found.sources) === sorted(wanted.sources)
	);
}

/** Sets what is registered; the ids of deliveries stay: a switch off and on must not run one again. */
function keep(kept: Kept, url: string, registrations: Registration[]): void {
	if (registrations.length > 0) {
		kept.registrations = registrations;
		delete kept.removed;
		made.set(url, registrations);
	} else {
		delete kept.registrations;
		made.delete(url);
	}
}

/** The webhook as the server has it; undefined if it does not know it any more. */
async function lookUp(context: IHookFunctions, { id }: Registration) {
	const path = `/n8n/webhooks/${encodeURIComponent(id)}`;
	const answer = await callApiUnlessGone(context, { method: 'GET', path });
	return answer && ((answer.webhook ?? {}) as IDataObject);
}

/** Whether the server still has exactly what this node wants. */
export async function isRegistered(
	context: IHookFunctions,
	kept: Kept,
	wanted: Wanted[],
): Promise<boolean> {
	const baseUrl = await baseUrlOf(context);
	const mine = kept.registrations ?? [];
	if (mine.length === 0 || mine.some((one) => one.baseUrl !== baseUrl)) return false;
	// Referral Factory has no call to look a webhook up.
	if (isReferralFactory(baseUrl) && mine.every(({ unsigned }) => unsigned)) return true;
	const found = await Promise.all(mine.map(async (one) => await lookUp(context, one)));
	const targetOf = (webhook?: IDataObject) =>
		webhook && wanted.find((one) => sameTarget(webhook, one));
	const isAsWanted = mine.every(({ secret }, i) => {
		const target = targetOf(found[i]);
		return Boolean(secret) && target !== undefined && sameFilters(found[i]!, target);
	});
	if (isAsWanted && mine.length === wanted.length) return true;
	// What is left at our own address from before an edit goes. One with another
	// address is not touched: it may serve a copy of this n8n.
	const { url } = wanted[0];
	const isStale = mine.map((_, i) => found[i]?.url === url && !targetOf(found[i]));
	for (const [i, one] of mine.entries()) if (isStale[i]) await remove(context, one);
	const left = mine.filter((_, i) => found[i] && !isStale[i]);
	keep(kept, url, left);
	return false;
}

/** n8n listens for a test for two minutes. */
const TEST_SECONDS = 300;

/** What our server does for a registration, and Referral Factory does not know. */
function extrasOf(context: IHookFunctions, movedId: Registration['id'] | undefined): IDataObject {
	// Our server then takes a delivery for done only with this node's own answer:
	// an n8n that starts says 200 to everything.
	const extras = { expects_ack: true };
	// Should n8n end before it removes the webhook of a test, that goes by itself.
	if (context.getMode() === 'manual') return { ...extras, expires_in: TEST_SECONDS };
	const { catchUp } = context.getNodeParameter('options', {}) as { catchUp?: boolean };
	return {
		...extras,
		...(movedId === undefined ? {} : { moved_id: movedId }),
		...(catchUp ? { since: 'last' } : {}),
	};
}

async function registerOne(
	context: IHookFunctions,
	kept: Kept,
	baseUrl: string,
	wanted: Wanted,
): Promise<Registration> {
	const { event, reward_id: rewardId } = wanted;
	const before = kept.removed?.find(
		(one) => one.baseUrl === baseUrl && one.event === event && sameText(one.rewardId, rewardId),
	);
	const body = { ...wanted, ...(isReferralFactory(baseUrl) ? {} : extrasOf(context, before?.id)) };
	const answer =
		rewardId === undefined
			? await callApi(context, { method: 'POST', path: '/n8n/webhooks', body })
			: await callApi(context, {
					method: 'PUT',
					path: `/n8n/rewards/${encodeURIComponent(rewardId)}`,
					body,
				});
	const webhook = (answer.webhook ?? {}) as IDataObject;
	const { id, secret } = webhook as { id?: number | string; secret?: string };
	const signs = typeof secret === 'string' && secret !== '';
	if (id === undefined || !(signs || isReferralFactory(baseUrl))) {
		throw new NodeOperationError(
			context.getNode(),
			`The server did not return a webhook ${id === undefined ? 'ID' : 'secret'}`,
			{ description: 'Check that the base URL of the credential is that of a Refmill server.' },
		);
	}
	await catchUp(context, id, (webhook.caught_up as IDataObject | undefined)?.next_since);
	return { id, event, baseUrl, rewardId, ...(signs ? { secret } : { unsigned: true }) };
}

/** Registers all or, if one is refused, none. */
export async function register(
	context: IHookFunctions,
	kept: Kept,
	wanted: Wanted[],
): Promise<void> {
	if (wanted.length === 0) {
		throw new NodeOperationError(context.getNode(), 'No event is chosen', {
			description: 'Choose at least one under "Events".',
		});
	}
	const baseUrl = await baseUrlOf(context);
	const lacking = wanted.find(({ event }) => isReferralFactory(baseUrl) && eventOf(event).onlyHere);
	if (lacking) {
		throw new NodeOperationError(
			context.getNode(),
			`Referral Factory has no event "${eventOf(lacking.event).name}"`,
			{ description: 'Use the credential of a Refmill server for it.' },
		);
	}
	const registrations: Registration[] = [];
	try {
		for (const one of wanted) registrations.push(await registerOne(context, kept, baseUrl, one));
	} finally {
		const isWhole = registrations.length === wanted.length;
		for (const one of isWhole ? [] : registrations) await remove(context, one);
	}
	keep(kept, wanted[0].url, registrations);
}

/** Removes a webhook; one that is gone already counts as removed. */
async function remove(context: IHookFunctions, { id, rewardId }: Registration): Promise<void> {
	const name = encodeURIComponent(id);
	const path =
		rewardId === undefined
			? `/n8n/webhooks/${name}`
			: `/n8n/rewards/${encodeURIComponent(rewardId)}?webhook_id=${name}`;
	await callApiUnlessGone(context, { method: 'DELETE', path });
}

/** Removes all; what could not be removed stays known for the next try. */
export async function unregister(context: IHookFunctions, kept: Kept, url: string): Promise<void> {
	const all = kept.registrations ?? [];
	const left = [...all];
	while (left.length > 0) {
		await remove(context, left[0]);
		left.shift();
		keep(kept, url, [...left]);
	}
	keep(kept, url, []);
	if (all.length > 0)
		kept.removed = all.map(({ id, event, baseUrl, rewardId }) => ({
			id,
			event,
			baseUrl,
			rewardId,
		}));
}
