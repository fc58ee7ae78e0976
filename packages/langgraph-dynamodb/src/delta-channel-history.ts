import type { DeltaChannelHistory } from "@langchain/langgraph-checkpoint";
import type { StepPlace, Steps } from "./checkpoints.ts";
import { manifestOf } from "./manifest.ts";
import type { Payloads } from "./payloads.ts";
import { loadWrites } from "./pending-writes.ts";
import type { ThreadLife } from "./sessions.ts";
import type { Table } from "./table.ts";

interface Parts {
	table: Table;
	payloads: Payloads;
	steps: Steps;
}

/** What the ancestors of a checkpoint wrote to some channels, back to the nearest that has each channel's value. */
export async function channelHistory(
	parts: Parts,
	session: ThreadLife,
	{ id: target, ...namespace }: StepPlace,
	channels: string[],
): Promise<Map<string, DeltaChannelHistory>> {
	const history = new Map<string, DeltaChannelHistory>(
		channels.map((channel) => [channel, { writes: [] }]),
	);
	const found = await parts.steps.find(namespace, target);
	const remaining = new Set(channels);
	let id = found?.parent_id?.S;
	while (id && remaining.size > 0) {
		id = await walk(parts, session, { ...namespace, id }, remaining, history);
	}
	return history;
}

/** One ancestor's part of the history. @returns the next one's id */
async function walk(
	parts: Parts,
	session: ThreadLife,
	place: StepPlace,
	remaining: Set<string>,
	history: Map<string, DeltaChannelHistory>,
): Promise<string | undefined> {
	const [item, stored] = await Promise.all([
		parts.steps.find(place, place.id),
		loadWrites(parts.table, parts.payloads, place),
	]);
	if (!item) return undefined;
	for (const channel of remaining) {
		const own = stored.writes.filter(([, written]) => written === channel);
		history.get(channel)?.writes.unshift(...own);
	}
	const seeds = new Map(
		[...manifestOf(item)].filter(([channel]) => remaining.has(channel)),
	);
	const found = (await parts.steps.values(place, seeds)) ?? [];
	for (const { channel, value } of found) {
		Object.assign(history.get(channel) as DeltaChannelHistory, {
			seed: value,
		});
		remaining.delete(channel);
	}
	await parts.steps.keep(session.threadId, [
		item,
		...stored.items,
		...found.map((one) => one.item),
	]);
	return item.parent_id?.S;
}
