import { randomUUID } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import { fakeEmbedder } from "#fakes/models.ts";
import { readyItem } from "./ready-item.ts";
import { ada, bob, png, testApi } from "./test-api.ts";

let api: ReturnType<typeof testApi>;
beforeEach(() => {
	api = testApi();
});

const similar = (id: string, json?: unknown) => api.as(ada)("POST", `/items/${id}/similar`, json ? { json } : {});

describe("POST /items/{id}/similar", () => {
	it("returns similar items like search results, without the item itself", async () => {
		const { itemId } = await readyItem(api.ports, ada);
		const otherItem = await readyItem(api.ports, ada, { category: "Food" });
		expect(await similar(itemId)).toMatchObject({
			status: 200,
			body: {
				item_id: itemId,
				total_results: 1,
				compared_by: ["vector", "perceptual_hash"],
				model: "fake-embedding",
				results: [
					{
						item_id: otherItem.itemId,
						rank: 1,
						score_type: "similarity",
						near_duplicate: false,
						distance: expect.any(Number),
						category: "Food",
						headline: "A lighthouse at dusk",
						image_url: `/images/${otherItem.itemId}.png`,
						metadata: { analysis_id: otherItem.analysisId },
					},
				],
			},
		});
	});

	it("applies number, category and minimum similarity", async () => {
		const { itemId } = await readyItem(api.ports, ada);
		await readyItem(api.ports, ada, { category: "Food" });
		await readyItem(api.ports, ada, { headline: "Ramen bowl" });
		const count = async (json: object) => (await similar(itemId, json)).body.total_results;
		expect(await count({})).toBe(2);
		expect(await count({ top_k: 1 })).toBe(1);
		expect(await count({ category_filter: "Food" })).toBe(1);
		expect(await count({ min_similarity_score: 0.5 })).toBe(1);
	});

	it.each([{ top_k: 0 }, { top_k: 51 }, { min_similarity_score: 2 }, { x: 1 }])("refuses %j", async (json) => {
		const { itemId } = await readyItem(api.ports, ada);
		expect((await similar(itemId, json)).status).toBe(422);
	});

	it("says what to do if an item has nothing to compare yet", async () => {
		const { body } = await api.as(ada)("POST", "/items", {
			form: { file: png() },
		});
		expect(await similar(body.id)).toMatchObject({
			status: 409,
			body: {
				code: "item_not_comparable",
				detail: expect.stringContaining("ask again when its status is ready"),
			},
		});
	});

	it("compares an item without a vector of the current model by its picture alone, with a notice", async () => {
		const { itemId } = await readyItem(api.ports, ada);
		await readyItem(api.ports, ada);
		const changed = { ...api.ports, embedder: fakeEmbedder("changed") };
		api = testApi({ ports: changed });
		expect((await similar(itemId)).body).toMatchObject({
			compared_by: ["perceptual_hash"],
			results: [],
		});
	});

	it("is 404 for an unknown item or an invalid id", async () => {
		for (const id of [randomUUID(), "x"]) {
			expect(await similar(id)).toMatchObject({
				status: 404,
				body: { code: "item_not_found" },
			});
		}
	});
});

describe("GET /search/config", () => {
	it("reports the parameters under the API's names, the model and the user's counts", async () => {
		await readyItem(api.ports, ada);
		expect(await api.as(ada)("GET", "/search/config")).toMatchObject({
			status: 200,
			body: {
				parameters: { rrf_k: 15 },
				embedding: {
					model: "fake-embedding",
					dimensions: 1024,
					fusion_weights: { vector: 0.5, text: 0.5 },
					answerability_threshold: 0.01, // a threshold is shown if it applies
					least_similarity: 0.01,
					exhaustive: false,
					every_cell: false,
				},
				counts: { items: 1, documents: 1, embeddings: { "fake-embedding": 1 } },
			},
		});
	});
});

describe("GET /items/duplicates", () => {
	it("compares the items page by page, and names each pair of a page once", async () => {
		const ids = [(await readyItem(api.ports, ada)).itemId, (await readyItem(api.ports, ada)).itemId];
		await readyItem(api.ports, bob);
		const pair = { item_ids: ids.toSorted() };
		const asked: string[][] = [];
		const duplicatesOf = async (_: string, itemIds: string[]) => {
			asked.push(itemIds);
			return [pair.item_ids as [string, string]];
		};
		const { as } = testApi({ ports: { ...api.ports, similar: { ...api.ports.similar, duplicatesOf } } });
		const first = await as(ada)("GET", "/items/duplicates?limit=1");
		expect(first).toMatchObject({ status: 200, body: { pairs: [pair], compared: 1, total: 2 } });
		const cursor = encodeURIComponent(first.body.next_cursor);
		const second = await as(ada)("GET", `/items/duplicates?limit=1&cursor=${cursor}`);
		expect(second.body).toEqual({ pairs: [pair], compared: 1, total: 2, next_cursor: null });
		expect(asked).toEqual([[ids[1]], [ids[0]]]);
	});

	it.each(["limit=0", "limit=51", "offset=1"])("refuses %s", async (query) => {
		expect((await api.as(ada)("GET", `/items/duplicates?${query}`)).status).toBe(422);
	});
});
