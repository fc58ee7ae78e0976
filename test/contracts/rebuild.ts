import { describe, expect, it } from "vitest";
import type { Item } from "#core/items/item.ts";
import { requestEvent, type WorkRequest } from "#core/pipeline/work-request.ts";
import { type ArrangedPorts, analyzedItem, claim, commitAnalysis, readyItem, statusOf } from "./journey.ts";
import { axis, newAnalysis, newEvent, newUser } from "./new-rows.ts";

const model = "test-model";

/** What every implementation of `VectorIndex`, `Requests` and `Stages` does for a rebuild. */
export function rebuildContract(get: () => ArrangedPorts): void {
	const rebuild = (user: string, force = false, by = model) => get().vectorIndex.requestRebuild(user, by, { force });
	const giveOut = async (user: string, window = 100) =>
		(await get().requests.claimRebuildBatch(user, window)).map(({ request }) => request);
	const status = (user: string, by = model) => get().vectorIndex.status(user, by);

	async function claimed({ userId, itemId, id }: WorkRequest) {
		const answer = await get().stages.claimRequest(userId, itemId, id, 60);
		if (answer.outcome !== "claimed") throw new Error(answer.outcome);
		return answer;
	}
	async function commit(request: WorkRequest, item: Item, analysisId: string, vector = axis(1), by = model) {
		const { lease } = await claimed(request);
		return get().stages.commitEmbedded(
			lease,
			{ analysisId, model: by, vector, usage: [] },
			newEvent("ItemReady", item),
		);
	}
	const find = ({ userId, itemId, id }: WorkRequest) => get().requests.find(userId, itemId, id);
	const nearest = async (user: string, vector: Float32Array, by = model) => {
		const asked = { model: by, vector, minSimilarity: 0.9 };
		const hits = await get().search.byVector(user, asked, { topK: 5 });
		return hits.map(({ itemId }) => itemId);
	};
	async function onlyOne(user: string): Promise<WorkRequest> {
		const [request, ...others] = await giveOut(user);
		if (!request || others.length > 0) throw new Error("Not exactly one.");
		return request;
	}

	describe("a rebuild", () => {
		it("asks for what is missing or of another model, and by force for all", async () => {
			const user = newUser();
			await readyItem(get(), user);
			const { item: other } = await readyItem(get(), user, {}, axis(0), "old");
			const { item: missing } = await analyzedItem(get(), user);
			await get().items.create({
				...missing,
				id: crypto.randomUUID(),
				sha256: null,
			});
			expect(await rebuild(user)).toBe(2);
			const asked = await giveOut(user);
			expect(asked.map(({ itemId }) => itemId).sort()).toEqual([other.id, missing.id].sort());
			expect(asked[0]).toMatchObject({ kind: "embed", status: "pending" });
			expect(await rebuild(user, true)).toBe(3);
			expect(await status(user)).toMatchObject({ items: 3, rebuilding: 3 });
		});

		it("asked again while it goes on asks for nothing twice, also by many at once", async () => {
			const user = newUser();
			for (let count = 0; count < 4; count++) await analyzedItem(get(), user);
			const counts = await Promise.all(Array.from({ length: 5 }, () => rebuild(user)));
			expect(counts).toEqual([4, 4, 4, 4, 4]);
			expect(await giveOut(user)).toHaveLength(4);
			expect(await rebuild(user)).toBe(4);
			expect(await giveOut(user)).toEqual([]);
		});

		it("of nothing is nothing, and of one user not another's", async () => {
			const [user, other] = [newUser(), newUser()];
			await analyzedItem(get(), other);
			expect(await rebuild(user, true)).toBe(0);
			expect(await rebuild(other)).toBe(1);
			expect(await giveOut(user)).toEqual([]);
			expect(await status(user)).toMatchObject({ items: 0, rebuilding: 0 });
			expect(await giveOut(other)).toHaveLength(1);
		});

		it("gives out no more at once than its window, oldest first, and goes on as they end", async () => {
			const user = newUser();
			const items = [];
			for (let count = 0; count < 5; count++) {
				items.push(await analyzedItem(get(), user));
			}
			await rebuild(user);
			const first = await giveOut(user, 2);
			expect(first).toHaveLength(2);
			expect(await giveOut(user, 2)).toEqual([]);
			const [one] = first as [WorkRequest];
			const found = items.find(({ item }) => item.id === one.itemId);
			if (!found) throw new Error("A foreign item.");
			await commit(one, found.item, found.analysis.id);
			const next = await giveOut(user, 2);
			expect(next).toHaveLength(1);
			expect(first.map(({ id }) => id)).not.toContain(next[0]?.id);
		});

		it("gives out with each request what its event needs", async () => {
			const user = newUser();
			const { item } = await analyzedItem(get(), user);
			await rebuild(user);
			const [given] = await get().requests.claimRebuildBatch(user, 1);
			if (!given) throw new Error("Nothing is given out.");
			expect(requestEvent(given.request, given.correlationId)).toMatchObject({
				type: "EmbeddingRequested",
				detail: {
					item_id: item.id,
					user_id: user,
					correlation_id: item.correlationId,
					request_id: given.request.id,
				},
			});
		});

		it("replaces a ready item's vector and leaves the item ready all the time", async () => {
			const user = newUser();
			const { item, analysis } = await readyItem(get(), user);
			await rebuild(user, true);
			const request = await onlyOne(user);
			expect(await nearest(user, axis(0))).toEqual([item.id]);
			expect(await commit(request, item, analysis.id, axis(7))).toBe(true);
			expect(await statusOf(get(), item)).toBe("ready");
			expect(await nearest(user, axis(0))).toEqual([]);
			expect(await nearest(user, axis(7))).toEqual([item.id]);
			expect(await find(request)).toMatchObject({ status: "done" });
			expect(await status(user)).toMatchObject({ embedded: 1, rebuilding: 0 });
		});

		it("after a change of model finds again by vector, and the old vectors stay for whoever changes back", async () => {
			const user = newUser();
			const { item, analysis } = await readyItem(get(), user);
			expect(await status(user, "new")).toMatchObject({ stale: 1 });
			expect(await nearest(user, axis(3), "new")).toEqual([]);
			await rebuild(user, false, "new");
			const request = await onlyOne(user);
			await commit(request, item, analysis.id, axis(3), "new");
			expect(await status(user, "new")).toMatchObject({
				embedded: 1,
				stale: 0,
				rebuilding: 0,
			});
			expect(await nearest(user, axis(3), "new")).toEqual([item.id]);
			expect(await nearest(user, axis(0))).toEqual([item.id]);
		});

		it("makes ready what lacked only its embedding, and announces it", async () => {
			const user = newUser();
			const { item, analysis } = await analyzedItem(get(), user);
			await get().forceFailed(item);
			await rebuild(user);
			await commit(await onlyOne(user), item, analysis.id);
			const found = await get().items.find(user, item.id);
			expect(found?.item).toMatchObject({ status: "ready", error: null });
			const events = await get().outbox.unsent({
				userId: user,
				itemId: item.id,
			});
			expect(events.map(({ type }) => type)).toContain("ItemReady");
		});

		it("does not make ready what failed for another reason", async () => {
			const user = newUser();
			const { item, analysis } = await analyzedItem(get(), user);
			const { lease } = await claim(get(), item, "embed");
			const error = { code: "vision_refused", detail: "No." } as const;
			await get().stages.fail(lease, error);
			await rebuild(user);
			expect(await commit(await onlyOne(user), item, analysis.id)).toBe(true);
			const found = await get().items.find(user, item.id);
			expect(found?.item).toMatchObject({ status: "failed", error });
		});

		it("that fails leaves the item ready and found as before", async () => {
			const user = newUser();
			const { item } = await readyItem(get(), user);
			await rebuild(user, true);
			const request = await onlyOne(user);
			const { lease } = await claimed(request);
			const failure = { code: "model_not_found", detail: "None." } as const;
			expect(await get().stages.failRequest(lease, failure)).toBe(true);
			expect(await statusOf(get(), item)).toBe("ready");
			expect(await nearest(user, axis(0))).toEqual([item.id]);
			expect(await find(request)).toMatchObject({
				status: "failed",
				error: failure,
			});
			expect(await status(user)).toMatchObject({ rebuilding: 0 });
		});

		it("writes nothing of an analysis that is no longer current, and is done with it", async () => {
			const user = newUser();
			const { item, analysis } = await readyItem(get(), user);
			await rebuild(user, true);
			const request = await onlyOne(user);
			const again = await get().requests.create({
				id: crypto.randomUUID(),
				userId: user,
				itemId: item.id,
				kind: "analyze",
				provider: null,
				model: null,
			});
			if (!again) throw new Error("There is no such item.");
			const { lease } = await claimed(again);
			const newer = newAnalysis({ headline: "newer" }, 2);
			await commitAnalysis(get(), lease, item, newer);
			expect(await commit(request, item, analysis.id)).toBe(false);
			expect(await find(request)).toMatchObject({ status: "done" });
			expect(await statusOf(get(), item)).toBe("analyzed");
			expect(await status(user)).toMatchObject({ missing: 1, rebuilding: 0 });
		});

		it("is taken up by the sweeper in small parts, beside what others asked for", async () => {
			const [user, other] = [newUser(), newUser()];
			for (let count = 0; count < 4; count++) await analyzedItem(get(), user);
			await rebuild(user);
			const { item } = await readyItem(get(), other);
			const single = await get().requests.create({
				id: crypto.randomUUID(),
				userId: other,
				itemId: item.id,
				kind: "resize",
				provider: null,
				model: null,
			});
			const take = async (againSeconds: number) =>
				(
					await get().requests.claimStalled({
						idleSeconds: 0,
						againSeconds,
						limit: 10_000,
						maxPerRebuild: 3,
					})
				).map(({ request }) => request);
			const taken = await take(60);
			const of = (userId: string) => taken.filter((request) => request.userId === userId);
			expect(of(user)).toHaveLength(3);
			expect(of(other).map(({ id }) => id)).toEqual([single?.id]);
			// What the sweeper gave out is not given out by the rebuild, too.
			expect(await giveOut(user)).toHaveLength(1);
		});

		it("goes with a deleted item", async () => {
			const user = newUser();
			const { item } = await analyzedItem(get(), user);
			await rebuild(user);
			await get().items.delete(user, item.id);
			expect(await giveOut(user)).toEqual([]);
			expect(await status(user)).toMatchObject({ items: 0, rebuilding: 0 });
		});
	});
}
