import type { Conversation, TurnInput } from "../chat/conversation.ts";
import type { OpenTurn } from "./sessions.ts";

/** Takes conversations through turns, step by step, and remembers each step that was taken. */
export interface Turns {
	/**
	 * Takes one turn from wherever the conversation stands. Where the process dies, the next call goes on behind the
	 * last step that was committed.
	 * @throws what a step throws; the conversation stands where it stood before that step
	 * @throws AppError `session_not_found` where it is noticed, within a minute, that the session was deleted meanwhile
	 */
	run(
		userId: string,
		turn: OpenTurn,
		asked: TurnInput,
		steps: ConversationSteps,
	): Promise<Conversation>;
	/** Where the conversation stands; null where nothing was committed yet. */
	conversation(userId: string, sessionId: string): Promise<Conversation | null>;
}

/** The steps of a turn. Each takes the conversation as it stands and gives what changes; none does anything twice. */
export interface ConversationSteps {
	/** Takes note of the question; first of all steps. */
	begin(
		before: Partial<Conversation>,
		asked: TurnInput,
	): Promise<Partial<Conversation>>;
	/** Asks the model, or ends the turn where a limit is reached. */
	callModel(now: Conversation): Promise<Partial<Conversation>>;
	/** Runs the tools that the model asked for: every call gets its result. */
	runTools(now: Conversation): Promise<Partial<Conversation>>;
	/** Which step is next; null where the turn is over. */
	next(now: Conversation): "callModel" | "runTools" | null;
}
