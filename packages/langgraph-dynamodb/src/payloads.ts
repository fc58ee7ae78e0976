import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import type { SerializerProtocol } from "@langchain/langgraph-checkpoint";
import { CheckpointIncomplete } from "./errors.ts";
import { type Key, objectKey } from "./keys.ts";
import { type Attributes, keyAttributes } from "./table.ts";

/** Where payloads go that no item can hold. */
export interface PayloadStore {
	put(key: string, bytes: Uint8Array): Promise<void>;
	/** Undefined where there is none. */
	get(key: string): Promise<Uint8Array | undefined>;
	/** Every version of every object below a prefix, page by page. */
	list(prefix: string): AsyncGenerator<StoredPayload[]>;
	delete(payloads: StoredPayload[]): Promise<void>;
}

export interface StoredPayload {
	key: string;
	version: string | undefined;
	modified: Date;
}

const maxInlineBytes = 350 * 1024;
/** DynamoDB's limit, with the names of all attributes. */
const maxItemBytes = 400 * 1024;
/** Below this gzip gains nothing. */
const minBytesToCompress = 512;
const compress = promisify(gzip);
const decompress = promisify(gunzip);

/** Values as attributes of items: serialized by LangGraph's serializer, compressed, the largest in the store. */
export class Payloads {
	readonly #serde: SerializerProtocol;
	readonly #store: PayloadStore;

	constructor(serde: SerializerProtocol, store: PayloadStore) {
		this.#serde = serde;
		this.#store = store;
	}

	/** An item that is ready to be put; what does not fit into it is stored by then. */
	async toItem(
		key: Key,
		fromItem: unknown,
		rest: Attributes,
	): Promise<Attributes> {
		const [type, serialized] = await this.#serde.dumpsTyped(fromItem);
		const zipped =
			serialized.length < minBytesToCompress
				? undefined
				: await compress(serialized);
		const smaller = zipped && zipped.length < serialized.length;
		const bytes = smaller ? zipped : serialized;
		const item: Attributes = {
			...keyAttributes(key),
			...rest,
			type: { S: type },
			encoding: { S: smaller ? "gzip" : "identity" },
		};
		// Of more than a few hundred channels the references alone take what a body leaves. As JSON they are longer.
		const room = maxItemBytes - Buffer.byteLength(JSON.stringify(item));
		if (bytes.length <= Math.min(maxInlineBytes, room)) {
			return { ...item, body: { B: bytes } };
		}
		// Named by its content, so that a second attempt with another content leaves the first one's as it is.
		const digest = createHash("sha256").update(bytes).digest("base64url");
		const object = objectKey(key, digest.slice(0, 22));
		await this.#store.put(object, bytes);
		return { ...item, object: { S: object } };
	}

	/** @throws CheckpointIncomplete where the store has lost it */
	async value(item: Attributes): Promise<unknown> {
		const object = item.object?.S;
		const bytes =
			object === undefined ? item.body?.B : await this.#store.get(object);
		if (!bytes) {
			throw new CheckpointIncomplete(object ?? `The body of ${item.sk?.S}`);
		}
		return this.#serde.loadsTyped(
			item.type?.S ?? "json",
			item.encoding?.S === "gzip" ? await decompress(bytes) : bytes,
		);
	}
}
