import { ModelFailure } from "../errors.ts";
import type { Hit, Ports, SearchLimits, SearchOptions, TextQuery, VectorQuery } from "../ports/index.ts";
import { markNegations, withoutNegations } from "./negation.ts";
import type { SearchType } from "./search-types.ts";
import { explainUnknownCategory } from "./unknown-category.ts";
import { contentWords } from "./words.ts";

export interface SearchRequest extends SearchLimits {
	query: string;
	searchType: SearchType;
	/** Adds the matching piece of text to each hit. @default false */
	explain?: boolean;
	/** Hits before the first, at most 150. @default 0 */
	offset?: number;
	/** The last word is the beginning of one; only of a search by words. @default false */
	prefix?: boolean;
	/** Gives strong hits only. @default false */
	strict?: boolean;
	/** IANA name of where the person is: "yesterday" depends on it. @default "UTC" */
	timeZone?: string;
}

export interface SearchResult {
	/** Best first. */
	hits: Hit[];
	/** Sentences for the person about how the search was made. */
	notices: string[];
	/** A sentence for the person that says why there are no strong hits; null where there are. */
	emptyReason: string | null;
	/** The same where the reason is that no item has the category; else null. */
	unknownCategory: string | null;
}

/** Limits the wait for the query's vector. */
const maxEmbeddingMs = 8_000;

/**
 * Finds a person's items, best first, or says why there are none. The query is embedded before the database is
 * called, never inside a transaction. A hybrid search falls back to words while the embedding model is unavailable.
 * @throws ModelFailure of the embedding model: any in a search by vectors, in a hybrid one those that no retry resolves
 */
export async function searchItems(
	ports: Pick<Ports, "search" | "embedder" | "vectorIndex" | "items">,
	userId: string,
	request: SearchRequest,
): Promise<SearchResult> {
	const { topK, offset, category, filter, explain, strict = false, timeZone } = request;
	const { text: query, negations } = markNegations(request.query);
	const options: SearchOptions = { topK, offset, category, filter, explain };
	const text: TextQuery = {
		text: query,
		minScore: request.minRelevance,
		prefix: request.prefix,
		clock: { now: new Date(), ...(timeZone && { timeZone }) },
	};
	const result = async (found: Hit[], ...notices: string[]): Promise<SearchResult> => {
		const strong = found.filter(isStrong);
		const hits = strict ? strong : found;
		const asked = category ?? filter?.category;
		const unknownCategory =
			asked === undefined || hits.length > 0 ? null : await explainUnknownCategory(ports, userId, asked);
		return {
			hits,
			notices: [...notices, ...negationNotices(negations), ...correctionNotices(hits)],
			emptyReason: strong.length > 0 ? null : (unknownCategory ?? explainNoStrongHits(request, query, hits)),
			unknownCategory,
		};
	};

	if (request.searchType === "bm25") {
		return result(await ports.search.byText(userId, text, options));
	}
	let vector: VectorQuery;
	try {
		vector = await embedQuery(ports, userId, { ...request, query: withoutNegations(query) || query });
	} catch (error) {
		if (request.searchType === "vector" || !isTemporary(error)) throw error;
		return result(await ports.search.byText(userId, text, options), `Searched by words only: ${error.message}`);
	}
	const weights = ports.embedder.fusionWeights;
	const hits = await (request.searchType === "vector"
		? ports.search.byVector(userId, vector, options)
		: ports.search.hybrid(userId, { text, vector, weights }, options));
	const isByVector = hits.some(({ vectorRank }) => vectorRank);
	return result(hits, ...(isByVector ? [] : await staleVectorNotices(ports, userId)));
}

/** True for a hit that has enough of the query to be an answer. */
export const isStrong = ({ match = "strong" }: Hit) => match === "strong";

/** A page after the first says nothing about those before it. */
function explainNoStrongHits(request: SearchRequest, query: string, hits: Hit[]): string | null {
	const isFirstPage = !request.offset;
	if (hits.length > 0) return isFirstPage ? onlyWeakHits : null;
	return isFirstPage ? explainNoHits(request, query) : "There are no further results.";
}

const onlyWeakHits = "Nothing matches well: what follows is near to the query.";

const negationNotices = (negations: string[]) =>
	negations.length > 0
		? [`Left out what has ${negations.map((mark) => mark.slice(1)).join(" or ")} (as ${negations.join(" ")}).`]
		: [];

/** Says once for each word what was looked for instead. */
function correctionNotices(hits: Hit[]): string[] {
	const corrected = new Map<string, Set<string>>();
	for (const { word, misspelt, corrected_to } of hits.flatMap(({ matched = [] }) => matched)) {
		if (misspelt && corrected_to) corrected.set(word, (corrected.get(word) ?? new Set()).add(corrected_to));
	}
	return [...corrected].map(
		([word, read]) => `No item has "${word}": looked for ${[...read].map((each) => `"${each}"`).join(" or ")}.`,
	);
}

/** Explains to the person why vectors found nothing, where the collection was embedded by a model no longer in use. */
async function staleVectorNotices(
	{ vectorIndex, embedder }: Pick<Ports, "vectorIndex" | "embedder">,
	userId: string,
): Promise<string[]> {
	const { model } = embedder;
	const { items, stale } = await vectorIndex.status(userId, model);
	return stale === 0
		? []
		: [
				`Of your ${items} items ${stale} can be found by words only: their vectors are not of the model in use, ${model}. POST /vector-index/rebuild makes them anew.`,
			];
}

async function embedQuery(
	{ embedder }: Pick<Ports, "embedder">,
	userId: string,
	{ query, minSimilarity }: SearchRequest,
): Promise<VectorQuery> {
	const {
		vectors: [vector],
	} = await embedder.embed([query], "query", {
		deadline: new Date(Date.now() + maxEmbeddingMs),
		userId,
	});
	if (!vector) throw new Error(`${embedder.model} embedded nothing.`);
	const { model, answerabilityThreshold, exhaustive } = embedder;
	return { model, vector, minSimilarity, answerabilityThreshold, exhaustive };
}

/** A provider recovers by itself; a wrong setting does not, and whoever runs the environment must see the error. */
export function isTemporary(error: unknown): error is ModelFailure {
	return error instanceof ModelFailure && error.code === "embedding_unavailable";
}

const hasWord = (text: string) => /[\p{L}\p{N}]/u.test(text);

function explainNoHits(request: SearchRequest, query: string): string {
	const where = request.category ? `the category "${request.category}"` : "your collection";
	if (!hasWord(query)) {
		return "Nothing was found: the query has no word to look for.";
	}
	const included = withoutNegations(query);
	if (!hasWord(included)) {
		return "Nothing was found: the query only says what to leave out. Add a word to look for.";
	}
	if (contentWords(included).size === 0) {
		return "Nothing was found: the query has only words that are in every text. Add one that tells what you look for.";
	}
	if (request.filter && Object.keys(request.filter).length > 0) {
		return `Nothing was found: no item that the filters leave of ${where} has enough of the query. Other words may help, or fewer filters.`;
	}
	const limits = [
		request.minRelevance !== undefined && "min_relevance_score",
		request.minSimilarity !== undefined && "min_similarity_score",
	].filter((name) => name);
	return limits.length > 0
		? `Nothing was found: nothing in ${where} reaches ${limits.join(" or ")}.`
		: `Nothing was found: too little of the query is in any item of ${where}. Other words may help, or fewer.`;
}
