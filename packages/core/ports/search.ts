import type { ImageType } from "../item.ts";

export interface SearchOptions {
	/** 1 to 50. */
	topK: number;
	category?: string;
}

export interface TextQuery {
	text: string;
	minScore?: number;
}

export interface VectorQuery {
	model: string;
	/** 1024 numbers of unit length. */
	vector: Float32Array;
	/** Cosine similarity, -1 to 1. */
	minSimilarity?: number;
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
