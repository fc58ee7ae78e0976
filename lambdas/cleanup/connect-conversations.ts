import { S3Client } from "#aws/client-s3.ts";
import { documentClient } from "#aws/dynamodb.ts";
import { dynamoDbIdempotencyKeys } from "#aws/idempotency-keys.ts";
import { dynamoDbRateLimits } from "#aws/rate-limits.ts";
import { dynamoDbVerificationCache } from "#aws/verification-cache.ts";
import { dynamoDbSessions } from "#chat/dynamodb-sessions.ts";
import { dynamoDbSessionUpkeep } from "#chat/session-upkeep.ts";
import type { Ports } from "#core/ports/index.ts";
import type { Env } from "#lambda-kit/env.ts";
import { s3Payloads } from "#langgraph-dynamodb/s3-payloads.ts";
import type { cleanupEnv } from "./env.ts";

/**
 * Connects to the table of conversations, kept answers and limits, and to the payloads. A separate module, so that a sweep
 * without redactions and deleted accounts does not load it.
 */
export function conversationsIn(
	env: Env<typeof cleanupEnv>,
): Pick<Ports, "sessions" | "sessionUpkeep" | "idempotencyKeys" | "rateLimits" | "verificationCache"> {
	const options = {
		dynamodb: documentClient(),
		table: env.CHECKPOINT_TABLE_NAME,
		payloads: s3Payloads(new S3Client(), env.BUCKET_NAME),
	};
	return {
		sessions: dynamoDbSessions(options),
		sessionUpkeep: dynamoDbSessionUpkeep(options),
		idempotencyKeys: dynamoDbIdempotencyKeys(options),
		rateLimits: dynamoDbRateLimits(options),
		verificationCache: dynamoDbVerificationCache(options),
	};
}
