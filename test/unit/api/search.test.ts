import { describe, expect, it } from "vitest";
import { chatFor } from "#ai/chat.ts";
import { ModelFailure } from "#core/errors.ts";
import type { Chat } from "#core/ports/index.ts";
import { fakeChat } from "#fakes/chat.ts";
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

/** Serves the same collection with another chat model. */
const answeredBy = (chat: Chat) => {
	const { as } = testApi({ ports: { ...api.ports, chat } });
	return (json: unknown) => as(ada)("POST", "/search", { json });
};
const keyOf = (key: string | null) => ({ setting: "the parameter of a key", read: async () => key });
const failing = (error: Error) => answeredBy(fakeChat(() => error));

describe("a search", () => {
	it("answers exactly the documented fields", async () => {
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
					match: "strong",
					corrections: [],
					category: "Travel",
					headline: "A lighthouse at dusk",
					summary: expect.any(String),
					image_url: `/images/${stored.itemId}.png`,
					thumbnail_url: expect.stringContaining(stored.itemId),
					placeholder: expect.any(String),
					width: 1,
					height: 1,
					metadata: {
						analysis_id: stored.analysisId,
						matched: [
							{ word: "lighthouse", field: "headline" },
							{ word: "lighthouse", field: "summary" },
						],
					},
				},
			],
			total_results: 1,
			weak_results: 0,
			notices: [],
			answer: `A lighthouse at dusk [${stored.itemId}].`,
			answer_reason: null,
			answer_confidence: 1,
			answer_model_used: "fake/fake-chat",
			answer_trace_id: expect.any(String),
			answer_usage: [
				{
					provider: "fake",
					model: "fake-chat",
					input_tokens: 10,
					output_tokens: 5,
					cost_usd: 0.001,
				},
			],
			citations: [
				{
					item_id: stored.itemId,
					sentence: "A lighthouse at dusk.",
					snippet: "A lighthouse at dusk",
					box: null,
				},
			],
			retrieval_time_ms: expect.any(Number),
			answer_time_ms: expect.any(Number),
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

	it("is hybrid by default, and has each retriever's rank", async () => {
		const { body } = await ask({ query: "lighthouse" });
		expect(body.search_type).toBe("hybrid");
		expect(body.results[0].metadata).toEqual({
			analysis_id: stored.analysisId,
			matched: expect.any(Array),
			text_rank: 1,
			vector_rank: 1,
		});
	});

	it("has the stem that a misspelt word was corrected to, also under its former name", async () => {
		const misspelt = { ...api.ports };
		misspelt.search = {
			...api.ports.search,
			byText: async (...query) =>
				(await api.ports.search.byText(...query)).map((hit) => ({
					...hit,
					matched: [{ word: "lihgt", field: "headline", corrected_to: "light" }],
				})),
		};
		const { body } = await testApi({ ports: misspelt }).as(ada)("POST", "/search", {
			json: { query: "lighthouse", search_type: "bm25" },
		});
		expect(body.results[0].metadata.matched).toEqual([
			{
				word: "lihgt",
				field: "headline",
				corrected_to: "light",
				taken_for: "light",
			},
		]);
	});

	it("accepts null for optional fields, as older clients send", async () => {
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

	it("names the category in which it found nothing", async () => {
		const { body } = await ask({ query: "lighthouse", search_type: "bm25", category_filter: "Hats" });
		expect(body).toMatchObject({ results: [], total_results: 0, weak_results: 0 });
		expect(body.notices).toEqual([expect.stringContaining('the category "Hats"')]);
	});

	it("has a query of one character", async () => {
		const single = await readyItem(api.ports, "kai", { headline: "駅 X" });
		const { status, body } = await api.as("kai")("POST", "/search", { json: { query: "駅", search_type: "bm25" } });
		expect(status).toBe(200);
		expect(body.results).toMatchObject([{ item_id: single.itemId, match: "strong" }]);
	});

	it("is answered from strong results alone, with weak ones beside them", async () => {
		const chat = fakeChat();
		const search = { ...api.ports.search };
		search.byText = async (...query) =>
			(await api.ports.search.byText(...query)).map((hit) => ({
				...hit,
				match: hit.itemId === stored.itemId ? "strong" : "weak",
			}));
		const { body } = await testApi({ ports: { ...api.ports, chat, search } }).as(ada)("POST", "/search", {
			json: { query: "lighthouse noodles", search_type: "bm25" },
		});
		expect(body).toMatchObject({ total_results: 1, weak_results: 1 });
		expect(JSON.stringify(chat.requests)).toContain("A lighthouse at dusk");
		expect(JSON.stringify(chat.requests)).not.toContain("bowl of noodles");
		expect(body.citations).toMatchObject([{ item_id: stored.itemId }]);
	});

	it("gives the time zone of the person to whoever reads the query's dates", async () => {
		const zones: unknown[] = [];
		const search = { ...api.ports.search };
		search.byText = async (userId, query, options) => {
			zones.push(query.clock?.timeZone);
			return api.ports.search.byText(userId, query, options);
		};
		const { as } = testApi({ ports: { ...api.ports, search } });
		for (const time_zone of ["Asia/Tokyo", null]) {
			await as(ada)("POST", "/search", { json: { query: "lighthouse", search_type: "bm25", time_zone } });
		}
		expect(zones).toEqual(["Asia/Tokyo", undefined]);
	});

	it("returns at most top_k results, ranked from 1", async () => {
		const { body } = await ask({
			query: "lighthouse noodles",
			search_type: "vector",
			top_k: 1,
		});
		expect(body.results).toHaveLength(1);
		expect(body.results[0].rank).toBe(1);
	});

	it("returns nothing below the minimum similarity", async () => {
		const { body } = await ask({
			query: "zebra crossing",
			search_type: "vector",
			min_similarity_score: 0.99,
		});
		expect(body.results).toEqual([]);
	});

	it.each([
		["query", ""],
		["query", "    "],
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
		["strict", "yes"],
		["time_zone", "Mars/Olympus"],
	])("with %s = %j is refused with the field's name", async (name, value) => {
		const { status, body } = await ask({ query: "lighthouse", [name]: value });
		expect(status).toBe(422);
		expect(body.errors.map((error: { field: string }) => error.field)).toEqual([`body.${name}`]);
	});

	it("of type agentic has its steps and tools", async () => {
		const { status, body } = await ask({
			query: "lighthouse",
			search_type: "agentic",
		});
		expect(status).toBe(200);
		expect(body.results[0]).toMatchObject({
			item_id: stored.itemId,
			rank: 1,
			score_type: "hybrid_rrf",
		});
		expect(body.agent_reasoning[0]).toContain('"lighthouse"');
		expect(body.tools_used).toEqual(["search_collection"]);
	});

	it("without an answer calls no model", async () => {
		const chat = fakeChat();
		const { body } = await answeredBy(chat)({
			query: "lighthouse",
			include_answer: false,
		});
		expect(body.results).not.toEqual([]);
		expect(body).toMatchObject({
			answer: null,
			answer_reason: null,
			answer_confidence: null,
			answer_model_used: null,
			answer_usage: [],
			citations: [],
			answer_time_ms: null,
		});
		expect(chat.requests).toEqual([]);
	});

	it("that finds nothing says so instead of an answer", async () => {
		const { status, body } = await ask({
			query: "zebra",
			search_type: "bm25",
		});
		expect(status).toBe(200);
		expect(body.results).toEqual([]);
		expect(body.answer).toBeNull();
		expect(body.answer_reason).toMatch(/Nothing in the collection was found/);
	});

	it.each(["hybrid", "agentic"])("of type %s is answered by the model that the request names", async (search_type) => {
		const { body } = await ask({
			query: "lighthouse",
			search_type,
			answer_model: "one-of-them",
		});
		expect(body.answer_model_used).toBe("fake/one-of-them");
	});

	it.each(["hybrid", "agentic"])("of type %s keeps its results if the model is unavailable", async (search_type) => {
		const { body, status } = await failing(new ModelFailure("chat_unavailable", "429 for org-123."))({
			query: "lighthouse",
			search_type,
		});
		expect(status).toBe(200);
		expect(body.results[0].item_id).toBeDefined();
		expect(body.answer).toBeNull();
		expect(body.answer_reason).toContain("The model gave no answer");
		expect(JSON.stringify(body)).not.toContain("org-123");
	});

	it.each(["hybrid", "agentic"])(
		"of type %s with a model that no longer exists is a 502 that names the setting",
		async (search_type) => {
			const { body, status } = await failing(
				new ModelFailure("model_gone", 'Fake has no model "x": change chatModels.fake in cdk.json.'),
			)({ query: "lighthouse", search_type });
			expect(status).toBe(502);
			expect(body).toMatchObject({
				code: "model_gone",
				detail: expect.stringContaining("chatModels.fake in cdk.json"),
			});
		},
	);

	it.each(["hybrid", "agentic"])(
		"of type %s with an unknown answer_model is the caller's mistake and not a 502 that speaks of cdk.json",
		async (search_type) => {
			for (const [named, code] of [
				["gpt-0", "model_not_found"],
				["offline/gpt-0", "model_not_found"],
				["bedrock", "provider_not_available"],
				["openai/gpt-0", "provider_not_available"],
			]) {
				const chat = chatFor({
					provider: "offline",
					openai: { key: keyOf(null), model: "m" },
					anthropic: { key: keyOf("a-key"), model: "claude" },
				});
				const { as } = testApi({ ports: { ...api.ports, chat } });
				const { status, body } = await as(ada)("POST", "/search", {
					json: { query: "lighthouse", search_type, answer_model: named },
				});
				expect(status, named).toBe(422);
				expect(body).toMatchObject({ code, errors: [{ field: "body.answer_model", detail: body.detail }] });
				expect(body.detail).toContain("offline, anthropic (claude)");
				expect(body.detail).not.toMatch(/cdk\.json|parameter|openai \(/);
			}
		},
	);

	it.each(["'; drop table items; --", "a & | ! <-> ( :*", "日本語の", '"""'])(
		"for %j succeeds like any other",
		async (query) => {
			expect((await ask({ query })).status).toBe(200);
		},
	);
});

describe("the vector index", () => {
	it("reports counts, model and dimensions", async () => {
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
