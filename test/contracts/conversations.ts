import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { dynamoDbSessions } from "#chat/dynamodb-sessions.ts";
import { graphTurns } from "#chat/graph.ts";
import type { Ports } from "#core/ports/index.ts";
import { fakeConversations } from "#fakes/sessions.ts";
import { s3Payloads } from "#langgraph-dynamodb/s3-payloads.ts";
import { DynamoDbSaver } from "#langgraph-dynamodb/saver.ts";
import type { Backend } from "../support/checkpoint-saver.ts";

export type Conversations = Pick<Ports, "sessions" | "turns">;

/** Makes a running clock that `pass` moves ahead. */
export function jumpingClock() {
	let ahead = 0;
	return {
		now: () => Date.now() + ahead,
		pass(milliseconds: number) {
			ahead += milliseconds;
		},
	};
}

/** Makes conversations like the api, without the cached state of earlier ones. */
export function conversationsOn(
	{ dynamodb, s3, table, bucket }: Backend,
	{
		now = Date.now,
		client = dynamodb,
		maxWaitMs = 0,
	}: {
		now?: () => number;
		client?: Pick<DynamoDBDocumentClient, "send">;
		maxWaitMs?: number;
	} = {},
): Conversations {
	const options = {
		dynamodb: client,
		table,
		payloads: s3Payloads(s3, bucket),
		now,
	};
	return {
		sessions: dynamoDbSessions({ ...options, maxWaitMs }),
		turns: graphTurns((owner, refreshedSession) => new DynamoDbSaver({ ...options, owner, refreshedSession })),
	};
}

export const conversationsInMemory = (now: () => number): Conversations =>
	fakeConversations({ now: () => new Date(now()) });
