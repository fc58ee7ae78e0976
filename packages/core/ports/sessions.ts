import type { TokenUsage } from "../items/analysis.ts";
import type { Hit } from "./search.ts";

/** A conversation of one person. It is gone four hours after it was last used. */
export interface ChatSession {
	sessionId: string;
	createdAt: Date;
	lastActivity: Date;
	/** Of both sides; a question that was never answered counts, too. */
	messageCount: number;
}

/** What one side said, as the history keeps it. */
export interface SessionMessage {
	role: "user" | "assistant";
	text: string;
	/** When it was said. */
	at: Date;
	/** The items that an answer speaks of, in the order in which it shows them. */
	items: Hit[];
	/** Names, in the order of first use. */
	toolsUsed: string[];
	/** What was done for an answer, a sentence each. */
	reasoning: string[];
	/** The provider's id of the last call that an answer took. */
	traceId: string | null;
	/** Every answered call of a model. */
	usage: TokenUsage[];
}

/** The right to take the one turn that a session has at a time. */
export interface OpenTurn {
	sessionId: string;
	/** From 1. */
	number: number;
	/** Proof of the right, for `end` and `abandon`. */
	lease: string;
	/** The right ends by itself then: nothing may be written for this turn afterwards. */
	leaseEnds: Date;
	/** Which of the lives of the session it is: one that expired or was deleted may have been begun anew. */
	generation: string;
}

/** Every session of a person. Another person's session, an expired one and one that never was are alike: null. */
export interface Sessions {
	/**
	 * Begins the next turn, in a new session if need be, and keeps the question. A turn that was begun for the same
	 * question and never ended is continued under its own number.
	 * @throws AppError `session_busy` where another turn is still under way after a few seconds
	 */
	beginTurn(
		userId: string,
		sessionId: string,
		question: string,
	): Promise<OpenTurn>;
	/**
	 * Keeps the answer.
	 * @throws AppError `session_not_found` where the session was deleted meanwhile, `session_busy` where the lease
	 * ended and is another's
	 */
	endTurn(
		userId: string,
		turn: OpenTurn,
		answer: SessionMessage,
	): Promise<void>;
	/** Gives the turn up without an answer: the question can be asked again at once. */
	abandonTurn(userId: string, turn: OpenTurn): Promise<void>;
	/** The last used first. */
	list(userId: string, limit: number): Promise<ChatSession[]>;
	/** Everything that was said, oldest first. */
	history(
		userId: string,
		sessionId: string,
	): Promise<{
		session: ChatSession;
		messages: SessionMessage[];
		/** Whether a turn is under way. */
		isBusy: boolean;
	} | null>;
	/** False where there is none. What it had is removed with it. */
	delete(userId: string, sessionId: string): Promise<boolean>;
}
