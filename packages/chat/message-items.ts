import { gunzipSync, gzipSync } from "node:zlib";
import type { SessionMessage } from "#core/ports/index.ts";
import { type Key, keyPrefix } from "#langgraph-dynamodb/sessions.ts";

/** A message in the partition of its thread. */
export interface MessageItem extends Key {
	role: SessionMessage["role"];
	/** ISO 8601. */
	at: string;
	/** The rest of the message, JSON with gzip. */
	said: Uint8Array;
	expires_at: number;
}

/**
 * Lifetime of a message's item, as of a checkpoint's. The message is invisible as soon as its session has expired, long
 * before; once DynamoDB has removed the session's item, nothing else finds the message.
 */
const retentionSeconds = 7 * 24 * 60 * 60;

/** An item has at most 400 KB with its key and all names, also on a server that counts bytes in base64. */
const maxContentBytes = 280 * 1024;

/** Orders messages by turn, a question before its answer. */
export function messageSortKey(generation: string, turn: number, role: SessionMessage["role"]): string {
	return `${keyPrefix(generation, "message")}${String(turn).padStart(6, "0")}${role === "user" ? "a" : "b"}`;
}

/** Makes the item of a message. */
export function messageItem(pk: string, generation: string, turn: number, message: SessionMessage): MessageItem {
	const { role, at } = message;
	const item = {
		pk,
		sk: messageSortKey(generation, turn, role),
		expires_at: Math.floor(at.getTime() / 1_000) + retentionSeconds,
	};
	return withContent(item, message);
}

/** Puts a message into an item, in place of the one that it has. */
export const withContent = <Item extends Omit<MessageItem, "role" | "at" | "said">>(
	item: Item,
	{ role, at, ...content }: SessionMessage,
) => ({ ...item, role, at: at.toISOString(), said: compress(content) });

/** Compresses a message, and drops its last found items while it is too large for one item of the table. */
function compress(content: Omit<SessionMessage, "role" | "at">): Uint8Array {
	// Synchronous: a few KB take less time than handing them to a thread.
	const bytes = gzipSync(JSON.stringify(content));
	const { items } = content;
	if (bytes.length <= maxContentBytes || items.length === 0) return bytes;
	return compress({
		...content,
		items: items.slice(0, Math.floor(items.length / 2)),
	});
}

/** Reads a message, and its bytes as JSON. */
export function readMessage({ role, at, said }: MessageItem): { message: SessionMessage; bytes: number } {
	const content = gunzipSync(said);
	return { message: { role, at: new Date(at), ...JSON.parse(content.toString()) }, bytes: content.length };
}
