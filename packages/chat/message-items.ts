import { gunzipSync, gzipSync } from "node:zlib";
import type { SessionMessage } from "#core/ports/index.ts";
import { keyPrefix } from "#langgraph-dynamodb/src/keys.ts";
import {
	type Attributes,
	keyAttributes,
} from "#langgraph-dynamodb/src/table.ts";

/** How long a message is kept at most, in seconds; without its session it is invisible long before. */
const retentionSeconds = 30 * 24 * 60 * 60;

/** An item has at most 400 KB with its key and all names, also where a server counts bytes by their base64. */
const maxSaid = 280 * 1024;

/** A message as an item of its thread's partition: by turn, a question before its answer. */
export function messageItem(
	pk: string,
	generation: string,
	turn: number,
	{ role, at, ...said }: SessionMessage,
): Attributes {
	const place = `${String(turn).padStart(6, "0")}${role === "user" ? "a" : "b"}`;
	return {
		...keyAttributes({ pk, sk: keyPrefix(generation, "message") + place }),
		role: { S: role },
		at: { S: at.toISOString() },
		said: { B: zipped(said) },
		expires_at: {
			N: `${Math.floor(at.getTime() / 1_000) + retentionSeconds}`,
		},
	};
}

/** Where many items with long summaries are too much for one item of the table, those shown first are kept. */
function zipped(said: Omit<SessionMessage, "role" | "at">): Uint8Array {
	// A few KB, which take less time than a thread of their own would.
	const bytes = gzipSync(JSON.stringify(said));
	if (bytes.length <= maxSaid || said.items.length === 0) return bytes;
	const half = said.items.slice(0, Math.floor(said.items.length / 2));
	return zipped({ ...said, items: half });
}

export function readMessage({ role, at, said }: Attributes): SessionMessage {
	return {
		role: role?.S === "user" ? "user" : "assistant",
		at: new Date(at?.S ?? ""),
		...JSON.parse(gunzipSync(said?.B ?? new Uint8Array()).toString()),
	};
}
