import type { ModelUsage } from "../items/analysis.ts";
import type { FusionWeights } from "./search.ts";

/** The length of every embedding vector. */
export const embeddingDimensions = 1024;

/** An embedding model. */
export interface Embedder {
	readonly model: string;
	/** Weights of text score and similarity in a hybrid search with this model's vectors. */
	readonly fusionWeights: FusionWeights;
	/**
	 * The minimum cosine similarity of a strong hit, where a search names no threshold. 0 where it could not be fitted, for
	 * want of queries with this model's vectors.
	 */
	readonly answerabilityThreshold: number;
	/**
	 * Makes a search of a large collection read every partition, for a model whose query vectors lie apart from the
	 * items that answer them.
	 */
	readonly exhaustive: boolean;
	/**
	 * Returns one unit vector of 1024 numbers a text, before the deadline.
	 * @throws ModelFailure `embedding_unavailable`, `provider_not_configured`, `model_gone`
	 */
	embed(texts: string[], inputType: "document" | "query", options: EmbedOptions): Promise<Embedded>;
}

interface EmbedOptions {
	deadline: Date;
	/** Whose query it is: its vector may be kept for the same query of that person. @default it is kept for nobody */
	userId?: string;
}

interface Embedded {
	vectors: Float32Array[];
	/** One entry for each call that was answered. */
	usage: ModelUsage[];
}
