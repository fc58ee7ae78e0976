import { DeleteCommand } from "@aws-sdk/lib-dynamodb";
import {
	emptyCheckpoint,
	INTERRUPT,
	uuid6,
} from "@langchain/langgraph-checkpoint";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ThreadGone } from "../src/errors.ts";
import { s3Payloads } from "../src/s3-payloads.ts";
import { countSessions } from "../src/sessions.ts";
import { type Backend, backends, countTraffic } from "./backends.ts";
import {
	hour,
	incompressibleText,
	latestValues,
	listItems,
	listObjects,
	putValues,
	saversOn,
	threadConfig,
	toArray,
} from "./savers.ts";

describe.each(backends)("threads on $name", ({ start }) => {
	let backend: Backend;
	beforeAll(async () => {
		backend = await start();
	});
	afterAll(() => backend.stop());

	describe("a thread", () => {
		test("is invisible from the second it expires, and begins anew with nothing", async () => {
			const savers = saversOn(backend);
			const config = await putValues(savers.open(), threadConfig(), { n: 1 });
			await savers.open().putWrites(config, [["n", 2]], "task");
			savers.pass(4 * hour - 1_000);
			expect(await latestValues(savers.open(), threadConfig())).toEqual({
				n: 1,
			});
			savers.pass(1_000);
			const saver = savers.open();
			expect(await saver.getTuple(threadConfig())).toBeUndefined();
			expect(await saver.getTuple(config)).toBeUndefined();
			expect(await toArray(saver.list(threadConfig()))).toEqual([]);
			expect(await toArray(saver.list({}))).toEqual([]);
			expect(await saver.sessions.get("thread")).toBeUndefined();
			expect(await toArray(saver.sessions.list())).toEqual([]);
			const history = await saver.getDeltaChannelHistory({
				config,
				channels: ["n"],
			});
			expect(history).toEqual({ n: { writes: [] } });
			await putValues(saver, threadConfig(), { other: 1 });
			expect(await toArray(saver.list(threadConfig()))).toHaveLength(1);
			expect(await latestValues(savers.open(), threadConfig())).toEqual({
				other: 1,
			});
			expect(await saver.getTuple(config)).toBeUndefined();
		});

		test("lives on by use, for its whole life again", async () => {
			const savers = saversOn(backend);
			let config: object = threadConfig();
			for (let n = 0; n < 4; n += 1) {
				config = await putValues(savers.open(), config, { n });
				savers.pass(3 * hour);
			}
			expect(await latestValues(savers.open(), threadConfig())).toEqual({
				n: 3,
			});
		});

		test("that ended in the middle of a run is not continued", async () => {
			const savers = saversOn(backend);
			const running = savers.open();
			const config = await putValues(running, threadConfig(), { n: 1 });
			savers.pass(5 * hour);
			await expect(putValues(running, config, { n: 2 })).rejects.toThrow(
				ThreadGone,
			);
			await expect(putValues(savers.open(), config, { n: 2 })).rejects.toThrow(
				ThreadGone,
			);
			await putValues(savers.open(), threadConfig(), { anew: 1 });
			await expect(putValues(savers.open(), config, { n: 2 })).rejects.toThrow(
				ThreadGone,
			);
			expect(await latestValues(savers.open(), threadConfig())).toEqual({
				anew: 1,
			});
		});

		test("that was deleted in the middle of a run does not come back", async () => {
			const savers = saversOn(backend);
			const running = savers.open();
			const config = await putValues(running, threadConfig(), { n: 1 });
			await savers.open().deleteThread("thread");
			// Still within the time in which the run does not ask again.
			await running.putWrites(config, [["n", 2]], "task");
			await putValues(running, config, { n: 2 });
			savers.pass(2 * 60_000);
			await expect(
				running.putWrites(config, [["n", 3]], "another"),
			).rejects.toThrow(ThreadGone);
			const saver = savers.open();
			expect(await saver.getTuple(threadConfig())).toBeUndefined();
			expect(await toArray(saver.sessions.list())).toEqual([]);
		});

		test("that the application has opened is not asked for again in its next turn, and in the one after", async () => {
			const savers = saversOn(backend);
			const begun = await savers.open().sessions.create("thread");
			if (!begun) throw new Error("The thread is there already.");
			const saver = savers.open({ refreshedSession: begun });
			const take = countTraffic(backend.dynamodb);
			const turn = async (step: number) => {
				take();
				await saver.getTuple(threadConfig());
				await saver.put(
					threadConfig(),
					{ ...emptyCheckpoint(), id: uuid6(step) },
					{ source: "input", step, parents: {} },
					{},
				);
				return take().operations;
			};
			expect(await turn(1)).toEqual({ Query: 1, PutItem: 1 });
			savers.pass(1_000);
			expect(await turn(2)).toMatchObject({ GetItem: 1, UpdateItem: 1 });
			const session = await savers.open().sessions.get("thread");
			expect(session?.generation).toBe(begun.generation);
			expect(session?.lastActivity.getTime()).toBe(savers.clock.now);
		});

		test("that was opened and is gone after a minute is not continued", async () => {
			const savers = saversOn(backend);
			const begun = await savers.open().sessions.create("thread");
			const saver = savers.open({ refreshedSession: begun });
			const reader = savers.open({ refreshedSession: begun });
			await putValues(savers.open(), threadConfig(), { n: 1 });
			await savers.open().sessions.delete("thread");
			savers.pass(2 * 60_000);
			expect(await reader.getTuple(threadConfig())).toBeUndefined();
			await expect(
				saver.putWrites(
					{
						configurable: {
							...threadConfig().configurable,
							checkpoint_id: uuid6(1),
						},
					},
					[["n", 1]],
					"task",
				),
			).rejects.toThrow(ThreadGone);
			expect(await saver.getTuple(threadConfig())).toBeUndefined();
		});

		test("that was begun anew in the middle of a run takes no writes of that run", async () => {
			const savers = saversOn(backend);
			const running = savers.open();
			const config = await putValues(running, threadConfig(), { n: 1 });
			await savers.open().deleteThread("thread");
			await putValues(savers.open(), threadConfig(), { anew: 1 });
			const before = await listItems(backend, savers.owner);
			savers.pass(2 * 60_000);
			await expect(
				running.putWrites(config, [["n", 2]], "task"),
			).rejects.toThrow(ThreadGone);
			expect(await listItems(backend, savers.owner)).toEqual(before);
		});

		const retentionSeconds = 16 * 3_600;
		/** Three hours later; as DynamoDB does in time, without what is past its own. @returns how many items went */
		async function passAndRemove(
			savers: ReturnType<typeof saversOn>,
		): Promise<number> {
			savers.pass(3 * hour);
			const past = (await listItems(backend, savers.owner)).filter(
				({ expires_at }) => expires_at <= savers.clock.now / 1_000,
			);
			for (const { pk, sk } of past) {
				await backend.dynamodb.send(
					new DeleteCommand({
						TableName: backend.table,
						Key: { pk, sk },
					}),
				);
			}
			return past.length;
		}

		/** A step that takes over a large value and changes a small one. */
		const takingOver = (
			saver: ReturnType<ReturnType<typeof saversOn>["open"]>,
			config: object,
			kept: unknown,
			n: number,
		) =>
			putValues(
				saver,
				config,
				{ kept, n },
				{ versions: { kept: 1, n: n + 1 }, changed: { n: n + 1 } },
			);

		test("keeps what it needs for as long as it is used, although DynamoDB removes what is past its time", async () => {
			const savers = saversOn(backend);
			const open = () => savers.open({ retentionSeconds });
			const kept = incompressibleText(600_000);
			let config = await putValues(open(), threadConfig(), { kept, n: 0 });
			await open().putWrites(config, [["n", 1]], "task");
			let removed = 0;
			for (let n = 1; n <= 20; n += 1) {
				removed += await passAndRemove(savers);
				const saver = open();
				expect(await latestValues(saver, threadConfig())).toEqual({
					kept,
					n: n - 1,
				});
				config = await takingOver(saver, config, kept, n);
			}
			expect(removed).toBeGreaterThan(10);
		});

		test("keeps what step after step takes over without anybody reading it", async () => {
			const savers = saversOn(backend);
			const running = savers.open({ retentionSeconds });
			let config = await putValues(running, threadConfig(), {
				kept: "k",
				n: 0,
			});
			for (let n = 1; n <= 8; n += 1) {
				await passAndRemove(savers);
				config = await takingOver(running, config, "k", n);
			}
			expect(await latestValues(savers.open(), threadConfig())).toEqual({
				kept: "k",
				n: 8,
			});
		});

		test("keeps a step that waits, with its values and writes, for as long as it is read and written to", async () => {
			const savers = saversOn(backend);
			const config = await putValues(
				savers.open({ retentionSeconds }),
				threadConfig(),
				{ n: 0 },
			);
			await savers
				.open({ retentionSeconds })
				.putWrites(config, [["n", 1]], "done");
			for (let n = 1; n <= 8; n += 1) {
				await passAndRemove(savers);
				const saver = savers.open({ retentionSeconds });
				const tuple = await saver.getTuple(threadConfig());
				expect(tuple?.checkpoint.channel_values).toEqual({ n: 0 });
				expect(tuple?.pendingWrites).toContainEqual(["done", "n", 1]);
				await saver.putWrites(config, [[INTERRUPT, n]], "waiting");
			}
		});

		test("no longer has a step that is past its own time, whether DynamoDB has removed it or not", async () => {
			const savers = saversOn(backend);
			const open = () => savers.open({ retentionSeconds });
			const first = await putValues(open(), threadConfig(), { n: 0 });
			let config = first;
			for (let n = 1; n <= 6; n += 1) {
				savers.pass(3 * hour);
				config = await putValues(open(), config, { n });
			}
			expect(await open().getTuple(first)).toBeUndefined();
			const listed = await toArray(open().list(threadConfig()));
			expect(
				listed.map(({ checkpoint }) => checkpoint.channel_values.n),
			).toEqual([6, 5, 4, 3, 2, 1]);
		});

		test("is refused a retention that would not outlast it", () => {
			const savers = saversOn(backend);
			expect(() => savers.open({ retentionSeconds: 4 * 3_600 })).toThrow(
				/must be at least 57600/,
			);
		});

		test("of one owner is not another's, whatever both are called", async () => {
			const [one, other] = [saversOn(backend), saversOn(backend)];
			const config = await putValues(one.open(), threadConfig(), {
				mine: incompressibleText(600_000),
			});
			await putValues(other.open(), threadConfig(), {
				theirs: incompressibleText(600_000),
			});
			expect(await other.open().getTuple(config)).toBeUndefined();
			expect(await latestValues(other.open(), threadConfig())).toHaveProperty(
				"theirs",
			);
			expect(await toArray(other.open().list({}))).toHaveLength(1);
			await other.open().deleteThread("thread");
			expect(await latestValues(one.open(), threadConfig())).toHaveProperty(
				"mine",
			);
			expect(await listObjects(backend, one.owner)).toHaveLength(1);

			const ambiguous = `${one.owner}#thread`;
			await putValues(one.open(), threadConfig("thread#x"), { n: 1 });
			await putValues(saversOn(backend, ambiguous).open(), threadConfig("x"), {
				n: 2,
			});
			expect(await latestValues(one.open(), threadConfig("thread#x"))).toEqual({
				n: 1,
			});
		});

		test("that a config names by a number is the one of its digits", async () => {
			const savers = saversOn(backend);
			const seven = threadConfig(7 as never);
			const config = await putValues(savers.open(), seven, { a: 1 });
			await savers.open().putWrites(config, [["a", 2]], "task");
			expect(await latestValues(savers.open(), seven)).toEqual({ a: 1 });
			expect(await latestValues(savers.open(), threadConfig("7"))).toEqual({
				a: 1,
			});
			expect(await toArray(savers.open().list(seven))).toHaveLength(1);
			await savers.open().deleteThread(7 as never);
			expect(
				await latestValues(savers.open(), threadConfig("7")),
			).toBeUndefined();
			expect(await listItems(backend, savers.owner, ["7"])).toEqual([]);
		});

		test("that is deleted leaves neither items nor any version of an object", async () => {
			const savers = saversOn(backend);
			const config = await putValues(savers.open(), threadConfig(), {
				large: incompressibleText(600_000),
			});
			await savers
				.open()
				.putWrites(config, [["n", incompressibleText(600_000)]], "task");
			await putValues(savers.open(), threadConfig("another"), { n: 1 });
			const saver = savers.open();
			await saver.deleteThread("thread");
			await saver.deleteThread("thread");
			expect(await saver.getTuple(threadConfig())).toBeUndefined();
			expect(await listObjects(backend, savers.owner)).toEqual([]);
			const left = await listItems(backend, savers.owner, [
				"thread",
				"another",
			]);
			expect(new Set(left.map(({ pk }) => pk))).toEqual(
				new Set([`${savers.owner}#another`]),
			);
		});

		test("that is begun anew while its deletion goes on keeps what is new", async () => {
			const savers = saversOn(backend);
			await putValues(savers.open(), threadConfig(), {
				old: incompressibleText(600_000),
			});
			const payloads = s3Payloads(backend.s3, backend.bucket);
			const saver = savers.open({
				payloads: {
					...payloads,
					async *list(prefix) {
						// The session is deleted by now, the rest is not.
						await putValues(savers.open(), threadConfig(), {
							anew: incompressibleText(600_000),
						});
						yield* payloads.list(prefix);
					},
				},
			});
			await saver.deleteThread("thread");
			expect(await latestValues(savers.open(), threadConfig())).toHaveProperty(
				"anew",
			);
			expect(await listObjects(backend, savers.owner)).toHaveLength(1);
			expect(await listItems(backend, savers.owner)).toHaveLength(3);
		});

		test("is continued by two at once without either's values in the other's checkpoint", async () => {
			const savers = saversOn(backend);
			const config = await putValues(savers.open(), threadConfig(), { n: 0 });
			const both = await Promise.all(
				["one", "other"].map((who) =>
					putValues(
						savers.open(),
						config,
						{ n: who, by: who },
						{ versions: { n: 2, by: 2 } },
					),
				),
			);
			expect(
				await Promise.all(both.map((one) => latestValues(savers.open(), one))),
			).toEqual([
				{ n: "one", by: "one" },
				{ n: "other", by: "other" },
			]);
			const head = await latestValues(savers.open(), threadConfig());
			expect(head?.n).toBe(head?.by);
		});

		test("is begun by two at once as one", async () => {
			const savers = saversOn(backend);
			const both = await Promise.all(
				[1, 2, 3, 4].map((n) =>
					putValues(savers.open(), threadConfig(), { n }),
				),
			);
			const saver = savers.open();
			for (const config of both) {
				expect(await saver.getTuple(config)).toBeDefined();
			}
		});
	});

	describe("sessions", () => {
		test("are listed by last activity, and only they stand in the index", async () => {
			const savers = saversOn(backend);
			const saver = savers.open();
			const configs = new Map<string, object>();
			for (const id of ["a", "b", "c"]) {
				configs.set(id, await putValues(saver, threadConfig(id), { n: 1 }));
				savers.pass(hour);
			}
			await putValues(savers.open(), configs.get("a") ?? {}, { n: 2 });
			const listed = await toArray(savers.open().sessions.list(2));
			expect(listed.map(({ threadId }) => threadId)).toEqual(["a", "c", "b"]);
			expect(listed[0]).toMatchObject({
				createdAt: new Date(savers.clock.now - 3 * hour),
				lastActivity: new Date(savers.clock.now),
				expiresAt: new Date(savers.clock.now + 4 * hour),
			});
			const items = await listItems(backend, savers.owner, ["a", "b", "c"]);
			const indexed = items.filter((item) => item.gsi1pk);
			expect(indexed.map(({ sk }) => sk)).toEqual([
				"session",
				"session",
				"session",
			]);
		});

		test("are counted over all owners, active and expired", async () => {
			const count = (now: number) =>
				countSessions({ ...backend, now: () => now });
			const [one, other] = [saversOn(backend), saversOn(backend)];
			const before = await count(one.clock.now);
			await putValues(one.open(), threadConfig("a"), {});
			await putValues(other.open(), threadConfig("a"), {});
			one.pass(hour);
			await putValues(one.open(), threadConfig("b"), {});
			const after = await count(one.clock.now + 3 * hour);
			expect(after.active + after.expired).toBe(
				before.active + before.expired + 3,
			);
			expect(after.expired).toBeGreaterThanOrEqual(2);
		});
	});
});
