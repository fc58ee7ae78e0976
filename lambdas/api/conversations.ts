import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { dynamoDbSessions } from "#chat/dynamodb-sessions.ts";
import type { PayloadStore } from "#checkpoints/payloads.ts";
import { once } from "#core/once.ts";
import type { Sessions, Turns } from "#core/ports.ts";
import type { Env } from "#lambda-kit/env.ts";
import type { apiEnv } from "./env.ts";

/** Conversations on the table. LangGraph is loaded by the first turn; listing and deleting do without. */
export function conversationsIn(
	env: Pick<Env<typeof apiEnv>, "BUCKET_NAME" | "CHECKPOINT_TABLE_NAME">,
): { sessions: Sessions; turns: () => Promise<Turns> } {
	const dynamodb = new DynamoDBClient();
	const table = env.CHECKPOINT_TABLE_NAME;
	const payloads = largePayloads(env.BUCKET_NAME);
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

/** What no item can hold, which is rare: S3's client is loaded when there is such a thing. */
function largePayloads(bucket: string): PayloadStore {
	const store = once(async () => {
		const [{ S3Client }, { s3Payloads }] = await Promise.all([
			import("@aws-sdk/client-s3"),
			import("#checkpoints/s3-payloads.ts"),
		]);
		return s3Payloads(new S3Client(), bucket);
	});
	return {
		put: async (...given) => (await store()).put(...given),
		get: async (...given) => (await store()).get(...given),
		delete: async (...given) => (await store()).delete(...given),
		async *list(prefix) {
			yield* (await store()).list(prefix);
		},
	};
}
