import type { TokenUsage } from "../items/analysis.ts";
import type { Hit } from "./search.ts";

/** A conversation of one person. It expires four hours after its last use. */
export interface ChatSession {
	sessionId: string;
	/** The person's name for it, else the beginning of its first question; null for one from before there were titles. */
	title: string | null;
	createdAt: Date;
	lastActivity: Date;
	/** Questions and answers; a question without an answer counts, too. */
	messageCount: number;
}

/** An item as an answer showed it. */
export interface ShownItem extends Hit {
	/** The item was deleted, and its texts with it. */
	deleted?: true;
}

/** Characters of a session's title. */
export const maxTitleLength = 100;

/** A question or an answer in the history of a session. */
export interface SessionMessage {
	role: "user" | "assistant";
	text: string;
	at: Date;
	/** The items that an answer shows, in its order. */
	items: ShownItem[];
	/** Items that an answer without citations has words of. */
	unnamedItems?: string[];
	/** Names, in the order of first use. */
	toolsUsed: string[];
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

/** Bounds a page of a session's history. It has at least one message. */
export interface HistoryPage {
	/** Messages. @default 100 */
	limit?: number;
	/** Bytes of the messages as JSON. @default 1 MB */
	maxBytes?: number;
	/** A `nextCursor`. @default the newest messages */
	cursor?: string | undefined;
}

export const maxHistoryMessages = 100;
/** A function's answer may have 6 MB, and presented messages have up to twice these bytes. */
export const maxHistoryBytes = 1024 * 1024;

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
	/**
	 * Takes the lease from the turn under way, which ends without an answer: its question can be repeated at once.
	 * @returns whether there was one; null where there is no such session
	 */
	cancelTurn(userId: string, sessionId: string): Promise<boolean | null>;
	/** Returns whether the turn still has its lease. */
	holdsTurn(userId: string, turn: OpenTurn): Promise<boolean>;
	/** Gives a session another title, also while a turn is under way. @returns null where there is no such session */
	rename(userId: string, sessionId: string, title: string): Promise<ChatSession | null>;
	/** Lists sessions, the last used first. */
	list(userId: string, limit: number): Promise<ChatSession[]>;
	/**
	 * Returns a page of questions and answers, oldest first; the first page has the newest.
	 * @throws AppError `invalid_request` where the cursor is not one of this session
	 */
	history(
		userId: string,
		sessionId: string,
		page?: HistoryPage,
	): Promise<{
		session: ChatSession;
		messages: SessionMessage[];
		/** Of the page with the messages before these; null where there are none. */
		nextCursor: string | null;
		/** A turn is under way. */
		isBusy: boolean;
	} | null>;
	/**
	 * Removes what the user's sessions hold of deleted items: from messages the sentences about them and their hits, and
	 * the state of every session, which its next turn builds again from the messages.
	 * @returns how many sessions a turn under way kept as they are
	 */
	redact(userId: string, itemIds: string[]): Promise<{ busy: number }>;
	/**
	 * Deletes so many sessions of a user who may have no new ones, also expired ones that are still stored; their large
	 * payloads are objects. @returns whether there were any
	 */
	deleteSome(userId: string, limit: number): Promise<boolean>;
	/** Deletes the session with its messages and checkpoints. False where there is none. */
	delete(userId: string, sessionId: string): Promise<boolean>;
}
