import { describe, expect, it } from "vitest";
import { readyItem } from "./ready-item.ts";
import { ada, testApi } from "./test-api.ts";

const api = testApi();
const ask = (json: unknown) => api.as(ada)("POST", "/search", { json });
const stored = await readyItem(api.ports, ada, {
	headline: "A lighthouse at dusk",
	category: "Travel",
});
await readyItem(api.ports, ada, {
	headline: "A bowl of noodles",
	category: "Food",
});

describe("a search", () => {
	it("answers exactly the fields of the contract", async () => {
		const { status, body } = await ask({
			query: "lighthouse",
			search_type: "bm25",
		});
		expect(status).toBe(200);
		expect(body).toEqual({
			query: "lighthouse",
			search_type: "bm25",
			results: [
				{
					item_id: stored.itemId,
					rank: 1,
					score: expect.any(Number),
					score_type: "bm25",
					category: "Travel",
					headline: "A lighthouse at dusk",
					summary: expect.any(String),
					image_url: `/images/${stored.itemId}.png`,
					metadata: { analysis_id: stored.analysisId },
				},
			],
			total_results: 1,
			answer: null,
			answer_confidence: null,
			citations: [],
			retrieval_time_ms: expect.any(Number),
			answer_time_ms: null,
			agent_reasoning: [],
			tools_used: [],
		});
	});

	it.each([
		["bm25", "bm25"],
		["vector", "similarity"],
		["hybrid", "hybrid_rrf"],
		["bm25-lc", "bm25"],
		["vector-lc", "similarity"],
		["hybrid-lc", "hybrid_rrf"],
	])("of type %s finds the item and scores by %s", async (type, scoreType) => {
		const { body } = await ask({ query: "lighthouse", search_type: type });
		expect(body.search_type).toBe(type);
		expect(body.results[0]).toMatchObject({
			item_id: stored.itemId,
			score_type: scoreType,
		});
	});

	it("is hybrid unless told otherwise, and says how each leg ranked", async () => {
		const { body } = await ask({ query: "lighthouse" });
		expect(body.search_type).toBe("hybrid");
		expect(body.results[0].metadata).toEqual({
			analysis_id: stored.analysisId,
			text_rank: 1,
			vector_rank: 1,
		});
	});

	it("takes null for what is optional, as older clients send it", async () => {
		const { status } = await ask({
			query: "lighthouse",
			category_filter: null,
			min_relevance_score: null,
			min_similarity_score: null,
			include_answer: true,
			answer_model: null,
		});
		expect(status).toBe(200);
	});

	it("finds nothing of another category", async () => {
		const { body } = await ask({
			query: "lighthouse",
			search_type: "bm25",
			category_filter: "Food",
		});
		expect(body.results).toEqual([]);
	});

	it("gives at most top_k results, ranked from 1", async () => {
		const { body } = await ask({
			query: "lighthouse noodles",
			search_type: "vector",
			top_k: 1,
		});
		expect(body.results).toHaveLength(1);
		expect(body.results[0].rank).toBe(1);
	});

	it("gives nothing less similar than asked for", async () => {
		const { body } = await ask({
			query: "zebra crossing",
			search_type: "vector",
			min_similarity_score: 0.99,
		});
		expect(body.results).toEqual([]);
	});

	it.each([
		["query", "ab"],
		["query", "  a  "],
		["query", "x".repeat(1_001)],
		["query", "abc\0"],
		["query", "abc\ud800"],
		["query", 123],
		["search_type", "fuzzy"],
		["top_k", 0],
		["top_k", 51],
		["top_k", 1.5],
		["top_k", "10"],
		["category_filter", "a\0b"],
		["min_relevance_score", -1],
		["min_similarity_score", 1.1],
		["include_answer", "yes"],
	])("with %s = %j is refused by its name", async (name, value) => {
		const { status, body } = await ask({ query: "lighthouse", [name]: value });
		expect(status).toBe(422);
		expect(body.errors.map((error: { field: string }) => error.field)).toEqual([
			`body.${name}`,
		]);
	});

	it("of type agentic says that it is not there yet and what is", async () => {
		const { status, body } = await ask({
			query: "lighthouse",
			search_type: "agentic",
		});
		expect(status).toBe(422);
		expect(body.detail).toContain("not available yet: use hybrid");
		expect(body.errors[0].field).toBe("body.search_type");
	});

	it.each(["'; drop table items; --", "a & | ! <-> ( :*", "日本語の", '"""'])(
		"for %j is an ordinary search",
		async (query) => {
			expect((await ask({ query })).status).toBe(200);
		},
	);
});

describe("the vector index", () => {
	it("tells counts, model and dimensions", async () => {
		const { body } = await api.as(ada)("GET", "/vector-index/status");
		expect(body).toEqual({
			items: 2,
			embedded: 2,
			missing: 0,
			stale: 0,
			rebuilding: 0,
			model: api.ports.embedder.model,
			dimensions: 1024,
		});
	});
});
