import type { RunnableConfig } from "@langchain/core/runnables";
import {
	BaseCheckpointSaver,
	type ChannelVersions,
	type Checkpoint,
	type CheckpointListOptions,
	type CheckpointMetadata,
	type CheckpointTuple,
	type DeltaChannelHistory,
	getCheckpointId,
	type PendingWrite,
	type SerializerProtocol,
} from "@langchain/langgraph-checkpoint";
import {
	CheckpointTuples,
	checkpointConfig,
	namespaceLocation,
} from "./checkpoint-tuples.ts";
import { Checkpoints } from "./checkpoints.ts";
import { deleteThreadItems } from "./delete-thread.ts";
import { deltaChannelHistory } from "./delta-channel-history.ts";
import { manifestFromValues } from "./manifest.ts";
import { type PayloadStore, Payloads } from "./payloads.ts";
import { putPendingWrites } from "./pending-writes.ts";
import { plainDataSerializer } from "./plain-data-serializer.ts";
import { Sessions, type SessionsOptions, type ThreadRef } from "./sessions.ts";
import { ThreadCache } from "./thread-cache.ts";
import { unchangedReferences } from "./unchanged-channels.ts";

export interface DynamoDbSaverOptions extends SessionsOptions {
	/** For what an item cannot hold: `s3Payloads(client, bucket)`. */
	payloads: PayloadStore;
	/**
	 * After how long DynamoDB may remove what was written. What a living thread still needs is given that long
	 * again before it ends. At least four times `ttlSeconds`.
	 * @default 604800, seven days
	 */
	retentionSeconds?: number;
	/**
	 * A thread whose session the application has just refreshed: its next turn neither reads nor refreshes it.
	 * @default none: each turn does both
	 */
	refreshedSession?: ThreadRef;
	/** @default LangGraph's JsonPlusSerializer */
	serde?: SerializerProtocol;
}

/** LangGraph's checkpoints in DynamoDB: the threads of one owner, each as long as its session lives. */
export class DynamoDbSaver extends BaseCheckpointSaver {
	readonly sessions: Sessions;
	readonly #payloadStore: PayloadStore;
	readonly #payloads: Payloads;
	readonly #checkpoints: Checkpoints;
	readonly #cache: ThreadCache;
	readonly #tuples: CheckpointTuples;

	constructor(options: DynamoDbSaverOptions) {
		super(options.serde);
		const { now = Date.now, retentionSeconds = 7 * 24 * 60 * 60 } = options;
		this.sessions = new Sessions(options);
		const { ttlSeconds, table } = this.sessions;
		if (retentionSeconds < 4 * ttlSeconds) {
			throw new Error(
				`retentionSeconds is ${retentionSeconds}: with a ttlSeconds of ${ttlSeconds} it must be at least ${4 * ttlSeconds}, or DynamoDB removes what a living thread needs.`,
			);
		}
		this.#payloadStore = options.payloads;
		this.#payloads = new Payloads(
			plainDataSerializer(this.serde),
			options.payloads,
		);
		this.#checkpoints = new Checkpoints({
			table,
			payloads: this.#payloads,
			ttlSeconds,
			retentionSeconds,
			now,
		});
		this.#tuples = new CheckpointTuples(
			this.sessions,
			this.#payloads,
			this.#checkpoints,
			now,
		);
		this.#cache = new ThreadCache(this.sessions, now);
		if (options.refreshedSession)
			this.#cache.setRefreshed(options.refreshedSession);
	}

	override async getTuple(
		config: RunnableConfig,
	): Promise<CheckpointTuple | undefined> {
		const threadId = findThreadId(config);
		if (threadId === undefined) return undefined;
		const session = await this.#readSession(threadId);
		if (!session) return undefined;
		const namespace = namespaceLocation(
			this.sessions,
			session,
			checkpointNamespace(config),
		);
		const item = await this.#checkpoints.find(
			namespace,
			getCheckpointId(config),
		);
		const found = item && (await this.#tuples.load(session, item));
		if (!found) return undefined;
		await this.#checkpoints.extendExpiry(threadId, [
			item,
			...found.values.map((one) => one.item),
			...found.writes,
		]);
		this.#cache.setManifest(
			session,
			namespace.ns,
			found.tuple.checkpoint.id,
			manifestFromValues(found.values),
		);
		return found.tuple;
	}

	/** Namespace by namespace, newest first. Without a thread: of every thread of the owner, the last used first. */
	override async *list(
		config: RunnableConfig,
		options: CheckpointListOptions = {},
	): AsyncGenerator<CheckpointTuple> {
		const threadId = findThreadId(config);
		let left = options.limit ?? Number.POSITIVE_INFINITY;
		if (left <= 0) return;
		const session = threadId && (await this.#readSession(threadId));
		const sessions = threadId
			? session
				? [session]
				: []
			: this.sessions.list();
		for await (const one of sessions) {
			for await (const tuple of this.#tuples.list(one, config, options)) {
				yield tuple;
				left -= 1;
				if (left === 0) return;
			}
		}
	}

	override async put(
		config: RunnableConfig,
		checkpoint: Checkpoint,
		metadata: CheckpointMetadata,
		newVersions: ChannelVersions,
	): Promise<RunnableConfig> {
		const threadId = requireThreadId(config, "checkpoint");
		const ns = checkpointNamespace(config);
		const parentId = getCheckpointId(config) || undefined;
		return this.#cache.runInOrder(threadId, ns, async () => {
			const session = await this.#cache.session(threadId, {
				mustExist: parentId !== undefined,
				// A subgraph has an input of its own and no turn of its own.
				turnBegins: metadata.source === "input" && ns === "",
			});
			const place = {
				...namespaceLocation(this.sessions, session, ns),
				id: checkpoint.id,
			};
			const carried = await unchangedReferences(
				this.#cache,
				this.#checkpoints,
				session,
				place,
				parentId,
				checkpoint,
				newVersions,
			);
			const step = { checkpoint, metadata };
			const manifest = await this.#checkpoints.put(
				place,
				parentId,
				step,
				newVersions,
				carried,
			);
			this.#cache.setManifest(session, ns, checkpoint.id, manifest);
			return checkpointConfig(threadId, ns, checkpoint.id);
		});
	}

	override async putWrites(
		config: RunnableConfig,
		writes: PendingWrite[],
		taskId: string,
	): Promise<void> {
		const threadId = requireThreadId(config, "writes");
		const id = getCheckpointId(config);
		if (!id) {
			throw new Error(
				'Failed to put writes: the config has no "checkpoint_id" in its "configurable".',
			);
		}
		// LangGraph may store writes of a first checkpoint before the checkpoint itself.
		const session = await this.#cache.session(threadId, {
			mustExist: this.#cache.has(threadId),
			turnBegins: false,
		});
		await putPendingWrites(
			this.sessions.table,
			this.#payloads,
			{
				...namespaceLocation(
					this.sessions,
					session,
					checkpointNamespace(config),
				),
				id,
			},
			taskId,
			writes,
			this.#checkpoints.expiresAt,
		);
	}

	/** The thread is invisible at once; then its items and payloads are removed. Safe to run again. */
	override async deleteThread(threadId: string): Promise<void> {
		const name = `${threadId}`; // see threadIn
		this.#cache.evict(name);
		await this.sessions.delete(name);
		await deleteThreadItems(this.sessions, this.#payloadStore, name);
	}

	/** As the default does, without reading the session and all values at each ancestor. */
	override async getDeltaChannelHistory({
		config,
		channels,
	}: {
		config: RunnableConfig;
		channels: string[];
	}): Promise<Record<string, DeltaChannelHistory>> {
		const threadId = findThreadId(config);
		const session = threadId && (await this.#readSession(threadId));
		if (!session || channels.length === 0) {
			return Object.fromEntries(channels.map((one) => [one, { writes: [] }]));
		}
		const place = {
			...namespaceLocation(this.sessions, session, checkpointNamespace(config)),
			id: getCheckpointId(config),
		};
		const { table } = this.sessions;
		const parts = { table, payloads: this.#payloads, steps: this.#checkpoints };
		return Object.fromEntries(
			await deltaChannelHistory(parts, session, place, channels),
		);
	}

	async #readSession(threadId: string): Promise<ThreadRef | undefined> {
		const given = this.#cache.given(threadId);
		if (given) return given;
		const session = await this.sessions.get(threadId);
		this.#cache.observe(threadId, session);
		return session;
	}
}

const checkpointNamespace = (config: RunnableConfig): string =>
	config.configurable?.checkpoint_ns ?? "";

/** LangGraph's own saver in memory takes a number for the text of its digits: nothing checks a config's types. */
function findThreadId(config: RunnableConfig): string | undefined {
	const threadId: unknown = config.configurable?.thread_id;
	return typeof threadId === "number"
		? `${threadId}`
		: (threadId as string | undefined);
}

/** @throws where a config names no thread, as every saver of LangGraph does */
function requireThreadId(config: RunnableConfig, what: string): string {
	const threadId = findThreadId(config);
	if (typeof threadId === "string" && threadId !== "") return threadId;
	throw new Error(
		`Failed to put ${what}: the config has no "thread_id" in its "configurable".`,
	);
}
