import { sleep } from 'n8n-workflow';

/*
 * Which deliveries have started an execution already.
 *
 * n8n handles an event in this order: webhook() of the node, the row of the
 * execution, the static data of the workflow, the answer. So an id in the static
 * data says that the execution exists, and a crash before that leaves the event
 * unanswered: the server sends it again, and it runs then. Nothing is lost.
 *
 * Static data alone would let an event run twice. n8n gives each request its own
 * copy, and of two requests at the same time the later one overwrites what the
 * earlier one wrote. So this process also remembers, and the deliveries of one
 * trigger take turns: each one writes down those before it. A delivery counts as
 * done only when n8n has answered it with a 2xx, for the node can't see the row of
 * the execution.
 */

/** How many ids are kept per trigger, in memory and in the static data. */
export const KEPT_IDS = 500;
/** The server waits longer than this for an answer. */
const TURN_MS = 10_000;
/** A request that n8n never ends must not block its delivery for ever. */
const GIVEN_UP_MS = 60 * 60 * 1000;

/** The part of n8n's response object that tells how a request ended. */
export interface Answer {
	statusCode: number;
	writableEnded: boolean;
	once(event: 'close' | 'finish', listener: () => void): unknown;
}

interface Memory {
	running: Map<string, { answer: Answer; since: number }>;
	done: string[];
	/** Requests that have not ended, and a promise that the latest of them has. */
	open: number;
	latest: Promise<void>;
}

const memories = new Map<string, Memory>();

function memoryOf(trigger: string): Memory {
	const known = memories.get(trigger);
	if (known) return known;
	const fresh: Memory = { running: new Map(), done: [], open: 0, latest: Promise.resolve() };
	memories.set(trigger, fresh);
	return fresh;
}

function settle(memory: Memory): void {
	for (const [id, { answer, since }] of memory.running) {
		const ended = answer.writableEnded;
		if (!ended && Date.now() - since < GIVEN_UP_MS) continue;
		memory.running.delete(id);
		if (ended && answer.statusCode < 300) memory.done.push(id);
	}
	memory.done.splice(0, memory.done.length - KEPT_IDS);
}

/** Resolves when the answer went out, or the connection went away. */
async function ended(answer: Answer): Promise<void> {
	await new Promise<void>((resolve) => {
		answer.once('finish', resolve);
		answer.once('close', resolve);
	});
}

/** Waits until the requests before this one have ended. */
async function takeTurn(memory: Memory, answer: Answer): Promise<void> {
	const mustWait = memory.open > 0;
	const before = memory.latest;
	memory.open += 1;
	memory.latest = ended(answer).then(() => {
		memory.open -= 1;
	});
	if (mustWait) await Promise.race([before, sleep(TURN_MS)]);
	settle(memory);
}

export type Claim = 'first' | 'repeated' | 'busy';

/**
 * Takes a delivery for this request, unless another one has it. "busy" means that
 * an earlier copy lost its connection and n8n is still at it.
 */
export async function claim(
	trigger: string,
	id: string,
	stored: string[],
	answer: Answer,
): Promise<Claim> {
	const memory = memoryOf(trigger);
	await takeTurn(memory, answer);
	if (stored.includes(id) || memory.done.includes(id)) return 'repeated';
	if (memory.running.has(id)) return 'busy';
	memory.running.set(id, { answer, since: Date.now() });
	return 'first';
}

/** What belongs into the static data: the ids there, those done since, and this one. */
export function idsToStore(trigger: string, id: string, stored: string[]): string[] {
	return [...new Set([...stored, ...memoryOf(trigger).done, id])].slice(-KEPT_IDS);
}
