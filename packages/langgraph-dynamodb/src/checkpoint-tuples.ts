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
import type {
	CheckpointLocation,
	Checkpoints,
	LoadedChannelValue,
} from "./checkpoints.ts";
import { checkpointSortKey, keyPrefix } from "./keys.ts";
import type { Payloads } from "./payloads.ts";
import { loadPendingWrites } from "./pending-writes.ts";
import { isUnexpired, type Sessions, type ThreadRef } from "./sessions.ts";
import type { Attributes } from "./table.ts";

/** A tuple with all that it was read from. */
export interface LoadedTuple {
	tuple: CheckpointTuple;
	values: LoadedChannelValue[];
	writes: Attributes[];
}

/** Checkpoints that are loaded side by side when they are listed. */
const maxConcurrentLoads = 10;

/** Reads checkpoints as LangGraph wants them: with values, writes, and the way to their parent. */
export class CheckpointTuples {
	readonly #sessions: Sessions;
	readonly #payloads: Payloads;
	readonly #steps: Checkpoints;
	readonly #now: () => number;

	constructor(
		sessions: Sessions,
		payloads: Payloads,
		steps: Checkpoints,
		now: () => number,
	) {
		this.#sessions = sessions;
		this.#payloads = payloads;
		this.#steps = steps;
		this.#now = now;
	}

	/** Undefined where a value of an old checkpoint has been removed with its time. */
	async load(
		session: ThreadRef,
		item: Attributes,
	): Promise<LoadedTuple | undefined> {
		const { threadId } = session;
		const ns = item.checkpoint_ns?.S ?? "";
		const id = item.checkpoint_id?.S ?? "";
		const parentId = item.parent_id?.S;
		const place = { ...namespaceLocation(this.#sessions, session, ns), id };
		const [step, { writes, items }] = await Promise.all([
			this.#steps.load(place, item),
			this.#writes(place),
		]);
		if (!step) return undefined;
		const { checkpoint, metadata } = step;
		if (checkpoint.v < 4 && parentId) {
			const parent = await this.#writes({ ...place, id: parentId });
			addPendingSends(checkpoint, parent.writes);
		}
		return {
			tuple: {
				config: checkpointConfig(threadId, ns, id),
				checkpoint,
				metadata,
				pendingWrites: writes,
				...(parentId && {
					parentConfig: checkpointConfig(threadId, ns, parentId),
				}),
			},
			values: step.values,
			writes: items,
		};
	}

	/** Of one thread, namespace by namespace, the newest first. */
	async *list(
		session: ThreadRef,
		config: RunnableConfig,
		{ before, filter = {}, limit }: CheckpointListOptions,
	): AsyncGenerator<CheckpointTuple> {
		const { pk, generation } = namespaceLocation(this.#sessions, session, "");
		const ns: string | undefined = config.configurable?.checkpoint_ns;
		const only = getCheckpointId(config);
		const end = before && getCheckpointId(before);
		const prefix =
			ns === undefined
				? keyPrefix(generation, "checkpoint")
				: keyPrefix(generation, "checkpoint", ns);
		const range =
			ns !== undefined && end
				? { from: prefix, to: checkpointSortKey(generation, ns, end) }
				: { prefix };
		const unfiltered = Object.keys(filter).length === 0 && !only;
		const pages = this.#sessions.table.query(pk, range, {
			newestFirst: true,
			// One more than asked for, since the end of the range is not part of it.
			pageSize: unfiltered && limit !== undefined ? limit + 1 : undefined,
		});
		for await (const page of pages) {
			const wanted = page.filter((item) => {
				const id = item.checkpoint_id?.S ?? "";
				return (
					(!only || id === only) &&
					(!end || id < end) &&
					isUnexpired(item, this.#now())
				);
			});
			for (let at = 0; at < wanted.length; at += maxConcurrentLoads) {
				const some = wanted.slice(at, at + maxConcurrentLoads);
				const found = await Promise.all(
					some.map((item) => this.load(session, item)),
				);
				for (const one of found) {
					if (one && matchesFilter(one.tuple.metadata, filter)) yield one.tuple;
				}
			}
		}
	}

	#writes(place: CheckpointLocation) {
		return loadPendingWrites(this.#sessions.table, this.#payloads, place);
	}
}

/** Where a namespace of a thread stands in the table. */
export const namespaceLocation = (
	sessions: Sessions,
	{ threadId, generation }: ThreadRef,
	ns: string,
) => ({ pk: sessions.partition(threadId), generation, ns });

export const checkpointConfig = (
	thread_id: string,
	checkpoint_ns: string,
	checkpoint_id: string,
) => ({
	configurable: { thread_id, checkpoint_ns, checkpoint_id },
});

function matchesFilter(
	metadata: CheckpointMetadata | undefined,
	filter: Record<string, unknown>,
): boolean {
	return Object.entries(filter).every(([name, wanted]) =>
		isDeepStrictEqual(metadata?.[name as keyof CheckpointMetadata], wanted),
	);
}

/** Before version 4 what a step sent stood among the writes of its parent, and not in a channel. */
function addPendingSends(
	checkpoint: Checkpoint,
	parentWrites: CheckpointPendingWrite[],
): void {
	const versions = Object.values(checkpoint.channel_versions);
	checkpoint.channel_values[TASKS] = parentWrites
		.filter(([, channel]) => channel === TASKS)
		.map(([, , value]) => value);
	checkpoint.channel_versions[TASKS] =
		versions.length > 0 ? maxChannelVersion(...versions) : 1;
}
