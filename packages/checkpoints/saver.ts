import { isDeepStrictEqual } from "node:util";
import type { RunnableConfig } from "@langchain/core/runnables";
import {
	BaseCheckpointSaver,
	type ChannelVersions,
	type Checkpoint,
	type CheckpointListOptions,
	type CheckpointMetadata,
	type CheckpointPendingWrite,
	type CheckpointTuple,
	type DeltaChannelHistory,
	getCheckpointId,
	maxChannelVersion,
	type PendingWrite,
	type SerializerProtocol,
	TASKS,
} from "@langchain/langgraph-checkpoint";
import { deleteThreadItems } from "./delete-thread.ts";
import { ThreadGone } from "./errors.ts";
import { checkpointKey, under } from "./keys.ts";
import { type Manifest, manifestOf, manifestOfValues } from "./manifest.ts";
import { OpenThreads } from "./open-threads.ts";
import { type PayloadStore, Payloads } from "./payloads.ts";
import {
	isLive,
	type Session,
	Sessions,
	type SessionsOptions,
} from "./sessions.ts";
import { type LoadedValue, type StepPlace, Steps } from "./steps.ts";
import type { Attributes } from "./table.ts";
import { loadWrites, storeWrites } from "./writes.ts";

export interface DynamoDbSaverOptions extends SessionsOptions {
	/** For what an item cannot hold: `s3Payloads(client, bucket)`. */
	payloads: PayloadStore;
	/**
	 * After how long DynamoDB may remove what was written. What a living thread still needs is given that long
	 * again before it ends. At least four times `ttlSeconds`.
	 * @default 604800, seven days
	 */
	retentionSeconds?: number;
	/** @default LangGraph's JsonPlusSerializer */
	serde?: SerializerProtocol;
}

/** A tuple with all that it was read from. */
interface LoadedTuple {
	tuple: CheckpointTuple;
	values: LoadedValue[];
	writes: Attributes[];
}

/** Checkpoints that are loaded side by side when they are listed. */
const listedAtOnce = 10;

/** LangGraph's checkpoints in DynamoDB: the threads of one owner, each as long as its session lives. */
export class DynamoDbSaver extends BaseCheckpointSaver {
	readonly sessions: Sessions;
	readonly #store: PayloadStore;
	readonly #payloads: Payloads;
	readonly #steps: Steps;
	readonly #threads: OpenThreads;
	readonly #now: () => number;

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
		this.#now = now;
		this.#store = options.payloads;
		this.#payloads = new Payloads(this.serde, options.payloads);
		this.#steps = new Steps({
			table,
			payloads: this.#payloads,
			ttlSeconds,
			retentionSeconds,
			now,
		});
		this.#threads = new OpenThreads(this.sessions, now);
	}

	override async getTuple(
		config: RunnableConfig,
	): Promise<CheckpointTuple | undefined> {
		const threadId: string | undefined = config.configurable?.thread_id;
		if (threadId === undefined) return undefined;
		const session = await this.#read(threadId);
		if (!session) return undefined;
		const namespace = this.#namespace(session, nsOf(config));
		const item = await this.#steps.find(namespace, getCheckpointId(config));
		const found = item && (await this.#tuple(session, item));
		if (!found) return undefined;
		await this.#steps.keep(threadId, [
			item,
			...found.values.map((one) => one.item),
			...found.writes,
		]);
		this.#threads.remember(
			session,
			namespace.ns,
			found.tuple.checkpoint.id,
			manifestOfValues(found.values),
		);
		return found.tuple;
	}

	/** Namespace by namespace, newest first. Without a thread: of every thread of the owner, the last used first. */
	override async *list(
		config: RunnableConfig,
		options: CheckpointListOptions = {},
	): AsyncGenerator<CheckpointTuple> {
		const threadId: string | undefined = config.configurable?.thread_id;
		let left = options.limit ?? Number.POSITIVE_INFINITY;
		if (left <= 0) return;
		const session = threadId && (await this.#read(threadId));
		const sessions = threadId
			? session
				? [session]
				: []
			: this.sessions.list();
		for await (const one of sessions) {
			for await (const tuple of this.#listThread(one, config, options)) {
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
		const threadId = threadOf(config, "checkpoint");
		const ns = nsOf(config);
		const parentId = getCheckpointId(config) || undefined;
		return this.#threads.inOrder(threadId, ns, async () => {
			const session = await this.#threads.session(threadId, {
				mustExist: parentId !== undefined,
				turnBegins: metadata.source === "input",
			});
			const place = { ...this.#namespace(session, ns), id: checkpoint.id };
			const carried = await this.#carried(
				session,
				place,
				parentId,
				checkpoint,
				newVersions,
			);
			const step = { checkpoint, metadata };
			const manifest = await this.#steps.store(
				place,
				parentId,
				step,
				newVersions,
				carried,
			);
			this.#threads.remember(session, ns, checkpoint.id, manifest);
			return configOf(threadId, ns, checkpoint.id);
		});
	}

	override async putWrites(
		config: RunnableConfig,
		writes: PendingWrite[],
		taskId: string,
	): Promise<void> {
		const threadId = threadOf(config, "writes");
		const id = getCheckpointId(config);
		if (!id) {
			throw new Error(
				'Failed to put writes: the config has no "checkpoint_id" in its "configurable".',
			);
		}
		// LangGraph may store writes of a first checkpoint before the checkpoint itself.
		const session = await this.#threads.session(threadId, {
			mustExist: false,
			turnBegins: false,
		});
		await storeWrites(
			this.sessions.table,
			this.#payloads,
			{ ...this.#namespace(session, nsOf(config)), id },
			taskId,
			writes,
			this.#steps.expiresAt,
		);
	}

	/** The thread is invisible at once; then its items and payloads are removed. Safe to run again. */
	override async deleteThread(threadId: string): Promise<void> {
		this.#threads.forget(threadId);
		await this.sessions.delete(threadId);
		await deleteThreadItems(this.sessions, this.#store, threadId);
	}

	/** As the default does, without reading the session and all values at each ancestor. */
	override async getDeltaChannelHistory({
		config,
		channels,
	}: {
		config: RunnableConfig;
		channels: string[];
	}): Promise<Record<string, DeltaChannelHistory>> {
		const history = new Map<string, DeltaChannelHistory>(
			channels.map((channel) => [channel, { writes: [] }]),
		);
		const threadId: string | undefined = config.configurable?.thread_id;
		const session = threadId && (await this.#read(threadId));
		if (session && channels.length > 0) {
			const namespace = this.#namespace(session, nsOf(config));
			const target = await this.#steps.find(namespace, getCheckpointId(config));
			const remaining = new Set(channels);
			let id = target?.parent_id?.S;
			while (id && remaining.size > 0) {
				id = await this.#walk(
					session,
					{ ...namespace, id },
					remaining,
					history,
				);
			}
		}
		return Object.fromEntries(history);
	}

	/** One ancestor's part of the history. @returns the next one's id */
	async #walk(
		session: Session,
		place: StepPlace,
		remaining: Set<string>,
		history: Map<string, DeltaChannelHistory>,
	): Promise<string | undefined> {
		const [item, stored] = await Promise.all([
			this.#steps.find(place, place.id),
			this.#writes(place),
		]);
		if (!item) return undefined;
		for (const channel of remaining) {
			const own = stored.writes.filter(([, written]) => written === channel);
			history.get(channel)?.writes.unshift(...own);
		}
		const seeds = new Map(
			[...manifestOf(item)].filter(([channel]) => remaining.has(channel)),
		);
		const found = (await this.#steps.values(place, seeds)) ?? [];
		for (const { channel, value } of found) {
			Object.assign(history.get(channel) as DeltaChannelHistory, {
				seed: value,
			});
			remaining.delete(channel);
		}
		await this.#steps.keep(session.threadId, [
			item,
			...stored.items,
			...found.map((one) => one.item),
		]);
		return item.parent_id?.S;
	}

	async #read(threadId: string): Promise<Session | undefined> {
		const session = await this.sessions.get(threadId);
		this.#threads.saw(threadId, session);
		return session;
	}

	#namespace({ threadId, generation }: Session, ns: string) {
		return { pk: this.sessions.partition(threadId), generation, ns };
	}

	#writes(place: StepPlace) {
		return loadWrites(this.sessions.table, this.#payloads, place);
	}

	/** References to the values that a new checkpoint has in common with those before it. */
	async #carried(
		session: Session,
		place: StepPlace,
		parentId: string | undefined,
		{ channel_versions, channel_values }: Checkpoint,
		newVersions: ChannelVersions,
	): Promise<Manifest> {
		const parent = parentId && (await this.#manifest(session, place, parentId));
		const before = parent ? [parent] : [];
		const unchanged = Object.entries(channel_versions).filter(
			([channel]) => !Object.hasOwn(newVersions, channel),
		);
		const references = await Promise.all(
			unchanged.map(async ([channel, version]) => {
				const known = (manifests: Manifest[]) =>
					manifests
						.map((manifest) => manifest.get(channel))
						.find((reference) => reference?.version === version);
				const reference =
					known(before) ??
					(Object.hasOwn(channel_values, channel)
						? (known(this.#threads.manifests(session, place.ns)) ??
							(await this.#steps.writerOf(place, channel, version)))
						: undefined);
				return reference ? [[channel, reference] as const] : [];
			}),
		);
		return new Map(references.flat());
	}

	async #manifest(
		session: Session,
		place: StepPlace,
		id: string,
	): Promise<Manifest> {
		const known = this.#threads.manifest(session, place.ns, id);
		if (known) return known;
		const item = await this.#steps.find(place, id);
		// The thread was begun anew since the caller read it.
		if (!item) throw new ThreadGone(session.threadId);
		return manifestOf(item);
	}

	async #tuple(
		session: Session,
		item: Attributes,
	): Promise<LoadedTuple | undefined> {
		const { threadId } = session;
		const ns = item.checkpoint_ns?.S ?? "";
		const id = item.checkpoint_id?.S ?? "";
		const parentId = item.parent_id?.S;
		const place = { ...this.#namespace(session, ns), id };
		const [step, { writes, items }] = await Promise.all([
			this.#steps.load(place, item),
			this.#writes(place),
		]);
		if (!step) return undefined;
		const { checkpoint, metadata } = step;
		if (checkpoint.v < 4 && parentId) {
			const parent = await this.#writes({ ...place, id: parentId });
			addPendingSends(
				checkpoint,
				parent.writes,
				this.getNextVersion(undefined),
			);
		}
		return {
			tuple: {
				config: configOf(threadId, ns, id),
				checkpoint,
				metadata,
				pendingWrites: writes,
				...(parentId && { parentConfig: configOf(threadId, ns, parentId) }),
			},
			values: step.values,
			writes: items,
		};
	}

	async *#listThread(
		session: Session,
		config: RunnableConfig,
		{ before, filter = {}, limit }: CheckpointListOptions,
	): AsyncGenerator<CheckpointTuple> {
		const { pk, generation } = this.#namespace(session, "");
		const ns: string | undefined = config.configurable?.checkpoint_ns;
		const only = getCheckpointId(config);
		const end = before && getCheckpointId(before);
		const prefix =
			ns === undefined
				? under(generation, "checkpoint")
				: under(generation, "checkpoint", ns);
		const range =
			ns !== undefined && end
				? { from: prefix, to: checkpointKey(generation, ns, end) }
				: { prefix };
		const unfiltered = Object.keys(filter).length === 0 && !only;
		const pages = this.sessions.table.query(pk, range, {
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
					isLive(item, this.#now())
				);
			});
			for (let at = 0; at < wanted.length; at += listedAtOnce) {
				const some = wanted.slice(at, at + listedAtOnce);
				const found = await Promise.all(
					some.map((item) => this.#tuple(session, item)),
				);
				for (const one of found) {
					if (one && matches(one.tuple.metadata, filter)) yield one.tuple;
				}
			}
		}
	}
}

const nsOf = (config: RunnableConfig): string =>
	config.configurable?.checkpoint_ns ?? "";

/** @throws where a config names no thread, as every saver of LangGraph does */
function threadOf(config: RunnableConfig, what: string): string {
	const threadId = config.configurable?.thread_id;
	if (typeof threadId === "string" && threadId !== "") return threadId;
	throw new Error(
		`Failed to put ${what}: the config has no "thread_id" in its "configurable".`,
	);
}

const configOf = (
	thread_id: string,
	checkpoint_ns: string,
	checkpoint_id: string,
) => ({
	configurable: { thread_id, checkpoint_ns, checkpoint_id },
});

function matches(
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
	firstVersion: number,
): void {
	const versions = Object.values(checkpoint.channel_versions);
	checkpoint.channel_values[TASKS] = parentWrites
		.filter(([, channel]) => channel === TASKS)
		.map(([, , value]) => value);
	checkpoint.channel_versions[TASKS] =
		versions.length > 0 ? maxChannelVersion(...versions) : firstVersion;
}
