import type { Conversation, TurnInput } from "../chat/conversation.ts";
import type { OpenTurn } from "./sessions.ts";

/** Runs the turns of conversations and stores every step. */
export interface Turns {
	/**
	 * Runs one turn from the last committed step: after a crash the next call continues there.
	 * @throws whatever a step throws; the conversation stays as it was before that step
	 * @throws AppError `session_not_found` within a minute after the session was deleted
	 */
	run(userId: string, turn: OpenTurn, input: TurnInput, steps: ConversationSteps): Promise<Conversation>;
	/** Returns the conversation after its last committed step; null before the first. */
	conversation(userId: string, sessionId: string): Promise<Conversation | null>;
}

/** The loop of an agent, step by step. A step returns what it changes of the state. */
export interface AgentSteps<State> {
	/** Calls the model, or ends the turn where a limit is reached. */
	callModel(state: State): Promise<Partial<State>>;
	/** Runs the tools that the model asked for: every call gets a result. */
	runTools(state: State): Promise<Partial<State>>;
	/** Names the next step; null once the turn is over. */
	next(state: State): "callModel" | "runTools" | null;
}

export interface ConversationSteps extends AgentSteps<Conversation> {
	/** Adds the question to the conversation. The first step; a repeated call changes nothing. */
	begin(earlier: Partial<Conversation>, input: TurnInput): Promise<Partial<Conversation>>;
}
