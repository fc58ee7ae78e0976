import type { SessionUpkeep } from "#core/ports/index.ts";
import { removeOrphanedPayloads } from "#langgraph-dynamodb/src/orphaned-payloads.ts";
import { countSessions } from "#langgraph-dynamodb/src/sessions.ts";
import type { DynamoDbSessionsOptions } from "./dynamodb-sessions.ts";

/** Counts by the index, which has session items and nothing else, page by page; the table itself is never scanned. */
export function dynamoDbSessionUpkeep(
	options: Pick<
		DynamoDbSessionsOptions,
		"dynamodb" | "table" | "payloads" | "now"
	>,
): SessionUpkeep {
	return {
		count: () => countSessions(options),
		removeOrphans: () => removeOrphanedPayloads(options),
	};
}
