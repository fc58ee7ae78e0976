import { z } from "@hono/zod-openapi";
import { resolveAlbum } from "#core/albums/smart-items.ts";
import { answerQuestion, unanswered } from "#core/chat/answer-question.ts";
import { text } from "#core/input-fields.ts";
import { filterOf, itemFilterFields } from "#core/items/filter-fields.ts";
import { type Hit, type ItemFilter, maxSearchOffset, type Ports } from "#core/ports/index.ts";
import { agenticSearch } from "#core/search/agentic-search.ts";
import { groupDuplicates } from "#core/search/group-duplicates.ts";
import { isStrong, searchItems } from "#core/search/search-items.ts";
import type { SearchType } from "#core/search/search-types.ts";
import { modelGone, notFound, providerOff } from "../http/error-responses.ts";
import { inField } from "../http/in-field.ts";
import type { Charge } from "../http/rate-limiter.ts";
import type { RegisterRoutes } from "../http/route-module.ts";
import { guarded, json, noQuery, requiredBody } from "../http/routing.ts";
import { answerFields, presentAnswer } from "../presenters/answer.ts";
import { presentHit, searchResult } from "../presenters/hit.ts";
import { routes } from "./table.ts";

const maxTopK = 50;

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

/** `category_filter` is the list's `category`. */
const { category: _, ...filters } = itemFilterFields.shape;

export const searchRequest = z
	.strictObject({
		...filters,
		query: text(1_000).trim().min(1),
		search_type: searchType.default("hybrid"),
		top_k: z.int().min(1).max(maxTopK).default(10),
		offset: z.int().min(0).max(maxSearchOffset).default(0).openapi({
			description:
				"Results before the first; not with `agentic` or `group_by`. A page with fewer than `top_k` results is the last; counts and notices are of the page.",
		}),
		prefix: z.boolean().default(false).openapi({
			description:
				"True for a search while somebody types: the last word is the beginning of one. With `bm25` alone; ask for no answer.",
		}),
		group_by: z.enum(["duplicate"]).nullish().openapi({
			description: "`duplicate`: of near-duplicates the best alone, with the ids of the others in `duplicates`.",
		}),
		category_filter: text(100).nullish().openapi({ description: "A category in any case." }),
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
	.refine(({ prefix, search_type }) => !prefix || searchTypes[search_type] === "bm25", {
		path: ["prefix"],
		error: "Is for the search type bm25 alone",
	})
	.refine(({ offset, search_type, group_by }) => offset === 0 || (search_type !== "agentic" && !group_by), {
		path: ["offset"],
		error: "Does not go with agentic, nor with group_by",
	})
	.openapi("SearchRequest");

const searchResponse = z
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
export function chargeOf(body: unknown): Charge {
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
		request: { query: noQuery, body: requiredBody(searchRequest) },
		responses: {
			...notFound,
			200: json("The items found, best first.", searchResponse),
			501: providerOff,
			502: modelGone,
		},
	},
	chargeOf,
);

/** Measured from the request's beginning; the rest of the 26 seconds is for running work. */
const answeredAfterMs = 20_000;

type SearchPorts = Pick<
	Ports,
	"search" | "similar" | "embedder" | "vectorIndex" | "analyses" | "items" | "profiles" | "chat" | "objects" | "albums"
>;

/** Serves searches over a person's items. */
export const register: RegisterRoutes = (app, ports) => {
	app.openapi(search, async (c) => c.json(await answerSearch(ports, c.get("userId"), c.req.valid("json")), 200));
};

/** Tells a stream of a search before its answer. */
interface SearchProgress {
	onStep(text: string): void;
	onResults(results: z.output<typeof searchResult>[]): void;
	/** Gets the verified part of the answer so far. */
	onVerified(text: string): void;
	/** Aborts when nobody waits for the answer any more. */
	closed: AbortSignal;
}

/** Answers a search. @param progress gets the steps and the results as they come */
export async function answerSearch(
	ports: SearchPorts,
	userId: string,
	body: SearchBody,
	progress?: SearchProgress,
): Promise<z.output<typeof searchResponse>> {
	const type = searchTypes[body.search_type];
	const deadline = new Date(Date.now() + answeredAfterMs);
	const started = performance.now();
	// With the stemmers, which not every search needs here.
	const places = () => import("#core/search/place-matches.ts");
	const present = async (hits: Hit[]) => {
		const boxes = body.explain
			? await (await places()).placeMatches(ports, userId, hits, body.prefix ? body.query : undefined)
			: null;
		const scoredAs = type === "agentic" ? "hybrid" : type;
		const results = await Promise.all(
			hits.map((hit, at) =>
				presentHit(ports, userId, hit, body.offset + at + 1, scoredAs, {
					explain: body.explain,
					boxes: boxes ? (boxes.get(hit.itemId) ?? []) : undefined,
				}),
			),
		);
		progress?.onResults(results);
		return results;
	};
	const found = await (type === "agentic"
		? byAgent(ports, userId, body, deadline, present, progress)
		: bySearch(ports, userId, type, body, deadline, present, progress)
	).catch((error) => {
		throw inField(error, { provider_not_available: "body.answer_model", model_not_found: "body.answer_model" });
	});
	const { hits, notices, answer, retrievalMs } = found;
	const { citations } = answer;
	const placed = citations.length > 0 ? await (await places()).placeCitations(ports, userId, hits, citations) : [];
	return {
		query: body.query,
		search_type: body.search_type,
		results: found.results,
		total_results: hits.filter(isStrong).length,
		weak_results: hits.filter((hit) => !isStrong(hit)).length,
		notices,
		...presentAnswer(answer, placed),
		retrieval_time_ms: Math.round(retrievalMs),
		answer_time_ms: body.include_answer ? Math.round(performance.now() - started - retrievalMs) : null,
		agent_reasoning: found.reasoning,
		tools_used: found.toolsUsed,
	};
}

type SearchBody = z.output<typeof searchRequest>;
type Present = (hits: Hit[]) => Promise<z.output<typeof searchResult>[]>;

/** Absent where the request has none: a search of everything has a statement of its own. */
async function filterIn(
	ports: SearchPorts,
	userId: string,
	{ status, from, to, tag, favorite, album, provider, risk }: SearchBody,
): Promise<{ filter?: ItemFilter }> {
	const filter = filterOf({ status, from, to, tag, favorite, album, provider, risk });
	const isGiven = Object.values(filter).some((value) => value !== undefined);
	return isGiven ? { filter: await resolveAlbum(ports, userId, filter) } : {};
}

const limitsOf = async (ports: SearchPorts, userId: string, body: SearchBody) => ({
	topK: body.group_by ? Math.min(2 * body.top_k, maxTopK) : body.top_k,
	category: body.category_filter || undefined,
	...(await filterIn(ports, userId, body)),
	minRelevance: body.min_relevance_score ?? undefined,
	minSimilarity: body.min_similarity_score ?? undefined,
	explain: body.explain,
});

/** Near-duplicates take places of the hits that were asked for: twice as many are looked for. */
const groupedHits = async (ports: SearchPorts, userId: string, { group_by, top_k }: SearchBody, hits: Hit[]) =>
	group_by ? (await groupDuplicates(ports, userId, hits)).slice(0, top_k) : hits;

async function byAgent(
	ports: SearchPorts,
	userId: string,
	body: SearchBody,
	deadline: Date,
	present: Present,
	progress: SearchProgress | undefined,
) {
	const [{ timeZone, language }, limits] = await Promise.all([
		ports.profiles.find(userId),
		limitsOf(ports, userId, body),
	]);
	const found = await agenticSearch(ports, userId, {
		...limits,
		person: { timeZone: body.time_zone ?? timeZone, language },
		question: body.query,
		model: body.answer_model || undefined,
		deadline,
		signal: progress?.closed,
		onStep: progress?.onStep,
	});
	const { model, traceId, usage } = found.answer;
	const answer = body.include_answer ? found.answer : { ...unanswered(null), model, traceId, usage };
	const hits = await groupedHits(ports, userId, body, found.hits);
	return { ...found, hits, results: await present(hits), answer };
}

async function bySearch(
	ports: SearchPorts,
	userId: string,
	searchType: SearchType,
	body: SearchBody,
	deadline: Date,
	present: Present,
	progress: SearchProgress | undefined,
) {
	const started = performance.now();
	const found = await searchItems(ports, userId, {
		...(await limitsOf(ports, userId, body)),
		query: body.query,
		searchType,
		offset: body.offset,
		prefix: body.prefix,
		strict: body.strict,
		timeZone: body.time_zone ?? undefined,
	});
	const hits = await groupedHits(ports, userId, body, found.hits);
	const retrievalMs = performance.now() - started;
	const results = await present(hits);
	const { emptyReason } = found;
	const notices = emptyReason ? [...found.notices, emptyReason] : found.notices;
	const answer = body.include_answer
		? await answerQuestion(ports, userId, {
				question: body.query,
				hits,
				byMeaning: searchType === "vector",
				model: body.answer_model || undefined,
				deadline,
				signal: progress?.closed,
				onVerified: progress?.onVerified,
			})
		: unanswered(null);
	return { hits, results, notices, answer, retrievalMs, reasoning: [], toolsUsed: [] };
}
