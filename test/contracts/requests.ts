import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Item } from "#core/items/item.ts";
import type { WorkRequest } from "#core/pipeline/work-request.ts";
import { maxAttempts, type NewRequest } from "#core/ports/index.ts";
import { type ArrangedPorts, claim, commitAnalysis, processedItem, readyItem, statusOf, uploaded } from "./journey.ts";
import { newAnalysis, newEvent, newUser, processed } from "./new-rows.ts";

/** What every implementation of `Requests` does, and of what `Stages` does for them. */
export function requestsContract(get: () => ArrangedPorts): void {
	async function ask({ id, userId }: Item, more: Partial<NewRequest> = {}): Promise<WorkRequest> {
		const request = await get().requests.create({
			id: randomUUID(),
			itemId: id,
			userId,
			kind: "analyze",
			provider: null,
			model: null,
			...more,
		});
		if (!request) throw new Error("There is no such item.");
		return request;
	}
	const find = ({ userId, itemId, id }: WorkRequest) => get().requests.find(userId, itemId, id);
	const take = ({ userId, itemId, id }: WorkRequest, leaseSeconds = 60) =>
		get().stages.claimRequest(userId, itemId, id, leaseSeconds);
	async function claimed(request: WorkRequest, leaseSeconds = 60) {
		const answer = await take(request, leaseSeconds);
		if (answer.outcome !== "claimed") throw new Error(answer.outcome);
		return answer;
	}
	const unsent = async ({ userId, id }: Item) =>
		(await get().outbox.unsent({ userId, itemId: id })).map(({ type }) => type);
	const sendAll = async ({ userId, id }: Item) => {
		const { outbox } = get();
		const events = await outbox.unsent({ userId, itemId: id });
		await outbox.markSent(events.map((event) => event.id));
	};

	describe("a request", () => {
		it("is written with the event that announces it", async () => {
			const { item } = await readyItem(get(), newUser());
			await sendAll(item);
			const request = await ask(item, { provider: "p", model: "m" });
			expect(await find(request)).toEqual(request);
			expect(request).toMatchObject({
				itemId: item.id,
				userId: item.userId,
				kind: "analyze",
				provider: "p",
				model: "m",
				status: "pending",
				error: null,
				analysisId: null,
				finishedAt: null,
			});
			const of = { userId: item.userId, itemId: item.id };
			expect(await get().outbox.unsent(of)).toMatchObject([
				{
					type: "AnalysisRequested",
					detail: {
						version: 1,
						item_id: item.id,
						user_id: item.userId,
						correlation_id: item.correlationId,
						request_id: request.id,
					},
				},
			]);
		});

		it("is one while the same is asked again, also by many at once, and another after it is done", async () => {
			const { item } = await readyItem(get(), newUser());
			const [first, ...others] = await Promise.all(Array.from({ length: 5 }, () => ask(item)));
			if (!first) throw new Error("Nothing was asked for.");
			for (const other of others) expect(other.id).toBe(first.id);
			expect((await ask(item, { provider: "p" })).id).not.toBe(first.id);
			expect((await ask(item, { model: "m" })).id).not.toBe(first.id);
			expect((await ask(item, { kind: "resize" })).id).not.toBe(first.id);
			const { lease } = await claimed(first);
			await get().stages.failRequest(lease, {
				code: "model_not_found",
				detail: "No.",
			});
			expect((await ask(item)).id).not.toBe(first.id);
		});

		it("of no item, or of another user, is none", async () => {
			const { item } = await readyItem(get(), newUser());
			const wanted = { kind: "resize", provider: null, model: null } as const;
			const { requests } = get();
			const [id, itemId] = [randomUUID(), item.id];
			const nobodys = { id, itemId: randomUUID(), userId: item.userId };
			expect(await requests.create({ ...nobodys, ...wanted })).toBeNull();
			const others = { id, itemId, userId: newUser() };
			expect(await requests.create({ ...others, ...wanted })).toBeNull();
		});

		it("goes with its item", async () => {
			const { item } = await readyItem(get(), newUser());
			const request = await ask(item);
			await get().items.delete(item.userId, item.id);
			expect(await find(request)).toBeNull();
			expect(await take(request)).toEqual({ outcome: "gone" });
		});
	});

	describe("the claim of a request", () => {
		it("takes the item's lease whatever became of the item, and shuts the pipeline out", async () => {
			const ports = get();
			const { item } = await readyItem(ports, newUser());
			const request = await ask(item, { provider: "p" });
			const answer = await claimed(request);
			expect(answer).toMatchObject({
				attempt: 1,
				item: { id: item.id, status: "ready" },
				request: { id: request.id, provider: "p" },
				lease: { stage: "analyze", requestId: request.id },
			});
			const other = await ask(item, { kind: "resize" });
			expect((await take(other)).outcome).toBe("busy");
			expect(await statusOf(ports, item)).toBe("ready");
			await ports.stages.release(answer.lease);
			expect((await claimed(other)).lease.stage).toBe("process");
		});

		it("waits for an image that is not made yet", async () => {
			const item = await uploaded(get(), newUser());
			const request = await ask(item);
			expect(await take(request)).toEqual({ outcome: "done" });
			expect((await find(request))?.status).toBe("pending");
		});

		it("comes too soon while the pipeline has the item", async () => {
			const ports = get();
			const item = await processedItem(ports, newUser());
			const request = await ask(item);
			await claim(ports, item, "analyze", 600);
			const busy = await take(request);
			if (busy.outcome !== "busy") throw new Error(busy.outcome);
			expect(busy.secondsLeft).toBeGreaterThan(500);
		});

		it("of a request that is done, or never was, is done", async () => {
			const { item } = await readyItem(get(), newUser());
			const request = await ask(item);
			const { lease } = await claimed(request);
			await get().stages.failRequest(lease, {
				code: "model_not_found",
				detail: "No.",
			});
			expect(await take(request)).toEqual({ outcome: "done" });
			expect(await take({ ...request, id: randomUUID() })).toEqual({
				outcome: "done",
			});
		});

		it(`fails it after ${maxAttempts} times, and leaves no lease on the item`, async () => {
			const ports = get();
			const { item } = await readyItem(ports, newUser());
			const request = await ask(item);
			for (let attempt = 1; attempt <= maxAttempts; attempt++) {
				expect((await claimed(request, 0)).attempt).toBe(attempt);
			}
			expect(await take(request)).toEqual({ outcome: "done" });
			expect(await find(request)).toMatchObject({
				status: "failed",
				error: { code: "retries_exhausted" },
				finishedAt: expect.any(Date),
			});
			expect(await statusOf(ports, item)).toBe("ready");
			const next = await ask(item);
			expect((await claimed(next)).attempt).toBe(1);
		});

		it("fails it with what made the item fail before it had an image", async () => {
			const ports = get();
			const item = await uploaded(ports, newUser());
			const request = await ask(item);
			await sendAll(item);
			const { lease } = await claim(ports, item, "process");
			await ports.stages.fail(lease, {
				code: "undecodable_image",
				detail: "Broken.",
			});
			expect(await unsent(item)).toEqual(["AnalysisRequested"]);
			expect(await take(request)).toEqual({ outcome: "done" });
			expect(await find(request)).toMatchObject({
				status: "failed",
				error: { code: "undecodable_image", detail: "Broken." },
			});
		});

		it("does not touch another user's", async () => {
			const { item } = await readyItem(get(), newUser());
			const request = await ask(item);
			const foreign = { ...request, userId: newUser() };
			expect(await take(foreign)).toEqual({ outcome: "gone" });
			expect(await find(foreign)).toBeNull();
			const { lease } = await claimed(request);
			const forged = { ...lease, userId: foreign.userId };
			const error = { code: "model_not_found", detail: "Forged." } as const;
			expect(await get().stages.failRequest(forged, error)).toBe(false);
			expect(await get().stages.commitResized(forged, processed())).toBe(false);
			expect((await find(request))?.status).toBe("pending");
		});
	});

	describe("the result of a request", () => {
		it("is the item's new current analysis, and the older one stays stored", async () => {
			const ports = get();
			const user = newUser();
			const { item, analysis: first } = await readyItem(ports, user, {
				headline: "Old words",
			});
			await sendAll(item);
			const request = await ask(item);
			await sendAll(item);
			const { lease } = await claimed(request);
			const second = newAnalysis({ headline: "New words" }, 2);
			expect(await commitAnalysis(ports, lease, item, second)).toBe(true);
			expect(await find(request)).toMatchObject({
				status: "done",
				analysisId: second.id,
				finishedAt: expect.any(Date),
			});
			expect(await statusOf(ports, item)).toBe("analyzed");
			expect(await unsent(item)).toEqual(["AnalysisComplete"]);
			const versions = await ports.analyses.listByItem(user, item.id);
			expect(versions?.map(({ id }) => id)).toEqual([second.id, first.id]);
			const found = (text: string) => ports.search.byText(user, { text }, { topK: 5 });
			expect(await found("old")).toEqual([]);
			expect(await found("new")).toHaveLength(1);
			expect(await ports.vectorIndex.status(user, "test-model")).toMatchObject({
				embedded: 0,
				missing: 1,
			});
		});

		it("heals an item whose analysis had failed", async () => {
			const ports = get();
			const item = await processedItem(ports, newUser());
			const failing = await claim(ports, item, "analyze");
			await ports.stages.fail(failing.lease, {
				code: "retries_exhausted",
				detail: "By hand.",
			});
			const { lease } = await claimed(await ask(item));
			expect(await commitAnalysis(ports, lease, item, newAnalysis())).toBe(true);
			const found = await ports.items.find(item.userId, item.id);
			expect(found?.item).toMatchObject({ status: "analyzed", error: null });
		});

		it("of a resize is the size, and the item stays what it was", async () => {
			const ports = get();
			const { item } = await readyItem(ports, newUser());
			const request = await ask(item, { kind: "resize" });
			const { lease } = await claimed(request);
			const result = processed({ width: 7, height: 9, camera: "Leica" });
			expect(await ports.stages.commitResized(lease, result)).toBe(true);
			expect(await ports.stages.commitResized(lease, result)).toBe(false);
			expect((await find(request))?.status).toBe("done");
			const found = await ports.items.find(item.userId, item.id);
			expect(found?.item).toMatchObject({
				status: "ready",
				width: 7,
				height: 9,
				camera: "Leica",
			});
			expect((await claimed(await ask(item))).outcome).toBe("claimed");
		});

		it("that comes after its lease was lost is not written", async () => {
			const ports = get();
			const { item } = await readyItem(ports, newUser());
			const request = await ask(item);
			const late = await claimed(request, 0);
			const next = await claimed(request);
			expect(next.attempt).toBe(2);
			const analysis = newAnalysis({}, 2);
			expect(await commitAnalysis(ports, late.lease, item, analysis)).toBe(false);
			const error = { code: "model_not_found", detail: "Late." } as const;
			expect(await ports.stages.failRequest(late.lease, error)).toBe(false);
			expect((await find(request))?.status).toBe("pending");
			expect(await commitAnalysis(ports, next.lease, item, analysis)).toBe(true);
		});

		it("that is a failure leaves the item as it was", async () => {
			const ports = get();
			const { item } = await readyItem(ports, newUser());
			const request = await ask(item);
			const { lease } = await claimed(request);
			const error = { code: "vision_refused", detail: "No." } as const;
			expect(await ports.stages.failRequest(lease, error)).toBe(true);
			expect(await find(request)).toMatchObject({ status: "failed", error });
			const found = await ports.items.find(item.userId, item.id);
			expect(found?.item).toMatchObject({ status: "ready", error: null });
			expect((await claimed(await ask(item))).outcome).toBe("claimed");
		});
	});

	it("an image that is made ends the resize that waited for it, and announces the analysis that did", async () => {
		const ports = get();
		const item = await uploaded(ports, newUser());
		const resize = await ask(item, { kind: "resize" });
		const analyze = await ask(item);
		await sendAll(item);
		const { lease } = await claim(ports, item, "process");
		const event = newEvent("ImageProcessed", item);
		await ports.stages.commitProcessed(lease, processed(), event);
		expect((await find(resize))?.status).toBe("done");
		expect((await find(analyze))?.status).toBe("pending");
		expect((await unsent(item)).sort()).toEqual(["AnalysisRequested", "ImageProcessed"]);
	});

	it("the sweeper is given requests that stand still, oldest first and once, not those that are worked on", async () => {
		const ports = get();
		const user = newUser();
		const [first, second, leased] = [
			await readyItem(ports, user),
			await readyItem(ports, user),
			await readyItem(ports, user),
		].map(({ item }) => item) as [Item, Item, Item];
		const asked = [await ask(first), await ask(second)];
		await claimed(await ask(leased));
		const mine = async (idleSeconds: number, againSeconds: number) =>
			(
				await ports.requests.claimStalled({
					idleSeconds,
					againSeconds,
					limit: 10_000,
					maxPerRebuild: 10,
				})
			).filter(({ request }) => request.userId === user);
		expect(await mine(60, 0)).toEqual([]);
		const idle = await mine(0, 60);
		expect(idle).toEqual([
			{ request: asked[0], correlationId: first.correlationId },
			{ request: asked[1], correlationId: second.correlationId },
		]);
		expect(await mine(0, 60)).toEqual([]);
	});
}
