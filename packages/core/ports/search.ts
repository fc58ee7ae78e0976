import type { ImageType } from "../items/item.ts";
import type { ItemFilter } from "./items.ts";

/** The maximum of hits that a search passes over. */
export const maxSearchOffset = 150;

export interface SearchOptions {
	/** 1 to 50. */
	topK: number;
	/** Hits before the first, at most 150. @default 0 */
	offset?: number;
	category?: string;
	/** The items that are looked through. @default all that are not in the trash */
	filter?: ItemFilter;
	/** Adds the snippet to hits, for which the text itself is read. @default false */
	explain?: boolean;
}

/** Bounds the hits of a search. A model that searches may narrow them and never widens them. */
export interface SearchLimits {
	/** 1 to 50. */
	topK: number;
	category?: string;
	filter?: ItemFilter;
	/** The lowest score of a match by words. @default the answerability threshold of `TextQuery` */
	minRelevance?: number;
	/** The lowest cosine similarity of a match by meaning, -1 to 1. @default the answerability threshold of `VectorQuery` */
	minSimilarity?: number;
}

/**
 * Words in any order, phrases in quotes, `-word` to exclude a word. A word that no document has is corrected to the
 * most similar one.
 */
export interface TextQuery {
	text: string;
	/** 0 to 1. @default the answerability threshold: no hits unless one document has enough of the words' weight */
	minScore?: number;
	/** The last word is the beginning of one: "boar" finds "boarding". @default false */
	prefix?: boolean;
	/** Today, where the person is: "last summer" depends on it. @default now, UTC */
	clock?: { now: Date; timeZone?: string };
}

export interface VectorQuery {
	model: string;
	/** 1024 numbers of unit length. */
	vector: Float32Array;
	/** Cosine similarity, -1 to 1: hits below are left out, all others are strong. @default none, and strong is what stands out */
	minSimilarity?: number;
	/** The minimum cosine similarity of a strong hit where `minSimilarity` is not set. @default 0 */
	answerabilityThreshold?: number;
	/** Reads every partition, as in `Embedder`. @default false */
	exhaustive?: boolean;
}

/** A word of the query, where a hit has it. */
export interface MatchedWord {
	/** As in the query. */
	word: string;
	field: "headline" | "summary" | "labels" | "extracted_text";
	/** The word that was found instead: a longer one, or where no document has the word itself one that resembles it. */
	corrected_to?: string;
	/** True where no document has the word itself. */
	misspelt?: true;
}

export interface Hit {
	itemId: string;
	mimeType: ImageType;
	score: number;
	/** Weak if too little of the query is in the item for it to be an answer. @default "strong", as in chats that are older */
	match?: "strong" | "weak";
	category: string;
	headline: string;
	summary: string;
	analysisId: string;
	/** A tile shows these before its thumbnail is loaded; absent in chats that are older. */
	placeholder?: string | null;
	width?: number | null;
	height?: number | null;
	/** Ranks, from 1, in each retriever of a hybrid search; null where the retriever did not find it. */
	textRank?: number | null;
	vectorRank?: number | null;
	/** The score of each retriever: 0 to 1, and the cosine similarity. */
	textScore?: number | null;
	similarity?: number | null;
	/** The part of each retriever in the score of a hybrid search. */
	textShare?: number;
	vectorShare?: number;
	/** In the order of the fields; none in a search by vectors alone. */
	matched?: MatchedWord[];
	/** The piece of the text with the words; only with `explain`. */
	snippet?: string;
}

/** Finds items of one user, best first. */
export interface Search {
	byText(userId: string, query: TextQuery, options: SearchOptions): Promise<Hit[]>;
	byVector(userId: string, query: VectorQuery, options: SearchOptions): Promise<Hit[]>;
	/** Both in one statement, by a weighted sum of their scores. */
	hybrid(
		userId: string,
		query: { text: TextQuery; vector: VectorQuery; weights: FusionWeights },
		options: SearchOptions,
	): Promise<Hit[]>;
}

/** The constant of reciprocal rank fusion, where an agent's searches are fused: rank r counts 1 / (rrfK + r). */
export const rrfK = 15;

export interface FusionWeights {
	vector: number;
	text: number;
}
