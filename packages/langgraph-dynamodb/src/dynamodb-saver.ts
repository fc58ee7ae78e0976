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
import { CheckpointTuples, checkpointConfig, namespaceLocation } from "./checkpoint-tuples.ts";
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
	/** Stores payloads that are too large for an item: `s3Payloads(client, bucket)`. */
	payloads: PayloadStore;
	/**
	 * Seconds after which DynamoDB may remove an item. Items that a living thread needs are renewed before. At least
	 * four times `ttlSeconds`.
	 * @default 604800, seven days
	 */
	retentionSeconds?: number;
	/**
	 * A session that the application has just refreshed: its next turn neither reads nor refreshes it.
	 * @default none: each turn does both
	 */
	refreshedSession?: ThreadRef;
	/** @default LangGraph's JsonPlusSerializer */
	serde?: SerializerProtocol;
}

/** Keeps LangGraph's checkpoints of one owner's threads in DynamoDB, each thread as long as its session lives. */
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
		this.#payloads = new Payloads(plainDataSerializer(this.serde), options.payloads);
		this.#checkpoints = new Checkpoints({
			table,
			payloads: this.#payloads,
			ttlSeconds,
			retentionSeconds,
			now,
		});
		this.#tuples = new CheckpointTuples(this.sessions, this.#payloads, this.#checkpoints, now);
		this.#cache = new ThreadCache(this.sessions, now);
		if (options.refreshedSession) {
			this.#cache.setRefreshed(options.refreshedSession);
		}
	}

	override async getTuple(config: RunnableConfig): Promise<CheckpointTuple | undefined> {
		const threadId = findThreadId(config);
		if (threadId === undefined) return undefined;
		const session = await this.#readSession(threadId);
		if (!session) return undefined;
		const namespace = namespaceLocation(this.sessions, session, checkpointNamespace(config));
		const item = await this.#checkpoints.find(namespace, getCheckpointId(config));
		const loaded = item && (await this.#tuples.load(session, item));
		if (!loaded) return undefined;
		const { tuple, values, writes } = loaded;
		await this.#checkpoints.extendExpiry(threadId, [item, ...values.map((value) => value.item), ...writes]);
		this.#cache.setManifest(session, namespace.ns, tuple.checkpoint.id, manifestFromValues(values));
		return tuple;
	}

	/** Lists namespace by namespace, newest first. Without a thread, lists all threads of the owner, the last used first. */
	override async *list(config: RunnableConfig, options: CheckpointListOptions = {}): AsyncGenerator<CheckpointTuple> {
		const threadId = findThreadId(config);
		let remaining = options.limit ?? Number.POSITIVE_INFINITY;
		if (remaining <= 0) return;
		const session = threadId && (await this.#readSession(threadId));
		const sessions = threadId ? (session ? [session] : []) : this.sessions.list();
		for await (const thread of sessions) {
			for await (const tuple of this.#tuples.list(thread, config, options)) {
				yield tuple;
				remaining -= 1;
				if (remaining === 0) return;
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
				// A subgraph has an input and belongs to the turn of its parent.
				turnBegins: metadata.source === "input" && ns === "",
			});
			const location = {
				...namespaceLocation(this.sessions, session, ns),
				id: checkpoint.id,
			};
			const unchanged = await unchangedReferences(
				this.#cache,
				this.#checkpoints,
				session,
				location,
				parentId,
				checkpoint,
				newVersions,
			);
			const manifest = await this.#checkpoints.put(
				location,
				parentId,
				{ checkpoint, metadata },
				newVersions,
				unchanged,
			);
			this.#cache.setManifest(session, ns, checkpoint.id, manifest);
			return checkpointConfig(threadId, ns, checkpoint.id);
		});
	}

	override async putWrites(config: RunnableConfig, writes: PendingWrite[], taskId: string): Promise<void> {
		const threadId = requireThreadId(config, "writes");
		const id = getCheckpointId(config);
		if (!id) {
			throw new Error('Failed to put writes: the config has no "checkpoint_id" in its "configurable".');
		}
		// LangGraph may store the writes of a first checkpoint before the checkpoint itself.
		const session = await this.#cache.session(threadId, {
			mustExist: this.#cache.has(threadId),
			turnBegins: false,
		});
		await putPendingWrites(
			this.sessions.table,
			this.#payloads,
			{
				...namespaceLocation(this.sessions, session, checkpointNamespace(config)),
				id,
			},
			taskId,
			writes,
			this.#checkpoints.expiresAt,
		);
	}

	/** Hides the thread at once, then removes its items and payloads. Safe to run again. */
	override async deleteThread(threadId: string): Promise<void> {
		const id = `${threadId}`; // It may be a number: see findThreadId.
		this.#cache.evict(id);
		await this.sessions.delete(id);
		await deleteThreadItems(this.sessions, this.#payloadStore, id);
	}

	/** Returns the same as the base class, without reading the session and all values at each ancestor. */
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
			return Object.fromEntries(channels.map((channel) => [channel, { writes: [] }]));
		}
		const location = {
			...namespaceLocation(this.sessions, session, checkpointNamespace(config)),
			id: getCheckpointId(config),
		};
		const sources = {
			table: this.sessions.table,
			payloads: this.#payloads,
			checkpoints: this.#checkpoints,
		};
		return Object.fromEntries(await deltaChannelHistory(sources, session, location, channels));
	}

	async #readSession(threadId: string): Promise<ThreadRef | undefined> {
		const refreshed = this.#cache.refreshedSession(threadId);
		if (refreshed) return refreshed;
		const session = await this.sessions.get(threadId);
		this.#cache.observe(threadId, session);
		return session;
	}
}

const checkpointNamespace = (config: RunnableConfig): string => config.configurable?.checkpoint_ns ?? "";

/** Accepts a number as its digits, like LangGraph's in-memory saver: nothing checks a config's types. */
function findThreadId(config: RunnableConfig): string | undefined {
	const threadId: unknown = config.configurable?.thread_id;
	return typeof threadId === "number" ? `${threadId}` : (threadId as string | undefined);
}

/** @throws if a config names no thread, as every saver of LangGraph does */
function requireThreadId(config: RunnableConfig, subject: string): string {
	const threadId = findThreadId(config);
	if (typeof threadId === "string" && threadId !== "") return threadId;
	throw new Error(`Failed to put ${subject}: the config has no "thread_id" in its "configurable".`);
}
