import { randomUUID } from "node:crypto";
import type { Conversation } from "#core/chat/conversation.ts";
import { AppError, sessionNotFound } from "#core/errors.ts";
import type {
	ChatSession,
	Clock,
	OpenTurn,
	SessionMessage,
	Sessions,
	Turns,
} from "#core/ports/index.ts";

interface Kept extends ChatSession {
	generation: string;
	messages: SessionMessage[];
	turns: number;
	asked: string | null;
	lease: { holder: string; ends: number } | null;
	expires: number;
	conversation: Conversation | null;
}

const lifetimeMs = 4 * 60 * 60 * 1_000;
const leaseMs = 30_000;

const busy = (sessionId: string) =>
	new AppError("session_busy", `Session ${sessionId} is busy.`);

/** Sessions and turns in memory, which follow the clock of a test. A second message does not wait for the first. */
export function fakeConversations(clock: Clock): {
	sessions: Sessions;
	turns: Turns;
} {
	const all = new Map<string, Kept>();
	const now = () => clock.now().getTime();
	const live = (userId: string, sessionId: string): Kept | undefined => {
		const kept = all.get(`${userId}#${sessionId}`);
		return kept && kept.expires > now() ? kept : undefined;
	};
	const held = (userId: string, turn: OpenTurn): Kept => {
		const kept = live(userId, turn.sessionId);
		if (kept?.generation !== turn.generation) {
			throw sessionNotFound(turn.sessionId);
		}
		if (kept.lease?.holder !== turn.lease) throw busy(turn.sessionId);
		return kept;
	};
	const shown = (kept: Kept): ChatSession => ({
		sessionId: kept.sessionId,
		createdAt: kept.createdAt,
		lastActivity: kept.lastActivity,
		messageCount: kept.messageCount,
	});

	const sessions: Sessions = {
		async beginTurn(userId, sessionId, question) {
			const kept: Kept = live(userId, sessionId) ?? {
				sessionId,
				generation: randomUUID(),
				createdAt: clock.now(),
				lastActivity: clock.now(),
				messageCount: 0,
				messages: [],
				turns: 0,
				asked: null,
				lease: null,
				expires: 0,
				conversation: null,
			};
			if (kept.lease && kept.lease.ends > now()) {
				throw busy(sessionId);
			}
			const lease = { holder: randomUUID(), ends: now() + leaseMs };
			Object.assign(kept, {
				lease,
				lastActivity: clock.now(),
				expires: now() + lifetimeMs,
			});
			all.set(`${userId}#${sessionId}`, kept);
			if (kept.asked !== question) {
				kept.turns += 1;
				kept.asked = question;
				kept.messageCount += 1;
				kept.messages.push({
					role: "user",
					text: question,
					at: clock.now(),
					items: [],
					toolsUsed: [],
					reasoning: [],
					traceId: null,
					usage: [],
				});
			}
			return {
				sessionId,
				number: kept.turns,
				lease: lease.holder,
				// Turns take real time, whatever the clock of the test says.
				leaseEnds: new Date(Date.now() + leaseMs),
				generation: kept.generation,
			};
		},
		async endTurn(userId, turn, answer) {
			const kept = held(userId, turn);
			kept.messages.push(structuredClone(answer));
			kept.messageCount += 1;
			kept.asked = null;
			kept.lease = null;
		},
		async abandonTurn(userId, { sessionId, lease }) {
			const kept = live(userId, sessionId);
			if (kept?.lease?.holder === lease) kept.lease = null;
		},
		async list(userId, limit) {
			return [...all]
				.filter(([key, { expires }]) => {
					return key.startsWith(`${userId}#`) && expires > now();
				})
				.map(([, kept]) => shown(kept))
				.sort((one, other) => +other.lastActivity - +one.lastActivity)
				.slice(0, limit);
		},
		async history(userId, sessionId) {
			const kept = live(userId, sessionId);
			if (!kept) return null;
			return {
				session: shown(kept),
				messages: structuredClone(kept.messages),
				isBusy: kept.lease !== null && kept.lease.ends > now(),
			};
		},
		async delete(userId, sessionId) {
			const isThere = live(userId, sessionId) !== undefined;
			all.delete(`${userId}#${sessionId}`);
			return isThere;
		},
	};

	const turns: Turns = {
		async run(userId, { sessionId }, asked, steps) {
			const kept = live(userId, sessionId);
			if (!kept) throw sessionNotFound(sessionId);
			/** As a saver does: what a step gave is a copy, whole or not there at all. */
			const commit = (changed: Partial<Conversation>) => {
				kept.conversation = structuredClone({
					...kept.conversation,
					...changed,
				}) as Conversation;
				return structuredClone(kept.conversation);
			};
			let conversation = commit(
				await steps.begin(structuredClone(kept.conversation ?? {}), asked),
			);
			for (;;) {
				const next = steps.next(conversation);
				if (!next) return conversation;
				conversation = commit(await steps[next](conversation));
			}
		},
		async conversation(userId, sessionId) {
			return structuredClone(live(userId, sessionId)?.conversation ?? null);
		},
	};
	return { sessions, turns };
}
