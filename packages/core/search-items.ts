import type { Hit, Ports } from "./ports.ts";

/** By words, by meaning, or by both. */
export const searchTypes = ["bm25", "vector", "hybrid"] as const;
export type SearchType = (typeof searchTypes)[number];

export interface SearchRequest {
	query: string;
	searchType: SearchType;
	/** 1 to 50. */
	topK: number;
	category?: string;
	/** The least score of a match by words. */
	minRelevance?: number;
	/** The least cosine similarity of a match by meaning, -1 to 1. */
	minSimilarity?: number;
}

/** What a search found. */
export interface Found {
	/** Best first. */
	hits: Hit[];
	/** What the person should know about how it was found, a sentence each. */
	notices: string[];
}

/** A search waits no longer for its query's vector. */
const longestEmbeddingMs = 8_000;

/** Finds a person's items, best first. The query is embedded before the database is asked, never inside. */
export async function searchItems(
	{ search, embedder }: Pick<Ports, "search" | "embedder">,
	userId: string,
	request: SearchRequest,
): Promise<Found> {
	const { query, searchType, topK, category } = request;
	const options = { topK, category };
	const text = { text: query, minScore: request.minRelevance };
	const found = async (hits: Promise<Hit[]>) => ({
		hits: await hits,
		notices: [],
	});
	if (searchType === "bm25") {
		return found(search.byText(userId, text, options));
	}

	const {
		vectors: [embedded],
	} = await embedder.embed([query], "query", {
		deadline: new Date(Date.now() + longestEmbeddingMs),
	});
	if (!embedded) throw new Error(`${embedder.model} embedded nothing.`);
	const vector = {
		model: embedder.model,
		vector: embedded,
		minSimilarity: request.minSimilarity,
	};
	if (searchType === "vector") {
		return found(search.byVector(userId, vector, options));
	}
	return found(
		search.hybrid(
			userId,
			{ text, vector, weights: embedder.fusionWeights },
			options,
		),
	);
}
