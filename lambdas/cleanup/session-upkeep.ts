import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { S3Client } from "@aws-sdk/client-s3";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { dynamoDbSessionUpkeep } from "#chat/session-upkeep.ts";
import type { SessionUpkeep } from "#core/ports/index.ts";
import type { Env } from "#lambda-kit/env.ts";
import { s3Payloads } from "#langgraph-dynamodb/s3-payloads.ts";
import type { cleanupEnv } from "./env.ts";

/** Connects to the table of conversations and their payloads. A separate module, so that the five-minute sweep does not load it. */
export const sessionUpkeepOn = (env: Env<typeof cleanupEnv>): SessionUpkeep =>
	dynamoDbSessionUpkeep({
		dynamodb: DynamoDBDocumentClient.from(new DynamoDBClient()),
		table: env.CHECKPOINT_TABLE_NAME,
		payloads: s3Payloads(new S3Client(), env.BUCKET_NAME),
	});
