import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Item } from "#core/items/item.ts";
import type { WorkRequest } from "#core/pipeline/work-request.ts";
import { maxAttempts, type NewRequest } from "#core/ports/index.ts";
import type { ModelComparison } from "#core/verification/comparison.ts";
import {
	type ArrangedPorts,
	claim,
	commitAnalysis,
	processedItem,
	readyItem,
	statusOf,
	uploaded,
} from "./item-states.ts";
import { newAnalysis, newEvent, newUser, processed } from "./new-rows.ts";

/** Tests an implementation of `Requests`, and what `Stages` does for requests. */
export function requestsContract(get: () => ArrangedPorts): void {
	async function create({ id, userId }: Item, fields: Partial<NewRequest> = {}): Promise<WorkRequest> {
		const request = await get().requests.create({
			id: randomUUID(),
			itemId: id,
			userId,
			kind: "analyze",
			provider: null,
			model: null,
			...fields,
		});
		if (!request) throw new Error("The item does not exist.");
		return request;
	}
	const find = ({ userId, itemId, id }: WorkRequest) => get().requests.find(userId, itemId, id);
	const tryClaim = ({ userId, itemId, id }: WorkRequest, leaseSeconds = 60) =>
		get().stages.claimRequest(userId, itemId, id, leaseSeconds);
	async function claimed(request: WorkRequest, leaseSeconds = 60) {
		const claim = await tryClaim(request, leaseSeconds);
		if (claim.outcome !== "claimed") throw new Error(claim.outcome);
		return claim;
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
			const request = await create(item, { provider: "p", model: "m" });
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
			const scope = { userId: item.userId, itemId: item.id };
			expect(await get().outbox.unsent(scope)).toMatchObject([
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

		it("is created once while the same one is pending, also concurrently, and again after it is done", async () => {
			const { item } = await readyItem(get(), newUser());
			const [first, ...others] = await Promise.all(Array.from({ length: 5 }, () => create(item)));
			if (!first) throw new Error("No request was created.");
			for (const { id } of others) expect(id).toBe(first.id);
			expect((await create(item, { provider: "p" })).id).not.toBe(first.id);
			expect((await create(item, { model: "m" })).id).not.toBe(first.id);
			expect((await create(item, { kind: "resize" })).id).not.toBe(first.id);
			const { lease } = await claimed(first);
			await get().stages.failRequest(lease, {
				code: "model_not_found",
				detail: "No.",
			});
			expect((await create(item)).id).not.toBe(first.id);
		});

		it("is refused for an unknown item and for another user's", async () => {
			const { item } = await readyItem(get(), newUser());
			const resize = { kind: "resize", provider: null, model: null } as const;
			const { requests } = get();
			const [id, itemId] = [randomUUID(), item.id];
			const unknownItem = { id, itemId: randomUUID(), userId: item.userId };
			expect(await requests.create({ ...unknownItem, ...resize })).toBeNull();
			const foreignItem = { id, itemId, userId: newUser() };
			expect(await requests.create({ ...foreignItem, ...resize })).toBeNull();
		});

		it("is deleted with its item", async () => {
			const { item } = await readyItem(get(), newUser());
			const request = await create(item);
			await get().items.delete(item.userId, item.id);
			expect(await find(request)).toBeNull();
			expect(await tryClaim(request)).toEqual({ outcome: "gone" });
		});
	});

	describe("the claim of a request", () => {
		it("takes the item's lease whatever the item's status, and excludes other work", async () => {
			const ports = get();
			const { item } = await readyItem(ports, newUser());
			const request = await create(item, { provider: "p" });
			const claim = await claimed(request);
			expect(claim).toMatchObject({
				attempt: 1,
				item: { id: item.id, status: "ready" },
				request: { id: request.id, provider: "p" },
				lease: { stage: "analyze", requestId: request.id },
			});
			const resize = await create(item, { kind: "resize" });
			expect((await tryClaim(resize)).outcome).toBe("busy");
			expect(await statusOf(ports, item)).toBe("ready");
			await ports.stages.release(claim.lease);
			expect((await claimed(resize)).lease.stage).toBe("process");
		});

		it("is refused, and the request stays pending, until the image is processed", async () => {
			const item = await uploaded(get(), newUser());
			const request = await create(item);
			expect(await tryClaim(request)).toEqual({ outcome: "done" });
			expect((await find(request))?.status).toBe("pending");
		});

		it("is busy while a stage has the item's lease", async () => {
			const ports = get();
			const item = await processedItem(ports, newUser());
			const request = await create(item);
			await claim(ports, item, "analyze", 600);
			const busy = await tryClaim(request);
			if (busy.outcome !== "busy") throw new Error(busy.outcome);
			expect(busy.secondsLeft).toBeGreaterThan(500);
		});

		it("answers done for a finished or unknown request", async () => {
			const { item } = await readyItem(get(), newUser());
			const request = await create(item);
			const { lease } = await claimed(request);
			await get().stages.failRequest(lease, {
				code: "model_not_found",
				detail: "No.",
			});
			expect(await tryClaim(request)).toEqual({ outcome: "done" });
			expect(await tryClaim({ ...request, id: randomUUID() })).toEqual({
				outcome: "done",
			});
		});

		it(`fails the request after ${maxAttempts} attempts, and leaves no lease on the item`, async () => {
			const ports = get();
			const { item } = await readyItem(ports, newUser());
			const request = await create(item);
			for (let attempt = 1; attempt <= maxAttempts; attempt++) {
				expect((await claimed(request, 0)).attempt).toBe(attempt);
			}
			expect(await tryClaim(request)).toEqual({ outcome: "done" });
			expect(await find(request)).toMatchObject({
				status: "failed",
				error: { code: "retries_exhausted" },
				finishedAt: expect.any(Date),
			});
			expect(await statusOf(ports, item)).toBe("ready");
			const next = await create(item);
			expect((await claimed(next)).attempt).toBe(1);
		});

		it("fails the request with the error of an item that failed before it had an image", async () => {
			const ports = get();
			const item = await uploaded(ports, newUser());
			const request = await create(item);
			await sendAll(item);
			const { lease } = await claim(ports, item, "process");
			await ports.stages.fail(lease, {
				code: "undecodable_image",
				detail: "Broken.",
			});
			expect(await unsent(item)).toEqual(["AnalysisRequested"]);
			expect(await tryClaim(request)).toEqual({ outcome: "done" });
			expect(await find(request)).toMatchObject({
				status: "failed",
				error: { code: "undecodable_image", detail: "Broken." },
			});
		});

		it("does not touch another user's request", async () => {
			const { item } = await readyItem(get(), newUser());
			const request = await create(item);
			const foreign = { ...request, userId: newUser() };
			expect(await tryClaim(foreign)).toEqual({ outcome: "gone" });
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
		it("is the item's current analysis, and the older one stays stored", async () => {
			const ports = get();
			const user = newUser();
			const { item, analysis: first } = await readyItem(ports, user, {
				headline: "Old words",
			});
			await sendAll(item);
			const request = await create(item);
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

		it("restores an item whose analysis had failed", async () => {
			const ports = get();
			const item = await processedItem(ports, newUser());
			const failing = await claim(ports, item, "analyze");
			await ports.stages.fail(failing.lease, {
				code: "retries_exhausted",
				detail: "By hand.",
			});
			const { lease } = await claimed(await create(item));
			expect(await commitAnalysis(ports, lease, item, newAnalysis())).toBe(true);
			const found = await ports.items.find(item.userId, item.id);
			expect(found?.item).toMatchObject({ status: "analyzed", error: null });
		});

		it("of a resize changes the image's traits and leaves the item ready", async () => {
			const ports = get();
			const { item } = await readyItem(ports, newUser());
			const request = await create(item, { kind: "resize" });
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
			expect((await claimed(await create(item))).outcome).toBe("claimed");
		});

		it("of a comparison is kept with the request, and changes nothing of the item", async () => {
			const ports = get();
			const { item, analysis } = await readyItem(ports, newUser());
			const request = await create(item, { kind: "compare", model: "a,b" });
			expect((await create(item, { kind: "compare", model: "a,b" })).id).toBe(request.id);
			await sendAll(item);
			const late = await claimed(request, 0);
			const { lease } = await claimed(request);
			const run = { provider: "p", model: "m", description: null, error: null, verification: null, usage: [] };
			const fields = [{ field: "headline", differs: true, values: [["A\u0000"], []], supported: [true, null] }];
			const comparison = { runs: [run, run], fields } as unknown as ModelComparison;
			expect(await ports.stages.commitCompared(late.lease, comparison)).toBe(false);
			expect(await ports.stages.commitCompared(lease, comparison)).toBe(true);
			expect(await ports.stages.commitCompared(lease, comparison)).toBe(false);
			const done = await find(request);
			expect(done).toMatchObject({ status: "done", analysisId: null, comparison: { runs: [run, run] } });
			expect(done?.comparison?.fields).toMatchObject([{ field: "headline", differs: true, supported: [true, null] }]);
			expect(await unsent(item)).toEqual([]);
			expect(await ports.items.find(item.userId, item.id)).toMatchObject({
				item: { status: "ready" },
				latestAnalysis: { id: analysis.id },
			});
			expect((await claimed(await create(item, { kind: "compare", model: "a,b" }))).outcome).toBe("claimed");
		});

		it("is not written after its lease was lost", async () => {
			const ports = get();
			const { item } = await readyItem(ports, newUser());
			const request = await create(item);
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

		it("leaves the item as it was if it is a failure", async () => {
			const ports = get();
			const { item } = await readyItem(ports, newUser());
			const request = await create(item);
			const { lease } = await claimed(request);
			const error = { code: "vision_refused", detail: "No." } as const;
			expect(await ports.stages.failRequest(lease, error)).toBe(true);
			expect(await find(request)).toMatchObject({ status: "failed", error });
			const found = await ports.items.find(item.userId, item.id);
			expect(found?.item).toMatchObject({ status: "ready", error: null });
			expect((await claimed(await create(item))).outcome).toBe("claimed");
		});
	});

	it("a processed image ends a waiting resize and announces a waiting analysis", async () => {
		const ports = get();
		const item = await uploaded(ports, newUser());
		const resize = await create(item, { kind: "resize" });
		const analyze = await create(item);
		await sendAll(item);
		const { lease } = await claim(ports, item, "process");
		const event = newEvent("ImageProcessed", item);
		await ports.stages.commitProcessed(lease, processed(), event);
		expect((await find(resize))?.status).toBe("done");
		expect((await find(analyze))?.status).toBe("pending");
		expect((await unsent(item)).sort()).toEqual(["AnalysisRequested", "ImageProcessed"]);
	});

	it("the sweeper claims idle requests once, oldest first, without leased ones", async () => {
		const ports = get();
		const user = newUser();
		const [first, second, leased] = [
			await readyItem(ports, user),
			await readyItem(ports, user),
			await readyItem(ports, user),
		].map(({ item }) => item) as [Item, Item, Item];
		const requests = [await create(first), await create(second)];
		await claimed(await create(leased));
		const claimOwn = async (idleSeconds: number, againSeconds: number) =>
			(
				await ports.requests.claimStalled({
					idleSeconds,
					againSeconds,
					limit: 10_000,
					maxPerRebuild: 10,
				})
			).filter(({ request }) => request.userId === user);
		expect(await claimOwn(60, 0)).toEqual([]);
		const idle = await claimOwn(0, 60);
		expect(idle).toEqual([
			{ request: requests[0], correlationId: first.correlationId },
			{ request: requests[1], correlationId: second.correlationId },
		]);
		expect(await claimOwn(0, 60)).toEqual([]);
	});
}
