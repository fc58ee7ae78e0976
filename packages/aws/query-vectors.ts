import { GetCommand, PutCommand } from "@aws-sdk/lib-dynamodb";
import type { QueryVectors } from "#core/ports/index.ts";
import { cacheKey } from "./cache-keys.ts";
import type { TableOptions } from "./dynamodb.ts";

/** A provider embeds a query in less than a second, so waiting longer would gain nothing. */
const maxCallMs = 300;

/** Keeps a vector as the bytes of one item, `cache#{user}` and `query#{key}`, which expires. */
export function dynamoDbQueryVectors({ dynamodb, table, now = Date.now }: TableOptions): QueryVectors {
	const options = () => ({ abortSignal: AbortSignal.timeout(maxCallMs) });
	const second = () => Math.floor(now() / 1_000);

	return {
		async find(userId, key) {
			const get = new GetCommand({ TableName: table, Key: cacheKey(userId, "query", key) });
			const { Item } = await dynamodb.send(get, options());
			// DynamoDB removes what has expired up to two days late.
			if (!Item || Item.expires_at <= second()) return null;
			// The bytes may begin anywhere in their buffer, and numbers may not.
			return new Float32Array(Uint8Array.from(Item.vector).buffer);
		},

		async keep(userId, key, vector, seconds) {
			const bytes = new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
			await dynamodb.send(
				new PutCommand({
					TableName: table,
					Item: { ...cacheKey(userId, "query", key), vector: bytes, expires_at: second() + seconds },
				}),
				options(),
			);
		},
	};
}
