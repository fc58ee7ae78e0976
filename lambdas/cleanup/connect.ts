import { eventBridgeEvents } from "#aws/events.ts";
import { s3Objects } from "#aws/objects.ts";
import { databaseOf } from "#lambda-kit/connect-database.ts";
import { crashable } from "#lambda-kit/crash-point.ts";
import type { Env } from "#lambda-kit/env.ts";
import { lazily } from "#lambda-kit/lazily.ts";
import { postgresPorts } from "#postgres/ports.ts";
import type { cleanupEnv } from "./env.ts";

export function connect(env: Env<typeof cleanupEnv>) {
	return crashable({
		...postgresPorts(databaseOf(env)),
		objects: s3Objects(env.BUCKET_NAME),
		events: eventBridgeEvents(env.EVENT_BUS_NAME),
		sessionUpkeep: lazily(async () => {
			const [
				{ DynamoDBClient },
				{ S3Client },
				{ dynamoDbSessionUpkeep },
				{ s3Payloads },
			] = await Promise.all([
				import("@aws-sdk/client-dynamodb"),
				import("@aws-sdk/client-s3"),
				import("#chat/session-upkeep.ts"),
				import("#checkpoints/s3-payloads.ts"),
			]);
			return dynamoDbSessionUpkeep({
				dynamodb: new DynamoDBClient(),
				table: env.CHECKPOINT_TABLE_NAME,
				payloads: s3Payloads(new S3Client(), env.BUCKET_NAME),
			});
		}),
		clock: { now: () => new Date() },
	});
}
