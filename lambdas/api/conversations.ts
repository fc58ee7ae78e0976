import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { S3Client } from "@aws-sdk/client-s3";
import { dynamoDbSessions } from "#chat/dynamodb-sessions.ts";
import { s3Payloads } from "#checkpoints/s3-payloads.ts";
import type { Sessions, Turns } from "#core/ports.ts";
import type { Env } from "#lambda-kit/env.ts";
import type { apiEnv } from "./env.ts";

/** Conversations on the table. LangGraph is loaded by the first turn; listing and deleting do without. */
export function conversationsIn(
	env: Pick<Env<typeof apiEnv>, "BUCKET_NAME" | "CHECKPOINT_TABLE_NAME">,
): { sessions: Sessions; turns: () => Promise<Turns> } {
	const dynamodb = new DynamoDBClient();
	const table = env.CHECKPOINT_TABLE_NAME;
	const payloads = s3Payloads(new S3Client(), env.BUCKET_NAME);
	return {
		sessions: dynamoDbSessions({ dynamodb, table, payloads }),
		async turns() {
			const [{ graphTurns }, { DynamoDbSaver }] = await Promise.all([
				import("#chat/graph.ts"),
				import("#checkpoints/saver.ts"),
			]);
			return graphTurns(
				(owner) => new DynamoDbSaver({ dynamodb, table, payloads, owner }),
			);
		},
	};
}
