import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import type { SerializerProtocol } from "@langchain/langgraph-checkpoint";
import { CheckpointIncomplete } from "./errors.ts";
import { itemSize, type PayloadItem } from "./items.ts";
import { type Key, objectKey } from "./keys.ts";

/** Holds the payloads that are too large for an item. */
export interface PayloadStore {
	put(key: string, bytes: Uint8Array): Promise<void>;
	/** @returns undefined if there is no such object */
	get(key: string): Promise<Uint8Array | undefined>;
	/** Lists every version of every object below a prefix, page by page. */
	list(prefix: string): AsyncGenerator<StoredPayload[]>;
	delete(payloads: StoredPayload[]): Promise<void>;
}

export interface StoredPayload {
	key: string;
	version: string | undefined;
	modified: Date;
}

const maxInlineBytes = 350 * 1024;
/** DynamoDB's limit, attribute names included. */
const maxItemBytes = 400 * 1024;
/** Below this size gzip saves nothing. */
const minBytesToCompress = 512;
const compress = promisify(gzip);
const decompress = promisify(gunzip);

/** Turns values into items and back: LangGraph's serializer, then gzip, and the largest go to the store. */
export class Payloads {
	readonly #serde: SerializerProtocol;
	readonly #store: PayloadStore;

	constructor(serde: SerializerProtocol, store: PayloadStore) {
		this.#serde = serde;
		this.#store = store;
	}

	/** Makes an item that is ready to be put. A body that does not fit into it is already in the store. */
	async toItem<Attributes extends object>(
		key: Key,
		value: unknown,
		attributes: Attributes & { expires_at: number },
	): Promise<Attributes & PayloadItem> {
		const [type, serialized] = await this.#serde.dumpsTyped(value);
		const zipped = serialized.length < minBytesToCompress ? undefined : await compress(serialized);
		const isSmaller = zipped !== undefined && zipped.length < serialized.length;
		const bytes = isSmaller ? zipped : serialized;
		const item: Attributes & PayloadItem = {
			...attributes,
			...key,
			type,
			encoding: isSmaller ? "gzip" : "identity",
		};
		// The references of more than a few hundred channels reduce the space for a body.
		const room = maxItemBytes - itemSize({ ...item, body: "" });
		if (bytes.length <= Math.min(maxInlineBytes, room)) {
			return { ...item, body: bytes };
		}
		// The digest in the key keeps a second attempt with other content from replacing the first attempt's object.
		const digest = createHash("sha256").update(bytes).digest("base64url");
		const object = objectKey(key, digest.slice(0, 22));
		await this.#store.put(object, bytes);
		return { ...item, object };
	}

	/** @throws CheckpointIncomplete where the payload is not stored */
	async fromItem({ sk, type, encoding, body, object }: PayloadItem): Promise<unknown> {
		const bytes = object === undefined ? body : await this.#store.get(object);
		if (!bytes) throw new CheckpointIncomplete(object ?? `The body of ${sk}`);
		return this.#serde.loadsTyped(type, encoding === "gzip" ? await decompress(bytes) : bytes);
	}
}
