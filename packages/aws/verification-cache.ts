import { GetCommand, PutCommand } from "@aws-sdk/lib-dynamodb";
import type { VerificationCache } from "#core/ports/index.ts";
import { cacheKey, cachePartition } from "./cache-keys.ts";
import { deletePartition } from "./delete-partition.ts";
import type { TableOptions } from "./dynamodb.ts";

/** A person waits for it before each verification. */
const maxCallMs = 1_500;

/** Keeps an id as one item, `cache#{user}` and `verification#{key}`, which expires. */
export function dynamoDbVerificationCache({ dynamodb, table, now = Date.now }: TableOptions): VerificationCache {
	const options = () => ({ abortSignal: AbortSignal.timeout(maxCallMs) });
	const second = () => Math.floor(now() / 1_000);

	return {
		async find(userId, key) {
			const { Item } = await dynamodb.send(
				new GetCommand({ TableName: table, Key: cacheKey(userId, "verification", key) }),
				options(),
			);
			// DynamoDB removes what has expired up to two days late.
			return Item && Item.expires_at > second() ? Item.verification_id : null;
		},

		async keep(userId, key, verificationId, seconds) {
			await dynamodb.send(
				new PutCommand({
					TableName: table,
					Item: {
						...cacheKey(userId, "verification", key),
						verification_id: verificationId,
						expires_at: second() + seconds,
					},
				}),
				options(),
			);
		},

		forgetAll: (userId) => deletePartition({ dynamodb, table }, cachePartition(userId)),
	};
}
