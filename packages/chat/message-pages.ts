import { unknownCursor } from "#core/errors.ts";
import { type HistoryPage, maxHistoryBytes, maxHistoryMessages, type SessionMessage } from "#core/ports/index.ts";
import { keyPrefix, type Session as Thread, type Sessions as Threads } from "#langgraph-dynamodb/sessions.ts";
import { type MessageItem, readMessage } from "./message-items.ts";

/** Reads the messages of a page and one more, the newest first, which shows whether there is a page before it. */
export async function messagePage(
	threads: Threads,
	{ threadId, generation }: Thread,
	{ limit = maxHistoryMessages, maxBytes = maxHistoryBytes, cursor }: HistoryPage,
): Promise<{ messages: SessionMessage[]; nextCursor: string | null }> {
	const prefix = keyPrefix(generation, "message");
	const end = cursor === undefined ? null : prefix + positionOf(cursor, generation);
	const pages = threads.table.query<MessageItem>(
		threads.partition(threadId),
		end === null ? { prefix } : { from: prefix, to: end },
		{
			newestFirst: true,
			// The end of the range is read and belongs to the page after this one.
			pageSize: limit + (end === null ? 1 : 2),
		},
	);
	const messages: SessionMessage[] = [];
	let oldest = "";
	let bytes = 0;
	for await (const items of pages) {
		for (const item of items) {
			if (item.sk === end) continue;
			const { message, bytes: size } = readMessage(item);
			bytes += size;
			if (messages.length === limit || (messages.length > 0 && bytes > maxBytes)) {
				return { messages: messages.reverse(), nextCursor: cursorOf(generation, oldest.slice(prefix.length)) };
			}
			messages.push(message);
			oldest = item.sk;
		}
	}
	return { messages: messages.reverse(), nextCursor: null };
}

/** Names the oldest message of a page, and the session, since another of the same id has other messages. */
const cursorOf = (generation: string, position: string) =>
	Buffer.from(`${generation} ${position}`).toString("base64url");

function positionOf(cursor: string, generation: string): string {
	const [session, position = "", ...rest] = Buffer.from(cursor, "base64url").toString().split(" ");
	if (session !== generation || !/^\d{6,}[ab]$/.test(position) || rest.length > 0) throw unknownCursor();
	return position;
}
