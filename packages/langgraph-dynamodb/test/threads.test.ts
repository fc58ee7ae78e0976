import { DeleteCommand } from "@aws-sdk/lib-dynamodb";
import { emptyCheckpoint, INTERRUPT, uuid6 } from "@langchain/langgraph-checkpoint";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { deleteCheckpoints } from "../src/delete-thread.ts";
import { ThreadGone } from "../src/errors.ts";
import { keyPrefix } from "../src/keys.ts";
import { s3Payloads } from "../src/s3-payloads.ts";
import { countSessions } from "../src/sessions.ts";
import { countTraffic } from "./aws-traffic.ts";
import { type Backend, backends } from "./backends.ts";
import { hour, incompressibleText, latestValues, putValues, testSavers, threadConfig, toArray } from "./savers.ts";
import { listItems, listObjects } from "./stored.ts";

describe.each(backends)("threads on $name", ({ start }) => {
	let backend: Backend;
	beforeAll(async () => {
		backend = await start();
	});
	afterAll(() => backend.stop());

	describe("a thread", () => {
		test("is invisible from the second of its expiry, and empty when it is created again", async () => {
			const savers = testSavers(backend);
			const config = await putValues(savers.open(), threadConfig(), { n: 1 });
			await savers.open().putWrites(config, [["n", 2]], "task");
			savers.pass(4 * hour - 1_000);
			expect(await latestValues(savers.open(), threadConfig())).toEqual({ n: 1 });
			savers.pass(1_000);
			const saver = savers.open();
			expect(await saver.getTuple(threadConfig())).toBeUndefined();
			expect(await saver.getTuple(config)).toBeUndefined();
			expect(await toArray(saver.list(threadConfig()))).toEqual([]);
			expect(await toArray(saver.list({}))).toEqual([]);
			expect(await saver.sessions.get("thread")).toBeUndefined();
			expect(await toArray(saver.sessions.list())).toEqual([]);
			const history = await saver.getDeltaChannelHistory({ config, channels: ["n"] });
			expect(history).toEqual({ n: { writes: [] } });
			await putValues(saver, threadConfig(), { other: 1 });
			expect(await toArray(saver.list(threadConfig()))).toHaveLength(1);
			expect(await latestValues(savers.open(), threadConfig())).toEqual({ other: 1 });
			expect(await saver.getTuple(config)).toBeUndefined();
		});

		test("without its states keeps its session and the application's items, and begins anew", async () => {
			const savers = testSavers(backend);
			const large = incompressibleText(600_000);
			const config = await putValues(savers.open(), threadConfig(), { large, n: 1 });
			await savers.open().putWrites(config, [["n", 2]], "task");
			const { sessions } = savers.open();
			const thread = await sessions.get("thread");
			if (!thread) throw new Error("The thread has no session.");
			const own = { pk: sessions.partition("thread"), sk: `${keyPrefix(thread.generation, "message")}1` };
			await sessions.table.put({ ...own, ...{ expires_at: thread.attributes.expires_at } });
			const payloads = s3Payloads(backend.s3, backend.bucket);
			await deleteCheckpoints(sessions, payloads, thread);
			expect((await listItems(backend, savers.owner)).map(({ sk }) => sk).sort()).toEqual([own.sk, "session"].sort());
			expect(await listObjects(backend, savers.owner)).toEqual([]);
			expect(await savers.open().getTuple(threadConfig())).toBeUndefined();
			await deleteCheckpoints(sessions, payloads, thread);
			await putValues(savers.open(), threadConfig(), { n: 3 });
			expect(await latestValues(savers.open(), threadConfig())).toEqual({ n: 3 });
			expect((await sessions.get("thread"))?.generation).toBe(thread.generation);
		});

		test("gets its full lifetime again with each use", async () => {
			const savers = testSavers(backend);
			let config: object = threadConfig();
			for (let n = 0; n < 4; n += 1) {
				config = await putValues(savers.open(), config, { n });
				savers.pass(3 * hour);
			}
			expect(await latestValues(savers.open(), threadConfig())).toEqual({ n: 3 });
		});

		test("that expired during a run is not continued", async () => {
			const savers = testSavers(backend);
			const running = savers.open();
			const config = await putValues(running, threadConfig(), { n: 1 });
			savers.pass(5 * hour);
			await expect(putValues(running, config, { n: 2 })).rejects.toThrow(ThreadGone);
			await expect(putValues(savers.open(), config, { n: 2 })).rejects.toThrow(ThreadGone);
			await putValues(savers.open(), threadConfig(), { anew: 1 });
			await expect(putValues(savers.open(), config, { n: 2 })).rejects.toThrow(ThreadGone);
			expect(await latestValues(savers.open(), threadConfig())).toEqual({ anew: 1 });
		});

		test("that was deleted during a run does not come back", async () => {
			const savers = testSavers(backend);
			const running = savers.open();
			const config = await putValues(running, threadConfig(), { n: 1 });
			await savers.open().deleteThread("thread");
			// Within a minute of the last refresh the run still writes.
			await running.putWrites(config, [["n", 2]], "task");
			await putValues(running, config, { n: 2 });
			savers.pass(2 * 60_000);
			await expect(running.putWrites(config, [["n", 3]], "another")).rejects.toThrow(ThreadGone);
			const saver = savers.open();
			expect(await saver.getTuple(threadConfig())).toBeUndefined();
			expect(await toArray(saver.sessions.list())).toEqual([]);
		});

		test("that the application refreshed is read and refreshed again only in the turn after the next", async () => {
			const savers = testSavers(backend);
			const begun = await savers.open().sessions.create("thread");
			if (!begun) throw new Error("The thread already exists.");
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

		test("that was refreshed and is deleted a minute later is not continued", async () => {
			const savers = testSavers(backend);
			const begun = await savers.open().sessions.create("thread");
			const saver = savers.open({ refreshedSession: begun });
			const reader = savers.open({ refreshedSession: begun });
			await putValues(savers.open(), threadConfig(), { n: 1 });
			await savers.open().sessions.delete("thread");
			savers.pass(2 * 60_000);
			expect(await reader.getTuple(threadConfig())).toBeUndefined();
			await expect(
				saver.putWrites(
					{ configurable: { ...threadConfig().configurable, checkpoint_id: uuid6(1) } },
					[["n", 1]],
					"task",
				),
			).rejects.toThrow(ThreadGone);
			expect(await saver.getTuple(threadConfig())).toBeUndefined();
		});

		test("that was created again during a run takes no writes of that run", async () => {
			const savers = testSavers(backend);
			const running = savers.open();
			const config = await putValues(running, threadConfig(), { n: 1 });
			await savers.open().deleteThread("thread");
			await putValues(savers.open(), threadConfig(), { anew: 1 });
			const before = await listItems(backend, savers.owner);
			savers.pass(2 * 60_000);
			await expect(running.putWrites(config, [["n", 2]], "task")).rejects.toThrow(ThreadGone);
			expect(await listItems(backend, savers.owner)).toEqual(before);
		});

		const retentionSeconds = 16 * 3_600;
		/** Moves the clock by three hours and deletes expired items, like DynamoDB's expiry. @returns their number */
		async function passAndRemove(savers: ReturnType<typeof testSavers>): Promise<number> {
			savers.pass(3 * hour);
			const expired = (await listItems(backend, savers.owner)).filter(
				({ expires_at }) => expires_at <= savers.clock.now / 1_000,
			);
			for (const { pk, sk } of expired) {
				await backend.dynamodb.send(new DeleteCommand({ TableName: backend.table, Key: { pk, sk } }));
			}
			return expired.length;
		}

		/** Puts a step with a large unchanged value and a small changed one. */
		const putUnchanged = (
			saver: ReturnType<ReturnType<typeof testSavers>["open"]>,
			config: object,
			kept: unknown,
			n: number,
		) => putValues(saver, config, { kept, n }, { versions: { kept: 1, n: n + 1 }, changed: { n: n + 1 } });

		test("keeps its items while it is used, although DynamoDB removes expired ones", async () => {
			const savers = testSavers(backend);
			const open = () => savers.open({ retentionSeconds });
			const kept = incompressibleText(600_000);
			let config = await putValues(open(), threadConfig(), { kept, n: 0 });
			await open().putWrites(config, [["n", 1]], "task");
			let removed = 0;
			for (let n = 1; n <= 20; n += 1) {
				removed += await passAndRemove(savers);
				const saver = open();
				expect(await latestValues(saver, threadConfig())).toEqual({ kept, n: n - 1 });
				config = await putUnchanged(saver, config, kept, n);
			}
			expect(removed).toBeGreaterThan(10);
		});

		test("keeps a value that many steps take over without reading it", async () => {
			const savers = testSavers(backend);
			const running = savers.open({ retentionSeconds });
			let config = await putValues(running, threadConfig(), { kept: "k", n: 0 });
			for (let n = 1; n <= 8; n += 1) {
				await passAndRemove(savers);
				config = await putUnchanged(running, config, "k", n);
			}
			expect(await latestValues(savers.open(), threadConfig())).toEqual({ kept: "k", n: 8 });
		});

		test("keeps an interrupted step with its values and writes while it is read and written to", async () => {
			const savers = testSavers(backend);
			const config = await putValues(savers.open({ retentionSeconds }), threadConfig(), { n: 0 });
			await savers.open({ retentionSeconds }).putWrites(config, [["n", 1]], "done");
			for (let n = 1; n <= 8; n += 1) {
				await passAndRemove(savers);
				const saver = savers.open({ retentionSeconds });
				const tuple = await saver.getTuple(threadConfig());
				expect(tuple?.checkpoint.channel_values).toEqual({ n: 0 });
				expect(tuple?.pendingWrites).toContainEqual(["done", "n", 1]);
				await saver.putWrites(config, [[INTERRUPT, n]], "waiting");
			}
		});

		test("does not list an expired step, whether DynamoDB has removed it or not", async () => {
			const savers = testSavers(backend);
			const open = () => savers.open({ retentionSeconds });
			const first = await putValues(open(), threadConfig(), { n: 0 });
			let config = first;
			for (let n = 1; n <= 6; n += 1) {
				savers.pass(3 * hour);
				config = await putValues(open(), config, { n });
			}
			expect(await open().getTuple(first)).toBeUndefined();
			const listed = await toArray(open().list(threadConfig()));
			expect(listed.map(({ checkpoint }) => checkpoint.channel_values.n)).toEqual([6, 5, 4, 3, 2, 1]);
		});

		test("refuses a retention below four lifetimes", () => {
			const savers = testSavers(backend);
			expect(() => savers.open({ retentionSeconds: 4 * 3_600 })).toThrow(/must be at least 57600/);
		});

		test("of one owner is unreachable for another owner, whatever their ids", async () => {
			const [ada, bob] = [testSavers(backend), testSavers(backend)];
			const config = await putValues(ada.open(), threadConfig(), { mine: incompressibleText(600_000) });
			await putValues(bob.open(), threadConfig(), { theirs: incompressibleText(600_000) });
			expect(await bob.open().getTuple(config)).toBeUndefined();
			expect(await latestValues(bob.open(), threadConfig())).toHaveProperty("theirs");
			expect(await toArray(bob.open().list({}))).toHaveLength(1);
			await bob.open().deleteThread("thread");
			expect(await latestValues(ada.open(), threadConfig())).toHaveProperty("mine");
			expect(await listObjects(backend, ada.owner)).toHaveLength(1);

			const ambiguous = `${ada.owner}#thread`;
			await putValues(ada.open(), threadConfig("thread#x"), { n: 1 });
			await putValues(testSavers(backend, ambiguous).open(), threadConfig("x"), { n: 2 });
			expect(await latestValues(ada.open(), threadConfig("thread#x"))).toEqual({ n: 1 });
		});

		test("accepts a number as its id, which equals its digits", async () => {
			const savers = testSavers(backend);
			const seven = threadConfig(7 as never);
			const config = await putValues(savers.open(), seven, { a: 1 });
			await savers.open().putWrites(config, [["a", 2]], "task");
			expect(await latestValues(savers.open(), seven)).toEqual({ a: 1 });
			expect(await latestValues(savers.open(), threadConfig("7"))).toEqual({ a: 1 });
			expect(await toArray(savers.open().list(seven))).toHaveLength(1);
			await savers.open().deleteThread(7 as never);
			expect(await latestValues(savers.open(), threadConfig("7"))).toBeUndefined();
			expect(await listItems(backend, savers.owner, ["7"])).toEqual([]);
		});

		test("leaves neither items nor any version of an object when it is deleted", async () => {
			const savers = testSavers(backend);
			const config = await putValues(savers.open(), threadConfig(), { large: incompressibleText(600_000) });
			await savers.open().putWrites(config, [["n", incompressibleText(600_000)]], "task");
			await putValues(savers.open(), threadConfig("another"), { n: 1 });
			const saver = savers.open();
			await saver.deleteThread("thread");
			await saver.deleteThread("thread");
			expect(await saver.getTuple(threadConfig())).toBeUndefined();
			expect(await listObjects(backend, savers.owner)).toEqual([]);
			const left = await listItems(backend, savers.owner, ["thread", "another"]);
			expect(new Set(left.map(({ pk }) => pk))).toEqual(new Set([`${savers.owner}#another`]));
		});

		test("that is created again during its deletion keeps its new values", async () => {
			const savers = testSavers(backend);
			await putValues(savers.open(), threadConfig(), { old: incompressibleText(600_000) });
			const payloads = s3Payloads(backend.s3, backend.bucket);
			const saver = savers.open({
				payloads: {
					...payloads,
					async *list(prefix) {
						// The session is already deleted, its other items are not.
						await putValues(savers.open(), threadConfig(), { anew: incompressibleText(600_000) });
						yield* payloads.list(prefix);
					},
				},
			});
			await saver.deleteThread("thread");
			expect(await latestValues(savers.open(), threadConfig())).toHaveProperty("anew");
			expect(await listObjects(backend, savers.owner)).toHaveLength(1);
			expect(await listItems(backend, savers.owner)).toHaveLength(3);
		});

		test("is continued by two concurrent runs, each with its own values only", async () => {
			const savers = testSavers(backend);
			const config = await putValues(savers.open(), threadConfig(), { n: 0 });
			const both = await Promise.all(
				["first", "second"].map((run) =>
					putValues(savers.open(), config, { n: run, by: run }, { versions: { n: 2, by: 2 } }),
				),
			);
			expect(await Promise.all(both.map((config) => latestValues(savers.open(), config)))).toEqual([
				{ n: "first", by: "first" },
				{ n: "second", by: "second" },
			]);
			const head = await latestValues(savers.open(), threadConfig());
			expect(head?.n).toBe(head?.by);
		});

		test("is created once by four concurrent first writes", async () => {
			const savers = testSavers(backend);
			const both = await Promise.all([1, 2, 3, 4].map((n) => putValues(savers.open(), threadConfig(), { n })));
			const saver = savers.open();
			for (const config of both) {
				expect(await saver.getTuple(config)).toBeDefined();
			}
		});
	});

	describe("sessions", () => {
		test("are listed by last activity, and only they are in the index", async () => {
			const savers = testSavers(backend);
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
			expect(indexed.map(({ sk }) => sk)).toEqual(["session", "session", "session"]);
		});

		test("are counted over all owners, active and expired", async () => {
			const count = (now: number) => countSessions({ ...backend, now: () => now });
			const [ada, bob] = [testSavers(backend), testSavers(backend)];
			const before = await count(ada.clock.now);
			await putValues(ada.open(), threadConfig("a"), {});
			await putValues(bob.open(), threadConfig("a"), {});
			ada.pass(hour);
			await putValues(ada.open(), threadConfig("b"), {});
			const after = await count(ada.clock.now + 3 * hour);
			expect(after.active + after.expired).toBe(before.active + before.expired + 3);
			expect(after.expired).toBeGreaterThanOrEqual(2);
		});
	});
});
