import { isDeepStrictEqual } from "node:util";
import type { RunnableConfig } from "@langchain/core/runnables";
import {
	type Checkpoint,
	type CheckpointListOptions,
	type CheckpointMetadata,
	type CheckpointPendingWrite,
	type CheckpointTuple,
	getCheckpointId,
	maxChannelVersion,
	TASKS,
} from "@langchain/langgraph-checkpoint";
import type { CheckpointLocation, Checkpoints, LoadedChannelValue, NamespaceLocation } from "./checkpoints.ts";
import { type CheckpointItem, isUnexpired, type PendingWritesItem } from "./items.ts";
import { checkpointSortKey, keyPrefix } from "./keys.ts";
import type { Payloads } from "./payloads.ts";
import { loadPendingWrites } from "./pending-writes.ts";
import type { Sessions, ThreadRef } from "./sessions.ts";

/** A tuple, and the items that it was read from. */
interface LoadedTuple {
	tuple: CheckpointTuple;
	values: LoadedChannelValue[];
	writes: PendingWritesItem[];
}

const maxConcurrentLoads = 10;

/** Reads LangGraph's checkpoint tuples: a checkpoint with its channel values, pending writes and parent. */
export class CheckpointTuples {
	readonly #sessions: Sessions;
	readonly #payloads: Payloads;
	readonly #checkpoints: Checkpoints;
	readonly #now: () => number;

	constructor(sessions: Sessions, payloads: Payloads, checkpoints: Checkpoints, now: () => number) {
		this.#sessions = sessions;
		this.#payloads = payloads;
		this.#checkpoints = checkpoints;
		this.#now = now;
	}

	/** @returns undefined if a value of an old checkpoint has expired and was removed */
	async load(thread: ThreadRef, item: CheckpointItem): Promise<LoadedTuple | undefined> {
		const { threadId } = thread;
		const { checkpoint_ns: ns, checkpoint_id: id, parent_id: parentId } = item;
		const location = { ...namespaceLocation(this.#sessions, thread, ns), id };
		const [loaded, pending] = await Promise.all([
			this.#checkpoints.load(location, item),
			this.#pendingWrites(location),
		]);
		if (!loaded) return undefined;
		const { checkpoint, metadata, values } = loaded;
		if (checkpoint.v < 4 && parentId) {
			const parent = await this.#pendingWrites({ ...location, id: parentId });
			addPendingSends(checkpoint, parent.writes);
		}
		return {
			tuple: {
				config: checkpointConfig(threadId, ns, id),
				checkpoint,
				metadata,
				pendingWrites: pending.writes,
				...(parentId && {
					parentConfig: checkpointConfig(threadId, ns, parentId),
				}),
			},
			values,
			writes: pending.items,
		};
	}

	/** Lists a thread's checkpoints namespace by namespace, the newest first. */
	async *list(
		thread: ThreadRef,
		config: RunnableConfig,
		{ before, filter = {}, limit }: CheckpointListOptions,
	): AsyncGenerator<CheckpointTuple> {
		const { pk, generation } = namespaceLocation(this.#sessions, thread, "");
		const ns: string | undefined = config.configurable?.checkpoint_ns;
		const onlyId = getCheckpointId(config);
		const beforeId = before && getCheckpointId(before);
		const prefix = ns === undefined ? keyPrefix(generation, "checkpoint") : keyPrefix(generation, "checkpoint", ns);
		const range =
			ns !== undefined && beforeId ? { from: prefix, to: checkpointSortKey(generation, ns, beforeId) } : { prefix };
		const isUnfiltered = Object.keys(filter).length === 0 && !onlyId;
		const pages = this.#sessions.table.query<CheckpointItem>(pk, range, {
			newestFirst: true,
			// The end of the range is read and not listed.
			pageSize: isUnfiltered && limit !== undefined ? limit + 1 : undefined,
		});
		for await (const page of pages) {
			const wanted = page.filter(
				(item) =>
					(!onlyId || item.checkpoint_id === onlyId) &&
					(!beforeId || item.checkpoint_id < beforeId) &&
					isUnexpired(item, this.#now()),
			);
			for (let start = 0; start < wanted.length; start += maxConcurrentLoads) {
				const loaded = await Promise.all(
					wanted.slice(start, start + maxConcurrentLoads).map((item) => this.load(thread, item)),
				);
				for (const { tuple } of loaded.filter((each) => each !== undefined)) {
					if (matchesFilter(tuple.metadata, filter)) yield tuple;
				}
			}
		}
	}

	#pendingWrites(location: CheckpointLocation) {
		return loadPendingWrites(this.#sessions.table, this.#payloads, location);
	}
}

export const namespaceLocation = (
	sessions: Sessions,
	{ threadId, generation }: ThreadRef,
	ns: string,
): NamespaceLocation => ({ pk: sessions.partition(threadId), generation, ns });

export const checkpointConfig = (thread_id: string, checkpoint_ns: string, checkpoint_id: string) => ({
	configurable: { thread_id, checkpoint_ns, checkpoint_id },
});

function matchesFilter(metadata: CheckpointMetadata | undefined, filter: Record<string, unknown>): boolean {
	return Object.entries(filter).every(([name, value]) =>
		isDeepStrictEqual(metadata?.[name as keyof CheckpointMetadata], value),
	);
}

/** Before version 4 a step's sends were among the pending writes of its parent instead of in a channel. */
function addPendingSends(checkpoint: Checkpoint, parentWrites: CheckpointPendingWrite[]): void {
	const versions = Object.values(checkpoint.channel_versions);
	checkpoint.channel_values[TASKS] = parentWrites
		.filter(([, channel]) => channel === TASKS)
		.map(([, , value]) => value);
	checkpoint.channel_versions[TASKS] = versions.length > 0 ? maxChannelVersion(...versions) : 1;
}
