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
	return sql`${nearestCodeSteps({
		...scope,
		model,
		vector,
		hits: sql`${search.topK}::int`,
		// The nearest partitions may have few of the items that a filter leaves.
		exhaustive: sql`(select ${(search.exhaustive ?? false) || scope.meant !== null}::boolean)`,
		where: scope.isMeant,
	})}, compared_vectors as materialized (${comparedVectors(scope, model, vector, search.excluded)}
	), similarity_level as materialized (${similarityLevel(scope)}
	), vector_results as materialized (${vectorResults(search)}
	)`;
}

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
 * similarity_level: one row, what the similarities of the compared items are like. Median and lower half tell, which hits do
 * not change, however many they are. Where the nearest of more items were compared, both are quantiles of all items as
 * these quantiles would be if similarities were distributed normally.
 *
 * - min_similarity: the lowest
 * - distinct_similarity: from which on a hit stands out
 */
function similarityLevel({ user, parameters }: SearchScope): Sql {
	const minDeviations = sql`least(${constant(parameters.minDeviations)}, (compared - 1) / 4)`;
	return sql`
	  select min_similarity, middle + (${minDeviations} - ${deviationsAbove(0.5)}) * (middle - lower) / (${deviationsAbove(0.5)} - ${deviationsAbove(0.84)}) as distinct_similarity
	  from (
	    select min_similarity, middle, lower, compared, compared / case when compared < ${constant(parameters.rerank.max)} then compared else greatest(compared, items) end as share
	    from (
	      select min(similarity) as min_similarity, percentile_cont(0.5) within group (order by similarity) as middle,
	        percentile_cont(0.16) within group (order by similarity) as lower, count(*)::float8 as compared,
	        (select coalesce(max(documents), 0) from words where user_id = ${user} and lexeme = '') as items
	      from compared_vectors
	    ) as quantiles
	    where compared > 0
	  ) as quantiles_of_all`;
}

/** How many deviations above the mean of all items the one is that this part of the compared ones is above: the normal quantile, as Tukey's lambda gives it. */
const deviationsAbove = (part: number) =>
	sql`((1 - ${constant(part)} * share) ^ 0.135 - (${constant(part)} * share) ^ 0.135) / 0.1975`;

/**
 * vector_results: the compared items by rank. A strong one has the model's answerability threshold, and stands out from the
 * others: in a large collection something is always a little near. `minSimilarity` replaces both and leaves out every
 * other item.
 *
 * - item_id, similarity
 * - rank: from 1
 * - is_strong
 */
function vectorResults(search: VectorSearch): Sql {
	const minimum = sql`(select ${search.minSimilarity ?? null}::float8)`;
	const threshold = sql`(select ${search.answerabilityThreshold ?? 0}::float8)`;
	return sql`
	  select item_id, similarity, row_number() over (order by similarity desc, item_id) as rank,
	    ${minimum} is not null or similarity >= greatest(${threshold}, (select distinct_similarity from similarity_level)) as is_strong
	  from compared_vectors
	  where ${minimum} is null or similarity >= ${minimum}`;
}
