import type { VerificationCache } from "#core/ports/index.ts";
import { cachedItems, cachePartition } from "./cached-items.ts";
import { deletePartition } from "./delete-partition.ts";
import type { TableOptions } from "./dynamodb.ts";

/** A person waits for it before each verification. */
const maxCallMs = 1_500;

/** Keeps an id as one item, `cache#{user}` and `verification#{key}`, which expires. */
export function dynamoDbVerificationCache(options: TableOptions): VerificationCache {
	const items = cachedItems({ ...options, kind: "verification", maxCallMs });
	return {
		find: async (userId, key) => (await items.find(userId, key))?.verification_id ?? null,
		keep: (userId, key, verificationId, seconds) =>
			items.keep(userId, key, { verification_id: verificationId }, seconds),
		forgetAll: (userId) => deletePartition(options, cachePartition(userId)),
	};
}
