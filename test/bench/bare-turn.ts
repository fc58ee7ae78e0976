import { Annotation, END, MemorySaver, START, StateGraph } from "@langchain/langgraph";

const state = Annotation.Root({
	asked: Annotation<object>,
	messages: Annotation<object[]>,
	turn: Annotation<{ answer: string | null }>,
});

/** Runs a graph of a conversation's shape with empty steps and checkpoints in memory. */
export async function takeTurn(thread_id: string): Promise<void> {
	const graph = new StateGraph(state)
		.addNode("begin", async () => ({ turn: { answer: null } }))
		.addNode("callModel", async () => ({ turn: { answer: "Yes." } }))
		.addNode("runTools", async () => ({ messages: [] }))
		.addEdge(START, "begin")
		.addConditionalEdges("begin", () => "callModel")
		.addConditionalEdges("callModel", ({ turn }) => (turn.answer ? END : "runTools"))
		.addEdge("runTools", "callModel")
		.compile({ checkpointer: new MemorySaver() });
	await graph.invoke({ asked: {} }, { configurable: { thread_id }, durability: "sync" });
}
