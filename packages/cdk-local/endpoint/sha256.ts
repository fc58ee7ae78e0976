import { type BinaryLike, createHash, createHmac, type Hash, type Hmac } from "node:crypto";

type Bytes = string | ArrayBuffer | ArrayBufferView;

/** SHA-256, or HMAC-SHA-256 with a key, in the shape that `@smithy/signature-v4` takes. */
export class Sha256 {
	readonly #hash: Hash | Hmac;

	constructor(key?: Bytes) {
		this.#hash = key ? createHmac("sha256", key as BinaryLike) : createHash("sha256");
	}

	update(chunk: Bytes): void {
		this.#hash.update(chunk as BinaryLike);
	}

	async digest(): Promise<Uint8Array> {
		return new Uint8Array(this.#hash.digest());
	}

	/** Required by the interface; every use creates a new object. */
	reset(): void {}
}
