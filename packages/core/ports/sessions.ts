import type { TokenUsage } from "../items/analysis.ts";
import type { Hit } from "./search.ts";

/** A conversation of one person. It expires four hours after its last use. */
export interface ChatSession {
	sessionId: string;
	createdAt: Date;
	lastActivity: Date;
	/** Questions and answers; a question without an answer counts, too. */
	messageCount: number;
}

/** A question or an answer in the history of a session. */
export interface SessionMessage {
	role: "user" | "assistant";
	text: string;
	at: Date;
	/** The items that an answer shows, in its order. */
	items: Hit[];
	/** Names, in the order of first use. */
	toolsUsed: string[];
	/** The steps to an answer, a sentence each. */
	reasoning: string[];
	/** The provider's id of the answer's last model call. */
	traceId: string | null;
	/** One entry for each model call that was answered. */
	usage: TokenUsage[];
}

/** The lease of a session for one turn; a session has one turn at a time. */
export interface OpenTurn {
	sessionId: string;
	/** From 1. */
	number: number;
	/** Proves the lease to `endTurn` and `abandonTurn`. */
	lease: string;
	/** The lease expires then: nothing may be written for this turn afterwards. */
	leaseEnds: Date;
	/** Distinguishes this session from an expired or deleted one of the same id. */
	generation: string;
}

/** A person's sessions. Another person's session, an expired one and one that never existed are all null. */
export interface Sessions {
	/**
	 * Begins the next turn, in a new session if necessary, and stores the question. Where the latest turn was begun for
	 * the same question and never ended, it continues under its number. A question that an earlier turn asked and got no
	 * answer to moves to the new turn, so that the history has it once.
	 * @throws AppError `session_busy` where another turn is still under way after a few seconds
	 */
	beginTurn(userId: string, sessionId: string, question: string): Promise<OpenTurn>;
	/**
	 * Stores the answer and releases the lease.
	 * @throws AppError `session_not_found` where the session was deleted meanwhile, `session_busy` where the lease
	 * expired and another turn holds it
	 */
	endTurn(userId: string, turn: OpenTurn, answer: SessionMessage): Promise<void>;
	/** Releases the lease without an answer: the question can be repeated at once. */
	abandonTurn(userId: string, turn: OpenTurn): Promise<void>;
	/** Lists sessions, the last used first. */
	list(userId: string, limit: number): Promise<ChatSession[]>;
	/** Returns every question and answer, oldest first. */
	history(
		userId: string,
		sessionId: string,
	): Promise<{
		session: ChatSession;
		messages: SessionMessage[];
		/** A turn is under way. */
		isBusy: boolean;
	} | null>;
	/** Deletes the session with its messages and checkpoints. False where there is none. */
	delete(userId: string, sessionId: string): Promise<boolean>;
}
