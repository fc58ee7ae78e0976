import { describe, expect, it } from "vitest";
import type { Item } from "#core/items/item.ts";
import { requestEvent, type WorkRequest } from "#core/pipeline/work-request.ts";
import { type ArrangedPorts, analyzedItem, claim, commitAnalysis, readyItem, statusOf } from "./item-states.ts";
import { axis, newAnalysis, newEvent, newUser } from "./new-rows.ts";

const model = "test-model";

/** Tests what `VectorIndex`, `Requests` and `Stages` do for a rebuild. */
export function rebuildContract(get: () => ArrangedPorts): void {
	const rebuild = (user: string, force = false, rebuildModel = model) =>
		get().vectorIndex.requestRebuild(user, rebuildModel, { force });
	const claimBatch = async (user: string, window = 100) =>
		(await get().requests.claimRebuildBatch(user, window)).map(({ request }) => request);
	const status = (user: string, statusModel = model) => get().vectorIndex.status(user, statusModel);

	async function claimed({ userId, itemId, id }: WorkRequest) {
		const claim = await get().stages.claimRequest(userId, itemId, id, 60);
		if (claim.outcome !== "claimed") throw new Error(claim.outcome);
		return claim;
	}
	async function commit(
		request: WorkRequest,
		item: Item,
		analysisId: string,
		vector = axis(1),
		embeddingModel = model,
	) {
		const { lease } = await claimed(request);
		return get().stages.commitEmbedded(
			lease,
			{ analysisId, textRevision: 0, model: embeddingModel, vector, usage: [] },
			newEvent("ItemReady", item),
		);
	}
	const find = ({ userId, itemId, id }: WorkRequest) => get().requests.find(userId, itemId, id);
	const nearest = async (user: string, vector: Float32Array, searchModel = model) => {
		const query = { model: searchModel, vector, minSimilarity: 0.9 };
		const hits = await get().search.byVector(user, query, { topK: 5 });
		return hits.map(({ itemId }) => itemId);
	};
	async function claimSingle(user: string): Promise<WorkRequest> {
		const [request, ...others] = await claimBatch(user);
		if (!request || others.length > 0) throw new Error("The batch has not exactly one request.");
		return request;
	}

	describe("a rebuild", () => {
		it("requests missing embeddings and those of another model, and all by force", async () => {
			const user = newUser();
			await readyItem(get(), user);
			const { item: stale } = await readyItem(get(), user, {}, axis(0), "old");
			const { item: missing } = await analyzedItem(get(), user);
			await get().items.create({
				...missing,
				id: crypto.randomUUID(),
				sha256: null,
			});
			expect(await rebuild(user)).toBe(2);
			const batch = await claimBatch(user);
			expect(batch.map(({ itemId }) => itemId).sort()).toEqual([stale.id, missing.id].sort());
			expect(batch[0]).toMatchObject({ kind: "embed", status: "pending" });
			expect(await rebuild(user, true)).toBe(3);
			expect(await status(user)).toMatchObject({ items: 3, rebuilding: 3 });
		});

		it("started again, also concurrently, requests nothing twice", async () => {
			const user = newUser();
			for (let count = 0; count < 4; count++) await analyzedItem(get(), user);
			const counts = await Promise.all(Array.from({ length: 5 }, () => rebuild(user)));
			expect(counts).toEqual([4, 4, 4, 4, 4]);
			expect(await claimBatch(user)).toHaveLength(4);
			expect(await rebuild(user)).toBe(4);
			expect(await claimBatch(user)).toEqual([]);
		});

		it("requests nothing for a user without items, and nothing of another user", async () => {
			const [user, neighbour] = [newUser(), newUser()];
			await analyzedItem(get(), neighbour);
			expect(await rebuild(user, true)).toBe(0);
			expect(await rebuild(neighbour)).toBe(1);
			expect(await claimBatch(user)).toEqual([]);
			expect(await status(user)).toMatchObject({ items: 0, rebuilding: 0 });
			expect(await claimBatch(neighbour)).toHaveLength(1);
		});

		it("hands out at most its window, oldest first, and more as requests end", async () => {
			const user = newUser();
			const items = [];
			for (let count = 0; count < 5; count++) {
				items.push(await analyzedItem(get(), user));
			}
			await rebuild(user);
			const first = await claimBatch(user, 2);
			expect(first).toHaveLength(2);
			expect(await claimBatch(user, 2)).toEqual([]);
			const [oldest] = first as [WorkRequest];
			const found = items.find(({ item }) => item.id === oldest.itemId);
			if (!found) throw new Error("The request is of an unknown item.");
			await commit(oldest, found.item, found.analysis.id);
			const next = await claimBatch(user, 2);
			expect(next).toHaveLength(1);
			expect(first.map(({ id }) => id)).not.toContain(next[0]?.id);
		});

		it("hands out each request with the fields of its event", async () => {
			const user = newUser();
			const { item } = await analyzedItem(get(), user);
			await rebuild(user);
			const [claimed] = await get().requests.claimRebuildBatch(user, 1);
			if (!claimed) throw new Error("The batch is empty.");
			expect(requestEvent(claimed.request, claimed.correlationId)).toMatchObject({
				type: "EmbeddingRequested",
				detail: {
					item_id: item.id,
					user_id: user,
					correlation_id: item.correlationId,
					request_id: claimed.request.id,
				},
			});
		});

		it("replaces a ready item's vector while the item stays ready", async () => {
			const user = newUser();
			const { item, analysis } = await readyItem(get(), user);
			await rebuild(user, true);
			const request = await claimSingle(user);
			expect(await nearest(user, axis(0))).toEqual([item.id]);
			expect(await commit(request, item, analysis.id, axis(7))).toBe(true);
			expect(await statusOf(get(), item)).toBe("ready");
			expect(await nearest(user, axis(0))).toEqual([]);
			expect(await nearest(user, axis(7))).toEqual([item.id]);
			expect(await find(request)).toMatchObject({ status: "done" });
			expect(await status(user)).toMatchObject({ embedded: 1, rebuilding: 0 });
		});

		it("after a change of model makes items findable again, and keeps the old vectors", async () => {
			const user = newUser();
			const { item, analysis } = await readyItem(get(), user);
			expect(await status(user, "new")).toMatchObject({ stale: 1 });
			expect(await nearest(user, axis(3), "new")).toEqual([]);
			await rebuild(user, false, "new");
			const request = await claimSingle(user);
			await commit(request, item, analysis.id, axis(3), "new");
			expect(await status(user, "new")).toMatchObject({
				embedded: 1,
				stale: 0,
				rebuilding: 0,
			});
			expect(await nearest(user, axis(3), "new")).toEqual([item.id]);
			expect(await nearest(user, axis(0))).toEqual([item.id]);
		});

		it("makes an item ready that lacked only its embedding, and announces it", async () => {
			const user = newUser();
			const { item, analysis } = await analyzedItem(get(), user);
			await get().forceFailed(item);
			await rebuild(user);
			await commit(await claimSingle(user), item, analysis.id);
			const found = await get().items.find(user, item.id);
			expect(found?.item).toMatchObject({ status: "ready", error: null });
			const events = await get().outbox.unsent({
				userId: user,
				itemId: item.id,
			});
			expect(events.map(({ type }) => type)).toContain("ItemReady");
		});

		it("does not make an item ready that failed for another reason", async () => {
			const user = newUser();
			const { item, analysis } = await analyzedItem(get(), user);
			const { lease } = await claim(get(), item, "embed");
			const error = { code: "vision_refused", detail: "No." } as const;
			await get().stages.fail(lease, error);
			await rebuild(user);
			expect(await commit(await claimSingle(user), item, analysis.id)).toBe(true);
			const found = await get().items.find(user, item.id);
			expect(found?.item).toMatchObject({ status: "failed", error });
		});

		it("that fails leaves the item ready and its old vector in place", async () => {
			const user = newUser();
			const { item } = await readyItem(get(), user);
			await rebuild(user, true);
			const request = await claimSingle(user);
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

		it("writes no embedding of an analysis that is no longer current, and is done", async () => {
			const user = newUser();
			const { item, analysis } = await readyItem(get(), user);
			await rebuild(user, true);
			const request = await claimSingle(user);
			const reanalysis = await get().requests.create({
				id: crypto.randomUUID(),
				userId: user,
				itemId: item.id,
				kind: "analyze",
				provider: null,
				model: null,
			});
			if (!reanalysis) throw new Error("The item does not exist.");
			const { lease } = await claimed(reanalysis);
			const newer = newAnalysis({ headline: "newer" }, 2);
			await commitAnalysis(get(), lease, item, newer);
			expect(await commit(request, item, analysis.id)).toBe(false);
			expect(await find(request)).toMatchObject({ status: "done" });
			expect(await statusOf(get(), item)).toBe("analyzed");
			expect(await status(user)).toMatchObject({ missing: 1, rebuilding: 0 });
		});

		it("is resumed by the sweeper a few requests at a time, beside requests of others", async () => {
			const [user, neighbour] = [newUser(), newUser()];
			for (let count = 0; count < 4; count++) await analyzedItem(get(), user);
			await rebuild(user);
			const { item } = await readyItem(get(), neighbour);
			const single = await get().requests.create({
				id: crypto.randomUUID(),
				userId: neighbour,
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
			const ofUser = (userId: string) => taken.filter((request) => request.userId === userId);
			expect(ofUser(user)).toHaveLength(3);
			expect(ofUser(neighbour).map(({ id }) => id)).toEqual([single?.id]);
			// A request that the sweeper claimed is not in the rebuild's next batch.
			expect(await claimBatch(user)).toHaveLength(1);
		});

		it("ends with a deleted item", async () => {
			const user = newUser();
			const { item } = await analyzedItem(get(), user);
			await rebuild(user);
			await get().items.delete(user, item.id);
			expect(await claimBatch(user)).toEqual([]);
			expect(await status(user)).toMatchObject({ items: 0, rebuilding: 0 });
		});
	});
}
