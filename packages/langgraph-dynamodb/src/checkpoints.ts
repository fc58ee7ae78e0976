import type { ChannelVersions, Checkpoint, CheckpointMetadata } from "@langchain/langgraph-checkpoint";
import { CheckpointIncomplete, ThreadGone } from "./errors.ts";
import { type CheckpointItem, isUnexpired, type PayloadItem } from "./items.ts";
import { channelValueSortKey, checkpointSortKey, type Key, keyPrefix } from "./keys.ts";
import { type ChannelReference, type Manifest, manifestAttribute, readManifest } from "./manifest.ts";
import type { Payloads } from "./payloads.ts";
import type { Table } from "./table.ts";

/** A namespace of a thread's generation. */
export interface NamespaceLocation {
	pk: string;
	generation: string;
	ns: string;
}

export interface CheckpointLocation extends NamespaceLocation {
	id: string;
}

interface LoadedCheckpoint {
	checkpoint: Checkpoint;
	metadata: CheckpointMetadata;
	values: LoadedChannelValue[];
}

/** A channel's value, and the item that it was read from. */
export interface LoadedChannelValue {
	channel: string;
	reference: ChannelReference;
	item: PayloadItem;
	value: unknown;
}

interface CheckpointsOptions {
	table: Table;
	payloads: Payloads;
	ttlSeconds: number;
	retentionSeconds: number;
	now: () => number;
}

/** Stores a checkpoint as one item that refers to one item for each channel's value. */
export class Checkpoints {
	readonly #options: CheckpointsOptions;

	constructor(options: CheckpointsOptions) {
		this.#options = options;
	}

	/** The second after which DynamoDB may remove an item that is written now. */
	get expiresAt(): number {
		const { now, retentionSeconds } = this.#options;
		return Math.floor(now() / 1_000) + retentionSeconds;
	}

	/** Reads a checkpoint's item, by default the newest. @returns undefined once it has expired */
	async find({ pk, generation, ns }: NamespaceLocation, id?: string): Promise<CheckpointItem | undefined> {
		const { table, now } = this.#options;
		const item = id
			? await table.get<CheckpointItem>({
					pk,
					sk: checkpointSortKey(generation, ns, id),
				})
			: await this.#newest<CheckpointItem>(pk, keyPrefix(generation, "checkpoint", ns));
		return item && isUnexpired(item, now()) ? item : undefined;
	}

	/**
	 * Writes the changed values, then the item that refers to them: a reader sees the whole step or the one before.
	 * @param unchanged the values that the checkpoint takes over
	 */
	async put(
		{ pk, generation, ns, id }: CheckpointLocation,
		parentId: string | undefined,
		step: { checkpoint: Checkpoint; metadata: CheckpointMetadata },
		newVersions: ChannelVersions,
		unchanged: Manifest,
	): Promise<Manifest> {
		const { table, payloads } = this.#options;
		const { channel_values, ...checkpoint } = step.checkpoint;
		const expires_at = this.expiresAt;
		const manifest = new Map(await this.#extendReferences(pk, generation, ns, unchanged, expires_at));
		const values = await Promise.all(
			Object.entries(newVersions)
				.filter(([channel]) => Object.hasOwn(channel_values, channel))
				.map(([channel, version]) => {
					manifest.set(channel, { version, writer: id, expiresAt: expires_at });
					const sk = channelValueSortKey(generation, ns, channel, version, id);
					const key = { pk, sk };
					return payloads.toItem(key, channel_values[channel], { expires_at });
				}),
		);
		const item = await payloads.toItem(
			{ pk, sk: checkpointSortKey(generation, ns, id) },
			{ checkpoint, metadata: step.metadata },
			{
				values: manifestAttribute(manifest),
				...(parentId && { parent_id: parentId }),
				checkpoint_ns: ns,
				checkpoint_id: id,
				expires_at,
			},
		);
		await table.putMany(values);
		await table.put(item);
		return manifest;
	}

	/** Reads the checkpoint with its values. @returns undefined if a value of an old one has expired and was removed */
	async load(location: CheckpointLocation, item: CheckpointItem): Promise<LoadedCheckpoint | undefined> {
		const { checkpoint, metadata } = (await this.#options.payloads.fromItem(item)) as Omit<LoadedCheckpoint, "values">;
		const values = await this.loadValues(location, readManifest(item));
		if (!values) return undefined;
		const channel_values = Object.fromEntries(values.map(({ channel, value }) => [channel, value]));
		return { checkpoint: { ...checkpoint, channel_values }, metadata, values };
	}

	/** Reads referenced values. @throws CheckpointIncomplete where one is missing before it expires */
	async loadValues(
		{ pk, generation, ns }: NamespaceLocation,
		manifest: Manifest,
	): Promise<LoadedChannelValue[] | undefined> {
		const { table, payloads, now } = this.#options;
		const wanted = [...manifest].map(([channel, reference]) => ({
			channel,
			reference,
			sk: referenceSortKey(generation, ns, channel, reference),
		}));
		const items = await table.getMany<PayloadItem>(wanted.map(({ sk }) => ({ pk, sk })));
		const bySortKey = new Map(items.map((item) => [item.sk, item]));
		const missing = wanted.filter(({ sk }) => !bySortKey.has(sk));
		for (const { sk, reference } of missing) {
			if (reference.expiresAt > now() / 1_000) {
				throw new CheckpointIncomplete(`The item ${pk} ${sk}`);
			}
		}
		if (missing.length > 0) return undefined;
		return Promise.all(
			wanted.map(async ({ channel, reference, sk }) => {
				const item = bySortKey.get(sk) as PayloadItem;
				const value = await payloads.fromItem(item);
				return { channel, reference, item, value };
			}),
		);
	}

	/**
	 * Finds a version that the parent does not have: LangGraph copies a checkpoint as a sibling of itself. Of two
	 * branches that share the version number it takes the newest.
	 */
	async findReference(
		{ pk, generation, ns }: NamespaceLocation,
		channel: string,
		version: string | number,
	): Promise<ChannelReference | undefined> {
		const prefix = keyPrefix(generation, "value", ns, channel, `${version}`);
		const item = await this.#newest<PayloadItem>(pk, prefix);
		if (!item) return undefined;
		const writer = decodeURIComponent(item.sk.slice(prefix.length));
		return { version, writer, expiresAt: item.expires_at };
	}

	/**
	 * Renews the expiry of items that a living thread needs, where less than two lifetimes of a thread are left: at most
	 * one passes until the next turn. Changes the items in memory, too.
	 * @throws ThreadGone where an item was deleted meanwhile
	 */
	async extendExpiry(threadId: string, items: PayloadItem[]): Promise<void> {
		const expiring = items.filter((item) => this.#expiresSoon(item.expires_at));
		const { expiresAt } = this;
		const extended = await Promise.all(expiring.map(({ pk, sk }) => this.#setExpiry({ pk, sk }, expiresAt)));
		if (extended.includes(false)) throw new ThreadGone(threadId);
		for (const item of expiring) item.expires_at = expiresAt;
	}

	/** Renews the expiry of values that a checkpoint takes over without reading them. */
	async #extendReferences(
		pk: string,
		generation: string,
		ns: string,
		references: Manifest,
		expiresAt: number,
	): Promise<[string, ChannelReference][]> {
		return Promise.all(
			[...references].map(async ([channel, reference]): Promise<[string, ChannelReference]> => {
				if (!this.#expiresSoon(reference.expiresAt)) {
					return [channel, reference];
				}
				const sk = referenceSortKey(generation, ns, channel, reference);
				if (!(await this.#setExpiry({ pk, sk }, expiresAt))) {
					throw new CheckpointIncomplete(`The item ${pk} ${sk}`);
				}
				return [channel, { ...reference, expiresAt }];
			}),
		);
	}

	#expiresSoon(expiresAt: number): boolean {
		const { now, ttlSeconds } = this.#options;
		return expiresAt < now() / 1_000 + 2 * ttlSeconds;
	}

	/** @returns false if there is no such item */
	async #setExpiry(key: Key, expiresAt: number): Promise<boolean> {
		const item = await this.#options.table.update(
			key,
			{
				text: "set #expires = :expires",
				names: { "#expires": "expires_at" },
				values: { ":expires": expiresAt },
			},
			// An update creates an item that does not exist.
			{ text: "attribute_exists(#pk)", names: { "#pk": "pk" } },
		);
		return item !== undefined;
	}

	async #newest<Item extends Key>(pk: string, prefix: string): Promise<Item | undefined> {
		const pages = this.#options.table.query<Item>(pk, { prefix }, { newestFirst: true, pageSize: 1 });
		for await (const [item] of pages) if (item) return item;
		return undefined;
	}
}

const referenceSortKey = (generation: string, ns: string, channel: string, { version, writer }: ChannelReference) =>
	channelValueSortKey(generation, ns, channel, version, writer);
