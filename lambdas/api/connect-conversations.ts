import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { dynamoDbSessions } from "#chat/dynamodb-sessions.ts";
import type { RunTracing } from "#chat/langsmith.ts";
import { once } from "#core/once.ts";
import type { Sessions, Turns } from "#core/ports/index.ts";
import type { Env } from "#lambda-kit/env.ts";
import { log } from "#lambda-kit/log.ts";
import { accessTo } from "#lambda-kit/provider-settings.ts";
import type { PayloadStore } from "#langgraph-dynamodb/sessions.ts";
import type { apiEnv } from "./env.ts";

/** Connects conversations to their table. LangGraph is loaded by the first turn; listing and deleting do without. */
export function conversationsIn(
	dynamodb: DynamoDBDocumentClient,
	env: Env<typeof apiEnv>,
): {
	sessions: Sessions;
	turns: () => Promise<Turns>;
} {
	const table = env.CHECKPOINT_TABLE_NAME;
	const payloads = largePayloads(env.BUCKET_NAME);
	return {
		sessions: dynamoDbSessions({ dynamodb, table, payloads }),
		async turns() {
			const [{ graphTurns }, { DynamoDbSaver }] = await Promise.all([
				import("#chat/graph.ts"),
				import("#langgraph-dynamodb/saver.ts"),
			]);
			return graphTurns(
				(owner, refreshedSession) =>
					new DynamoDbSaver({
						dynamodb,
						table,
						payloads,
						owner,
						refreshedSession,
					}),
				langSmithWithKey(env),
			);
		},
	};
}

/** Returns LangSmith's tracing where its key is set, which each turn reads; without a key nothing of it is loaded. */
function langSmithWithKey(env: Env<typeof apiEnv>): () => Promise<RunTracing | null> {
	const { key, baseUrl } = accessTo("langsmith", env);
	let made: { apiKey: string; tracing: RunTracing } | null = null;
	return async () => {
		const apiKey = await key.read().catch((error) => {
			// A failing tracer must not fail the turn.
			log.warn("turn is not traced", { error });
			return null;
		});
		if (!apiKey) return null;
		if (made?.apiKey !== apiKey) {
			const { langSmithTracing } = await import("#chat/langsmith.ts");
			const tracing = langSmithTracing({
				apiKey,
				project: `collections-${env.ENVIRONMENT}`,
				hideInputs: env.TRACE_INPUTS !== "sent",
				hideOutputs: env.TRACE_OUTPUTS !== "sent",
				baseUrl,
			});
			made = { apiKey, tracing };
		}
		return made.tracing;
	};
}

/** Stores payloads too large for a table item. They are rare: the first loads S3's client. */
function largePayloads(bucket: string): PayloadStore {
	const store = once(async () => {
		const [{ S3Client }, { s3Payloads }] = await Promise.all([
			import("#aws/client-s3.ts"),
			import("#langgraph-dynamodb/s3-payloads.ts"),
		]);
		return s3Payloads(new S3Client(), bucket);
	});
	return {
		put: async (...args) => (await store()).put(...args),
		get: async (...args) => (await store()).get(...args),
		delete: async (...args) => (await store()).delete(...args),
		async *list(prefix) {
			yield* (await store()).list(prefix);
		},
	};
}
