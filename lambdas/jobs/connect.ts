import { tar } from "#archive/tar.ts";
import { S3Client } from "#aws/client-s3.ts";
import { documentClient } from "#aws/dynamodb.ts";
import { eventBridgeEvents } from "#aws/events.ts";
import { s3Objects } from "#aws/objects.ts";
import { sqsQueue } from "#aws/queue.ts";
import { dynamoDbRateLimits } from "#aws/rate-limits.ts";
import { dynamoDbSessions } from "#chat/dynamodb-sessions.ts";
import { databaseFrom } from "#lambda-kit/connect-database.ts";
import { withCrashVariable } from "#lambda-kit/crash-point.ts";
import type { Env } from "#lambda-kit/env.ts";
import { s3Payloads } from "#langgraph-dynamodb/s3-payloads.ts";
import { postgresPorts } from "#postgres/ports.ts";
import type { jobsEnv } from "./env.ts";

/** It reads chats alone, for archives: the sweeper redacts what they hold of deleted items. */
export function connect(env: Env<typeof jobsEnv>) {
	const conversations = {
		dynamodb: documentClient(),
		table: env.CHECKPOINT_TABLE_NAME,
		payloads: s3Payloads(new S3Client(), env.BUCKET_NAME),
	};
	return {
		queue: sqsQueue(env.QUEUE_URL),
		ports: withCrashVariable({
			...postgresPorts(databaseFrom(env)),
			objects: s3Objects(env.BUCKET_NAME),
			events: eventBridgeEvents(env.EVENT_BUS_NAME),
			rateLimits: dynamoDbRateLimits(conversations),
			chats: dynamoDbSessions(conversations),
			tar,
		}),
	};
}
