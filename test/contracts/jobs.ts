import { randomUUID } from "node:crypto";
import { afterEach, describe, expect, it } from "vitest";
import type { Job } from "#core/jobs/job.ts";
import { maxAttempts, type NewJob } from "#core/ports/index.ts";
import { type ArrangedPorts, uploaded } from "./item-states.ts";
import { newUser } from "./new-rows.ts";

/** Tests an implementation of `Jobs`. */
export function jobsContract(get: () => ArrangedPorts): void {
	/** Jobs of all users take turns: each test begins without any. */
	const created: Job[] = [];
	afterEach(async () => {
		for (const { userId, id } of created.splice(0)) await get().jobs.cancel(userId, id);
	});

	async function create(userId: string, itemIds: string[], more: Partial<NewJob> = {}, maxOpen = 10): Promise<Job> {
		const added = { id: randomUUID(), userId, kind: "batch", input: { action: "delete" }, itemIds, ...more };
		const job = await get().jobs.create(added, { maxOpen });
		created.push(job);
		return job;
	}
	const items = async (userId: string, count: number) => {
		const ids: string[] = [];
		for (let at = 0; at < count; at++) ids.push((await uploaded(get(), userId)).id);
		return ids;
	};
	async function claim(leaseSeconds = 60) {
		const claimed = await get().jobs.claim(leaseSeconds);
		if (!claimed) throw new Error("No job has work to do.");
		return claimed;
	}
	const find = ({ userId, id }: Job) => get().jobs.find(userId, id);
	const done = (ids: string[]) => ({ done: ids, failed: [] });
	const goesOn = { seconds: 0, isFailure: false };
	/** Makes a job of two items that is claimed and has done the first. */
	async function halfDone() {
		const user = newUser();
		const ids = await items(user, 2);
		const job = await create(user, ids);
		const { jobs } = get();
		const { lease } = await claim();
		await jobs.record(lease, done(ids.slice(0, 1)));
		return { user, ids, job, jobs, lease };
	}

	describe("a job", () => {
		it("waits with its input, and ids that are no items of the user have failed", async () => {
			const [user, stranger] = [newUser(), newUser()];
			const [foreign = ""] = await items(stranger, 1);
			const [mine = ""] = await items(user, 1);
			const job = await create(user, [foreign, mine], { input: { action: "tag", tags: ["a\0b"] } });
			expect(job).toMatchObject({ state: "queued", total: 2, done: 0, failed: 1, error: null, finishedAt: null });
			expect(await find(job)).toEqual(job);
			expect(await get().jobs.failures(user, job.id, 10)).toEqual([
				{ itemId: foreign, code: "item_not_found", detail: `There is no item ${foreign}.` },
			]);
			const { lease } = await claim();
			expect(await get().jobs.waiting(lease, 10)).toEqual([mine]);
		});

		it("of ids none of which is an item of the user is refused, and is not stored", async () => {
			const [user, stranger] = [newUser(), newUser()];
			const [foreign = ""] = await items(stranger, 1);
			const unknown = randomUUID();
			const id = randomUUID();
			await expect(create(user, [unknown, foreign], { id })).rejects.toMatchObject({
				code: "item_not_found",
				message: `There is no item ${unknown}.`,
			});
			expect(await get().jobs.find(user, id)).toBeNull();
			expect(await get().jobs.next(user)).toBeNull();
		});

		it("counts each item once, in its order, and ends", async () => {
			const user = newUser();
			const ids = await items(user, 3);
			const job = await create(user, ids);
			const { lease } = await claim();
			const { jobs } = get();
			expect(await jobs.waiting(lease, 2)).toEqual(ids.slice(0, 2));
			const failed = [{ itemId: ids[1] ?? "", code: "item_failed", detail: "It failed." }];
			for (let repeated = 0; repeated < 2; repeated++) {
				expect(await jobs.record(lease, { done: ids.slice(0, 1), failed })).toBe(true);
				expect(await find(job)).toMatchObject({ state: "running", total: 3, done: 1, failed: 1 });
			}
			expect(await jobs.waiting(lease, 2)).toEqual(ids.slice(2));
			await jobs.record(lease, done(ids.slice(2)));
			await jobs.end(lease, { resultKey: "exports/a.zip" });
			expect(await find(job)).toMatchObject({ state: "done", done: 2, failed: 1, resultKey: "exports/a.zip" });
			expect((await find(job))?.finishedAt).toBeInstanceOf(Date);
			expect(await jobs.failures(user, job.id, 10)).toEqual(failed);
			expect(await jobs.next(user)).toBeNull();
		});

		it("is given to another when its lease expires, and the first holder records nothing more", async () => {
			const user = newUser();
			const ids = await items(user, 1);
			const job = await create(user, ids);
			const { jobs } = get();
			const first = await claim(0);
			const second = await claim();
			expect(second.job.id).toBe(job.id);
			expect(await jobs.record(first.lease, done(ids))).toBe(false);
			await jobs.end(first.lease, {});
			await jobs.release(first.lease, { seconds: 600, isFailure: true });
			expect(await jobs.claim(60)).toBeNull();
			expect(await jobs.record(second.lease, done(ids))).toBe(true);
			expect(await find(job)).toMatchObject({ state: "running", done: 1 });
		});

		it("waits as long as its release says", async () => {
			const user = newUser();
			const job = await create(user, await items(user, 1));
			const { jobs } = get();
			const { lease } = await claim();
			await jobs.release(lease, { seconds: 600, isFailure: false });
			expect(await jobs.claim(60)).toBeNull();
			const next = await jobs.next(user);
			expect(next?.jobId).toBe(job.id);
			expect(next?.seconds).toBeGreaterThan(590);
		});

		it("fails after so many claims without a finished item", async () => {
			const { jobs, job, lease } = await halfDone();
			await jobs.release(lease, { seconds: 0, isFailure: true });
			for (let attempt = 0; attempt < maxAttempts; attempt++) {
				const claimed = await claim();
				await jobs.release(claimed.lease, { seconds: 0, isFailure: true });
			}
			expect(await jobs.claim(60)).toBeNull();
			expect(await find(job)).toMatchObject({ state: "failed", done: 1, error: { code: "retries_exhausted" } });
		});

		it("may wait as often as it likes", async () => {
			const user = newUser();
			const job = await create(user, await items(user, 1));
			for (let turn = 0; turn < maxAttempts + 1; turn++) {
				const { lease } = await claim();
				await get().jobs.release(lease, goesOn);
			}
			expect(await find(job)).toMatchObject({ state: "running" });
		});

		it("that is canceled records nothing more, and stays canceled", async () => {
			const { jobs, job, lease, user, ids } = await halfDone();
			const canceled = await jobs.cancel(user, job.id);
			expect(canceled).toMatchObject({ state: "canceled", total: 2, done: 1 });
			expect(await jobs.record(lease, done(ids.slice(1)))).toBe(false);
			await jobs.end(lease, {});
			expect(await jobs.cancel(user, job.id)).toEqual(canceled);
			expect(await jobs.pause(user, job.id, false)).toEqual(canceled);
			expect(await jobs.claim(60)).toBeNull();
		});

		it("that is paused is not claimed before it goes on", async () => {
			const user = newUser();
			const ids = await items(user, 1);
			const job = await create(user, ids);
			const { jobs } = get();
			expect(await jobs.pause(user, job.id, true)).toMatchObject({ state: "paused" });
			expect(await jobs.pause(user, job.id, true)).toMatchObject({ state: "paused" });
			expect(await jobs.claim(60)).toBeNull();
			expect(await jobs.next(user)).toBeNull();
			expect(await jobs.pause(user, job.id, false)).toMatchObject({ state: "queued" });
			const { lease } = await claim();
			expect(await jobs.pause(user, job.id, true)).toMatchObject({ state: "paused" });
			expect(await jobs.record(lease, done(ids))).toBe(false);
			expect(await jobs.pause(user, job.id, false)).toMatchObject({ state: "running", done: 0 });
			expect((await claim()).job.id).toBe(job.id);
		});

		it("of another user is none", async () => {
			const [user, stranger] = [newUser(), newUser()];
			const ids = await items(user, 1);
			const job = await create(user, [...ids, randomUUID()]);
			const { jobs } = get();
			expect(await jobs.find(stranger, job.id)).toBeNull();
			expect(await jobs.failures(stranger, job.id, 10)).toEqual([]);
			expect(await jobs.cancel(stranger, job.id)).toBeNull();
			expect(await jobs.pause(stranger, job.id, true)).toBeNull();
			expect(await jobs.next(stranger)).toBeNull();
			const { lease } = await claim();
			const forged = { ...lease, userId: stranger };
			expect(await jobs.waiting(forged, 10)).toEqual([]);
			expect(await jobs.record(forged, done(ids))).toBe(false);
			await jobs.end(forged, {});
			await jobs.release(forged, goesOn);
			expect(await find(job)).toMatchObject({ state: "running", done: 0, failed: 1 });
		});

		it("is refused where its user has as many that have not ended", async () => {
			const user = newUser();
			const first = await create(user, [], {}, 1);
			await expect(create(user, [], {}, 1)).rejects.toMatchObject({ code: "too_many_jobs" });
			await get().jobs.cancel(user, first.id);
			await create(user, [], {}, 1);
		});
	});

	describe("people", () => {
		it("take turns, whatever the number of their jobs, and so do the jobs of each", async () => {
			const [ada, bob] = [newUser(), newUser()];
			const [a1, a2, a3] = [await create(ada, []), await create(ada, []), await create(ada, [])];
			const b1 = await create(bob, []);
			const turns: string[] = [];
			for (let turn = 0; turn < 8; turn++) {
				const { job, lease } = await claim();
				turns.push(job.id);
				await get().jobs.release(lease, goesOn);
			}
			expect(turns).toEqual([a1, b1, a2, b1, a3, b1, a1, b1].map(({ id }) => id));
		});

		it("have one slice at a time", async () => {
			const [ada, bob] = [newUser(), newUser()];
			await create(ada, []);
			await create(ada, []);
			await create(bob, []);
			const first = await claim();
			const second = await claim();
			expect([first.job.userId, second.job.userId]).toEqual([ada, bob]);
			expect(await get().jobs.claim(60)).toBeNull();
			await get().jobs.release(first.lease, goesOn);
			expect((await claim()).job.userId).toBe(ada);
		});
	});

	describe("the sweeper", () => {
		const options = { idleSeconds: 0, againSeconds: 60, limit: 10 };

		it("finds one job of each person whose work waits, once", async () => {
			const [ada, bob] = [newUser(), newUser()];
			const first = await create(ada, []);
			await create(ada, []);
			const theirs = await create(bob, []);
			const { jobs } = get();
			expect(await jobs.claimStalled({ ...options, idleSeconds: 60 })).toEqual([]);
			const stalled = await jobs.claimStalled(options);
			expect(stalled.map(({ id }) => id).sort()).toEqual([first.id, theirs.id].sort());
		});

		it("leaves a job that is worked on, waits, is paused or has ended", async () => {
			const { jobs } = get();
			const users = [newUser(), newUser(), newUser(), newUser()];
			const [worked = "", , paused = "", canceled = ""] = users;
			await create(worked, []);
			await claim();
			await create(users[1] ?? "", []);
			await jobs.release((await claim()).lease, { seconds: 600, isFailure: false });
			await jobs.pause(paused, (await create(paused, [])).id, true);
			await jobs.cancel(canceled, (await create(canceled, [])).id);
			expect(await jobs.claimStalled(options)).toEqual([]);
		});

		it("forgets a job some time after its end", async () => {
			const user = newUser();
			const ended = await create(user, await items(user, 1));
			const open = await create(user, []);
			await get().jobs.cancel(user, ended.id);
			await get().jobs.forget(60);
			expect(await find(ended)).not.toBeNull();
			await get().jobs.forget(0);
			expect(await find(ended)).toBeNull();
			expect(await find(open)).not.toBeNull();
		});
	});
}
