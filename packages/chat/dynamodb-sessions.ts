import { createHash, randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { maxRequestMs } from "#core/api-timeout.ts";
import { redactMessage } from "#core/chat/redact.ts";
import { titleOf } from "#core/chat/session-title.ts";
import { AppError, sessionNotFound } from "#core/errors.ts";
import type { ChatSession, OpenTurn, Sessions } from "#core/ports/index.ts";
import {
	deleteCheckpoints,
	deleteThreadItems,
	type Expression,
	type Key,
	keyPrefix,
	type PayloadStore,
	type SessionItem,
	type Session as Thread,
	Sessions as Threads,
} from "#langgraph-dynamodb/sessions.ts";
import { type MessageItem, messageItem, messageSortKey, readMessage, withContent } from "./message-items.ts";
import { messagePage } from "./message-pages.ts";

export interface DynamoDbSessionsOptions {
	dynamodb: Pick<DynamoDBDocumentClient, "send">;
	table: string;
	/** The checkpoints' store of large payloads. */
	payloads: PayloadStore;
	/** Milliseconds since 1970. @default Date.now */
	now?: () => number;
	/** Limits the wait of a second message for the first. @default 3000 */
	maxWaitMs?: number;
}

/** The attributes that this file adds to a thread's session item. */
interface ChatSessionItem extends SessionItem {
	title?: string;
	/** The number of turns that have begun. */
	turns?: number;
	message_count?: number;
	/** Digests of the latest questions without an answer, by turn. */
	unanswered?: Record<string, string>;
	/** The turn that holds the session, and when its lease ends, ms since 1970. */
	lease?: string;
	lease_ends?: number;
}

const retryMs = 150;
/** Begins the leases that no person may cancel. */
const redactionLease = "redaction:";
/** More questions than a person sends again in turns. */
const maxUnanswered = 10;

/** Keeps a session as one small item beside the checkpoints of the same thread, and each message as an immutable item. */
export function dynamoDbSessions({
	dynamodb,
	table,
	payloads,
	now = Date.now,
	maxWaitMs = 3_000,
}: DynamoDbSessionsOptions): Sessions {
	const threadsOf = (userId: string) => new Threads({ dynamodb, table, owner: userId, now });

	const sessionKey = (threads: Threads, sessionId: string): Key => ({
		pk: threads.partition(sessionId),
		sk: "session",
	});

	const newLease = (lease: string) => ({ lease, lease_ends: now() + maxRequestMs });

	/** Takes the lease and refreshes the session. @returns undefined if there is no session or another turn holds it */
	function acquireLease(threads: Threads, sessionId: string, holder: string) {
		const nowMs = now();
		const second = Math.floor(nowMs / 1_000);
		const { lease, lease_ends } = newLease(holder);
		return threads.table.update<ChatSessionItem>(
			sessionKey(threads, sessionId),
			{
				text: "set #last = :last, #order = :last, #expires = :expires, #lease = :lease, #ends = :ends",
				names: {
					"#last": "last_activity",
					"#order": "gsi1sk",
					"#expires": "expires_at",
					"#lease": "lease",
					"#ends": "lease_ends",
				},
				values: {
					":last": new Date(nowMs).toISOString(),
					":expires": second + threads.ttlSeconds,
					":lease": lease,
					":ends": lease_ends,
				},
			},
			{
				// `#lease = :lease` accepts the SDK's retry of a request whose response was lost.
				text: "#expires > :second and (attribute_not_exists(#ends) or #ends <= :now or #lease = :lease)",
				values: { ":second": second, ":now": nowMs },
			},
		);
	}

	/**
	 * Stores a message and updates the session with it.
	 * @param replaced a message that is removed with it
	 * @returns false if the turn no longer holds the lease
	 */
	function putMessage(
		threads: Threads,
		{ sessionId, lease }: Pick<OpenTurn, "sessionId" | "lease">,
		message: MessageItem,
		{ text, names = {}, values = {} }: Expression,
		replaced?: Key,
	): Promise<boolean> {
		return threads.table.transactWrite([
			{ Put: { TableName: table, Item: message } },
			...(replaced ? [{ Delete: { TableName: table, Key: replaced } }] : []),
			{
				Update: {
					TableName: table,
					Key: sessionKey(threads, sessionId),
					UpdateExpression: text,
					ConditionExpression: "#lease = :lease",
					ExpressionAttributeNames: { "#lease": "lease", ...names },
					ExpressionAttributeValues: { ":lease": lease, ...values },
				},
			},
		]);
	}

	/** Redacts a session under its lease, which no turn may hold. @returns false if it did not get the lease */
	async function redactSession(threads: Threads, sessionId: string, deleted: ReadonlySet<string>): Promise<boolean> {
		const nowMs = now();
		const { lease, lease_ends } = newLease(redactionLease + randomUUID());
		const held = await threads.table.update<ChatSessionItem>(
			sessionKey(threads, sessionId),
			{
				text: "set #lease = :lease, #ends = :ends",
				names: { "#lease": "lease", "#ends": "lease_ends" },
				values: { ":lease": lease, ":ends": lease_ends },
			},
			{
				text: "attribute_exists(#pk) and (attribute_not_exists(#ends) or #ends <= :now or #lease = :lease)",
				names: { "#pk": "pk" },
				values: { ":now": nowMs },
			},
		);
		// Or it was deleted, and the index is a moment behind.
		if (!held) return false;
		const { generation } = held;
		const messages = threads.table.query<MessageItem>(threads.partition(sessionId), {
			prefix: keyPrefix(generation, "message"),
		});
		for await (const page of messages) {
			for (const item of page) {
				const { message } = readMessage(item);
				const redacted = redactMessage(message, deleted);
				if (redacted === message) continue;
				// Unless the session was deleted meanwhile.
				const isStored = { text: "attribute_exists(#pk)", names: { "#pk": "pk" } };
				await threads.table.put(withContent(item, redacted), isStored);
			}
		}
		await deleteCheckpoints(threads, payloads, { threadId: sessionId, generation });
		await releaseLease(threads, { sessionId, lease });
		return true;
	}

	/** @returns false if another turn holds the session, or there is none */
	async function releaseLease(threads: Threads, { sessionId, lease }: Pick<OpenTurn, "sessionId" | "lease">) {
		const released = await threads.table.update(
			sessionKey(threads, sessionId),
			{
				text: "remove #lease, #ends",
				names: { "#lease": "lease", "#ends": "lease_ends" },
			},
			{ text: "#lease = :lease", values: { ":lease": lease } },
		);
		return released !== undefined;
	}

	return {
		async beginTurn(userId, sessionId, question) {
			const threads = threadsOf(userId);
			const lease = randomUUID();
			const deadline = Date.now() + maxWaitMs;
			let item = await acquireLease(threads, sessionId, lease);
			while (!item) {
				const created = await threads.create(sessionId, newLease(lease));
				item = (created?.attributes as ChatSessionItem | undefined) ?? (await acquireLease(threads, sessionId, lease));
				if (item) break;
				if (Date.now() > deadline) throw sessionBusy(sessionId);
				await sleep(retryMs * (0.5 + Math.random()));
			}
			const { generation, turns = 0 } = item;
			const leaseEnds = new Date(item.lease_ends ?? Number.NaN);
			const digest = digestOf(question);
			const unanswered = Object.entries(item.unanswered ?? {}).map(([turn, asked]) => ({ turn: Number(turn), asked }));
			const earlier = unanswered.find(({ asked }) => asked === digest)?.turn;
			// A turn that died before its answer continues under its own number.
			if (earlier === turns) return { sessionId, lease, leaseEnds, generation, number: turns };
			const number = turns + 1;
			const turn = { sessionId, lease, leaseEnds, generation, number };
			const others = unanswered
				.filter((open) => open.turn !== earlier)
				.sort((a, b) => b.turn - a.turn)
				.slice(0, maxUnanswered - 1);
			const pk = threads.partition(sessionId);
			const isStored = await putMessage(
				threads,
				turn,
				messageItem(pk, generation, number, {
					role: "user",
					text: question,
					at: new Date(now()),
					items: [],
					toolsUsed: [],
					traceId: null,
					usage: [],
				}),
				{
					text: "set #turns = :number, #unanswered = :unanswered, #title = if_not_exists(#title, :title) add #messages :increment",
					names: {
						"#turns": "turns",
						"#title": "title",
						"#unanswered": "unanswered",
						"#messages": "message_count",
					},
					values: {
						":number": number,
						":title": titleOf(question),
						":unanswered": Object.fromEntries(
							[...others, { turn: number, asked: digest }].map(({ turn, asked }) => [turn, asked]),
						),
						":increment": earlier === undefined ? 1 : 0,
					},
				},
				// The question was sent before, and others since: it moves to the end.
				earlier === undefined ? undefined : { pk, sk: messageSortKey(generation, earlier, "user") },
			);
			if (!isStored) throw sessionNotFound(sessionId);
			return turn;
		},

		async endTurn(userId, turn, answer) {
			const threads = threadsOf(userId);
			const { sessionId, generation, number } = turn;
			const isStored = await putMessage(
				threads,
				turn,
				messageItem(threads.partition(sessionId), generation, number, answer),
				{
					text: "remove #unanswered.#turn, #lease, #ends add #messages :increment",
					names: {
						"#unanswered": "unanswered",
						"#turn": `${number}`,
						"#ends": "lease_ends",
						"#messages": "message_count",
					},
					values: { ":increment": 1 },
				},
			);
			if (isStored) return;
			const thread = await threads.get(sessionId);
			throw thread?.generation === generation ? sessionBusy(sessionId) : sessionNotFound(sessionId);
		},

		async abandonTurn(userId, { sessionId, generation, lease }) {
			const threads = threadsOf(userId);
			if (await releaseLease(threads, { sessionId, lease })) return;
			const thread = await threads.get(sessionId);
			// Another turn already holds the lease.
			if (thread?.generation === generation) return;
			// The session was deleted: removes everything that this turn wrote afterwards.
			await deleteThreadItems(threads, payloads, sessionId);
		},

		async cancelTurn(userId, sessionId) {
			const threads = threadsOf(userId);
			const canceled = await threads.table.update(
				sessionKey(threads, sessionId),
				{ text: "remove #lease, #ends", names: { "#lease": "lease", "#ends": "lease_ends" } },
				{
					text: "#ends > :now and not begins_with(#lease, :redaction)",
					values: { ":now": now(), ":redaction": redactionLease },
				},
			);
			if (canceled) return true;
			return (await threads.get(sessionId)) ? false : null;
		},

		async holdsTurn(userId, { sessionId, lease }) {
			const thread = await threadsOf(userId).get(sessionId);
			return (thread?.attributes as ChatSessionItem | undefined)?.lease === lease;
		},

		async rename(userId, sessionId, title) {
			const threads = threadsOf(userId);
			const renamed = await threads.table.update<ChatSessionItem>(
				sessionKey(threads, sessionId),
				{ text: "set #title = :title", names: { "#title": "title" }, values: { ":title": title } },
				{
					text: "#expires > :second",
					names: { "#expires": "expires_at" },
					values: { ":second": Math.floor(now() / 1_000) },
				},
			);
			const thread = renamed && (await threads.get(sessionId));
			return thread ? toChatSession(thread) : null;
		},

		async list(userId, limit) {
			const sessions: ChatSession[] = [];
			for await (const thread of threadsOf(userId).list(limit)) {
				sessions.push(toChatSession(thread));
				if (sessions.length === limit) break;
			}
			return sessions;
		},

		async history(userId, sessionId, page = {}) {
			const threads = threadsOf(userId);
			const thread = await threads.get(sessionId);
			if (!thread) return null;
			const { lease_ends = 0 } = thread.attributes as ChatSessionItem;
			return {
				session: toChatSession(thread),
				...(await messagePage(threads, thread, page)),
				isBusy: lease_ends > now(),
			};
		},

		async redact(userId, itemIds) {
			const threads = threadsOf(userId);
			const deleted = new Set(itemIds);
			let busy = 0;
			for await (const { threadId } of threads.listStored()) {
				if (!(await redactSession(threads, threadId, deleted))) busy += 1;
			}
			return { busy };
		},

		async deleteSome(userId, limit) {
			const threads = threadsOf(userId);
			let deleted = 0;
			for await (const { threadId } of threads.listStored(limit)) {
				const items = threads.table.query<Key>(threads.partition(threadId), { prefix: "" }, { keysOnly: true });
				for await (const page of items) await threads.table.deleteMany(page.filter(({ sk }) => sk !== "session"));
				// Last, since it is what lists the others.
				await threads.delete(threadId);
				deleted += 1;
				if (deleted === limit) break;
			}
			return deleted > 0;
		},

		async delete(userId, sessionId) {
			const threads = threadsOf(userId);
			const thread = await threads.get(sessionId);
			if (!thread) return false;
			await threads.delete(sessionId);
			await deleteThreadItems(threads, payloads, sessionId);
			return true;
		},
	};
}

const digestOf = (question: string) => createHash("sha256").update(question).digest("base64url");

const sessionBusy = (sessionId: string) =>
	new AppError(
		"session_busy",
		`Session ${sessionId} is still answering another message. Send this one again when that is answered.`,
	);

function toChatSession(thread: Thread): ChatSession {
	const { title = null, message_count = 0 } = thread.attributes as ChatSessionItem;
	return {
		sessionId: thread.threadId,
		title,
		createdAt: thread.createdAt,
		lastActivity: thread.lastActivity,
		messageCount: message_count,
	};
}
