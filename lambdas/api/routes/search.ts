import { z } from "@hono/zod-openapi";
import {
	answerQuestion,
	modelFailureReason,
	unanswered,
} from "#core/chat/answer-question.ts";
import { ModelFailure } from "#core/errors.ts";
import type { Ports } from "#core/ports/index.ts";
import { agenticSearch } from "#core/search/agentic-search.ts";
import { type SearchType, searchItems } from "#core/search/search-items.ts";
import {
	type Api,
	guarded,
	json,
	modelGone,
	noQuery,
	text,
} from "../http/routing.ts";
import { answerFields, presentAnswer } from "../presenters/answer.ts";
import { presentHit, searchResult } from "../presenters/hit.ts";
import { routes } from "./table.ts";

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
			description:
				"Whether to answer the query, too, from what was found. What answers is a chat model, or sentences of the items themselves where the environment has none.",
		}),
		explain: z.boolean().default(false).openapi({
			description:
				"Whether each result says in `metadata.explanation` how it came to its rank.",
		}),
		answer_model: text(200).nullish().openapi({
			description:
				"Who answers, and in an agentic search who searches: a model of the environment's provider, `provider/model`, or a provider for its own (`offline`, `anthropic`, `openai`).",
			example: "anthropic/claude-sonnet-5-5",
		}),
	})
	.openapi("SearchRequest");

const response = z
	.object({
		query: z.string(),
		search_type: searchType,
		results: z.array(searchResult),
		total_results: z.int(),
		notices: z.array(z.string()).openapi({
			description: "What to know about how it was found, a sentence each.",
		}),
		...answerFields,
		retrieval_time_ms: z.number(),
		answer_time_ms: z.number().nullable().openapi({
			description: "Null where no answer was asked for.",
		}),
		agent_reasoning: z.array(z.string()).openapi({
			description: "What an agentic search did, a sentence each.",
		}),
		tools_used: z.array(z.string()),
	})
	.openapi("SearchResponse");

const search = guarded(routes.search, {
	tags: ["Search"],
	summary: "Find items by words, by meaning, or by both",
	description:
		"And answer the query from them. `agentic` has a model search up to four times within 20 seconds; when either runs out, the best found is the result and a notice says so. An answer that fails never fails the search.",
	request: {
		query: noQuery,
		body: {
			required: true,
			content: { "application/json": { schema: request } },
		},
	},
	responses: {
		200: json("What was found, best first.", response),
		502: modelGone,
	},
});

/** From the request's beginning; the rest of the 26 seconds is for what is under way then. */
const answeredAfterMs = 20_000;

/** Serves the search over a person's items. */
export function searchRoutes(
	app: Api,
	ports: Pick<
		Ports,
		"search" | "embedder" | "vectorIndex" | "analyses" | "items" | "chat"
	>,
) {
	app.openapi(search, async (c) => {
		const asked = c.req.valid("json");
		const type = searchTypes[asked.search_type];
		const deadline = new Date(Date.now() + answeredAfterMs);
		const started = performance.now();
		const found = await (type === "agentic"
			? byAgent(ports, c.get("userId"), asked, deadline)
			: bySearch(ports, c.get("userId"), type, asked, deadline)
		).catch(modelIsGone);
		const { hits, notices, answer, retrievalMs } = found;
		const scoredAs = type === "agentic" ? "hybrid" : type;
		return c.json(
			{
				query: asked.query,
				search_type: asked.search_type,
				results: hits.map((hit, at) =>
					presentHit(hit, at + 1, scoredAs, asked.explain),
				),
				total_results: hits.length,
				notices,
				...presentAnswer(answer),
				retrieval_time_ms: Math.round(retrievalMs),
				answer_time_ms: asked.include_answer
					? Math.round(performance.now() - started - retrievalMs)
					: null,
				agent_reasoning: found.reasoning,
				tools_used: found.toolsUsed,
			},
			200,
		);
	});
}

type SearchBody = z.output<typeof request>;

const limitsOf = (asked: SearchBody) => ({
	topK: asked.top_k,
	category: asked.category_filter || undefined,
	minRelevance: asked.min_relevance_score ?? undefined,
	minSimilarity: asked.min_similarity_score ?? undefined,
	explain: asked.explain,
});

async function byAgent(
	ports: Parameters<typeof agenticSearch>[0],
	userId: string,
	asked: SearchBody,
	deadline: Date,
) {
	const found = await agenticSearch(ports, userId, {
		...limitsOf(asked),
		question: asked.query,
		model: asked.answer_model || undefined,
		deadline,
	});
	const { model, traceId, usage } = found.answer;
	const answer = asked.include_answer
		? found.answer
		: { ...unanswered(null), model, traceId, usage };
	return { ...found, answer };
}

async function bySearch(
	ports: Pick<
		Ports,
		"search" | "embedder" | "vectorIndex" | "analyses" | "chat"
	>,
	userId: string,
	searchType: SearchType,
	asked: SearchBody,
	deadline: Date,
) {
	const started = performance.now();
	const found = await searchItems(ports, userId, {
		...limitsOf(asked),
		query: asked.query,
		searchType,
	});
	const retrievalMs = performance.now() - started;
	const { hits, emptyReason } = found;
	const notices = emptyReason ? [...found.notices, emptyReason] : found.notices;
	const answer = asked.include_answer
		? await answerQuestion(ports, userId, {
				question: asked.query,
				hits,
				byMeaning: searchType === "vector",
				model: asked.answer_model || undefined,
				deadline,
			})
		: unanswered(null);
	return { hits, notices, answer, retrievalMs, reasoning: [], toolsUsed: [] };
}

/** A model that was taken off is for whoever runs the environment to replace, whichever call needed it. */
function modelIsGone(error: unknown): never {
	if (error instanceof ModelFailure) modelFailureReason(error);
	throw error;
}
