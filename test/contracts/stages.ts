import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { ModelUsage } from "#core/items/analysis.ts";
import type { Item } from "#core/items/item.ts";
import { maxAttempts } from "#core/ports/index.ts";
import {
	type ArrangedPorts,
	analyzedItem,
	claim,
	commitAnalysis,
	processedItem,
	type RowPorts,
	readyItem,
	statusOf,
	uploaded,
} from "./item-states.ts";
import { axis, digest, newAnalysis, newEvent, newItem, newUser, processed } from "./new-rows.ts";

const noLimit = { limit: 10_000 };

/** Tests an implementation of `Stages` and `Outbox`. */
export function stagesContract(get: () => ArrangedPorts): void {
	const process = async (item: Item, leaseSeconds = 60) =>
		get().stages.claim(item.userId, item.id, "process", leaseSeconds);
	const commit = async (lease: Parameters<RowPorts["stages"]["release"]>[0], item: Item, more = {}) =>
		get().stages.commitProcessed(lease, processed(more), newEvent("ImageProcessed", item));

	describe("a stage", () => {
		it("commits an item's result, next status and event together", async () => {
			const ports = get();
			const item = await uploaded(ports, newUser());
			const { lease, attempt, item: claimed } = await claim(ports, item, "process");
			expect(attempt).toBe(1);
			expect(claimed).toMatchObject({ id: item.id, userId: item.userId });
			const result = processed({
				takenAt: new Date("2024-05-06T07:08:09.000Z"),
				camera: "Canon EOS",
				location: { latitude: -33.8568, longitude: 151.2153 },
				colours: ["red", "white"],
			});
			const event = newEvent("ImageProcessed", item);
			expect(await ports.stages.commitProcessed(lease, result, event)).toBe(true);
			expect((await ports.items.find(item.userId, item.id))?.item).toMatchObject({ ...result, status: "processed" });
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

		it("fails an item whose bytes another item of the user has, as its duplicate", async () => {
			const ports = get();
			const user = newUser();
			const sha256 = digest(user);
			const [first, second] = [await uploaded(ports, user), await uploaded(ports, user)];
			const claims = [await claim(ports, first, "process"), await claim(ports, second, "process")] as const;
			expect(await commit(claims[0].lease, first, { sha256 })).toBe(true);
			expect(await commit(claims[1].lease, second, { sha256 })).toBe(true);
			expect((await ports.items.find(user, second.id))?.item).toMatchObject({
				status: "failed",
				sha256: null,
				error: { code: "duplicate", duplicateOf: first.id },
			});
			const scope = { userId: user, itemId: second.id };
			expect(await ports.outbox.unsent(scope)).toEqual([]);
		});

		it("restarts a failed item whose bytes another item of the user brings again", async () => {
			const ports = get();
			const user = newUser();
			const sha256 = digest(user);
			const first = await uploaded(ports, user);
			const second = await uploaded(ports, user);
			const { lease } = await claim(ports, first, "process");
			expect(await commit(lease, first, { sha256 })).toBe(true);
			await ports.forceFailed(first);
			const late = await claim(ports, second, "process");
			expect(await commit(late.lease, second, { sha256 })).toBe(true);
			expect((await ports.items.find(user, second.id))?.item).toMatchObject({
				status: "failed",
				error: { code: "duplicate", duplicateOf: first.id },
			});
			expect((await ports.items.find(user, first.id))?.item).toMatchObject({ status: "uploaded", error: null, sha256 });
			expect((await claim(ports, first, "process")).attempt).toBe(1);
		});

		it.each(["pending", "failed"])("takes over a digest that an item still %s has only announced", async (status) => {
			const ports = get();
			const user = newUser();
			const sha256 = digest(user);
			const { item: announcing } = await ports.items.create(newItem(user, { sha256 }));
			if (status === "failed") {
				await ports.stages.failMissingUpload(user, announcing.id);
			}
			const item = await uploaded(ports, user);
			const { lease } = await claim(ports, item, "process");
			expect(await commit(lease, item, { sha256 })).toBe(true);
			expect((await ports.items.find(user, item.id))?.item).toMatchObject({ status: "processed", sha256 });
			expect((await ports.items.find(user, announcing.id))?.item).toMatchObject({ status, sha256: null });
		});

		it("stores the digest of the actual bytes where others were announced", async () => {
			const ports = get();
			const user = newUser();
			const { item } = await ports.items.create(newItem(user, { sha256: digest("announced") }));
			const { lease } = await claim(ports, item, "process");
			expect(await commit(lease, item, { sha256: digest("found") })).toBe(true);
			expect((await ports.items.find(user, item.id))?.item.sha256).toBe(digest("found"));
		});

		it("keeps one of several items that bring the same bytes concurrently", async () => {
			const ports = get();
			const user = newUser();
			const sha256 = digest(user);
			const all = await Promise.all([1, 2, 3, 4].map(() => uploaded(ports, user)));
			await Promise.all(
				all.map(async (item) => {
					const { lease } = await claim(ports, item, "process");
					expect(await commit(lease, item, { sha256 })).toBe(true);
				}),
			);
			const statuses = await Promise.all(all.map((item) => statusOf(ports, item)));
			expect(statuses.sort()).toEqual(["failed", "failed", "failed", "processed"]);
		});
	});

	describe("billed usage", () => {
		const call = (more: Partial<ModelUsage> = {}): ModelUsage => ({
			purpose: "vision",
			provider: "test",
			model: "test-1",
			inputTokens: 1_000,
			outputTokens: 20,
			costUsd: 0.0000125,
			...more,
		});

		it("is stored with the analysis, failed attempts first and the embedding last", async () => {
			const ports = get();
			const user = newUser();
			const item = await processedItem(ports, user);
			const failed = await claim(ports, item, "analyze");
			await ports.stages.release(failed.lease, [call({ inputTokens: 1 })]);
			const analyze = await claim(ports, item, "analyze");
			const analysis = {
				...newAnalysis(),
				usage: [call({ inputTokens: 2 }), call({ inputTokens: 3, purpose: "repair" })],
			};
			await commitAnalysis(ports, analyze.lease, item, analysis);
			const tokens = async () =>
				(await ports.analyses.find(user, analysis.id))?.usage.map(({ inputTokens }) => inputTokens);
			expect(await tokens()).toEqual([1, 2, 3]);
			const failedEmbed = await claim(ports, item, "embed");
			await ports.stages.release(failedEmbed.lease, [call({ inputTokens: 4, purpose: "embedding" })]);
			const embed = await claim(ports, item, "embed");
			const last = call({ inputTokens: 5, purpose: "embedding", costUsd: null });
			await ports.stages.commitEmbedded(
				embed.lease,
				{ analysisId: analysis.id, model: "test-model", vector: axis(0), usage: [last] },
				newEvent("ItemReady", item),
			);
			expect(await tokens()).toEqual([1, 2, 3, 4, 5]);
			const stored = await ports.analyses.find(user, analysis.id);
			expect(stored?.usage.at(0)).toEqual(call({ inputTokens: 1 }));
			expect(stored?.usage.at(-1)).toEqual(last);
			const listed = await ports.items.find(user, item.id);
			expect(listed?.latestAnalysis?.usage).toHaveLength(5);
		});

		it("of a failed item is stored with its next analysis, once", async () => {
			const ports = get();
			const user = newUser();
			const item = await processedItem(ports, user);
			const { lease } = await claim(ports, item, "analyze");
			await ports.stages.fail(lease, { code: "vision_refused", detail: "Refused." }, [call()]);
			await ports.items.restart(user, item.id);
			const process = await claim(ports, item, "process");
			await ports.stages.commitProcessed(process.lease, processed(), newEvent("ImageProcessed", item));
			const first = newAnalysis();
			await commitAnalysis(ports, (await claim(ports, item, "analyze")).lease, item, first);
			expect((await ports.analyses.find(user, first.id))?.usage).toEqual([call()]);
			await ports.stages.commitEmbedded(
				(await claim(ports, item, "embed")).lease,
				{ analysisId: first.id, model: "test-model", vector: axis(0), usage: [] },
				newEvent("ItemReady", item),
			);
			expect((await ports.analyses.find(user, first.id))?.usage).toEqual([call()]);
		});

		it("under a lost lease is not stored", async () => {
			const ports = get();
			const user = newUser();
			const item = await processedItem(ports, user);
			const late = await claim(ports, item, "analyze", 0);
			const next = await claim(ports, item, "analyze");
			await ports.stages.release(late.lease, [call()]);
			const analysis = newAnalysis();
			await commitAnalysis(ports, next.lease, item, analysis);
			expect((await ports.analyses.find(user, analysis.id))?.usage).toEqual([]);
		});
	});

	describe("an analysis", () => {
		it("that becomes current deletes the embeddings of the older one", async () => {
			const ports = get();
			const user = newUser();
			const { item } = await readyItem(ports, user, { headline: "Old words" });
			await reanalyze(ports, item, "New words");
			expect(await ports.vectorIndex.status(user, "test-model")).toEqual({
				items: 1,
				embedded: 0,
				missing: 1,
				stale: 0,
				rebuilding: 0,
			});
			const find = (text: string) => ports.search.byText(user, { text }, { topK: 5 });
			expect(await find("old")).toEqual([]);
			expect(await find("new")).toMatchObject([{ headline: "New words" }]);
			const found = await ports.items.find(user, item.id);
			expect(found?.latestAnalysis?.version).toBe(2);
			const versions = await ports.analyses.listByItem(user, item.id);
			expect(versions?.map(({ version }) => version)).toEqual([2, 1]);
		});

		it("that is no longer current gets no embedding, and the item can be claimed for the current one", async () => {
			const ports = get();
			const user = newUser();
			const { item, analysis: old } = await readyItem(ports, user);
			const current = await reanalyze(ports, item, "Newer");
			const embed = async (analysisId: string) => {
				const { lease } = await claim(ports, item, "embed");
				return ports.stages.commitEmbedded(
					lease,
					{ analysisId, model: "test-model", vector: axis(1), usage: [] },
					newEvent("ItemReady", item),
				);
			};
			expect(await embed(old.id)).toBe(false);
			expect(await statusOf(ports, item)).toBe("analyzed");
			expect(await embed(current.id)).toBe(true);
			expect(await statusOf(ports, item)).toBe("ready");
		});

		/** Analyzes an item again: fails it by hand, restarts it and runs both stages. */
		async function reanalyze(ports: ArrangedPorts, item: Item, headline: string) {
			await ports.forceFailed(item);
			await ports.items.restart(item.userId, item.id);
			const process = await claim(ports, item, "process");
			expect(await commit(process.lease, item)).toBe(true);
			const { lease } = await claim(ports, item, "analyze");
			const analysis = newAnalysis({ headline }, 2);
			expect(await commitAnalysis(ports, lease, item, analysis)).toBe(true);
			return analysis;
		}
	});

	describe("the sweeper", () => {
		const onlyOf =
			(user: string) =>
			<Found extends { item: Item }>(found: Found[]) =>
				found.filter(({ item }) => item.userId === user);

		it("claims stalled items once, oldest first, with their stage", async () => {
			const ports = get();
			const user = newUser();
			const first = await uploaded(ports, user);
			const second = await processedItem(ports, user);
			const { item: third, analysis } = await analyzedItem(ports, user);
			await readyItem(ports, user);
			const again = { idleSeconds: 0, againSeconds: 60, ...noLimit };
			const stalled = onlyOf(user)(await ports.stages.claimStalled(again));
			expect(stalled[0]?.since).toBeInstanceOf(Date);
			expect(stalled.map(({ item, stage, analysisId }) => [item.id, stage, analysisId])).toEqual([
				[first.id, "process", null],
				[second.id, "analyze", null],
				[third.id, "embed", analysis.id],
			]);
			expect(onlyOf(user)(await ports.stages.claimStalled(again))).toEqual([]);
		});

		it("does not claim items that are leased or moved a moment ago", async () => {
			const ports = get();
			const user = newUser();
			const item = await uploaded(ports, user);
			const claimIdle = async (idleSeconds: number) =>
				onlyOf(user)(await ports.stages.claimStalled({ idleSeconds, againSeconds: 0, ...noLimit }));
			expect(await claimIdle(60)).toEqual([]);
			const { lease } = await claim(ports, item, "process");
			expect(await claimIdle(0)).toEqual([]);
			await ports.stages.release(lease);
			expect(await claimIdle(0)).toHaveLength(1);
		});

		it("measures the longest wait over all users", async () => {
			const ports = get();
			await uploaded(ports, newUser());
			expect(await ports.stages.oldestWaitSeconds()).toBeGreaterThan(0);
		});

		it("fails items that were never uploaded, unless they are leased or uploaded", async () => {
			const ports = get();
			const user = newUser();
			const { item: missing } = await ports.items.create(newItem(user));
			const { item: working } = await ports.items.create(newItem(user));
			const arrived = await uploaded(ports, user);
			await claim(ports, working, "process");
			for (const { id } of [missing, working, arrived]) {
				await ports.stages.failMissingUpload(user, id);
			}
			expect((await ports.items.find(user, missing.id))?.item).toMatchObject({
				status: "failed",
				error: { code: "upload_missing" },
			});
			expect(await statusOf(ports, working)).toBe("pending");
			expect(await statusOf(ports, arrived)).toBe("uploaded");
		});

		it("finds the tombstone of a deleted item until the tombstone is deleted", async () => {
			const ports = get();
			const user = newUser();
			const item = await uploaded(ports, user);
			await ports.items.delete(user, item.id);
			const tombstones = async (olderThanSeconds: number) =>
				(await ports.stages.tombstones({ olderThanSeconds, ...noLimit })).filter(({ userId }) => userId === user);
			expect(await tombstones(60)).toEqual([]);
			expect(await tombstones(0)).toMatchObject([{ userId: user, itemId: item.id, deletedAt: expect.any(Date) }]);
			await ports.stages.deleteTombstone(newUser(), item.id);
			expect(await tombstones(0)).toHaveLength(1);
			await ports.stages.deleteTombstone(user, item.id);
			expect(await tombstones(0)).toEqual([]);
		});
	});

	describe("the outbox", () => {
		it("keeps an event until it is marked as sent", async () => {
			const ports = get();
			const item = await processedItem(ports, newUser());
			const scope = { userId: item.userId, itemId: item.id };
			const [event] = await ports.outbox.unsent(scope);
			const old = async (olderThanSeconds: number) =>
				(await ports.outbox.unsent({ olderThanSeconds, ...noLimit })).filter(({ id }) => id === event?.id);
			expect(await old(60)).toEqual([]);
			expect(await old(0)).toEqual([event]);
			await ports.outbox.markSent([event?.id ?? ""]);
			await ports.outbox.markSent([]);
			expect(await ports.outbox.unsent(scope)).toEqual([]);
			expect(await old(0)).toEqual([]);
		});

		it("stores an event once, however often it is announced", async () => {
			const ports = get();
			const user = newUser();
			const item = await uploaded(ports, user);
			const event = newEvent("ImageProcessed", item);
			for (let round = 0; round < 2; round++) {
				const { lease } = await claim(ports, item, "process");
				await ports.stages.commitProcessed(lease, processed(), event);
				await ports.forceFailed(item);
				await ports.items.restart(user, item.id);
			}
			const scope = { userId: user, itemId: item.id };
			expect(await ports.outbox.unsent(scope)).toEqual([event]);
		});
	});
}
