import type {
	ChannelVersions,
	Checkpoint,
	CheckpointMetadata,
} from "@langchain/langgraph-checkpoint";
import { CheckpointIncomplete, ThreadGone } from "./errors.ts";
import {
	channelValueSortKey,
	checkpointSortKey,
	type Key,
	keyPrefix,
} from "./keys.ts";
import {
	type ChannelReference,
	type Manifest,
	manifestAttribute,
	readManifest,
} from "./manifest.ts";
import type { Payloads } from "./payloads.ts";
import { isUnexpired } from "./sessions.ts";
import { type Attributes, keyOf, numberOf, type Table } from "./table.ts";

/** Where a checkpoint stands: its partition, the thread's generation, the namespace, its id. */
export interface CheckpointLocation {
	pk: string;
	generation: string;
	ns: string;
	id: string;
}

export interface LoadedCheckpoint {
	checkpoint: Checkpoint;
	metadata: CheckpointMetadata;
	values: LoadedChannelValue[];
}

/** A channel's value, and the item that it was read from. */
export interface LoadedChannelValue {
	channel: string;
	reference: ChannelReference;
	item: Attributes;
	value: unknown;
}

export interface CheckpointsOptions {
	table: Table;
	payloads: Payloads;
	ttlSeconds: number;
	retentionSeconds: number;
	now: () => number;
}

/** The checkpoints of all threads: one item each that refers to one item for each channel's value. */
export class Checkpoints {
	readonly #options: CheckpointsOptions;

	constructor(options: CheckpointsOptions) {
		this.#options = options;
	}

	/** The second after which DynamoDB may remove what is written now. */
	get expiresAt(): number {
		const { now, retentionSeconds } = this.#options;
		return Math.floor(now() / 1_000) + retentionSeconds;
	}

	/** The item of a checkpoint, by default the newest; undefined once it is past its time. */
	async find(
		{ pk, generation, ns }: Omit<CheckpointLocation, "id">,
		id?: string,
	): Promise<Attributes | undefined> {
		const { table, now } = this.#options;
		if (id) {
			const item = await table.get({
				pk,
				sk: checkpointSortKey(generation, ns, id),
			});
			return item && isUnexpired(item, now()) ? item : undefined;
		}
		const prefix = keyPrefix(generation, "checkpoint", ns);
		const newest = table.query(
			pk,
			{ prefix },
			{ newestFirst: true, pageSize: 1 },
		);
		for await (const [item] of newest) {
			if (item) return isUnexpired(item, now()) ? item : undefined;
		}
		return undefined;
	}

	/**
	 * Writes what has changed, then the item that refers to it: whoever reads sees the whole step or the one before.
	 * @param carried what the checkpoint takes over unchanged
	 */
	async put(
		{ pk, generation, ns, id }: CheckpointLocation,
		parentId: string | undefined,
		step: { checkpoint: Checkpoint; metadata: CheckpointMetadata },
		newVersions: ChannelVersions,
		carried: Manifest,
	): Promise<Manifest> {
		const { table, payloads } = this.#options;
		const { channel_values, ...checkpoint } = step.checkpoint;
		const expiresAt = this.expiresAt;
		const manifest = new Map(
			await this.#extendReferences(pk, generation, ns, carried, expiresAt),
		);
		const written = await Promise.all(
			Object.entries(newVersions)
				.filter(([channel]) => Object.hasOwn(channel_values, channel))
				.map(([channel, version]) => {
					manifest.set(channel, { version, writer: id, expiresAt });
					const sk = channelValueSortKey(generation, ns, channel, version, id);
					return payloads.toItem({ pk, sk }, channel_values[channel], {
						expires_at: { N: `${expiresAt}` },
					});
				}),
		);
		const item = await payloads.toItem(
			{ pk, sk: checkpointSortKey(generation, ns, id) },
			{ checkpoint, metadata: step.metadata },
			{
				...manifestAttribute(manifest),
				...(parentId && { parent_id: { S: parentId } }),
				checkpoint_ns: { S: ns },
				checkpoint_id: { S: id },
				expires_at: { N: `${expiresAt}` },
			},
		);
		await table.batchWrite(written.map((Item) => ({ PutRequest: { Item } })));
		await table.put(item);
		return manifest;
	}

	/** The checkpoint with its values; undefined where a value of an old one has been removed with its time. */
	async load(
		place: CheckpointLocation,
		item: Attributes,
	): Promise<LoadedCheckpoint | undefined> {
		const stored = (await this.#options.payloads.value(item)) as Omit<
			LoadedCheckpoint,
			"values"
		>;
		const loadValues = await this.values(place, readManifest(item));
		if (!loadValues) return undefined;
		const { checkpoint, metadata } = stored;
		const channel_values = Object.fromEntries(
			loadValues.map(({ channel, value }) => [channel, value]),
		);
		return {
			checkpoint: { ...checkpoint, channel_values },
			metadata,
			values: loadValues,
		};
	}

	/** The values that are referred to. @throws CheckpointIncomplete where one is missing before its time */
	async values(
		{ pk, generation, ns }: Omit<CheckpointLocation, "id">,
		manifest: Manifest,
	): Promise<LoadedChannelValue[] | undefined> {
		const { table, payloads, now } = this.#options;
		const wanted = [...manifest].map(([channel, reference]) => ({
			channel,
			reference,
			sk: referenceSortKey(generation, ns, channel, reference),
		}));
		const items = await table.batchGet(wanted.map(({ sk }) => ({ pk, sk })));
		const bySortKey = new Map(items.map((item) => [keyOf(item).sk, item]));
		const missing = wanted.filter(({ sk }) => !bySortKey.has(sk));
		for (const { sk, reference } of missing) {
			if (reference.expiresAt > now() / 1_000) {
				throw new CheckpointIncomplete(`The item ${pk} ${sk}`);
			}
		}
		if (missing.length > 0) return undefined;
		return Promise.all(
			wanted.map(async ({ channel, reference, sk }) => {
				const item = bySortKey.get(sk) as Attributes;
				return { channel, reference, item, value: await payloads.value(item) };
			}),
		);
	}

	/**
	 * Where a version was stored that the parent does not have: LangGraph copies a checkpoint as a sibling of
	 * itself. Of two branches that share the number the newest is taken.
	 */
	async findReference(
		{ pk, generation, ns }: Omit<CheckpointLocation, "id">,
		channel: string,
		version: string | number,
	): Promise<ChannelReference | undefined> {
		const prefix = keyPrefix(generation, "value", ns, channel, `${version}`);
		for await (const [item] of this.#options.table.query(
			pk,
			{ prefix },
			{ newestFirst: true, pageSize: 1 },
		)) {
			if (!item) continue;
			const writer = decodeURIComponent(keyOf(item).sk.slice(prefix.length));
			return { version, writer, expiresAt: numberOf(item.expires_at) };
		}
		return undefined;
	}

	/**
	 * Gives items that a living thread needs their full time again, where less than two lives of a thread are left:
	 * until the next turn no more than one can pass. The items given are changed too. @throws ThreadGone where they are deleted meanwhile
	 */
	async extendExpiry(threadId: string, items: Attributes[]): Promise<void> {
		const ending = items.filter((item) =>
			this.#expiresSoon(numberOf(item.expires_at)),
		);
		const { expiresAt } = this;
		const kept = await Promise.all(
			ending.map((item) => this.#setExpiry(keyOf(item), expiresAt)),
		);
		if (kept.includes(false)) throw new ThreadGone(threadId);
		for (const item of ending) item.expires_at = { N: `${expiresAt}` };
	}

	/** The same for what is taken over from one checkpoint to the next without being read. */
	async #extendReferences(
		pk: string,
		generation: string,
		ns: string,
		carried: Manifest,
		expiresAt: number,
	): Promise<[string, ChannelReference][]> {
		return Promise.all(
			[...carried].map(
				async ([channel, reference]): Promise<[string, ChannelReference]> => {
					if (!this.#expiresSoon(reference.expiresAt))
						return [channel, reference];
					const sk = referenceSortKey(generation, ns, channel, reference);
					if (!(await this.#setExpiry({ pk, sk }, expiresAt))) {
						throw new CheckpointIncomplete(`The item ${pk} ${sk}`);
					}
					return [channel, { ...reference, expiresAt }];
				},
			),
		);
	}

	#expiresSoon(expiresAt: number): boolean {
		const { now, ttlSeconds } = this.#options;
		return expiresAt < now() / 1_000 + 2 * ttlSeconds;
	}

	async #setExpiry(key: Key, expiresAt: number): Promise<boolean> {
		const item = await this.#options.table.update(
			key,
			{
				text: "set #expires = :expires",
				names: { "#expires": "expires_at" },
				values: { ":expires": { N: `${expiresAt}` } },
			},
			// An update would create what is not there.
			{ text: "attribute_exists(#pk)", names: { "#pk": "pk" } },
		);
		return item !== undefined;
	}
}

const referenceSortKey = (
	generation: string,
	ns: string,
	channel: string,
	{ version, writer }: ChannelReference,
) => channelValueSortKey(generation, ns, channel, version, writer);
