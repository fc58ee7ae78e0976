import { createHash, randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { AppError, sessionNotFound } from "#core/errors.ts";
import type {
	ChatSession,
	OpenTurn,
	SessionMessage,
	Sessions,
} from "#core/ports/index.ts";
import { deleteThreadItems } from "#langgraph-dynamodb/src/delete-thread.ts";
import { keyPrefix } from "#langgraph-dynamodb/src/keys.ts";
import type { PayloadStore } from "#langgraph-dynamodb/src/payloads.ts";
import {
	type Session as Thread,
	Sessions as Threads,
} from "#langgraph-dynamodb/src/sessions.ts";
import {
	type Attributes,
	type Expression,
	keyAttributes,
	numberOf,
} from "#langgraph-dynamodb/src/table.ts";
import { messageItem, readMessage } from "./message-items.ts";

export interface DynamoDbSessionsOptions {
	dynamodb: Pick<DynamoDBClient, "send">;
	table: string;
	/** Where checkpoints keep what an item cannot hold. */
	payloads: PayloadStore;
	/** Milliseconds since 1970. @default Date.now */
	now?: () => number;
	/** How long a second message waits for the first. @default 3000 */
	maxWaitMs?: number;
}

/** As long as an invocation of the api may last: whoever holds a lease of that age is dead. */
const leaseMs = 30_000;
const retryMs = 150;

/** Sessions as one small item each, beside the checkpoints of the same thread; every message is an item that never changes. */
export function dynamoDbSessions({
	dynamodb,
	table,
	payloads,
	now = Date.now,
	maxWaitMs = 3_000,
}: DynamoDbSessionsOptions): Sessions {
	const threadsOf = (userId: string) =>
		new Threads({ dynamodb, table, owner: userId, now });

	const sessionKey = (threads: Threads, sessionId: string) => ({
		pk: threads.partition(sessionId),
		sk: "session",
	});

	const leaseOf = (holder: string) => ({
		lease: { S: holder },
		lease_ends: { N: `${now() + leaseMs}` },
	});

	/** Takes the lease of a session that is there and free; undefined where it is not. */
	function lease(threads: Threads, sessionId: string, holder: string) {
		const at = now();
		const held = leaseOf(holder);
		return threads.table.update(
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
					":last": { S: new Date(at).toISOString() },
					":expires": { N: `${Math.floor(at / 1_000) + threads.ttlSeconds}` },
					":lease": held.lease,
					":ends": held.lease_ends,
				},
			},
			{
				// Its own, where the answer to the request that took it was lost, and the SDK asked again.
				text: "#expires > :second and (attribute_not_exists(#ends) or #ends <= :now or #lease = :lease)",
				values: {
					":second": { N: `${Math.floor(at / 1_000)}` },
					":now": { N: `${at}` },
				},
			},
		);
	}

	/** Keeps a message and changes the session with it, while the lease is held. @returns false where it is not */
	function say(
		threads: Threads,
		{ sessionId, lease }: Pick<OpenTurn, "sessionId" | "lease">,
		message: Attributes,
		{ text, names = {}, values = {} }: Expression,
	): Promise<boolean> {
		return threads.table.transactWrite([
			{ Put: { TableName: table, Item: message } },
			{
				Update: {
					TableName: table,
					Key: keyAttributes(sessionKey(threads, sessionId)),
					UpdateExpression: text,
					ConditionExpression: "#lease = :lease",
					ExpressionAttributeNames: { "#lease": "lease", ...names },
					ExpressionAttributeValues: { ":lease": { S: lease }, ...values },
				},
			},
		]);
	}

	return {
		async beginTurn(userId, sessionId, question) {
			const threads = threadsOf(userId);
			const holder = randomUUID();
			const until = Date.now() + maxWaitMs;
			let item = await lease(threads, sessionId, holder);
			while (!item) {
				const created = await threads.create(sessionId, leaseOf(holder));
				item = created?.attributes ?? (await lease(threads, sessionId, holder));
				if (item) break;
				if (Date.now() > until) throw busy(sessionId);
				await sleep(retryMs * (0.5 + Math.random()));
			}
			const generation = item.generation?.S ?? "";
			const leaseEnds = new Date(numberOf(item.lease_ends));
			const held = { sessionId, lease: holder, leaseEnds, generation };
			const turns = Number(item.turns?.N ?? 0);
			const asked = digestOf(question);
			if (item.asked?.S === asked) {
				return { ...held, number: turns };
			}
			const turn = { ...held, number: turns + 1 };
			const kept = await say(
				threads,
				turn,
				messageItem(threads.partition(sessionId), generation, turn.number, {
					role: "user",
					text: question,
					at: new Date(now()),
					items: [],
					toolsUsed: [],
					reasoning: [],
					traceId: null,
					usage: [],
				}),
				{
					text: "set #turns = :number, #asked = :asked add #messages :one",
					names: {
						"#turns": "turns",
						"#asked": "asked",
						"#messages": "message_count",
					},
					values: {
						":number": { N: `${turn.number}` },
						":asked": { S: asked },
						":one": { N: "1" },
					},
				},
			);
			if (!kept) throw sessionNotFound(sessionId);
			return turn;
		},

		async endTurn(userId, turn, answer) {
			const threads = threadsOf(userId);
			const kept = await say(
				threads,
				turn,
				messageItem(
					threads.partition(turn.sessionId),
					turn.generation,
					turn.number,
					answer,
				),
				{
					text: "remove #asked, #lease, #ends add #messages :one",
					names: {
						"#asked": "asked",
						"#ends": "lease_ends",
						"#messages": "message_count",
					},
					values: { ":one": { N: "1" } },
				},
			);
			if (kept) return;
			const thread = await threads.get(turn.sessionId);
			throw thread?.generation === turn.generation
				? busy(turn.sessionId)
				: sessionNotFound(turn.sessionId);
		},

		async abandonTurn(userId, turn) {
			const threads = threadsOf(userId);
			const given = await threads.table.update(
				sessionKey(threads, turn.sessionId),
				{
					text: "remove #lease, #ends",
					names: { "#lease": "lease", "#ends": "lease_ends" },
				},
				{ text: "#lease = :lease", values: { ":lease": { S: turn.lease } } },
			);
			if (given) return;
			// The lease is another's by now, or the session was deleted: what the turn wrote since is removed, too.
			const thread = await threads.get(turn.sessionId);
			if (thread?.generation === turn.generation) return;
			await deleteThreadItems(threads, payloads, turn.sessionId);
		},

		async list(userId, limit) {
			const found: ChatSession[] = [];
			for await (const thread of threadsOf(userId).list(limit)) {
				found.push(sessionOf(thread));
				if (found.length === limit) break;
			}
			return found;
		},

		async history(userId, sessionId) {
			const threads = threadsOf(userId);
			const thread = await threads.get(sessionId);
			if (!thread) return null;
			const messages: SessionMessage[] = [];
			const pages = threads.table.query(threads.partition(sessionId), {
				prefix: keyPrefix(thread.generation, "message"),
			});
			for await (const page of pages) {
				messages.push(...page.map(readMessage));
			}
			return {
				session: sessionOf(thread),
				messages,
				isBusy: Number(thread.attributes.lease_ends?.N ?? 0) > now(),
			};
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

const digestOf = (question: string) =>
	createHash("sha256").update(question).digest("base64url");

const busy = (sessionId: string) =>
	new AppError(
		"session_busy",
		`Session ${sessionId} is still answering another message: send this one again when that is answered.`,
	);

function sessionOf(thread: Thread): ChatSession {
	return {
		sessionId: thread.threadId,
		createdAt: thread.createdAt,
		lastActivity: thread.lastActivity,
		messageCount: Number(thread.attributes.message_count?.N ?? 0),
	};
}
