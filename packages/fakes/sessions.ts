import { randomUUID } from "node:crypto";
import { maxRequestMs } from "#core/api-timeout.ts";
import type { Conversation } from "#core/chat/conversation.ts";
import { redactMessage } from "#core/chat/redact.ts";
import { titleOf } from "#core/chat/session-title.ts";
import { AppError, sessionNotFound, unknownCursor } from "#core/errors.ts";
import {
	type ChatSession,
	type Clock,
	maxHistoryBytes,
	maxHistoryMessages,
	type OpenTurn,
	type SessionMessage,
	type Sessions,
	type Turns,
} from "#core/ports/index.ts";

interface StoredSession extends ChatSession {
	generation: string;
	messages: { turn: number; message: SessionMessage }[];
	turns: number;
	/** Questions without an answer, by turn. */
	unanswered: Map<number, string>;
	lease: { holder: string; ends: number } | null;
	expires: number;
	conversation: Conversation | null;
}

const lifetimeMs = 4 * 60 * 60 * 1_000;

const busy = (sessionId: string) => new AppError("session_busy", `Session ${sessionId} is busy.`);

/** Sessions and turns in memory, on the clock of a test. A second message does not wait for the first. */
export function fakeConversations(clock: Clock): {
	sessions: Sessions;
	turns: Turns;
} {
	const all = new Map<string, StoredSession>();
	const now = () => clock.now().getTime();
	const findLive = (userId: string, sessionId: string): StoredSession | undefined => {
		const session = all.get(`${userId}#${sessionId}`);
		return session && session.expires > now() ? session : undefined;
	};
	const leasedSession = (userId: string, turn: OpenTurn): StoredSession => {
		const session = findLive(userId, turn.sessionId);
		if (session?.generation !== turn.generation) {
			throw sessionNotFound(turn.sessionId);
		}
		if (session.lease?.holder !== turn.lease) throw busy(turn.sessionId);
		return session;
	};
	const toChatSession = (session: StoredSession): ChatSession => ({
		sessionId: session.sessionId,
		title: session.title,
		createdAt: session.createdAt,
		lastActivity: session.lastActivity,
		messageCount: session.messageCount,
	});

	const sessions: Sessions = {
		async beginTurn(userId, sessionId, question) {
			const session: StoredSession = findLive(userId, sessionId) ?? {
				sessionId,
				title: titleOf(question),
				generation: randomUUID(),
				createdAt: clock.now(),
				lastActivity: clock.now(),
				messageCount: 0,
				messages: [],
				turns: 0,
				unanswered: new Map(),
				lease: null,
				expires: 0,
				conversation: null,
			};
			if (session.lease && session.lease.ends > now()) {
				throw busy(sessionId);
			}
			const lease = { holder: randomUUID(), ends: now() + maxRequestMs };
			Object.assign(session, {
				lease,
				lastActivity: clock.now(),
				expires: now() + lifetimeMs,
			});
			all.set(`${userId}#${sessionId}`, session);
			const [earlier] = [...session.unanswered].find(([, asked]) => asked === question) ?? [];
			if (earlier === undefined || earlier !== session.turns) {
				session.turns += 1;
				if (earlier === undefined) session.messageCount += 1;
				else {
					session.unanswered.delete(earlier);
					session.messages = session.messages.filter(({ turn }) => turn !== earlier);
				}
				session.unanswered.set(session.turns, question);
				session.messages.push({
					turn: session.turns,
					message: {
						role: "user",
						text: question,
						at: clock.now(),
						items: [],
						toolsUsed: [],
						traceId: null,
						usage: [],
					},
				});
			}
			return {
				sessionId,
				number: session.turns,
				lease: lease.holder,
				// Turns take real time, whatever the test's clock.
				leaseEnds: new Date(Date.now() + maxRequestMs),
				generation: session.generation,
			};
		},
		async endTurn(userId, turn, answer) {
			const session = leasedSession(userId, turn);
			session.messages.push({ turn: turn.number, message: structuredClone(answer) });
			session.messageCount += 1;
			session.unanswered.delete(turn.number);
			session.lease = null;
		},
		async abandonTurn(userId, { sessionId, lease }) {
			const session = findLive(userId, sessionId);
			if (session?.lease?.holder === lease) session.lease = null;
		},
		async cancelTurn(userId, sessionId) {
			const session = findLive(userId, sessionId);
			if (!session) return null;
			const isUnderWay = session.lease !== null && session.lease.ends > now();
			session.lease = null;
			return isUnderWay;
		},
		async holdsTurn(userId, { sessionId, lease }) {
			return findLive(userId, sessionId)?.lease?.holder === lease;
		},
		async rename(userId, sessionId, title) {
			const session = findLive(userId, sessionId);
			if (!session) return null;
			session.title = title;
			return toChatSession(session);
		},
		async list(userId, limit) {
			return [...all]
				.filter(([key, { expires }]) => {
					return key.startsWith(`${userId}#`) && expires > now();
				})
				.map(([, session]) => toChatSession(session))
				.sort((a, b) => +b.lastActivity - +a.lastActivity)
				.slice(0, limit);
		},
		async history(userId, sessionId, { limit = maxHistoryMessages, maxBytes = maxHistoryBytes, cursor } = {}) {
			const session = findLive(userId, sessionId);
			if (!session) return null;
			const end = cursor === undefined ? session.messages.length : Number(cursor);
			if (cursor !== undefined && !(end >= 1 && end <= session.messages.length)) throw unknownCursor();
			let start = end;
			for (let bytes = 0; start > 0 && end - start < limit; start -= 1) {
				bytes += JSON.stringify(session.messages[start - 1]?.message).length;
				if (bytes > maxBytes && start < end) break;
			}
			return {
				session: toChatSession(session),
				messages: structuredClone(session.messages.slice(start, end).map(({ message }) => message)),
				nextCursor: start > 0 ? String(start) : null,
				isBusy: session.lease !== null && session.lease.ends > now(),
			};
		},
		async deleteSome(userId, limit) {
			const own = [...all.keys()].filter((key) => key.startsWith(`${userId}#`)).slice(0, limit);
			for (const key of own) all.delete(key);
			return own.length > 0;
		},
		async redact(userId, itemIds) {
			let busy = 0;
			for (const [key, session] of all) {
				if (!key.startsWith(`${userId}#`)) continue;
				if (session.lease && session.lease.ends > now()) busy += 1;
				else {
					session.conversation = null;
					for (const stored of session.messages) stored.message = redactMessage(stored.message, new Set(itemIds));
				}
			}
			return { busy };
		},
		async delete(userId, sessionId) {
			const exists = findLive(userId, sessionId) !== undefined;
			all.delete(`${userId}#${sessionId}`);
			return exists;
		},
	};

	const turns: Turns = {
		async run(userId, { sessionId }, input, steps) {
			const session = findLive(userId, sessionId);
			if (!session) throw sessionNotFound(sessionId);
			/** Stores a copy of the whole state, as a checkpoint saver does. */
			const commit = (changed: Partial<Conversation>) => {
				session.conversation = structuredClone({
					...session.conversation,
					...changed,
				}) as Conversation;
				return structuredClone(session.conversation);
			};
			let conversation = commit(await steps.begin(structuredClone(session.conversation ?? {}), input));
			for (;;) {
				const next = steps.next(conversation);
				if (!next) return conversation;
				conversation = commit(await steps[next](conversation));
			}
		},
		async conversation(userId, sessionId) {
			return structuredClone(findLive(userId, sessionId)?.conversation ?? null);
		},
	};
	return { sessions, turns };
}
