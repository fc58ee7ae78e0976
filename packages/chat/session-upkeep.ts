import type { SessionUpkeep } from "#core/ports/index.ts";
import { countSessions, removeOrphanedPayloads } from "#langgraph-dynamodb/sessions.ts";
import type { DynamoDbSessionsOptions } from "./dynamodb-sessions.ts";

/** Counts sessions page by page in the index, which has session items only, so that nothing scans the table. */
export function dynamoDbSessionUpkeep(
	options: Pick<DynamoDbSessionsOptions, "dynamodb" | "table" | "payloads" | "now">,
): SessionUpkeep {
	return {
		count: () => countSessions(options),
		removeOrphans: () => removeOrphanedPayloads(options),
	};
}
