import {
	Annotation,
	END,
	MemorySaver,
	START,
	StateGraph,
} from "@langchain/langgraph";

const state = Annotation.Root({
	asked: Annotation<object>,
	messages: Annotation<object[]>,
	turn: Annotation<{ answer: string | null }>,
});

/** A graph of the shape of a conversation's whose steps do nothing, and which keeps them in memory. */
export async function takeTurn(thread_id: string): Promise<void> {
	const graph = new StateGraph(state)
		.addNode("listen", async () => ({ turn: { answer: null } }))
		.addNode("answer", async () => ({ turn: { answer: "Yes." } }))
		.addNode("useTools", async () => ({ messages: [] }))
		.addEdge(START, "listen")
		.addConditionalEdges("listen", () => "answer")
		.addConditionalEdges("answer", ({ turn }) =>
			turn.answer ? END : "useTools",
		)
		.addEdge("useTools", "answer")
		.compile({ checkpointer: new MemorySaver() });
	await graph.invoke(
		{ asked: {} },
		{ configurable: { thread_id }, durability: "sync" },
	);
}
