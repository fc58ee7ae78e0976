import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { Annotation, END, START, StateGraph } from "@langchain/langgraph";
import { itemSize } from "#langgraph-dynamodb/src/items.ts";
import {
	backends,
	countTraffic,
	incompressibleText,
	type Traffic,
	testSavers,
	threadConfig,
} from "../support/checkpoint-saver.ts";
import { measured } from "./report.ts";

const State = Annotation.Root({
	messages: Annotation<string[]>({
		reducer: (before, more) => before.concat(more).slice(-10),
		default: () => [],
	}),
});
/** Returns text of a few sentences' length that gzip hardly shrinks. */
const message = () => incompressibleText(400);

/**
 * Measures the saver's traffic in the eighth turn of a graph with one channel of ten messages: the figures of
 * packages/langgraph-dynamodb/README.md.
 */
export async function saverTraffic(): Promise<{ turn: string; traffic: Traffic; writeUnits: number }[]> {
	const [local] = backends;
	if (!local) throw new Error("There is no backend.");
	const backend = await local.start();
	try {
		const take = countTraffic(backend.dynamodb);
		const takeUnits = countWriteUnits(backend.dynamodb);
		const eighthTurn = async (withTool: boolean) => {
			const savers = testSavers(backend);
			let traffic = take();
			let writeUnits = 0;
			for (let turn = 1; turn <= 8; turn++) {
				savers.pass(60_000);
				take();
				takeUnits();
				let modelCalls = 0;
				await new StateGraph(State)
					.addNode("model", () => {
						modelCalls += 1;
						return { messages: [message()] };
					})
					.addNode("tools", () => ({ messages: [message()] }))
					.addEdge(START, "model")
					.addConditionalEdges("model", () => (withTool && modelCalls === 1 ? "tools" : END))
					.addEdge("tools", "model")
					.compile({ checkpointer: savers.open() })
					.invoke({ messages: [message()] }, threadConfig());
				traffic = take();
				writeUnits = takeUnits();
			}
			return { savers, traffic, writeUnits };
		};
		const { savers, ...plain } = await eighthTurn(false);
		await savers.open().getTuple(threadConfig());
		const read = take();
		const withTool = await eighthTurn(true);
		measured("write units of a model call", plain.writeUnits);
		measured("write units of a tool call", withTool.writeUnits);
		const rows = [
			{ turn: "the saver alone, a model call", ...plain },
			{ turn: "the saver alone, with a tool call", ...withTool },
			{
				turn: "the saver alone, reading the state",
				traffic: read,
				writeUnits: 0,
			},
		];
		for (const { turn, traffic } of rows) measured(`requests of ${turn}`, traffic.requests);
		return rows;
	} finally {
		await backend.stop();
	}
}

/** Counts write request units of a table on demand: one for each kilobyte of an item, and again for its index entry. */
function countWriteUnits(client: DynamoDBDocumentClient): () => number {
	let units = 0;
	client.middlewareStack.add(
		(next) => async (args) => {
			const { Item, Key, RequestItems } = args.input as {
				Item?: object;
				Key?: object;
				RequestItems?: Record<string, { PutRequest?: { Item: object } }[]>;
			};
			const puts = Object.values(RequestItems ?? {}).flat();
			if (Item) units += unitsOf(Item);
			for (const { PutRequest } of puts) {
				if (PutRequest) units += unitsOf(PutRequest.Item);
			}
			const result = await next(args);
			const { Attributes } = result.output as { Attributes?: object };
			// Only the session is updated. It is in the index, where a changed sort key deletes one entry and puts another.
			if (Key && Attributes) units += 3 * unitsOf(Attributes);
			return result;
		},
		{ step: "initialize", name: "countWriteUnits" },
	);
	return () => {
		const total = units;
		units = 0;
		return total;
	};
}

const unitsOf = (item: object): number => Math.ceil(itemSize(item) / 1_024);
