import { z } from "@hono/zod-openapi";
import { AppError } from "#core/errors.ts";
import { itemFilename } from "#core/item.ts";
import type { Hit, Ports } from "#core/ports.ts";
import { type SearchType, searchItems } from "#core/search-items.ts";
import { type Api, guarded, json, noQuery, text } from "../routing.ts";

/** What a request may ask for; clients of the predecessor say `-lc`. */
const searchTypes = {
	bm25: "bm25",
	vector: "vector",
	hybrid: "hybrid",
	"bm25-lc": "bm25",
	"vector-lc": "vector",
	"hybrid-lc": "hybrid",
	agentic: "agentic",
} as const satisfies Record<string, SearchType | "agentic">;

const scoreTypes = {
	bm25: "bm25",
	vector: "similarity",
	hybrid: "hybrid_rrf",
} as const satisfies Record<SearchType, string>;

const searchType = z.enum(
	Object.keys(searchTypes) as [keyof typeof searchTypes],
);

const request = z
	.strictObject({
		query: text(1_000).trim().min(3),
		search_type: searchType.default("hybrid"),
		top_k: z.int().min(1).max(50).default(10),
		category_filter: text(100).nullish(),
		min_relevance_score: z.number().min(0).nullish(),
		min_similarity_score: z.number().min(-1).max(1).nullish(),
		include_answer: z.boolean().default(true).openapi({
			description: "Accepted; answers are not written yet, `answer` is null.",
		}),
		answer_model: text(100).nullish(),
	})
	.openapi("SearchRequest");

const result = z
	.object({
		item_id: z.uuid(),
		rank: z.int().positive(),
		score: z.number(),
		score_type: z.enum(["bm25", "similarity", "hybrid_rrf"]),
		category: z.string(),
		headline: z.string(),
		summary: z.string(),
		image_url: z.string(),
		metadata: z.record(z.string(), z.unknown()),
	})
	.openapi("SearchResult");

const response = z
	.object({
		query: z.string(),
		search_type: searchType,
		results: z.array(result),
		total_results: z.int(),
		answer: z.string().nullable(),
		answer_confidence: z.number().nullable(),
		citations: z.array(z.unknown()),
		retrieval_time_ms: z.number(),
		answer_time_ms: z.number().nullable(),
		agent_reasoning: z.array(z.unknown()),
		tools_used: z.array(z.string()),
	})
	.openapi("SearchResponse");

const search = guarded({
	method: "post",
	path: "/search",
	tags: ["Search"],
	summary: "Find items by words, by meaning, or by both",
	request: {
		query: noQuery,
		body: {
			required: true,
			content: { "application/json": { schema: request } },
		},
	},
	responses: { 200: json("What was found, best first.", response) },
});

/** Serves the search over a person's items. */
export function searchRoutes(
	app: Api,
	ports: Pick<Ports, "search" | "embedder">,
) {
	app.openapi(search, async (c) => {
		const asked = c.req.valid("json");
		const type = searchTypes[asked.search_type];
		if (type === "agentic") throw notYetAgentic();

		const started = performance.now();
		const hits = await searchItems(ports, c.get("userId"), {
			query: asked.query,
			searchType: type,
			topK: asked.top_k,
			category: asked.category_filter || undefined,
			minRelevance: asked.min_relevance_score ?? undefined,
			minSimilarity: asked.min_similarity_score ?? undefined,
		});
		return c.json(
			{
				query: asked.query,
				search_type: asked.search_type,
				results: hits.map((hit, at) => presentHit(hit, at + 1, type)),
				total_results: hits.length,
				answer: null,
				answer_confidence: null,
				citations: [],
				retrieval_time_ms: Math.round(performance.now() - started),
				answer_time_ms: null,
				agent_reasoning: [],
				tools_used: [],
			},
			200,
		);
	});
}

function presentHit(
	hit: Hit,
	rank: number,
	type: SearchType,
): z.infer<typeof result> {
	return {
		item_id: hit.itemId,
		rank,
		score: hit.score,
		score_type: scoreTypes[type],
		category: hit.category,
		headline: hit.headline,
		summary: hit.summary,
		image_url: `/images/${itemFilename({ id: hit.itemId, mimeType: hit.mimeType })}`,
		metadata: {
			analysis_id: hit.analysisId,
			...(type === "hybrid"
				? {
						text_rank: hit.textRank ?? null,
						vector_rank: hit.vectorRank ?? null,
					}
				: {}),
		},
	};
}

function notYetAgentic(): AppError {
	const detail = "agentic is not available yet: use hybrid, vector or bm25";
	return new AppError("invalid_fields", `body.search_type: ${detail}.`, {
		fields: [{ field: "body.search_type", detail }],
	});
}
