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
	checkpoints: Checkpoints;
}

/** Collects the ancestors' writes to some channels, for each channel back to the nearest stored value. */
export async function deltaChannelHistory(
	sources: HistorySources,
	thread: ThreadRef,
	{ id: target, ...namespace }: CheckpointLocation,
	channels: string[],
): Promise<Map<string, DeltaChannelHistory>> {
	const history = new Map<string, DeltaChannelHistory>(channels.map((channel) => [channel, { writes: [] }]));
	const checkpoint = await sources.checkpoints.find(namespace, target);
	const remaining = new Set(channels);
	let id = checkpoint?.parent_id;
	while (id && remaining.size > 0) {
		const ancestor = { ...namespace, id };
		id = await addAncestor(sources, thread, ancestor, remaining, history);
	}
	return history;
}

/** @returns the id of the ancestor's own parent */
async function addAncestor(
	{ table, payloads, checkpoints }: HistorySources,
	thread: ThreadRef,
	location: CheckpointLocation,
	remaining: Set<string>,
	history: Map<string, DeltaChannelHistory>,
): Promise<string | undefined> {
	const [item, pending] = await Promise.all([
		checkpoints.find(location, location.id),
		loadPendingWrites(table, payloads, location),
	]);
	if (!item) return undefined;
	for (const channel of remaining) {
		const writes = pending.writes.filter(([, name]) => name === channel);
		history.get(channel)?.writes.unshift(...writes);
	}
	const seeds = new Map([...readManifest(item)].filter(([channel]) => remaining.has(channel)));
	const values = (await checkpoints.loadValues(location, seeds)) ?? [];
	for (const { channel, value } of values) {
		Object.assign(history.get(channel) as DeltaChannelHistory, {
			seed: value,
		});
		remaining.delete(channel);
	}
	await checkpoints.extendExpiry(thread.threadId, [item, ...pending.items, ...values.map((value) => value.item)]);
	return item.parent_id;
}
