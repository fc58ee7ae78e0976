import { Annotation, END, START, StateGraph } from "@langchain/langgraph";
import type { BaseCheckpointSaver } from "@langchain/langgraph-checkpoint";
import type { Conversation, TurnInput } from "#core/chat/conversation.ts";
import { sessionNotFound } from "#core/errors.ts";
import type { ConversationSteps, Turns } from "#core/ports/index.ts";
import { ThreadGone, type ThreadRef } from "#langgraph-dynamodb/sessions.ts";
import type { RunTracing } from "./langsmith.ts";

// A checkpoint stores only the channels that its step changed.
const ConversationState = Annotation.Root({
	asked: Annotation<TurnInput>,
	messages: Annotation<Conversation["messages"]>,
	summary: Annotation<Conversation["summary"]>,
	shown: Annotation<Conversation["shown"]>,
	known: Annotation<Conversation["known"]>,
	turn: Annotation<Conversation["turn"]>,
});

/** Builds the graph: begin, then callModel and runTools alternate until there is an answer. */
function buildGraph({ begin, callModel, runTools, next }: ConversationSteps, checkpointer?: BaseCheckpointSaver) {
	return new StateGraph(ConversationState)
		.addNode("begin", (state) => begin(state, state.asked))
		.addNode("callModel", (state) => callModel(state))
		.addNode("runTools", (state) => runTools(state))
		.addEdge(START, "begin")
		.addConditionalEdges("begin", (state) => next(state) ?? END)
		.addConditionalEdges("callModel", (state) => next(state) ?? END)
		.addEdge("runTools", "callModel")
		.compile({ checkpointer });
}

/** Input, begin, six model calls with tools between them, and the last step. */
const maxSteps = 16;

/** Runs each turn as a LangGraph graph whose steps a checkpoint saver commits. */
export function graphTurns(
	/** Returns a saver that reaches the threads of this user only. */
	saverFor: (userId: string, refreshed?: ThreadRef) => BaseCheckpointSaver,
	/** Returns the tracing of a turn, null if none is set up. */
	tracing: () => Promise<RunTracing | null> = async () => null,
): Turns {
	return {
		async run(userId, { sessionId, generation }, input, steps) {
			const refreshed = { threadId: sessionId, generation };
			const graph = buildGraph(steps, saverFor(userId, refreshed));
			const trace = await tracing();
			try {
				return (await graph.invoke(
					{ asked: input },
					{
						configurable: { thread_id: sessionId },
						recursionLimit: maxSteps,
						// A step is committed before the next begins.
						durability: "sync",
						...(trace && { callbacks: trace.callbacks, runName: "turn" }),
					},
				)) as Conversation;
			} catch (error) {
				if (error instanceof ThreadGone) throw sessionNotFound(sessionId);
				throw error;
			} finally {
				await trace?.flush();
			}
		},

		async conversation(userId, sessionId) {
			const tuple = await saverFor(userId).getTuple({
				configurable: { thread_id: sessionId },
			});
			const values = tuple?.checkpoint.channel_values;
			return values?.turn ? (values as unknown as Conversation) : null;
		},
	};
}
