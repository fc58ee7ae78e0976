import { AppError } from "../errors.ts";
import type {
	ConversationSteps,
	Ports,
	SearchLimits,
	SessionMessage,
} from "../ports/index.ts";
import {
	answerOf,
	conversationSteps,
	type StepPorts,
} from "./conversation-steps.ts";

/** What is left for keeping the answer after the last step: the api answers within 26 seconds. */
const keepingMs = 1_500;

/** One question of a person and its answer. */
export async function chatTurn(
	ports: Pick<Ports, "sessions" | "turns"> & StepPorts,
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
		/** The answer is there, and kept, before. */
		deadline: Date;
	},
): Promise<{ answer: SessionMessage; number: number }> {
	const turn = await ports.sessions.beginTurn(userId, sessionId, question);
	try {
		const steps = conversationSteps(ports, userId, {
			limits,
			deadline: new Date(deadline.getTime() - keepingMs),
		});
		const asked = { number: turn.number, question, limits };
		const conversation = await ports.turns.run(
			userId,
			turn,
			asked,
			fenced(steps, turn.leaseEnds),
		);
		const { text, items } = answerOf(conversation);
		const { toolsUsed, reasoning, traceId, usage } = conversation.turn;
		const answer: SessionMessage = {
			role: "assistant",
			text,
			at: new Date(),
			items,
			toolsUsed,
			reasoning,
			traceId,
			usage,
		};
		await ports.sessions.endTurn(userId, turn, answer);
		return { answer, number: turn.number };
	} catch (error) {
		await ports.sessions.abandonTurn(userId, turn);
		throw error;
	}
}

/**
 * No step ends after the lease. A function that was frozen after it had answered "timed out" goes on when the next
 * request wakes it; by then the session may be another turn's.
 */
function fenced(steps: ConversationSteps, leaseEnds: Date): ConversationSteps {
	const inTime = async <T>(step: Promise<T>): Promise<T> => {
		const taken = await step;
		if (Date.now() < leaseEnds.getTime()) return taken;
		throw new AppError("timed_out", "The turn took longer than its lease.");
	};
	return {
		begin: (...given) => inTime(steps.begin(...given)),
		callModel: (now) => inTime(steps.callModel(now)),
		runTools: (now) => inTime(steps.runTools(now)),
		next: steps.next,
	};
}
