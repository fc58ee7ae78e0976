import type { Embedder } from "#core/ports/index.ts";
import type { SearchParameters } from "#postgres/search/search.ts";

/** Everything that a search can be tuned by. */
export interface SearchSettings {
	search: SearchParameters;
	embedder: Pick<Embedder, "fusionWeights" | "answerabilityThreshold">;
}

/** Remembers the vector of each query: a sweep asks for the same ones many times. */
export function remembering(embedder: Embedder): Embedder {
	const remembered = new Map<string, ReturnType<Embedder["embed"]>>();
	return {
		...embedder,
		embed(texts, inputType, options) {
			if (inputType !== "query") return embedder.embed(texts, inputType, options);
			const key = JSON.stringify(texts);
			const embedded = remembered.get(key) ?? embedder.embed(texts, inputType, options);
			remembered.set(key, embedded);
			return embedded;
		},
	};
}
