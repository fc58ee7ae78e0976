import { documentClient } from "#aws/dynamodb.ts";
import { eventBridgeEvents } from "#aws/events.ts";
import { s3Objects } from "#aws/objects.ts";
import { sqsQueue } from "#aws/queue.ts";
import { dynamoDbRateLimits } from "#aws/rate-limits.ts";
import { databaseFrom } from "#lambda-kit/connect-database.ts";
import { withCrashVariable } from "#lambda-kit/crash-point.ts";
import type { Env } from "#lambda-kit/env.ts";
import { postgresPorts } from "#postgres/ports.ts";
import type { jobsEnv } from "./env.ts";

/** It reaches no chats: the sweeper redacts what they hold of deleted items. */
export function connect(env: Env<typeof jobsEnv>) {
	return {
		queue: sqsQueue(env.QUEUE_URL),
		ports: withCrashVariable({
			...postgresPorts(databaseFrom(env)),
			objects: s3Objects(env.BUCKET_NAME),
			events: eventBridgeEvents(env.EVENT_BUS_NAME),
			rateLimits: dynamoDbRateLimits({ dynamodb: documentClient(), table: env.CHECKPOINT_TABLE_NAME }),
		}),
	};
}
