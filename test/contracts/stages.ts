import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Item } from "#core/items/item.ts";
import { takenAt } from "#core/items/taken-at.ts";
import { type Lease, maxAttempts } from "#core/ports/index.ts";
import { claim, commitAnalysis, processedItem, type RowPorts, readyItem, statusOf, uploaded } from "./item-states.ts";
import { newAnalysis, newEvent, newItem, newUser, processed } from "./new-rows.ts";

/** Tests how an implementation of `Stages` claims, commits and fails. */
export function stagesContract(get: () => RowPorts): void {
	const process = async (item: Item, leaseSeconds = 60) =>
		get().stages.claim(item.userId, item.id, "process", leaseSeconds);
	const commit = async (lease: Lease, item: Item, more = {}) =>
		get().stages.commitProcessed(lease, processed(more), newEvent("ImageProcessed", item));

	describe("a stage", () => {
		it("commits an item's result, next status and event together", async () => {
			const ports = get();
			const item = await uploaded(ports, newUser());
			const { lease, attempt, item: claimed } = await claim(ports, item, "process");
			expect(attempt).toBe(1);
			expect(claimed).toMatchObject({ id: item.id, userId: item.userId });
			const result = processed({
				takenAt: takenAt("2024-05-06T16:08:09", "+09:00", "exif"),
				damaged: true,
				camera: "Canon EOS",
				location: { latitude: -33.8568, longitude: 151.2153 },
				colours: ["red", "white"],
			});
			const event = newEvent("ImageProcessed", item);
			expect(await ports.stages.commitProcessed(lease, result, event)).toBe(true);
			const { cropHashes: _, luma: __, ...shown } = result;
			expect((await ports.items.find(item.userId, item.id))?.item).toMatchObject({ ...shown, status: "processed" });
			const scope = { userId: item.userId, itemId: item.id };
			expect(await ports.outbox.unsent(scope)).toEqual([event]);
		});

		it("moves an item from upload to ready", async () => {
			const ports = get();
			const { item } = await readyItem(ports, newUser());
			expect(await statusOf(ports, item)).toBe("ready");
			const scope = { userId: item.userId, itemId: item.id };
			expect((await ports.outbox.unsent(scope)).map(({ type }) => type)).toEqual([
				"ImageProcessed",
				"AnalysisComplete",
				"ItemReady",
			]);
		});

		it("claims a pending item whose upload event arrived before its confirmation", async () => {
			const ports = get();
			const { item } = await ports.items.create(newItem(newUser()));
			expect((await process(item)).outcome).toBe("claimed");
		});

		it("grants one of many concurrent claims", async () => {
			const item = await uploaded(get(), newUser());
			const claims = await Promise.all(Array.from({ length: 10 }, () => process(item)));
			const outcomes = claims.map(({ outcome }) => outcome).sort();
			expect(outcomes).toEqual([...Array(9).fill("busy"), "claimed"]);
		});

		it("answers busy with the seconds until the lease ends", async () => {
			const ports = get();
			const item = await uploaded(ports, newUser());
			await claim(ports, item, "process", 3600);
			const busy = await process(item);
			if (busy.outcome !== "busy") throw new Error(busy.outcome);
			expect(busy.secondsLeft).toBeGreaterThan(3500);
			expect(busy.secondsLeft).toBeLessThanOrEqual(3600);
			expect(busy.secondsLeft % 1).toBe(0);
		});

		it("answers done for a repeated or late event", async () => {
			const item = await processedItem(get(), newUser());
			expect(await process(item)).toEqual({ outcome: "done" });
		});

		it("answers done for a failed item and gone for a deleted or unknown one", async () => {
			const ports = get();
			const failed = await uploaded(ports, newUser());
			const { lease } = await claim(ports, failed, "process");
			await ports.stages.fail(lease, { code: "undecodable_image", detail: "Broken." });
			expect(await process(failed)).toEqual({ outcome: "done" });
			await ports.items.delete(failed.userId, failed.id);
			expect(await process(failed)).toEqual({ outcome: "gone" });
			expect(await process({ ...failed, id: randomUUID() })).toEqual({ outcome: "gone" });
		});

		it("answers done for an item that has not reached the stage", async () => {
			const ports = get();
			const item = await uploaded(ports, newUser());
			const early = await ports.stages.claim(item.userId, item.id, "embed", 60);
			expect(early).toEqual({ outcome: "done" });
		});

		it("loses an expired lease to the next claim, and then writes nothing", async () => {
			const ports = get();
			const item = await uploaded(ports, newUser());
			const late = await claim(ports, item, "process", 0);
			const next = await claim(ports, item, "process");
			expect(next.attempt).toBe(2);
			expect(await commit(late.lease, item, { width: 1 })).toBe(false);
			expect(await ports.stages.fail(late.lease, { code: "undecodable_image", detail: "Too late." })).toBe(false);
			await ports.stages.release(late.lease);
			expect((await process(item)).outcome).toBe("busy");
			expect(await commit(next.lease, item, { width: 2 })).toBe(true);
			const scope = { userId: item.userId, itemId: item.id };
			expect((await ports.items.find(scope.userId, scope.itemId))?.item.width).toBe(2);
			expect(await ports.outbox.unsent(scope)).toHaveLength(1);
		});

		it("commits once", async () => {
			const ports = get();
			const item = await uploaded(ports, newUser());
			const { lease } = await claim(ports, item, "process");
			const results = await Promise.all([1, 2, 3].map(() => commit(lease, item)));
			expect(results.filter((committed) => committed)).toHaveLength(1);
			const scope = { userId: item.userId, itemId: item.id };
			expect(await ports.outbox.unsent(scope)).toHaveLength(1);
		});

		it("does not commit under the lease of another stage", async () => {
			const ports = get();
			const item = await processedItem(ports, newUser());
			const { lease } = await claim(ports, item, "analyze");
			expect(await commit({ ...lease, stage: "process" }, item)).toBe(false);
			expect(await statusOf(ports, item)).toBe("processed");
		});

		it("that is released can be claimed at once, and its attempt counts", async () => {
			const ports = get();
			const item = await uploaded(ports, newUser());
			const first = await claim(ports, item, "process");
			await ports.stages.release(first.lease);
			expect((await claim(ports, item, "process")).attempt).toBe(2);
		});

		it(`fails an item after ${maxAttempts} claims without a commit`, async () => {
			const ports = get();
			const item = await uploaded(ports, newUser());
			for (let attempt = 1; attempt <= maxAttempts; attempt++) {
				expect((await claim(ports, item, "process", 0)).attempt).toBe(attempt);
			}
			expect(await process(item)).toEqual({ outcome: "done" });
			expect((await ports.items.find(item.userId, item.id))?.item).toMatchObject({
				status: "failed",
				error: { code: "retries_exhausted" },
			});
		});

		it("counts attempts from 1 after each commit", async () => {
			const ports = get();
			const item = await uploaded(ports, newUser());
			await claim(ports, item, "process", 0);
			const { lease } = await claim(ports, item, "process");
			await commit(lease, item);
			expect((await claim(ports, item, "analyze")).attempt).toBe(1);
		});

		it("fails an item with a message for its owner", async () => {
			const ports = get();
			const item = await uploaded(ports, newUser());
			const { lease } = await claim(ports, item, "process");
			const error = { code: "too_many_pixels", detail: "Too large." } as const;
			expect(await ports.stages.fail(lease, error)).toBe(true);
			const found = await ports.items.find(item.userId, item.id);
			expect(found?.item).toMatchObject({ status: "failed", error });
		});

		it("writes nothing for an item that was deleted meanwhile", async () => {
			const ports = get();
			const user = newUser();
			const item = await processedItem(ports, user);
			const { lease } = await claim(ports, item, "analyze");
			await ports.items.delete(user, item.id);
			const analysis = newAnalysis({ headline: "Ghost" });
			expect(await commitAnalysis(ports, lease, item, analysis)).toBe(false);
			expect(await ports.stages.fail(lease, { code: "undecodable_image", detail: "Gone." })).toBe(false);
			await ports.stages.release(lease);
			expect(await ports.items.find(user, item.id)).toBeNull();
			expect(await ports.analyses.find(user, analysis.id)).toBeNull();
			const hits = await ports.search.byText(user, { text: "ghost" }, { topK: 5 });
			expect(hits).toEqual([]);
		});
	});
}
