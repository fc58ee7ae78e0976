import type { Conversation, TurnInput } from "../chat/conversation.ts";
import type { ConversationSteps } from "../chat/conversation-steps.ts";
import type { OpenTurn } from "./sessions.ts";

/** Takes conversations through turns, step by step, and remembers each step that was taken. */
export interface Turns {
	/**
	 * Takes one turn from wherever the conversation stands. Where the process dies, the next call goes on behind the
	 * last step that was committed.
	 * @throws what a step throws; the conversation stands where it stood before that step
	 * @throws AppError `session_not_found` where it is noticed, within a minute, that the session was deleted meanwhile
	 */
	take(
		userId: string,
		turn: OpenTurn,
		asked: TurnInput,
		steps: ConversationSteps,
	): Promise<Conversation>;
	/** Where the conversation stands; null where nothing was committed yet. */
	at(userId: string, sessionId: string): Promise<Conversation | null>;
}
