import { randomUUID } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import { type JobKind, jobKinds } from "#core/jobs/kinds.ts";
import { runSlice } from "#core/jobs/run-slice.ts";
import type { Limits } from "#core/limits/limits.ts";
import { sweep } from "#core/pipeline/sweep.ts";
import { maxAttempts } from "#core/ports/index.ts";
import { type FakePorts, fakePorts } from "#fakes/ports.ts";
import { processedItem, uploaded } from "../contracts/item-states.ts";
import { newUser } from "../contracts/new-rows.ts";
import { faultyProcess } from "../simulation/faulty-ports.ts";
import { generousLimits } from "./api/test-api.ts";

const limits: Limits = {
	...generousLimits,
	requestsPerMinute: { ...generousLimits.requestsPerMinute, expensive: 10 },
};
/** Two items a step, so that a small job has several. */
const kinds = { batch: { ...jobKinds.batch, perStep: 2 } };

let ports: FakePorts;
beforeEach(() => {
	ports = fakePorts();
});

const slice = (
	over: Parameters<typeof runSlice>[0] = ports,
	{ milliseconds = 10_000, runs = kinds as Record<string, JobKind<unknown>> } = {},
) => runSlice(over, { leaseSeconds: 60, deadline: new Date(Date.now() + milliseconds), limits, kinds: runs });

async function itemsOf(userId: string, count: number): Promise<string[]> {
	const ids: string[] = [];
	for (let at = 0; at < count; at++) {
		const { id } = await processedItem(ports, userId);
		ports.store.items.get(id)?.outbox.splice(0);
		ids.push(id);
	}
	return ids;
}
const start = (userId: string, itemIds: string[], input: object, kind = "batch") =>
	ports.jobs.create({ id: randomUUID(), userId, kind, input, itemIds }, { maxOpen: 10 });
const deletion = { action: "delete", argument: {} };
const analyzing = { action: "analyze", argument: {} };

describe("a slice", () => {
	it("does the steps of a job until its end, and says which items failed", async () => {
		const user = newUser();
		const ids = await itemsOf(user, 5);
		const unknown = randomUUID();
		const job = await start(user, [...ids.slice(0, 2), unknown, ...ids.slice(2)], deletion);
		expect(await slice()).toMatchObject({ outcome: "ended", done: 5, failed: 0 });
		expect(await ports.jobs.find(user, job.id)).toMatchObject({ state: "done", total: 6, done: 5, failed: 1 });
		expect(await ports.jobs.failures(user, job.id, 10)).toMatchObject([{ itemId: unknown, code: "item_not_found" }]);
		expect(await ports.items.existing(user, ids)).toEqual([]);
		expect(await slice()).toBeNull();
	});

	it("ends at its deadline after one step, and the next goes on", async () => {
		const user = newUser();
		const job = await start(user, await itemsOf(user, 3), deletion);
		expect(await slice(ports, { milliseconds: 0 })).toMatchObject({ outcome: "goes on", done: 2 });
		expect(await ports.jobs.find(user, job.id)).toMatchObject({ state: "running", done: 2 });
		expect(await slice(ports, { milliseconds: 0 })).toMatchObject({ outcome: "goes on", done: 1 });
		expect(await slice(ports, { milliseconds: 0 })).toMatchObject({ outcome: "ended" });
	});

	it("of one person is followed by another's, whatever the number of their jobs", async () => {
		const [ada, bob] = [newUser(), newUser()];
		for (let count = 0; count < 3; count++) await start(ada, await itemsOf(ada, 4), deletion);
		await start(bob, await itemsOf(bob, 4), deletion);
		const turns: string[] = [];
		for (let turn = 0; turn < 4; turn++) {
			turns.push((await slice(ports, { milliseconds: 0 }))?.job.userId === ada ? "ada" : "bob");
		}
		expect(turns).toEqual(["ada", "bob", "ada", "bob"]);
	});

	it.each(["cancel", "pause"] as const)("stops after the step in which its owner chose %s", async (choice) => {
		const user = newUser();
		const ids = await itemsOf(user, 4);
		const job = await start(user, ids, deletion);
		const { objects } = ports;
		let removed = 0;
		const over = {
			...ports,
			objects: {
				...objects,
				async deleteAll(...args: Parameters<typeof objects.deleteAll>) {
					removed += 1;
					if (removed === 1)
						await (choice === "cancel" ? ports.jobs.cancel(user, job.id) : ports.jobs.pause(user, job.id, true));
					return objects.deleteAll(...args);
				},
			},
		};
		expect(await slice(over)).toMatchObject({ outcome: "stopped" });
		expect(await ports.items.existing(user, ids)).toHaveLength(2);
		expect(await ports.jobs.find(user, job.id)).toMatchObject({ state: `${choice}${choice === "pause" ? "d" : "ed"}` });
	});

	it("fails with what a retry may resolve, and the job fails after so many", async () => {
		const user = newUser();
		const job = await start(user, await itemsOf(user, 1), deletion);
		const away = {
			...ports,
			items: { ...ports.items, delete: () => Promise.reject(new Error("The database is away.")) },
		};
		for (let attempt = 0; attempt < maxAttempts; attempt++) {
			await expect(slice(away)).rejects.toThrow("The database is away.");
			expect(await slice(away), "it waits").toBeNull();
			ports.clock.advance(31);
		}
		expect(await slice(away)).toBeNull();
		expect(await ports.jobs.find(user, job.id)).toMatchObject({
			state: "failed",
			error: { code: "retries_exhausted" },
		});
	});

	it("leaves a job of a kind that it does not know to the function that will", async () => {
		const user = newUser();
		const job = await start(user, [], {}, "export");
		expect(await slice()).toMatchObject({ outcome: "unknown kind" });
		expect(await slice()).toBeNull();
		ports.clock.advance(61);
		const made: JobKind<unknown> = {
			...jobKinds.batch,
			input: { parse: (input: unknown) => input } as JobKind<unknown>["input"],
			finish: async (_, __, { job: { id } }) => `exports/${id}.zip`,
		};
		expect(await slice(ports, { runs: { export: made } })).toMatchObject({ outcome: "ended" });
		expect(await ports.jobs.find(user, job.id)).toMatchObject({ state: "done", resultKey: `exports/${job.id}.zip` });
	});
});

describe("a job of new analyses", () => {
	it("takes each from the person's limits, leaves half of them, and waits for more", async () => {
		const user = newUser();
		const ids = await itemsOf(user, 8);
		const job = await start(user, ids, analyzing);
		expect(await slice()).toMatchObject({ outcome: "goes on", done: 6 });
		const next = await ports.jobs.next(user);
		expect(next?.seconds).toBeGreaterThan(10);
		expect(await slice()).toBeNull();
		const limit = { routeClass: "expensive", perMinute: 10, parallel: null } as const;
		expect(await ports.rateLimits.take(user, limit, 4)).toMatchObject({ allowed: true });
		for (let turn = 0; turn < 30 && (await ports.jobs.find(user, job.id))?.state !== "done"; turn++) {
			ports.clock.advance(15);
			await slice();
		}
		expect(await ports.jobs.find(user, job.id)).toMatchObject({ state: "done", done: 8 });
		for (const id of ids) expect(ports.store.items.get(id)?.requests).toHaveLength(1);
	});

	it("requests each once, although its step is repeated after the first was done", async () => {
		const user = newUser();
		const [id = ""] = await itemsOf(user, 1);
		const job = await start(user, [id], analyzing);
		const killed = faultyProcess(ports, { kind: "killed before", at: "jobs.record" });
		expect(await killed.run((over) => slice(over))).toBe("died");
		const stored = ports.store.items.get(id);
		for (const { request } of stored?.requests ?? []) request.status = "done";
		ports.clock.advance(120);
		expect(await slice()).toMatchObject({ outcome: "ended", done: 1 });
		expect(stored?.requests).toHaveLength(1);
		expect(await ports.jobs.find(user, job.id)).toMatchObject({ state: "done", done: 1, failed: 0 });
	});

	it("fails for an image of which nothing can be made", async () => {
		const user = newUser();
		const item = await uploaded(ports, user);
		Object.assign(ports.store.items.get(item.id)?.item ?? {}, {
			status: "failed",
			error: { code: "undecodable_image", detail: "It is no image." },
		});
		const job = await start(user, [item.id], analyzing);
		await slice();
		expect(await ports.jobs.find(user, job.id)).toMatchObject({ state: "done", done: 0, failed: 1 });
		expect(await ports.jobs.failures(user, job.id, 1)).toMatchObject([{ itemId: item.id, code: "item_failed" }]);
	});
});

describe.each(["killed before", "killed after", "answer lost after"] as const)(
	"a slice that is %s any call",
	(kind) => {
		it.each([
			["delete", deletion],
			["analyze", analyzing],
		])("loses no item of a job that should %s them, and counts each once", async (action, input) => {
			for (let at = 0; ; at++) {
				ports = fakePorts();
				const user = newUser();
				const ids = await itemsOf(user, 5);
				const job = await start(user, [...ids, randomUUID()], input);
				const broken = faultyProcess(ports, { kind, at });
				await broken.run((over) => slice(over));
				if (!broken.reached()) {
					expect(at).toBeGreaterThan(10);
					break;
				}
				// The lease expires, and the sweeper wakes the function.
				ports.clock.advance(600);
				const isOpen = (await ports.jobs.find(user, job.id))?.state !== "done";
				expect(await sweep(ports)).toMatchObject({ jobsWoken: isOpen ? 1 : 0 });
				for (let turn = 0; turn < 5; turn++) {
					ports.clock.advance(60);
					await slice();
				}
				expect(await ports.jobs.find(user, job.id), `${at}`).toMatchObject({
					state: "done",
					total: 6,
					done: 5,
					failed: 1,
				});
				if (action === "delete") expect(await ports.items.existing(user, ids)).toEqual([]);
				else for (const id of ids) expect(ports.store.items.get(id)?.requests).toHaveLength(1);
			}
		});
	},
);
