import type { FusionWeights } from "#core/ports/index.ts";
import { type Sql, sql } from "../sql.ts";
import { meantStep, type SearchScope } from "./search-scope.ts";
import { matched, snippetText, type TextSearch, textSteps } from "./text.ts";
import { type VectorSearch, vectorSteps } from "./vector.ts";

/*
 * The three statements of a search: one retriever, or both and the fusion of their results. Only the hits, at most 50, are
 * joined with their items.
 */

interface HitOptions {
	topK: number;
	offset: number;
	/** Adds a snippet to each hit. */
	explain: boolean;
}

export const textStatement = (
	scope: SearchScope,
	search: TextSearch,
	{ topK, offset, explain }: HitOptions,
) => sql`with ${meantStep(scope)}${textSteps(scope, search)}
	select ${shown}, score, rank::int as text_rank, score as text_score, is_strong, ${matched}, ${snippetText(explain)}
	from (select * from text_results order by rank limit (select ${topK}::int) offset (select ${offset}::int)) as hits ${documentsOfHits}
	where documents.user_id = ${scope.user}
	order by rank`;

export const vectorStatement = (
	scope: SearchScope,
	search: VectorSearch,
	{ topK, offset }: Omit<HitOptions, "explain">,
) => sql`with ${meantStep(scope)}${vectorSteps(scope, search)}
	select ${shown}, similarity as score, rank::int as vector_rank, similarity, is_strong
	from (select * from vector_results order by rank limit (select ${topK}::int) offset (select ${offset}::int)) as hits ${documentsOfHits}
	where documents.user_id = ${scope.user}
	order by rank`;

export const hybridStatement = (
	scope: SearchScope,
	search: { text: TextSearch; vector: VectorSearch; weights: FusionWeights },
	{ topK, offset, explain }: HitOptions,
) => sql`with ${meantStep(scope)}${textSteps(scope, search.text)}, ${vectorSteps(scope, search.vector)}, fused_results as materialized (${fusedResults(search.weights, topK, offset)}
	)
	select ${shown}, fused_score as score, text_rank::int, text_score, text_share,
	  vector_rank::int, similarity, vector_share, is_strong, ${matched}, ${snippetText(explain)}
	from fused_results ${documentsOfHits}
	where documents.user_id = ${scope.user}
	order by fused_score desc, item_id`;

const shown = sql`item_id, mime_type, documents.category, headline, summary, documents.analysis_id,
	  items.placeholder, items.width, items.height`;

const documentsOfHits = sql`join documents using (item_id) join items on items.id = documents.item_id and items.user_id = documents.user_id`;

/**
 * fused_results: the best hits by a weighted sum of both scores. An item that the vector retriever did not compare counts as the
 * least similar of those that it did.
 *
 * - item_id, text_rank, text_score, vector_rank, similarity: null where the retriever did not find it
 * - text_share, vector_share: weight * score
 * - fused_score: the sum of the shares
 */
function fusedResults({ text, vector }: FusionWeights, topK: number, offset: number): Sql {
	return sql`
	  select *, text_share + vector_share as fused_score
	  from (
	    select item_id, text_results.rank as text_rank, text_results.score as text_score, vector_results.rank as vector_rank, similarity,
	      coalesce(text_results.is_strong, false) or coalesce(vector_results.is_strong, false) as is_strong,
	      ${text}::float8 * coalesce(text_results.score, 0) as text_share,
	      ${vector}::float8 * coalesce(similarity, (select min_similarity from similarity_level), 0) as vector_share
	    from text_results full join vector_results using (item_id)
	  ) as shares
	  order by fused_score desc, item_id
	  limit (select ${topK}::int) offset (select ${offset}::int)`;
}
