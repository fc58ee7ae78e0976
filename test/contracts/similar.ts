import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { SimilarOptions } from "#core/ports/index.ts";
import { fakePlaceholder } from "#fakes/models.ts";
import { analyzedItem, headlines, processedItem, type RowPorts, readyItem, uploaded } from "./item-states.ts";
import { axis, looks, newUser, processed } from "./new-rows.ts";

const model = "test-model";
const zeros = "0000000000000000";
const ones = "ffffffffffffffff";
/** Twenty bits away from `zeros`, and twenty-one. */
const near = "00000000000fffff";
const notNear = "00000000001fffff";

/** Tests an implementation of `Similar`. */
export function similarContract(get: () => RowPorts): void {
	async function similar(userId: string, itemId: string, more: Partial<SimilarOptions> = {}) {
		const found = await get().similar.toItem(userId, itemId, { model, topK: 10, ...more });
		if (!found) throw new Error("The item does not exist.");
		return found;
	}

	describe("items similar to an item", () => {
		it("are ordered by similarity, without the item itself", async () => {
			const user = newUser();
			const { item } = await readyItem(get(), user, { headline: "itself" });
			for (const [headline, vector] of [
				["far", axis(10)],
				["near", axis(0, 0.5)],
				["same", axis(0)],
			] as const) {
				await readyItem(get(), user, { headline }, vector);
			}
			const { compared, items } = await similar(user, item.id);
			expect(compared).toEqual({ byVector: true, byHash: true });
			expect(headlines(items)).toEqual(["same", "near", "far"]);
			const [same, nearest, far] = items.map(({ similarity }) => similarity);
			expect(same).toBeCloseTo(1, 3);
			expect(nearest).toBeCloseTo(1 / Math.hypot(1, 0.5), 3);
			expect(far).toBeCloseTo(0, 3);
		});

		it("have the fields that a list shows", async () => {
			const user = newUser();
			const { item } = await readyItem(get(), user);
			const words = { category: "Food", headline: "Ramen", summary: "A bowl." };
			const match = await readyItem(get(), user, words);
			const { items } = await similar(user, item.id);
			expect(items).toMatchObject([
				{ ...words, itemId: match.item.id, mimeType: "image/png", analysisId: match.analysis.id, nearDuplicate: false },
			]);
		});

		it("are limited by number, category and minimum similarity", async () => {
			const user = newUser();
			const { item } = await readyItem(get(), user);
			await readyItem(get(), user, { category: "Food" }, axis(0));
			await readyItem(get(), user, { category: "Food" }, axis(5));
			await readyItem(get(), user, { category: "Art" }, axis(0));
			const count = async (more: Partial<SimilarOptions>) => (await similar(user, item.id, more)).items.length;
			expect(await count({})).toBe(3);
			expect(await count({ topK: 1 })).toBe(1);
			expect(await count({ category: "Food" })).toBe(2);
			expect(await count({ minSimilarity: 0.5 })).toBe(2);
			expect(await count({ minSimilarity: 0.5, category: "Food" })).toBe(1);
		});

		it("have vectors of the same model", async () => {
			const user = newUser();
			const { item } = await readyItem(get(), user);
			await readyItem(get(), user, {}, axis(0), "other-model");
			expect((await similar(user, item.id)).items).toEqual([]);
		});

		it("include near-duplicates, marked and first", async () => {
			const user = newUser();
			const ready = (headline: string, vector: Float32Array, hash: string) =>
				readyItem(get(), user, { headline }, vector, model, looks(hash));
			const { item } = await ready("itself", axis(0), zeros);
			await ready("same words", axis(0), notNear);
			await ready("looks alike", axis(7), near);
			await ready("looks the same", axis(8), zeros);
			const { items } = await similar(user, item.id);
			expect(items.map(({ headline, nearDuplicate, distance }) => [headline, nearDuplicate, distance])).toEqual([
				["looks the same", true, 0],
				["looks alike", true, 20],
				["same words", false, 21],
			]);
		});

		it("include a near-duplicate that has no vector or analysis yet", async () => {
			const user = newUser();
			const image = looks(zeros);
			const { item } = await readyItem(get(), user, {}, axis(0), model, image);
			const fresh = await processedItem(get(), user, {}, image);
			await processedItem(get(), user, {}, looks(ones));
			const { items } = await similar(user, item.id, { minSimilarity: 0.9 });
			expect(items).toEqual([
				{
					itemId: fresh.id,
					mimeType: "image/png",
					similarity: null,
					distance: 0,
					nearDuplicate: true,
					category: null,
					headline: null,
					summary: null,
					analysisId: null,
					placeholder: fakePlaceholder,
					width: 640,
					height: 480,
				},
			]);
			expect((await similar(user, item.id, { category: "Food" })).items).toEqual([]);
		});

		it("include as a near-duplicate whose hash is near that of a crop, either way", async () => {
			const user = newUser();
			const crops = (at: number) => ["0", "1", "2", "3", "4"].map((_, index) => (index === at ? zeros : ones));
			const { item: cropped } = await readyItem(get(), user, {}, axis(0), model, {
				...looks(zeros),
				cropHashes: Array(5).fill("f0".repeat(8)),
			});
			const first = await processedItem(get(), user, {}, { ...looks(ones), cropHashes: crops(0) });
			const last = await processedItem(get(), user, {}, { ...looks(ones), cropHashes: crops(4) });
			const found = async (id: string) => {
				const near = (await similar(user, id)).items.filter(({ nearDuplicate }) => nearDuplicate);
				expect(near.map(({ distance }) => distance)).toEqual(near.map(() => 0));
				return near.map(({ itemId }) => itemId).sort();
			};
			expect(await found(cropped.id)).toEqual([first.id, last.id].sort());
			expect(await found(last.id)).toEqual([cropped.id, first.id].sort());
		});

		it("are no near-duplicates where the hash is the same and the picture another", async () => {
			const user = newUser();
			const { item } = await readyItem(get(), user, { headline: "itself" }, axis(0), model, looks(zeros, "one"));
			await readyItem(get(), user, { headline: "another" }, axis(0), model, looks(zeros, "two"));
			const { items } = await similar(user, item.id);
			expect(items).toMatchObject([{ headline: "another", distance: 0, nearDuplicate: false }]);
		});

		it("are no near-duplicates where the picture is the same and its text another", async () => {
			const user = newUser();
			const ready = (extracted: string[]) => readyItem(get(), user, { extracted }, axis(0), model, looks(zeros));
			const { item } = await ready(["one does not simply walk into mordor"]);
			const same = await ready(["One does not simply", "walk into M0RDOR"]);
			const different = await ready(["brace yourselves winter is coming"]);
			const { items } = await similar(user, item.id);
			expect(items.map(({ itemId, nearDuplicate }) => [itemId, nearDuplicate])).toEqual([
				[same.item.id, true],
				[different.item.id, false],
			]);
		});

		it("are near-duplicates alone for an item without a vector", async () => {
			const user = newUser();
			const image = looks(near);
			const { item } = await analyzedItem(get(), user, {}, looks(zeros));
			const alike = await readyItem(get(), user, {}, axis(0), model, image);
			await readyItem(get(), user, {}, axis(0), model, looks(notNear));
			const { compared, items } = await similar(user, item.id);
			expect(compared).toEqual({ byVector: false, byHash: true });
			expect(items).toMatchObject([{ itemId: alike.item.id, similarity: null, nearDuplicate: true }]);
		});

		it("are none for an item that has neither vector nor hash", async () => {
			const user = newUser();
			const item = await uploaded(get(), user);
			await readyItem(get(), user);
			expect(await similar(user, item.id)).toEqual({ compared: { byVector: false, byHash: false }, items: [] });
		});

		it("are compared by the hash that a resize has replaced", async () => {
			const user = newUser();
			const image = looks(zeros);
			const { item } = await readyItem(get(), user, {}, axis(0), model, image);
			const resizedItem = await readyItem(get(), user, {}, axis(9));
			const request = await get().requests.create({
				id: randomUUID(),
				userId: user,
				itemId: resizedItem.item.id,
				kind: "resize",
				provider: null,
				model: null,
			});
			const claim = await get().stages.claimRequest(user, resizedItem.item.id, request?.id ?? "", 60);
			if (claim.outcome !== "claimed") throw new Error(claim.outcome);
			const { sha256: _, ...resized } = processed(image);
			await get().stages.commitResized(claim.lease, resized);
			expect((await similar(user, item.id)).items).toMatchObject([
				{ itemId: resizedItem.item.id, nearDuplicate: true, distance: 0 },
			]);
		});

		it("belong to the same user", async () => {
			const [ada, bob] = [newUser(), newUser()];
			const image = looks(zeros);
			const { item } = await readyItem(get(), ada, {}, axis(0), model, image);
			const own = await readyItem(get(), bob, {}, axis(0), model, image);
			const options = { model, topK: 10 };
			expect(await get().similar.toItem(bob, item.id, options)).toBeNull();
			expect(await get().similar.toItem(bob, randomUUID(), options)).toBeNull();
			expect((await similar(bob, own.item.id)).items).toEqual([]);
		});

		it("do not include deleted items", async () => {
			const user = newUser();
			const { item } = await readyItem(get(), user);
			const { item: gone } = await readyItem(get(), user);
			await get().items.delete(user, gone.id);
			expect((await similar(user, item.id)).items).toEqual([]);
		});
	});

	it("search settings count the user's own rows", async () => {
		const [user, newcomer] = [newUser(), newUser()];
		await readyItem(get(), user);
		await readyItem(get(), user, {}, axis(0), "other-model");
		await analyzedItem(get(), user);
		await processedItem(get(), user);
		const read = (userId: string) => get().searchSettings.read(userId);
		expect((await read(user)).counts).toEqual({ items: 4, documents: 3, embeddings: { [model]: 1, "other-model": 1 } });
		expect((await read(newcomer)).counts).toEqual({ items: 0, documents: 0, embeddings: {} });
	});
}
