import { AppError } from "../errors.ts";
import type { ConversationSteps, Ports, SearchLimits, SessionMessage } from "../ports/index.ts";
import { type ConversationPorts, conversationSteps } from "./conversation-steps.ts";

/** Reserved for storing the answer after the last step: the api answers within 26 seconds. */
const storeAnswerMs = 1_500;

/**
 * Answers one question in a session and stores both.
 * @returns the answer, and the steps to it, a sentence each: they may quote items, so they are not stored
 */
export async function chatTurn(
	ports: Pick<Ports, "sessions" | "turns"> & ConversationPorts,
	userId: string,
	{
		sessionId,
		question,
		limits,
		deadline,
	}: {
		sessionId: string;
		question: string;
		limits: SearchLimits;
		/** The answer is stored before it. */
		deadline: Date;
	},
): Promise<{ answer: SessionMessage; reasoning: string[]; number: number }> {
	const turn = await ports.sessions.beginTurn(userId, sessionId, question);
	try {
		const steps = conversationSteps(ports, userId, {
			sessionId,
			limits,
			deadline: new Date(deadline.getTime() - storeAnswerMs),
		});
		const conversation = await ports.turns.run(
			userId,
			turn,
			{ number: turn.number, question, limits },
			fenced(steps, turn.leaseEnds),
		);
		if (!conversation.turn.answer) {
			throw new AppError("timed_out", "The turn ended without an answer.");
		}
		const { text, items, unnamedItems } = conversation.turn.answer;
		const { toolsUsed, reasoning, traceId, usage } = conversation.turn;
		const answer: SessionMessage = {
			role: "assistant",
			text,
			at: new Date(),
			items,
			unnamedItems,
			toolsUsed,
			traceId,
			usage,
		};
		await ports.sessions.endTurn(userId, turn, answer);
		return { answer, reasoning, number: turn.number };
	} catch (error) {
		await ports.sessions.abandonTurn(userId, turn);
		throw error;
	}
}

/**
 * Fails a step that ends after the lease. A function frozen after its answer "timed out" continues when the next
 * request wakes it, and by then another turn may hold the session.
 */
function fenced(steps: ConversationSteps, leaseEnds: Date): ConversationSteps {
	const inLease = async <T>(step: Promise<T>): Promise<T> => {
		const result = await step;
		if (Date.now() < leaseEnds.getTime()) return result;
		throw new AppError("timed_out", "The turn took longer than its lease.");
	};
	return {
		begin: (...args) => inLease(steps.begin(...args)),
		callModel: (state) => inLease(steps.callModel(state)),
		runTools: (state) => inLease(steps.runTools(state)),
		next: steps.next,
	};
}
