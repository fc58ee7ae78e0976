import { beforeDeadline } from "../before-deadline.ts";
import type { AgentSteps, Chat, ChatAnswer, ChatRequest, ToolCall } from "../ports/index.ts";
import { modelFailureReason } from "./answer-question.ts";
import type { AgentTurn } from "./conversation.ts";
import { type RunnableTool, runTool, type ToolResult } from "./tools.ts";

/** With less time left the model is not called again. */
const minCallMs = 2_000;

/** The result of a call of the model: an answer, a limit reached before the call, or a failure of the model. */
export type ModelCall<T extends AgentTurn> =
	| { ended: "answered"; answer: ChatAnswer; turn: T }
	| { ended: "max_model_calls" }
	| { ended: "out_of_time" }
	| { ended: "failed"; reason: string; error: unknown };

/** Calls the model once within the limits of the turn, and counts the call and its usage. */
export async function callModel<T extends AgentTurn>(
	chat: Chat,
	turn: T,
	{ maxModelCalls, ...request }: ChatRequest & { maxModelCalls: number },
): Promise<ModelCall<T>> {
	if (turn.modelCalls >= maxModelCalls) return { ended: "max_model_calls" };
	if (request.deadline.getTime() - Date.now() < minCallMs) {
		return { ended: "out_of_time" };
	}
	let answer: ChatAnswer;
	try {
		answer = await chat.answer(request);
	} catch (error) {
		return { ended: "failed", reason: modelFailureReason(error), error };
	}
	return {
		ended: "answered",
		answer,
		turn: {
			...turn,
			modelCalls: turn.modelCalls + 1,
			traceId: answer.traceId,
			usage: [...turn.usage, answer.usage],
		},
	};
}

/** Runs the tool calls of one answer at the same time, and counts them. Every call gets a result: those beyond `maxCalls`, and those that outlast the deadline, a refusal. */
export async function runToolCalls<T extends AgentTurn>(
	tools: RunnableTool[],
	turn: T,
	calls: ToolCall[],
	{
		maxCalls,
		whyNoMore,
		deadline,
	}: {
		maxCalls: number;
		/** The refusal's reason, for the model. */
		whyNoMore: string;
		deadline: Date;
	},
): Promise<{ results: ToolResult[]; turn: T }> {
	const results = await Promise.all(
		calls.map(async (call, index) =>
			index < maxCalls
				? ((await beforeDeadline(deadline, runTool(tools, call))) ?? refusal(call, "there was no time left"))
				: refusal(call, whyNoMore),
		),
	);
	return {
		results,
		turn: {
			...turn,
			toolCalls: turn.toolCalls + calls.length,
			toolsUsed: addToolsUsed(turn.toolsUsed, tools, calls),
		},
	};
}

/** Adds the tools that exist to the names already used. */
export function addToolsUsed(used: string[], tools: RunnableTool[], calls: ToolCall[]): string[] {
	const names = calls.map(({ name }) => name).filter((name) => tools.some((tool) => tool.name === name));
	return [...new Set([...used, ...names])];
}

/** Says for the person why a tool call was refused; null where it was not. */
export function refusedCall({ name }: ToolCall, result: ToolResult | undefined): string | null {
	if (!result?.failed) return null;
	const reason = result.text.replace(/^Refused: /, "").slice(0, 300);
	return `${name.slice(0, 64)} was refused: ${reason}`;
}

const refusal = ({ id }: ToolCall, reason: string): ToolResult => ({
	role: "tool",
	callId: id,
	text: `Refused: ${reason}.`,
	failed: true,
});

/** Takes an agent's steps until none is left. `Turns.run` does the same and stores every step. */
export async function runAgent<State>(steps: AgentSteps<State>, initial: State): Promise<State> {
	let state = initial;
	for (let step = steps.next(state); step; step = steps.next(state)) {
		state = { ...state, ...(await steps[step](state)) };
	}
	return state;
}

/** Reports each sentence that a step adds to a turn's reasoning. */
export function reporting<State extends { turn: AgentTurn }, Steps extends AgentSteps<State>>(
	steps: Steps,
	onStep: (text: string) => void,
): Steps {
	const reported = async (state: State, step: Promise<Partial<State>>) => {
		const change = await step;
		for (const text of change.turn?.reasoning.slice(state.turn.reasoning.length) ?? []) onStep(text);
		return change;
	};
	return {
		...steps,
		callModel: (state: State) => reported(state, steps.callModel(state)),
		runTools: (state: State) => reported(state, steps.runTools(state)),
	};
}
