import { createHash } from "node:crypto";
import { optionalStore } from "#core/optional-store.ts";
import type { Embedder, QueryVectors } from "#core/ports/index.ts";

interface CachedQueriesOptions {
	seconds: number;
	/** Is told of each query whose vector was kept. */
	onHit: () => void;
	/** Is told why the vectors' store did not answer. The model embeds the query then. */
	onFailure: (error: unknown) => void;
}

/** Keeps the vectors of a person's queries: a provider embeds the same query once within their life, for all sandboxes. */
export function cachedQueries(
	embedder: Embedder,
	queryVectors: QueryVectors,
	{ seconds, onHit, onFailure }: CachedQueriesOptions,
): Embedder {
	const ask = optionalStore(onFailure);
	return {
		...embedder,
		async embed(texts, inputType, options) {
			const { userId } = options;
			if (!userId || inputType !== "query" || texts.length !== 1) return embedder.embed(texts, inputType, options);
			const key = createHash("sha256")
				.update(JSON.stringify([userId, embedder.model, ...texts]))
				.digest("hex");
			const known = await ask(() => queryVectors.find(userId, key));
			if (known) {
				onHit();
				return { vectors: [known], usage: [] };
			}
			const embedded = await embedder.embed(texts, inputType, options);
			for (const vector of embedded.vectors) await ask(() => queryVectors.keep(userId, key, vector, seconds));
			return embedded;
		},
	};
}
