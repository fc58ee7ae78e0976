import { GetCommand, PutCommand } from "@aws-sdk/lib-dynamodb";
import type { TableOptions } from "./dynamodb.ts";

/** Returns the partition of everything that is cached for a person. */
export const cachePartition = (userId: string) => `cache#${userId}`;

interface CachedItemsOptions extends TableOptions {
	/** The sort key is `{kind}#{key}`. */
	kind: "verification" | "query";
	/** Limits each call. */
	maxCallMs: number;
}

/** Keeps items of one kind in people's partitions of the cache until they expire. */
export function cachedItems({ dynamodb, table, now = Date.now, kind, maxCallMs }: CachedItemsOptions) {
	const options = () => ({ abortSignal: AbortSignal.timeout(maxCallMs) });
	const second = () => Math.floor(now() / 1_000);
	const keyOf = (userId: string, key: string) => ({ pk: cachePartition(userId), sk: `${kind}#${key}` });

	return {
		async find(userId: string, key: string) {
			const { Item } = await dynamodb.send(new GetCommand({ TableName: table, Key: keyOf(userId, key) }), options());
			// DynamoDB removes what has expired up to two days late.
			return Item && Item.expires_at > second() ? Item : null;
		},

		async keep(userId: string, key: string, fields: object, seconds: number): Promise<void> {
			const Item = { ...keyOf(userId, key), ...fields, expires_at: second() + seconds };
			await dynamodb.send(new PutCommand({ TableName: table, Item }), options());
		},
	};
}
