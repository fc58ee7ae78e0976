import type { DeltaChannelHistory } from "@langchain/langgraph-checkpoint";
import type { CheckpointLocation, Checkpoints } from "./checkpoints.ts";
import { readManifest } from "./manifest.ts";
import type { Payloads } from "./payloads.ts";
import { loadPendingWrites } from "./pending-writes.ts";
import type { ThreadRef } from "./sessions.ts";
import type { Table } from "./table.ts";

interface HistorySources {
	table: Table;
	payloads: Payloads;
	steps: Checkpoints;
}

/** What the ancestors of a checkpoint wrote to some channels, back to the nearest that has each channel's value. */
export async function deltaChannelHistory(
	parts: HistorySources,
	session: ThreadRef,
	{ id: target, ...namespace }: CheckpointLocation,
	channels: string[],
): Promise<Map<string, DeltaChannelHistory>> {
	const history = new Map<string, DeltaChannelHistory>(
		channels.map((channel) => [channel, { writes: [] }]),
	);
	const found = await parts.steps.find(namespace, target);
	const remaining = new Set(channels);
	let id = found?.parent_id?.S;
	while (id && remaining.size > 0) {
		id = await visitAncestor(
			parts,
			session,
			{ ...namespace, id },
			remaining,
			history,
		);
	}
	return history;
}

/** One ancestor's part of the history. @returns the next one's id */
async function visitAncestor(
	parts: HistorySources,
	session: ThreadRef,
	place: CheckpointLocation,
	remaining: Set<string>,
	history: Map<string, DeltaChannelHistory>,
): Promise<string | undefined> {
	const [item, stored] = await Promise.all([
		parts.steps.find(place, place.id),
		loadPendingWrites(parts.table, parts.payloads, place),
	]);
	if (!item) return undefined;
	for (const channel of remaining) {
		const own = stored.writes.filter(([, written]) => written === channel);
		history.get(channel)?.writes.unshift(...own);
	}
	const seeds = new Map(
		[...readManifest(item)].filter(([channel]) => remaining.has(channel)),
	);
	const found = (await parts.steps.values(place, seeds)) ?? [];
	for (const { channel, value } of found) {
		Object.assign(history.get(channel) as DeltaChannelHistory, {
			seed: value,
		});
		remaining.delete(channel);
	}
	await parts.steps.extendExpiry(session.threadId, [
		item,
		...stored.items,
		...found.map((one) => one.item),
	]);
	return item.parent_id?.S;
}
