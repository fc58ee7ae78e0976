import type { ImageType } from "../items/item.ts";

export interface SearchOptions {
	/** 1 to 50. */
	topK: number;
	category?: string;
	/** Whether hits have their snippet, which reads the text itself. @default false */
	explain?: boolean;
}

/** Bounds the hits of a search. A model that searches may narrow them and never widens them. */
export interface SearchLimits {
	/** 1 to 50. */
	topK: number;
	category?: string;
	/** The lowest score of a match by words. @default the answerability threshold of `TextQuery` */
	minRelevance?: number;
	/** The lowest cosine similarity of a match by meaning, -1 to 1. @default the answerability threshold of `VectorQuery` */
	minSimilarity?: number;
}

/**
 * Words in any order, phrases in quotes, `-word` for what must not be there. A word that no document has is taken
 * for the most similar one.
 */
export interface TextQuery {
	text: string;
	/** 0 to 1. @default a gate: nothing, unless enough of what the words weigh speaks for one document */
	minScore?: number;
}

export interface VectorQuery {
	model: string;
	/** 1024 numbers of unit length. */
	vector: Float32Array;
	/** Cosine similarity, -1 to 1. @default a gate: nothing, unless the best hit has `answerabilityThreshold` */
	minSimilarity?: number;
	/** What the best hit must have at the gate; every other one half of it. @default 0 */
	answerabilityThreshold?: number;
	/** As the embedder's. @default false */
	exhaustive?: boolean;
}

/** A word of the query, where a hit has it. */
export interface MatchedWord {
	/** As it was asked for. */
	word: string;
	field: "headline" | "summary" | "labels" | "extracted_text";
	/** The stem it was taken for, where no document has the word itself. */
	corrected_to?: string;
}

export interface Hit {
	itemId: string;
	mimeType: ImageType;
	score: number;
	category: string;
	headline: string;
	summary: string;
	analysisId: string;
	/** Ranks, from 1, in each leg of a hybrid search; null where the leg did not find it. */
	textRank?: number | null;
	vectorRank?: number | null;
	/** What each leg measured: 0 to 1, and the cosine similarity. */
	textScore?: number | null;
	similarity?: number | null;
	/** What each leg gave to the score of a hybrid search. */
	textShare?: number;
	vectorShare?: number;
	/** In the order of the fields; none in a search by vectors alone. */
	matched?: MatchedWord[];
	/** The piece of the text with the words. Only where it is asked for. */
	snippet?: string;
}

/** Finds items of one user, best first. */
export interface Search {
	byText(
		userId: string,
		query: TextQuery,
		options: SearchOptions,
	): Promise<Hit[]>;
	byVector(
		userId: string,
		query: VectorQuery,
		options: SearchOptions,
	): Promise<Hit[]>;
	/** Reciprocal rank fusion of both in one statement. */
	hybrid(
		userId: string,
		query: { text: TextQuery; vector: VectorQuery; weights: FusionWeights },
		options: SearchOptions,
	): Promise<Hit[]>;
}

export interface FusionWeights {
	vector: number;
	text: number;
}
