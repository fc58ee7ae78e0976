import type { ModelUsage } from "../items/analysis.ts";
import type { FusionWeights } from "./search.ts";

/** The length of every embedding vector. */
export const embeddingDimensions = 1024;

/** A model that places text in the search space. */
export interface Embedder {
	readonly model: string;
	/** How much each leg of a hybrid search counts with this model's vectors. */
	readonly fusionWeights: FusionWeights;
	/**
	 * The cosine similarity that the best hit must have, where a search names no threshold of its own: below it the
	 * collection has nothing of the kind. 0 where no queries with this model's vectors were there to fit it on.
	 */
	readonly answerabilityThreshold: number;
	/**
	 * Whether a search of a large collection compares with every cell: what answers a query lies apart from the items
	 * that are like it.
	 */
	readonly exhaustive: boolean;
	/**
	 * One unit vector of 1024 numbers a text, before the deadline.
	 * @throws ModelFailure `embedding_unavailable`, `provider_not_configured`, `model_not_found`
	 */
	embed(
		texts: string[],
		inputType: "document" | "query",
		options: { deadline: Date },
	): Promise<Embedded>;
}

export interface Embedded {
	vectors: Float32Array[];
	/** One entry for each call that was answered. */
	usage: ModelUsage[];
}
