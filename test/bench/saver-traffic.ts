import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { Annotation, END, START, StateGraph } from "@langchain/langgraph";
import { backends } from "#cdk-local/test/services/backends.ts";
import { itemSize } from "#langgraph-dynamodb/src/items.ts";
import {
	incompressibleText,
	saversOn,
	threadConfig,
} from "#langgraph-dynamodb/test/savers.ts";
import { countTraffic, type Traffic } from "../support/aws-traffic.ts";

const State = Annotation.Root({
	messages: Annotation<string[]>({
		reducer: (before, more) => before.concat(more).slice(-10),
		default: () => [],
	}),
});
/** A few sentences, which gzip makes little smaller. */
const message = () => incompressibleText(400);

/**
 * What the saver alone asks of DynamoDB in the eighth turn of a graph with one channel of ten messages: the figures of
 * packages/langgraph-dynamodb/README.md.
 */
export async function saverTraffic(): Promise<
	{ turn: string; traffic: Traffic; writeUnits: number }[]
> {
	const [local] = backends;
	if (!local) throw new Error("There is no backend.");
	const backend = await local.start();
	try {
		const take = countTraffic(backend.dynamodb);
		const takeUnits = countWriteUnits(backend.dynamodb);
		const eighthTurn = async (withTool: boolean) => {
			const savers = saversOn(backend);
			let taken = take();
			let writeUnits = 0;
			for (let turn = 1; turn <= 8; turn++) {
				savers.pass(60_000);
				take();
				takeUnits();
				let asked = 0;
				await new StateGraph(State)
					.addNode("model", () => {
						asked += 1;
						return { messages: [message()] };
					})
					.addNode("tools", () => ({ messages: [message()] }))
					.addEdge(START, "model")
					.addConditionalEdges("model", () =>
						withTool && asked === 1 ? "tools" : END,
					)
					.addEdge("tools", "model")
					.compile({ checkpointer: savers.open() })
					.invoke({ messages: [message()] }, threadConfig());
				taken = take();
				writeUnits = takeUnits();
			}
			return { savers, traffic: taken, writeUnits };
		};
		const { savers, ...plain } = await eighthTurn(false);
		await savers.open().getTuple(threadConfig());
		const read = take();
		const withTool = await eighthTurn(true);
		return [
			{ turn: "the saver alone, a model call", ...plain },
			{ turn: "the saver alone, with a tool call", ...withTool },
			{
				turn: "the saver alone, reading the state",
				traffic: read,
				writeUnits: 0,
			},
		];
	} finally {
		await backend.stop();
	}
}

/** Write request units of a table on demand: a kilobyte begun of an item, and as much again for its place in the index. */
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
			// Only the session is updated, which is in the index: there a changed sort key is one item less and one more.
			if (Key && Attributes) units += 3 * unitsOf(Attributes);
			return result;
		},
		{ step: "initialize", name: "countWriteUnits" },
	);
	return () => {
		const counted = units;
		units = 0;
		return counted;
	};
}

const unitsOf = (item: object): number => Math.ceil(itemSize(item) / 1_024);
