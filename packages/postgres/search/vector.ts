import type { VectorQuery } from "#core/ports/index.ts";
import { constant, type Sql, sql } from "../sql.ts";
import { halfvecBytes } from "./halfvec.ts";
import { nearestCodeSteps } from "./nearest-codes.ts";
import type { SearchScope } from "./search-scope.ts";
import { hasExcludedWord } from "./text.ts";

/** The vector retriever's input. */
export interface VectorSearch extends VectorQuery {
	topK: number;
	/** A tsquery of what no hit has, or "". @default none */
	excluded?: string;
}

/**
 * The vector retriever: from the query's vector to `vector_results`. The nearest 1-bit codes are found first, then
 * their vectors are compared exactly.
 */
export function vectorSteps(scope: SearchScope, search: VectorSearch): Sql {
	const model = sql`(select ${search.model}::text)`;
	const vector = sql`(select ${halfvecBytes(search.vector)}::halfvec)`;
	const hits = sql`${search.topK}::int`;
	return sql`${nearestCodeSteps({
		...scope,
		model,
		vector,
		hits,
		limit: comparedVectorsLimit(scope, hits),
		exhaustive: sql`(select ${search.exhaustive ?? false}::boolean)`,
	})}, compared_vectors as (${comparedVectors(scope, model, vector, search.excluded)}
	), vector_results as materialized (${vectorResults(scope, search)}
	)`;
}

/** Limits the vectors that are compared exactly: more for more hits, and in a larger collection. */
const comparedVectorsLimit = (
	{ user, parameters: { rerank } }: SearchScope,
	hits: Sql,
) => sql`(select least(${constant(rerank.max)}, ${constant(rerank.perHit)} * ${hits} + coalesce(max(documents), 0) / ${constant(rerank.itemsPerExtra)})
	    from words where user_id = ${user} and lexeme = '')`;

/**
 * compared_vectors: the nearest codes' items, each vector looked up by its key. As a join, the plan of a tenant of average
 * size would read all rows of a large one.
 *
 * - item_id
 * - similarity: cosine, -1 to 1
 */
function comparedVectors({ user }: SearchScope, model: Sql, vector: Sql, excluded?: string): Sql {
	const isExcluded =
		excluded === undefined
			? sql`false`
			: sql`((select ${excluded}::text) <> '' and exists (select from documents where documents.user_id = ${user}
	    and documents.item_id = nearest_codes.item_id and ${hasExcludedWord(excluded)}))`;
	return sql`
	  select nearest_codes.item_id, similarity
	  from nearest_codes, lateral (
	    select user_id, 1 - (embedding <=> ${vector}) as similarity
	    from embeddings
	    where item_id = nearest_codes.item_id and model = ${model}
	    offset 0
	  ) as exact
	  where user_id = ${user} and not ${isExcluded}`;
}

/**
 * vector_results: the nearest items by rank. A strong one has the model's answerability threshold, and stands out from the
 * others compared (of few, none can stand out far): in a large collection something is always a little near. `minSimilarity` replaces both and leaves
 * out every other item.
 *
 * - item_id, similarity
 * - rank: from 1
 * - is_strong
 */
function vectorResults({ parameters }: SearchScope, search: VectorSearch): Sql {
	const minimum = sql`(select ${search.minSimilarity ?? null}::float8)`;
	const threshold = sql`(select ${search.answerabilityThreshold ?? 0}::float8)`;
	return sql`
	  select item_id, similarity, row_number() over (order by similarity desc, item_id) as rank,
	    ${minimum} is not null or similarity >= greatest(${threshold}, mean + least(${constant(parameters.minDeviations)}, sqrt(compared) / 2) * deviation) as is_strong
	  from (
	    select *, avg(similarity) over () as mean, coalesce(stddev_pop(similarity) over (), 0) as deviation, count(*) over () as compared from compared_vectors
	  ) as measured
	  where ${minimum} is null or similarity >= ${minimum}
	  order by similarity desc, item_id
	  limit ${constant(parameters.fusionDepth)}`;
}
