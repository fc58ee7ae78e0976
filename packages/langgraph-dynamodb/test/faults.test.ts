import { ProvisionedThroughputExceededException } from "@aws-sdk/client-dynamodb";
import { BatchGetCommand, BatchWriteCommand, type BatchWriteCommandInput } from "@aws-sdk/lib-dynamodb";
import { Annotation, START, StateGraph } from "@langchain/langgraph";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { DynamoDbSaver } from "../src/dynamodb-saver.ts";
import { UnprocessedItems } from "../src/errors.ts";
import { removeOrphanedPayloads } from "../src/orphaned-payloads.ts";
import { s3Payloads } from "../src/s3-payloads.ts";
import { countTraffic } from "./aws-traffic.ts";
import { type Backend, backends, documentClient } from "./backends.ts";
import { hour, incompressibleText, putValues, testSavers, threadConfig } from "./savers.ts";
import { listObjects } from "./stored.ts";

let backend: Backend;
beforeAll(async () => {
	backend = (await backends[0]?.start()) as Backend;
});
afterAll(() => backend.stop());

type Send = (command: object) => Promise<unknown>;

/** Makes a client whose commands `handle` answers or forwards. */
const intercept = (handle: (command: object, send: Send) => Promise<unknown>) => {
	const send = ((command: never) => backend.dynamodb.send(command)) as Send;
	return { send: ((command: object) => handle(command, send)) as never };
};

const large = incompressibleText(600_000);
const State = Annotation.Root({
	messages: Annotation<string[]>({
		reducer: (before, more) => before.concat(more),
		default: () => [],
	}),
	/** Every turn writes this value, which is too large for an item. */
	attachment: Annotation<string>,
	/** Only the first turn writes this value. */
	first: Annotation<string>,
});

/** Builds a graph whose nodes report how many messages they saw: `search` beside `read`, then `answer`. */
function graphWith(checkpointer: DynamoDbSaver) {
	const report =
		(name: string) =>
		({ messages }: typeof State.State) => ({
			messages: [`${name} saw ${messages.length}`],
		});
	return new StateGraph(State)
		.addNode("search", report("search"))
		.addNode("read", (state) => ({
			...report("read")(state),
			attachment: large + state.messages.length,
		}))
		.addNode("answer", report("answer"))
		.addEdge(START, "search")
		.addEdge(START, "read")
		.addEdge(["search", "read"], "answer")
		.compile({ checkpointer });
}

const input = (message: string) => ({ messages: [message] });
const summary = (values: object) =>
	JSON.stringify(values, (_key, value) =>
		typeof value === "string" && value.length > 1_000 ? `...${value.slice(-4)}` : value,
	);

/**
 * Runs the second turn with a crash at its nth call to DynamoDB or S3.
 * @param isExecuted whether the server still executes that call
 * @returns whether the turn crashed
 */
async function crashTurnAt(n: number, isExecuted: boolean, savers: ReturnType<typeof testSavers>): Promise<boolean> {
	let calls = 0;
	let dead = false;
	const dying = (client: { send: unknown }) => ({
		send: (async (command: object) => {
			if (dead) throw new Error("killed");
			calls += 1;
			dead = calls > n;
			if (!dead || isExecuted) {
				const answer = await (client.send as Send).call(client, command);
				if (!dead) return answer;
			}
			throw new Error("killed");
		}) as never,
	});
	const saver = savers.open({
		dynamodb: dying(backend.dynamodb),
		payloads: s3Payloads(dying(backend.s3), backend.bucket),
	});
	await graphWith(saver)
		.invoke(input("second"), threadConfig())
		.catch((error: Error) => expect(error.message).toBe("killed"));
	return dead;
}

test.each([
	["before it is carried out", false],
	["before it is answered", true],
])(
	"a run that is killed at any call, %s, resumes after its last committed step",
	async (_when, isExecuted) => {
		const reference = testSavers(backend);
		await graphWith(reference.open()).invoke({ ...input("first"), first: "kept" }, threadConfig());
		await graphWith(reference.open()).invoke(input("second"), threadConfig());
		const committed = new Set<string>();
		for await (const { checkpoint } of reference.open().list(threadConfig())) {
			committed.add(summary(checkpoint.channel_values));
		}
		const { values: last } = await graphWith(reference.open()).getState(threadConfig());
		let deaths = 0;
		for (let n = 0; ; n += 1) {
			const savers = testSavers(backend);
			await graphWith(savers.open()).invoke({ ...input("first"), first: "kept" }, threadConfig());
			if (!(await crashTurnAt(n, isExecuted, savers))) break;
			deaths += 1;
			const head = await savers.open().getTuple(threadConfig());
			expect(committed).toContain(summary(head?.checkpoint.channel_values ?? {}));
			const graph = graphWith(savers.open());
			const found = await graph.getState(threadConfig());
			// A turn that began continues; a message that was not committed is sent again.
			const { messages } = found.values as typeof State.State;
			if (found.tasks.length > 0) await graph.invoke(null, threadConfig());
			else if (!messages.includes("second")) {
				await graph.invoke(input("second"), threadConfig());
			}
			const { values: resumed } = await graphWith(savers.open()).getState(threadConfig());
			expect(summary(resumed)).toBe(summary(last));
		}
		// Session, checkpoints, values, objects and writes of a turn of three steps.
		expect(deaths).toBeGreaterThan(15);
	},
	120_000,
);

test("orphaned payloads of killed runs are removed, and the thread keeps its values", async () => {
	const savers = testSavers(backend);
	const graph = graphWith(savers.open());
	await graph.invoke(input("first"), threadConfig());
	const objectsBefore = (await listObjects(backend, savers.owner)).length;
	for (let n = 10; n < 25; n += 1) await crashTurnAt(n, true, savers);
	expect((await listObjects(backend, savers.owner)).length).toBeGreaterThan(objectsBefore);
	const before = await graphWith(savers.open()).getState(threadConfig());
	await removeOrphanedPayloads({
		...backend,
		payloads: s3Payloads(backend.s3, backend.bucket),
		now: () => Date.now() + 2 * hour,
	});
	const after = await graphWith(savers.open()).getState(threadConfig());
	expect(summary(after.values)).toBe(summary(before.values));
});

test("unprocessed items of a batch are retried, and fail after eight attempts", async () => {
	const savers = testSavers(backend);
	let left = 3;
	const dynamodb = intercept(async (command, send) => {
		if (left > 0 && command instanceof BatchWriteCommand) {
			left -= 1;
			const { RequestItems = {} } = command.input as BatchWriteCommandInput;
			const requests = RequestItems[backend.table] ?? [];
			await send(
				new BatchWriteCommand({
					RequestItems: { [backend.table]: requests.slice(0, 1) },
				}),
			);
			return requests.length > 1 ? { UnprocessedItems: { [backend.table]: requests.slice(1) } } : {};
		}
		if (left > 0 && command instanceof BatchGetCommand) {
			left -= 1;
			return { Responses: {}, UnprocessedKeys: command.input.RequestItems };
		}
		return send(command);
	});
	const values = { a: 1, b: 2, c: 3, d: 4 };
	await putValues(savers.open({ dynamodb }), threadConfig(), values);
	expect(left).toBe(0);
	left = 2;
	const tuple = await savers.open({ dynamodb }).getTuple(threadConfig());
	expect(tuple?.checkpoint.channel_values).toEqual(values);
	expect(left).toBe(0);
	left = 100;
	await expect(savers.open({ dynamodb }).getTuple(threadConfig())).rejects.toThrow(UnprocessedItems);
});

test("throttled requests are retried", async () => {
	const savers = testSavers(backend);
	const dynamodb = documentClient({ ...backend.client, maxAttempts: 4 });
	let refused = 0;
	dynamodb.middlewareStack.add(
		(next) => async (args) => {
			refused += 1;
			if (refused % 3 !== 0) {
				throw new ProvisionedThroughputExceededException({
					message: "The level of configured provisioned throughput was exceeded",
					$metadata: {},
				});
			}
			return next(args);
		},
		{ step: "deserialize" },
	);
	await putValues(savers.open({ dynamodb }), threadConfig(), { n: 1 });
	const tuple = await savers.open({ dynamodb }).getTuple(threadConfig());
	expect(tuple?.checkpoint.channel_values).toEqual({ n: 1 });
	expect(refused).toBeGreaterThan(12);
});

test("requests and bytes of a turn do not grow with the length of its thread", async () => {
	const savers = testSavers(backend);
	const client = documentClient(backend.client);
	const take = countTraffic(client);
	const Window = Annotation.Root({
		window: Annotation<string[]>({
			reducer: (before, more) => before.concat(more).slice(-10),
			default: () => [],
		}),
	});
	const turn = async (n: number) => {
		const graph = new StateGraph(Window)
			.addNode("answer", () => ({ window: [incompressibleText(1_000)] }))
			.addEdge(START, "answer")
			.compile({ checkpointer: savers.open({ dynamodb: client }) });
		savers.pass(60_000);
		take();
		await graph.invoke({ window: [`${n} ${incompressibleText(1_000)}`] }, threadConfig());
		return take();
	};
	const turns = [];
	for (let n = 0; n < 40; n += 1) turns.push(await turn(n));
	const [early, late] = [turns[6], turns[39]];
	expect(late?.operations).toEqual(early?.operations);
	expect(early?.operations).toMatchObject({ GetItem: 1, UpdateItem: 1 });
	for (const direction of ["sentBytes", "receivedBytes"] as const) {
		const ratio = (late?.[direction] ?? 0) / (early?.[direction] ?? 1);
		expect(ratio).toBeGreaterThan(0.9);
		expect(ratio).toBeLessThan(1.1);
	}
});

test("a sibling copy of a checkpoint has its values", async () => {
	const savers = testSavers(backend);
	const graph = graphWith(savers.open());
	await graph.invoke({ ...input("first"), first: "kept" }, threadConfig());
	const { config, values } = await graph.getState(threadConfig());
	const copy = await graphWith(savers.open()).updateState(config, null, "__copy__");
	const copied = await graphWith(savers.open()).getState(copy);
	expect(summary(copied.values)).toBe(summary(values));
});
