import { Annotation, END, START, StateGraph } from "@langchain/langgraph";
import type { BaseCheckpointSaver } from "@langchain/langgraph-checkpoint";
import type { Conversation, TurnInput } from "#core/chat/conversation.ts";
import { sessionNotFound } from "#core/errors.ts";
import type { ConversationSteps, Turns } from "#core/ports/index.ts";
import { ThreadGone } from "#langgraph-dynamodb/src/errors.ts";
import type { ThreadRef } from "#langgraph-dynamodb/src/sessions.ts";
import type { RunTracing } from "./langsmith.ts";

// Each channel is stored only by the steps that change it.
const state = Annotation.Root({
	asked: Annotation<TurnInput>,
	messages: Annotation<Conversation["messages"]>,
	summary: Annotation<Conversation["summary"]>,
	shown: Annotation<Conversation["shown"]>,
	known: Annotation<Conversation["known"]>,
	turn: Annotation<Conversation["turn"]>,
});

/** Runs begin, then callModel and runTools by turns until there is an answer. */
function graphOf(
	{ begin, callModel, runTools, next }: ConversationSteps,
	checkpointer?: BaseCheckpointSaver,
) {
	return new StateGraph(state)
		.addNode("begin", (now) => begin(now, now.asked))
		.addNode("callModel", (now) => callModel(now))
		.addNode("runTools", (now) => runTools(now))
		.addEdge(START, "begin")
		.addConditionalEdges("begin", (now) => next(now) ?? END)
		.addConditionalEdges("callModel", (now) => next(now) ?? END)
		.addEdge("runTools", "callModel")
		.compile({ checkpointer });
}

/** Input, listen, six answers with tools between them, and the step that ends. */
const maxSteps = 16;

/** Turns as runs of a LangGraph graph whose steps a saver keeps. */
export function graphTurns(
	/** A person's conversations, and nobody else's. */
	saverOf: (userId: string, opened?: ThreadRef) => BaseCheckpointSaver,
	/** What records a turn; null where nothing does. */
	tracing: () => Promise<RunTracing | null> = async () => null,
): Turns {
	return {
		async run(userId, { sessionId, generation }, asked, steps) {
			const opened = { threadId: sessionId, generation };
			const graph = graphOf(steps, saverOf(userId, opened));
			const traced = await tracing();
			try {
				return (await graph.invoke(
					{ asked },
					{
						configurable: { thread_id: sessionId },
						recursionLimit: maxSteps,
						// A step is committed before the next begins.
						durability: "sync",
						...(traced && { callbacks: traced.callbacks, runName: "turn" }),
					},
				)) as Conversation;
			} catch (error) {
				if (error instanceof ThreadGone) throw sessionNotFound(sessionId);
				throw error;
			} finally {
				await traced?.sent();
			}
		},

		async conversation(userId, sessionId) {
			const tuple = await saverOf(userId).getTuple({
				configurable: { thread_id: sessionId },
			});
			const values = tuple?.checkpoint.channel_values;
			return values?.turn ? (values as unknown as Conversation) : null;
		},
	};
}
