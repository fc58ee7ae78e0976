import {
	BatchWriteCommand,
	DeleteCommand,
	type DynamoDBDocumentClient,
	type GetCommand,
	type TransactWriteCommand,
} from "@aws-sdk/lib-dynamodb";
import { HumanMessage } from "@langchain/core/messages";
import { emptyCheckpoint, INTERRUPT, RESUME, uuid6 } from "@langchain/langgraph-checkpoint";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { removeOrphanedPayloads } from "../src/orphaned-payloads.ts";
import { s3Payloads } from "../src/s3-payloads.ts";
import { type Backend, backends } from "./backends.ts";
import { hour, incompressibleText, latestValues, putValues, testSavers, threadConfig, toArray } from "./savers.ts";
import { listItems, listObjects } from "./stored.ts";

describe.each(backends)("the saver on $name", ({ start }) => {
	let backend: Backend;
	beforeAll(async () => {
		backend = await start();
	});
	afterAll(() => backend.stop());

	describe("stores", () => {
		test("a checkpoint of 5 MB in S3, and reads it back", async () => {
			const savers = testSavers(backend);
			const values = { large: incompressibleText(5_000_000), small: "x" };
			await putValues(savers.open(), threadConfig(), values);
			expect(await latestValues(savers.open(), threadConfig())).toEqual(values);
			expect(await listObjects(backend, savers.owner)).toHaveLength(1);
			const sizes = (await listItems(backend, savers.owner)).map((item) => JSON.stringify(item).length);
			expect(Math.max(...sizes)).toBeLessThan(4_000);
		});

		test("large metadata and large writes in S3", async () => {
			const savers = testSavers(backend);
			const large = incompressibleText(600_000);
			const config = await savers
				.open()
				.put(
					threadConfig(),
					{ v: 4, id: "1", ts: "", channel_values: {}, channel_versions: {}, versions_seen: {} },
					{ source: "loop", step: 1, parents: {}, large } as never,
					{},
				);
			await savers.open().putWrites(config, [["channel", large]], "task");
			const tuple = await savers.open().getTuple(threadConfig());
			expect(tuple?.metadata).toHaveProperty("large", large);
			expect(tuple?.pendingWrites).toEqual([["task", "channel", large]]);
			expect(await listObjects(backend, savers.owner)).toHaveLength(2);
		});

		test("hundreds of channels beside a body that almost fills an item", async () => {
			const savers = testSavers(backend);
			const names = Array.from({ length: 600 }, (_, at) => `${"n".repeat(40)}${at}`);
			const values = Object.fromEntries(names.map((name) => [name, name]));
			const versions = Object.fromEntries(names.map((name) => [name, 1]));
			await savers.open().put(
				threadConfig(),
				{ ...emptyCheckpoint(), channel_values: values, channel_versions: versions },
				// 345 KB when compressed.
				{ source: "loop", step: 1, parents: {}, large: incompressibleText(460_000) } as never,
				versions,
			);
			expect(await latestValues(savers.open(), threadConfig())).toEqual(values);
		});

		test("a task's first large writes, which a second attempt does not replace", async () => {
			const savers = testSavers(backend);
			const config = await putValues(savers.open(), threadConfig(), { n: 1 });
			const [first, second] = [incompressibleText(600_000), incompressibleText(600_000)];
			await savers.open().putWrites(config, [["n", first]], "task");
			await savers.open().putWrites(config, [["n", second]], "task");
			const tuple = await savers.open().getTuple(threadConfig());
			expect(tuple?.pendingWrites).toEqual([["task", "n", first]]);
		});

		test("compressible text without S3", async () => {
			const savers = testSavers(backend);
			const values = { text: "the same words again ".repeat(50_000) };
			await putValues(savers.open(), threadConfig(), values);
			expect(await latestValues(savers.open(), threadConfig())).toEqual(values);
			expect(await listObjects(backend, savers.owner)).toEqual([]);
		});

		test("a value once, however many checkpoints refer to it", async () => {
			const savers = testSavers(backend);
			const saver = savers.open();
			let config = await putValues(saver, threadConfig(), { kept: "k", n: 0 });
			for (let n = 1; n <= 5; n += 1) {
				config = await putValues(
					// A saver without a cache of the earlier steps finds the value, too.
					n % 2 ? saver : savers.open(),
					config,
					{ kept: "k", n },
					{ versions: { kept: 1, n: n + 1 }, changed: { n: n + 1 } },
				);
			}
			expect(await latestValues(savers.open(), threadConfig())).toEqual({ kept: "k", n: 5 });
			const values = (await listItems(backend, savers.owner)).filter(({ sk }) => sk.includes("#kept#"));
			expect(values).toHaveLength(1);
		});

		test("every type of LangGraph's serializer, and revives no others", async () => {
			const savers = testSavers(backend);
			const foreign = { lc: 2, type: "constructor", id: ["Function"], args: ["return 1"] };
			await putValues(savers.open(), threadConfig(), {
				messages: [new HumanMessage("hello")],
				set: new Set([1]),
				bytes: new Uint8Array([0, 255]),
				nothing: undefined,
				foreign,
			});
			const values = await latestValues(savers.open(), threadConfig());
			const [message] = (values?.messages ?? []) as unknown[];
			expect(message).toBeInstanceOf(HumanMessage);
			expect(message).toMatchObject({ content: "hello" });
			expect(values?.set).toEqual(new Set([1]));
			expect(values?.bytes).toEqual(new Uint8Array([0, 255]));
			expect(values).toHaveProperty("nothing", undefined);
			expect(values?.foreign).toEqual(foreign);
		});

		test("plain data unchanged, even in the shape of a serialized LangChain object", async () => {
			const savers = testSavers(backend);
			const record = (more: object) => ({ lc: 1, type: "constructor", ...more });
			const message = record({ id: ["langchain_core", "messages", "HumanMessage"], kwargs: { content: "hello" } });
			const plain = {
				unknown: record({ id: ["no", "Such"], kwargs: {} }),
				message,
				deep: [{ input: [message] }],
				undefined: { lc: 2, type: "undefined" },
				escaped: { "\\lc": 1, "\\\\lc": 2, lc: 3 },
				set: new Set([message]),
				map: new Map([["a", message]]),
				secret: { lc: 1, type: "secret", id: ["PATH"] },
			};
			const config = await putValues(savers.open(), threadConfig(), plain);
			await savers.open().putWrites(config, [["plain", plain]], "task");
			const tuple = await savers.open().getTuple(threadConfig());
			expect(tuple?.checkpoint.channel_values).toEqual(plain);
			expect(tuple?.pendingWrites).toEqual([["task", "plain", plain]]);
		});

		test("no value that is nested too deeply to be read again", async () => {
			const savers = testSavers(backend);
			await putValues(savers.open(), threadConfig(), { kept: "before" });
			let deep: unknown = "bottom";
			for (let level = 0; level < 2_000; level++) deep = [deep];
			await expect(putValues(savers.open(), threadConfig(), { deep })).rejects.toThrow("more than 500 levels deep");
			expect(await latestValues(savers.open(), threadConfig())).toEqual({ kept: "before" });
		});

		test("the first ordinary writes of a task, and the last of each special write", async () => {
			const savers = testSavers(backend);
			const config = await putValues(savers.open(), threadConfig(), {});
			const write = (writes: [string, unknown][], task = "b") => savers.open().putWrites(config, writes, task);
			await write([
				["x", 1],
				["y", 2],
			]);
			await write([
				["x", 8],
				["y", 9],
				["z", 9],
			]);
			await write([
				["__interrupt__", "first"],
				["__resume__", "r"],
			]);
			await write([["__interrupt__", "second"]]);
			await write([["x", 0]], "a");
			expect((await savers.open().getTuple(threadConfig()))?.pendingWrites).toEqual([
				["a", "x", 0],
				["b", "__resume__", "r"],
				["b", "__interrupt__", "second"],
				["b", "x", 1],
				["b", "y", 2],
			]);
		});
	});

	describe("reads", () => {
		/** Makes a client that crashes at its second request that stores pending writes. */
		function dyingAtSecondWrite() {
			let requests = 0;
			return {
				send(command: never) {
					const { input } = command as TransactWriteCommand;
					const isWrite = JSON.stringify(input).includes("#write#");
					if (isWrite && ++requests > 1) {
						return Promise.reject(new Error("killed"));
					}
					return backend.dynamodb.send(command);
				},
			} as Pick<DynamoDBDocumentClient, "send">;
		}

		test("a task's interrupt and resume values both or not at all", async () => {
			const savers = testSavers(backend);
			const config = await putValues(savers.open(), threadConfig(), { n: 1 });
			await savers.open({ dynamodb: dyingAtSecondWrite() }).putWrites(
				config,
				[
					[INTERRUPT, "?"],
					[RESUME, "!"],
				],
				"task",
			);
			const tuple = await savers.open().getTuple(threadConfig());
			expect(tuple?.pendingWrites).toHaveLength(2);
		});

		test("the ordinary writes of a task that was killed before its interrupt was stored", async () => {
			const savers = testSavers(backend);
			const config = await putValues(savers.open(), threadConfig(), { n: 1 });
			const killed = savers.open({ dynamodb: dyingAtSecondWrite() }).putWrites(
				config,
				[
					[INTERRUPT, "?"],
					["n", 2],
				],
				"task",
			);
			await expect(killed).rejects.toThrow("killed");
			const tuple = await savers.open().getTuple(threadConfig());
			expect(tuple?.pendingWrites).toEqual([["task", "n", 2]]);
		});

		test("a sibling copy of a checkpoint that this saver never read", async () => {
			const savers = testSavers(backend);
			const first = await putValues(savers.open(), threadConfig(), { n: 0 });
			const n2 = { n: 2 };
			await putValues(savers.open(), first, { n: 1 }, { versions: n2 });
			const copy = await putValues(savers.open(), first, { n: 1 }, { versions: n2, changed: {} });
			expect(await latestValues(savers.open(), copy)).toEqual({ n: 1 });
		});

		test("checkpoints that were put concurrently, each with the values it takes over", async () => {
			const savers = testSavers(backend);
			const saver = savers.open();
			const step = (at: number) => ({
				...emptyCheckpoint(),
				id: uuid6(at),
				channel_values: { kept: "k", n: at },
				channel_versions: { kept: 1, n: at + 1 },
			});
			const steps = [0, 1, 2].map(step);
			const configs = await Promise.all(
				steps.map((checkpoint, at) =>
					saver.put(
						{ configurable: { ...threadConfig().configurable, checkpoint_id: steps[at - 1]?.id } },
						checkpoint,
						{ source: "loop", step: at, parents: {} },
						at === 0 ? { kept: 1, n: 1 } : { n: at + 1 },
					),
				),
			);
			for (const [n, config] of configs.entries()) {
				expect(await latestValues(savers.open(), config)).toEqual({ kept: "k", n });
			}
		});

		test("consistently, as its requests show, since no local server would", async () => {
			const savers = testSavers(backend);
			const inputs: Record<string, unknown>[] = [];
			const watched = {
				send(command: never) {
					const sent = command as GetCommand;
					inputs.push({ name: sent.constructor.name, ...sent.input });
					return backend.dynamodb.send(command);
				},
			} as Pick<DynamoDBDocumentClient, "send">;
			const saver = savers.open({ dynamodb: watched });
			const config = await putValues(saver, threadConfig(), { n: 1 });
			await saver.putWrites(config, [["n", 2]], "task");
			await saver.getTuple(threadConfig());
			await saver.getTuple(config);
			await toArray(saver.list(threadConfig()));
			const isConsistent = (name: string) =>
				inputs
					.filter((input) => input.name === name)
					.map(({ ConsistentRead, RequestItems }) => {
						const [batch] = Object.values(RequestItems ?? {});
						return ConsistentRead ?? batch?.ConsistentRead;
					});
			for (const name of ["GetCommand", "QueryCommand", "BatchGetCommand"]) {
				expect(new Set(isConsistent(name)), name).toEqual(new Set([true]));
			}
		});

		test("a thread of several pages, the newest first", async () => {
			const savers = testSavers(backend);
			const saver = savers.open();
			let config: object = threadConfig();
			const ids: string[] = [];
			for (let n = 0; n < 7; n += 1) {
				const next = await saver.put(
					config,
					{ v: 4, id: `${n}`, ts: "", channel_values: {}, channel_versions: {}, versions_seen: {} },
					{ source: "loop", step: n, parents: {}, n: incompressibleText(300_000) } as never,
					{},
				);
				config = next;
				ids.unshift(`${n}`);
			}
			const found = await toArray(savers.open().list(threadConfig()));
			expect(found.map(({ checkpoint }) => checkpoint.id)).toEqual(ids);
			const some = await toArray(
				savers.open().list(threadConfig(), { limit: 2, before: { configurable: { checkpoint_id: "5" } } }),
			);
			expect(some.map(({ checkpoint }) => checkpoint.id)).toEqual(["4", "3"]);
		});

		test("writes of several pages", async () => {
			const savers = testSavers(backend);
			const config = await putValues(savers.open(), threadConfig(), {});
			const tasks = ["a", "b", "c", "d", "e", "f"];
			for (const task of tasks) {
				await savers.open().putWrites(config, [["channel", incompressibleText(300_000)]], task);
			}
			const tuple = await savers.open().getTuple(threadConfig());
			expect(tuple?.pendingWrites?.map(([task]) => task)).toEqual(tasks);
		});

		test("values of more than the 16 MB of a batch", async () => {
			const savers = testSavers(backend);
			const values = Object.fromEntries(Array.from({ length: 110 }, (_, n) => [`c${n}`, incompressibleText(180_000)]));
			await putValues(savers.open(), threadConfig(), values);
			expect(await latestValues(savers.open(), threadConfig())).toEqual(values);
		});

		test("each namespace separately", async () => {
			const savers = testSavers(backend);
			await putValues(savers.open(), threadConfig("t", ""), { n: 1 });
			await putValues(savers.open(), threadConfig("t", "child"), { n: 2 });
			await putValues(savers.open(), threadConfig("t", "child#1"), { n: 3 });
			expect(await latestValues(savers.open(), threadConfig("t", ""))).toEqual({ n: 1 });
			expect(await latestValues(savers.open(), threadConfig("t", "child"))).toEqual({ n: 2 });
			const all = await toArray(savers.open().list({ configurable: { thread_id: "t" } }));
			expect(all).toHaveLength(3);
		});

		test("no checkpoint whose value was removed by hand, and names that value", async () => {
			const savers = testSavers(backend);
			await putValues(savers.open(), threadConfig(), { lost: "x" });
			const value = (await listItems(backend, savers.owner)).find(({ sk }) => sk.includes("#lost#"));
			await backend.dynamodb.send(
				new DeleteCommand({ TableName: backend.table, Key: { pk: value?.pk, sk: value?.sk } }),
			);
			await expect(savers.open().getTuple(threadConfig())).rejects.toThrow(
				/#lost#.*is referred to by a checkpoint and is not stored/,
			);
		});
	});

	test("removes a payload without a checkpoint after an hour, and never one in use", async () => {
		const savers = testSavers(backend);
		await putValues(savers.open(), threadConfig(), { used: incompressibleText(600_000) });
		const [used] = await listObjects(backend, savers.owner);
		const config = (await savers.open().getTuple(threadConfig()))?.config ?? {};
		const dying = savers.open({
			dynamodb: {
				send: ((command: never) =>
					(command as object) instanceof BatchWriteCommand
						? Promise.reject(new Error("killed"))
						: backend.dynamodb.send(command)) as never,
			},
		});
		await expect(putValues(dying, config, { lost: incompressibleText(600_000) })).rejects.toThrow("killed");
		const payloads = s3Payloads(backend.s3, backend.bucket);
		await payloads.put("not/ours", Buffer.from("x"));
		expect(await listObjects(backend, savers.owner)).toHaveLength(2);
		const sweep = (later: number) => removeOrphanedPayloads({ ...backend, payloads, now: () => Date.now() + later });
		expect((await sweep(0)).removed).toBe(0);
		await sweep(2 * hour);
		expect(await listObjects(backend, savers.owner)).toEqual([used]);
		expect(await payloads.get("not/ours")).toBeDefined();
		expect(await latestValues(savers.open(), threadConfig())).toHaveProperty("used");
	});
});
