import { describe, expect, it } from "vitest";
import { type ErrorCode, ModelFailure } from "#core/errors.ts";
import { searchItems } from "#core/search/search-items.ts";
import type { SearchType } from "#core/search/search-types.ts";
import { readyItem } from "./api/ready-item.ts";
import { ada, testApi } from "./api/test-api.ts";

const api = testApi();
const { ports } = api;
await readyItem(ports, ada, { headline: "A lighthouse at dusk" });

const failing = (code: ErrorCode, detail: string) => ({
	...ports,
	embedder: {
		...ports.embedder,
		embed: () => Promise.reject(new ModelFailure(code, detail)),
	},
});
const unavailable = failing("embedding_unavailable", "Voyage gave no answer.");
const missingModel = failing("model_gone", 'Voyage has no model "old": change models.voyage in cdk.json.');
const search = (searchPorts: typeof ports, searchType: SearchType, query = "lighthouse") =>
	searchItems(searchPorts, ada, { query, searchType, topK: 5 });

describe("a search while the embedding model is unavailable", () => {
	it("of type hybrid falls back to words, with a notice", async () => {
		const { hits, notices } = await search(unavailable, "hybrid");
		expect(hits).toHaveLength(1);
		expect(notices).toEqual(["Searched by words only: Voyage gave no answer."]);
	});

	it("of type vector fails with the model's reason", async () => {
		await expect(search(unavailable, "vector")).rejects.toThrow("Voyage gave no answer.");
	});

	it("of type bm25 has no notice", async () => {
		expect((await search(unavailable, "bm25")).notices).toEqual([]);
	});
});

describe("a search of a collection embedded by a former model", () => {
	const another = {
		...ports,
		embedder: { ...ports.embedder, model: "another-model" },
	};
	const rebuildNotice = /^Of your 1 items 1 can be found by words only: .*another-model.*vector-index\/rebuild/;

	it("of type hybrid finds by words, and says how to rebuild", async () => {
		const { hits, notices } = await search(another, "hybrid");
		expect(hits).toHaveLength(1);
		expect(notices).toEqual([expect.stringMatching(rebuildNotice)]);
	});

	it("of type vector finds nothing, and says how to rebuild", async () => {
		const { hits, notices } = await search(another, "vector");
		expect(hits).toEqual([]);
		expect(notices).toEqual([expect.stringMatching(rebuildNotice)]);
	});

	it("has no notice after a rebuild, or of type bm25", async () => {
		expect((await search(ports, "hybrid", "zebra")).notices).toEqual([]);
		expect((await search(ports, "hybrid")).notices).toEqual([]);
		expect((await search(another, "bm25")).notices).toEqual([]);
	});
});

describe.each(["vector", "hybrid"] as const)("a search of type %s", (type) => {
	it.each([true, false])(
		"reads every partition only where its embedding model requires that: %s",
		async (exhaustive) => {
			const exhaustiveQueries: unknown[] = [];
			await search(
				{
					...ports,
					embedder: { ...ports.embedder, exhaustive },
					search: {
						...ports.search,
						byVector: async (_, vector) => {
							exhaustiveQueries.push(vector.exhaustive);
							return [];
						},
						hybrid: async (_, { vector }) => {
							exhaustiveQueries.push(vector.exhaustive);
							return [];
						},
					},
				},
				type,
			);
			expect(exhaustiveQueries).toEqual([exhaustive]);
		},
	);
});

describe("a search whose embedding model no longer exists", () => {
	it.each(["vector", "hybrid"] as const)("of type %s is a 502 that names the setting", async (search_type) => {
		const { as } = testApi({ ports: missingModel });
		const { status, body } = await as(ada)("POST", "/search", {
			json: { query: "lighthouse", search_type },
		});
		expect(status).toBe(502);
		expect(body.detail).toContain("change models.voyage in cdk.json");
	});
});

describe("a search that finds nothing", () => {
	it.each([
		["zebra crossing", {}, /too little of the query is in any item of your collection/],
		["?!?!", {}, /the query has no word to look for/],
		['-zebra -"crossing now"', {}, /only says what to leave out/],
		["where is all of that", {}, /only words that are in every text/],
		["where is all of that -zebra", {}, /only words that are in every text/],
		["lighthouse", { category: "Food" }, /no item has the category "Food", yours are Travel/],
		["lighthouse", { minRelevance: 0.99 }, /reaches min_relevance_score/],
	])("for %j with %j has the reason", async (query, more, reason) => {
		const { hits, emptyReason } = await searchItems(ports, ada, {
			query,
			searchType: "bm25",
			topK: 5,
			...more,
		});
		expect(hits).toEqual([]);
		expect(emptyReason).toMatch(reason);
	});
});

describe("a search with explanations", () => {
	it("has each hit's ranks, words, share of each retriever and snippet", async () => {
		const { body } = await api.as(ada)("POST", "/search", {
			json: { query: "lighthouse", explain: true },
		});
		const [result] = body.results;
		const { text, vector, snippet } = result.metadata.explanation;
		expect(text).toMatchObject({
			rank: 1,
			matched: [
				{ word: "lighthouse", field: "headline" },
				{ word: "lighthouse", field: "summary" },
			],
		});
		expect(vector).toMatchObject({ rank: 1 });
		expect(vector.similarity).toBeGreaterThan(0);
		expect(text.share + vector.share).toBeCloseTo(result.score, 9);
		expect(snippet).toContain("lighthouse");
	});

	it("has them only on request", async () => {
		const { body } = await api.as(ada)("POST", "/search", {
			json: { query: "lighthouse" },
		});
		expect(body.results[0].metadata).not.toHaveProperty("explanation");
	});
});
