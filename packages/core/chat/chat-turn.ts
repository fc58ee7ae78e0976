import { AppError } from "../errors.ts";
import type { ConversationSteps, Ports, SearchLimits, SessionMessage } from "../ports/index.ts";
import { reporting } from "./agent.ts";
import type { Conversation } from "./conversation.ts";
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
		onStep = () => {},
		onVerified,
		closed,
	}: {
		sessionId: string;
		question: string;
		limits: SearchLimits;
		/** The answer is stored before it. */
		deadline: Date;
		/** Gets each sentence of the reasoning as it comes. */
		onStep?: ((text: string) => void) | undefined;
		/** Gets the verified part of the model's text so far; a later text replaces one that it does not begin with. */
		onVerified?: ((text: string) => void) | undefined;
		/** Aborts when nobody waits for the answer any more. */
		closed?: AbortSignal | undefined;
	},
): Promise<{ answer: SessionMessage; reasoning: string[]; number: number }> {
	const turn = await ports.sessions.beginTurn(userId, sessionId, question);
	const cancellation = watchCancellation(() => ports.sessions.holdsTurn(userId, turn), closed);
	try {
		const steps = conversationSteps(ports, userId, {
			sessionId,
			limits,
			deadline: new Date(deadline.getTime() - storeAnswerMs),
			signal: cancellation.signal,
			onVerified,
		});
		const run = ports.turns.run(
			userId,
			turn,
			{ number: turn.number, question, limits },
			fenced(reporting<Conversation, ConversationSteps>(steps, onStep), turn.leaseEnds, cancellation.signal),
		);
		const conversation = await Promise.race([run, cancellation.canceled]);
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
	} finally {
		cancellation.stop();
	}
}

/** Between two looks at the lease: a canceled turn ends within 2 s. */
const watchMs = 1_000;

/** Rejects `canceled` once the turn has lost its lease, or nobody waits for its answer. */
function watchCancellation(holdsTurn: () => Promise<boolean>, closed: AbortSignal | undefined) {
	const { promise: canceled, reject } = Promise.withResolvers<never>();
	const controller = new AbortController();
	canceled.catch(() => {}); // a turn that has its answer does not wait for it
	const cancel = () => {
		const error = new AppError("turn_canceled", "The turn was canceled: its message can be sent again.");
		controller.abort(error);
		reject(error);
	};
	const timer = setInterval(async () => {
		// A look that fails says nothing.
		if (!(await holdsTurn().catch(() => true))) cancel();
	}, watchMs);
	if (closed?.aborted) cancel();
	closed?.addEventListener("abort", cancel, { once: true });
	return {
		canceled,
		signal: controller.signal,
		stop() {
			clearInterval(timer);
			closed?.removeEventListener("abort", cancel);
		},
	};
}

/**
 * Fails a step that ends after the lease, or after the turn was canceled. A function frozen after its answer "timed out" continues when the next
 * request wakes it, and by then another turn may hold the session.
 */
function fenced(steps: ConversationSteps, leaseEnds: Date, canceled: AbortSignal): ConversationSteps {
	const inLease = async <T>(step: Promise<T>): Promise<T> => {
		const result = await step;
		canceled.throwIfAborted();
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
