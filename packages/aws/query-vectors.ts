import type { QueryVectors } from "#core/ports/index.ts";
import { cachedItems } from "./cached-items.ts";
import type { TableOptions } from "./dynamodb.ts";

/** A provider embeds a query in less than a second, so waiting longer would gain nothing. */
const maxCallMs = 300;

/** Keeps a vector as the bytes of one item, `cache#{user}` and `query#{key}`, which expires. */
export function dynamoDbQueryVectors(options: TableOptions): QueryVectors {
	const items = cachedItems({ ...options, kind: "query", maxCallMs });
	return {
		async find(userId, key) {
			const item = await items.find(userId, key);
			// The bytes may begin anywhere in their buffer, and numbers may not.
			return item && new Float32Array(Uint8Array.from(item.vector).buffer);
		},

		async keep(userId, key, vector, seconds) {
			const bytes = new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
			await items.keep(userId, key, { vector: bytes }, seconds);
		},
	};
}
