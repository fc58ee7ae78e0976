import { quoteLexeme } from "#text/lexeme.ts";
import { constant, type Sql, sql } from "../sql.ts";
import { anyOf, type KnownQuery, termQueries } from "./query-terms.ts";
import type { SearchScope } from "./search-scope.ts";

/** The text retriever's input. */
export interface TextSearch extends KnownQuery {
	/** Replaces the answerability threshold: hits with a lower score are left out, all others are strong. */
	minScore: number | null;
}

/**
 * The text retriever: documents ranked by words, from the query to `text_results`. docs/search.md follows one query
 * through these steps. Values computed from the query stand in sub-selects: a kept plan would compute them for every row.
 */
export function textSteps(scope: SearchScope, search: TextSearch): Sql {
	return sql`
	query_lexemes as materialized (${queryLexemes(search)}
	), candidates as materialized (${candidates(scope, search)}
	), weighted_candidates as (${weightedCandidates(scope, search)}
	), text_results as materialized (${textResults(scope, search)}
	)`;
}

/**
 * query_lexemes: the lexemes of the person's documents that stand for a term of the query.
 *
 * - term: its number
 * - lexeme: as a tsquery
 * - idf: of the term
 * - similarity: how surely the lexeme means the term, 0 to 1
 */
function queryLexemes({ terms }: TextSearch): Sql {
	const lexemes = terms.flatMap(({ idf, lexemes }, term) =>
		lexemes.map(({ lexeme, similarity }) => ({ term, lexeme, idf, similarity })),
	);
	return sql`
	  select term, lexeme::tsquery, idf, similarity
	  from unnest((select ${lexemes.map(({ term }) => term)}::int[]), (select ${lexemes.map(({ lexeme }) => quoteLexeme(lexeme))}::text[]),
	    (select ${lexemes.map(({ idf }) => idf)}::float8[]), (select ${lexemes.map(({ similarity }) => similarity)}::float8[])
	  ) as lexemes (term, lexeme, idf, similarity)`;
}

/** A tsquery as a scalar; null for none. */
const tsquery = (query: string | null) => sql`(select nullif(${query ?? ""}::text, '')::tsquery)`;

/**
 * candidates: the documents that are ranked. `ts_delete` of nothing unpacks `search` once, where each reading would
 * decompress it.
 *
 * - item_id
 * - search: the document's tsvector
 */
function candidates(
	{ user, category, isMeant, parameters }: SearchScope,
	{ terms, phrases, excluded }: TextSearch,
): Sql {
	const maxCandidates = constant(parameters.maxCandidates);
	const { allTermsFirst, rareOrPairedTerms } = termQueries(terms, parameters.maxCandidates);
	const allTerms = tsquery(allTermsFirst);
	const isAllowed = sql`(${tsquery(phrases)} is null or search @@ ${tsquery(phrases)}) and (${tsquery(excluded)} is null or not search @@ ${tsquery(excluded)})
	    and (${category} is null or lower(category) = ${category}) and ${isMeant}`;
	return sql`
	  (select item_id, ts_delete(search, '') as search from documents
	  where user_id = ${user} and search @@ ${allTerms} and ${isAllowed}
	  limit ${maxCandidates})
	  union all
	  (select item_id, ts_delete(search, '') from documents
	  where user_id = ${user} and search @@ ${tsquery(rareOrPairedTerms)} and ${isAllowed}
	    and (${allTerms} is null or not search @@ ${allTerms})
	  limit ${maxCandidates})
	  limit ${maxCandidates}`;
}

/** For `ts_rank`: of the tsvector's labels D, C, B and A. */
function fieldWeights({ parameters: { weights } }: SearchScope): Sql {
	const { extractedText, labels, summary, headline } = weights;
	return sql`'{${constant(extractedText)}, ${constant(labels)}, ${constant(summary)}, ${constant(headline)}}'::float4[]`;
}

/**
 * weighted_candidates: the candidates with their evidence: BM25F, for `ts_rank` saturates as that does with k1 = 0.65.
 *
 * - item_id, search
 * - matched_terms: how many the document has
 * - coverage: the weight of these, as a share of the query's
 * - evidence: the same, each term times its `ts_rank`: the fields it is in, and how often
 */
function weightedCandidates(scope: SearchScope, { terms }: TextSearch): Sql {
	const total = sql`(select ${Math.max(
		Number.EPSILON,
		terms.reduce((sum, { idf }) => sum + idf, 0),
	)}::float8)`;
	return sql`
	  select item_id, search, matched_terms, covered / ${total} as coverage, evidence / ${total} as evidence
	  from candidates, lateral (
	    select count(*) as matched_terms, sum(covered) as covered, sum(evidence) as evidence
	    from (
	      select max(idf * similarity) as covered, max(idf * similarity * field_rank) as evidence
	      from (
	        select term, idf, similarity, ts_rank(${fieldWeights(scope)}, search, lexeme)::float8 as field_rank from query_lexemes
	      ) as ranked_lexemes
	      where field_rank > 0
	      group by term
	    ) as ranked_terms
	  ) as matches`;
}

/**
 * text_results: the candidates by rank. A share of the evidence depends on how near to each other the words stand.
 *
 * - item_id, coverage
 * - score: 0 to 1
 * - rank: from 1
 * - is_strong: true if the document has enough of the query to be an answer
 */
function textResults(scope: SearchScope, { terms, minScore }: TextSearch): Sql {
	const { parameters: p } = scope;
	const minimum = sql`(select ${minScore}::float8)`;
	const proximity = sql`${constant(p.proximity)}::float8`;
	const known = terms.filter(({ lexemes }) => lexemes.length > 0);
	const together = tsquery(known.map(({ lexemes }) => anyOf(lexemes)).join(" & "));
	return sql`
	  select *, row_number() over (order by score desc, item_id) as rank,
	    ${minimum} is not null or coverage >= ${constant(p.minStrongCoverage)} as is_strong
	  from (
	    select item_id, coverage, evidence * case when matched_terms < 2 then 1
	      else 1 - ${proximity} + ${proximity} * ts_rank(${fieldWeights(scope)}, search, ${together}) end as score
	    from weighted_candidates
	  ) as scored
	  where ${minimum} is null or score >= ${minimum}`;
}

/** A condition on a row of `documents`: it has a word that the query excludes. */
export const hasExcludedWord = (excluded: string) => sql`search @@ ${tsquery(excluded)}`;

/** A hit's column: the terms it has, field by field, each by the number it has in the query. */
export const matched = sql`(
	    select json_agg(json_build_object('term', term, 'field', field, 'lexeme', lexeme, 'similarity', similarity) order by label, term, similarity desc)
	    from query_lexemes, unnest('{A,B,C,D}'::text[], '{headline,summary,labels,extracted_text}'::text[]) as fields (label, field)
	    where search @@ (lexeme::text || ':' || label)::tsquery
	  ) as matched`;

/** A hit's column: the text that a snippet is cut from, read only on demand. */
export const snippetText = (explain: boolean) => sql`case when ${explain}
	  then left(concat_ws(E'\n', headline, summary, nullif(documents.note, ''), extracted_text, labels), 20000) end as snippet_text`;
