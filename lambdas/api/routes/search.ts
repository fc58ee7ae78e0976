import { z } from "@hono/zod-openapi";
import { answerQuestion, unanswered } from "#core/chat/answer-question.ts";
import type { Ports } from "#core/ports/index.ts";
import { agenticSearch } from "#core/search/agentic-search.ts";
import { placeCitations, placeMatches } from "#core/search/place-matches.ts";
import { isStrong, searchItems } from "#core/search/search-items.ts";
import type { SearchType } from "#core/search/search-types.ts";
import { modelGone, providerOff } from "../http/error-responses.ts";
import { inField } from "../http/in-field.ts";
import type { Charge } from "../http/rate-limiter.ts";
import { type Api, guarded, json, jsonBody, noQuery, text } from "../http/routing.ts";
import { answerFields, presentAnswer } from "../presenters/answer.ts";
import { presentHit, searchResult } from "../presenters/hit.ts";
import { routes } from "./table.ts";

/** The search types that a request may name; clients of the predecessor append `-lc`. */
const searchTypes = {
	bm25: "bm25",
	vector: "vector",
	hybrid: "hybrid",
	"bm25-lc": "bm25",
	"vector-lc": "vector",
	"hybrid-lc": "hybrid",
	agentic: "agentic",
} as const satisfies Record<string, SearchType | "agentic">;

const searchType = z.enum(Object.keys(searchTypes) as [keyof typeof searchTypes]);

/** Names of time zones, as this runtime knows them. */
const timeZone = text(100).refine(isTimeZone, { error: "is no IANA time zone, as Europe/Berlin" });

function isTimeZone(name: string): boolean {
	try {
		new Intl.DateTimeFormat("en", { timeZone: name });
		return true;
	} catch {
		return false;
	}
}

const request = z
	.strictObject({
		query: text(1_000).trim().min(1),
		search_type: searchType.default("hybrid"),
		top_k: z.int().min(1).max(50).default(10),
		category_filter: text(100).nullish(),
		min_relevance_score: z.number().min(0).nullish(),
		min_similarity_score: z.number().min(-1).max(1).nullish(),
		strict: z.boolean().default(false).openapi({ description: "True for strong results only." }),
		time_zone: timeZone.nullish().openapi({
			description: "Where the person is, as an IANA name: a query for `yesterday` depends on it.",
			example: "Europe/Berlin",
		}),
		include_answer: z.boolean().default(true).openapi({
			description:
				"True if the query is also answered from the items found: by a chat model or, where the environment has none, in sentences of the items.",
		}),
		explain: z.boolean().default(false).openapi({
			description:
				"True if each result says in `metadata.explanation` how it came to its rank, and in `boxes` where its picture has the words.",
		}),
		answer_model: text(200).nullish().openapi({
			description:
				"The model that answers, and in an agentic search also searches: a model of the environment's provider, `provider/model`, or a provider for its own (`offline`, `anthropic`, `openai`).",
			example: "anthropic/claude-sonnet-5-5",
		}),
	})
	.openapi("SearchRequest");

const response = z
	.object({
		query: z.string(),
		search_type: searchType,
		results: z.array(searchResult),
		total_results: z.int().openapi({ description: "How many of the results are strong." }),
		weak_results: z.int().openapi({ description: "How many of the results are weak; 0 with `strict`." }),
		notices: z.array(z.string()).openapi({ description: "Sentences about how the items were found." }),
		...answerFields,
		retrieval_time_ms: z.number(),
		answer_time_ms: z
			.number()
			.nullable()
			.openapi({ description: "The time that the answer took; null where none was requested." }),
		agent_reasoning: z.array(z.string()).openapi({ description: "The steps of an agentic search, a sentence each." }),
		tools_used: z.array(z.string()),
	})
	.openapi("SearchResponse");

/** A search that is answered, or made by an agent, calls models as a chat does. */
function chargeOf(body: unknown): Charge {
	const { include_answer = true, search_type } = (body ?? {}) as Partial<SearchBody>;
	return { routeClass: include_answer || search_type === "agentic" ? "expensive" : routes.search.limit };
}

const search = guarded(
	routes.search,
	{
		tags: ["Search"],
		summary: "Find items by words, by meaning, or by both",
		description:
			"The query is also answered from them, which makes it a request of the class `expensive`. `agentic` has a model search up to four times within 20 seconds; when either runs out, the best found is the result and a notice says so. An answer that fails never fails the search.",
		request: { query: noQuery, body: { required: true, ...jsonBody(request) } },
		responses: {
			200: json("The items found, best first.", response),
			501: providerOff,
			502: modelGone,
		},
	},
	chargeOf,
);

/** Measured from the request's beginning; the rest of the 26 seconds is for running work. */
const answeredAfterMs = 20_000;

/** Serves searches over a person's items. */
export function searchRoutes(
	app: Api,
	ports: Pick<Ports, "search" | "embedder" | "vectorIndex" | "analyses" | "items" | "chat">,
) {
	app.openapi(search, async (c) => {
		const body = c.req.valid("json");
		const type = searchTypes[body.search_type];
		const deadline = new Date(Date.now() + answeredAfterMs);
		const started = performance.now();
		const found = await (type === "agentic"
			? byAgent(ports, c.get("userId"), body, deadline)
			: bySearch(ports, c.get("userId"), type, body, deadline)
		).catch((error) => {
			throw inField(error, { provider_not_available: "body.answer_model", model_not_found: "body.answer_model" });
		});
		const { hits, notices, answer, retrievalMs } = found;
		const boxes = body.explain ? await placeMatches(ports, c.get("userId"), hits) : null;
		const scoredAs = type === "agentic" ? "hybrid" : type;
		return c.json(
			{
				query: body.query,
				search_type: body.search_type,
				results: hits.map((hit, at) =>
					presentHit(hit, at + 1, scoredAs, {
						explain: body.explain,
						boxes: boxes ? (boxes.get(hit.itemId) ?? []) : undefined,
					}),
				),
				total_results: hits.filter(isStrong).length,
				weak_results: hits.filter((hit) => !isStrong(hit)).length,
				notices,
				...presentAnswer(answer, await placeCitations(ports, c.get("userId"), hits, answer.citations)),
				retrieval_time_ms: Math.round(retrievalMs),
				answer_time_ms: body.include_answer ? Math.round(performance.now() - started - retrievalMs) : null,
				agent_reasoning: found.reasoning,
				tools_used: found.toolsUsed,
			},
			200,
		);
	});
}

type SearchBody = z.output<typeof request>;

const limitsOf = (body: SearchBody) => ({
	topK: body.top_k,
	category: body.category_filter || undefined,
	minRelevance: body.min_relevance_score ?? undefined,
	minSimilarity: body.min_similarity_score ?? undefined,
	explain: body.explain,
});

async function byAgent(ports: Parameters<typeof agenticSearch>[0], userId: string, body: SearchBody, deadline: Date) {
	const found = await agenticSearch(ports, userId, {
		...limitsOf(body),
		question: body.query,
		model: body.answer_model || undefined,
		deadline,
	});
	const { model, traceId, usage } = found.answer;
	const answer = body.include_answer ? found.answer : { ...unanswered(null), model, traceId, usage };
	return { ...found, answer };
}

async function bySearch(
	ports: Pick<Ports, "search" | "embedder" | "vectorIndex" | "analyses" | "items" | "chat">,
	userId: string,
	searchType: SearchType,
	body: SearchBody,
	deadline: Date,
) {
	const started = performance.now();
	const found = await searchItems(ports, userId, {
		...limitsOf(body),
		query: body.query,
		searchType,
		strict: body.strict,
		timeZone: body.time_zone ?? undefined,
	});
	const retrievalMs = performance.now() - started;
	const { hits, emptyReason } = found;
	const notices = emptyReason ? [...found.notices, emptyReason] : found.notices;
	const answer = body.include_answer
		? await answerQuestion(ports, userId, {
				question: body.query,
				hits,
				byMeaning: searchType === "vector",
				model: body.answer_model || undefined,
				deadline,
			})
		: unanswered(null);
	return { hits, notices, answer, retrievalMs, reasoning: [], toolsUsed: [] };
}
