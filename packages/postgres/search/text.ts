import { constant, type Sql, sql } from "../sql.ts";
import type { SearchParameters } from "./search-parameters.ts";
import type { SearchScope } from "./search-scope.ts";
import type { ParsedQuery } from "./text-query.ts";

/** The text retriever's input. */
export interface TextSearch extends ParsedQuery {
	/** Replaces the answerability threshold. */
	minScore: number | null;
}

/**
 * The text retriever: documents ranked by words, from the query to `text_results`. docs/search.md follows one query
 * through these steps. Values computed from the query stand in sub-selects: a kept plan would compute them for every row.
 */
export function textSteps(scope: SearchScope, search: TextSearch): Sql {
	return sql`
	terms as materialized (${terms(scope, search.words)}
	), term_queries as materialized (${termQueries(scope)}
	), candidates as materialized (${candidates(scope, search.excluded)}
	), weighted_candidates as (${weightedCandidates(scope, search.everyWord)}
	), scored_candidates as (${scoredCandidates(scope)}
	), thresholds as (${thresholds(scope)}
	), assessed_candidates as (${assessedCandidates}
	), text_results as materialized (${textResults(scope, search.minScore)}
	)`;
}

/**
 * Makes the pattern of all words that differ from a lexeme in one letter after the first: another, one more, one less, or two
 * swapped. Trigrams hardly see that in short words. Stems may be a letter shorter than words.
 */
const oneLetterOff = (minLexemeLetters: Sql) => sql`case when lexeme ~ '^[[:alnum:]]{${minLexemeLetters},30}$' then (
	      select '^(' || string_agg(concat_ws('|', overlay(lexeme placing '.?' from at for 1), overlay(lexeme placing '.' from at for 0),
	        overlay(lexeme placing reverse(substr(lexeme, at, 2)) from at for 2)), '|') || ')$'
	      from generate_series(2, length(lexeme) + 1) as at) end`;

/**
 * terms: the distinct stems of the query, each looked up among the user's own words. A stem that no document has is
 * corrected to the most similar word of the same first letter. `words` has the number of all documents at ''.
 *
 * - word: as the query has it
 * - lexeme: the user's word; null where there is none
 * - documents: how many have the lexeme
 * - word_similarity: 1, or less for a corrected word
 * - idf: the weight; for a word in no document, `documents` counts as 0.5
 * - quoted: the lexeme as a tsquery takes it
 */
const terms = ({ user, parameters: p }: SearchScope, words: string[]) => {
	const minLexemeLetters = constant(p.minCorrectedLetters - 1);
	return sql`
	  select query_words.word, user_words.lexeme, user_words.documents, user_words.word_similarity,
	    ln(1 + every.documents::float8 / greatest(coalesce(user_words.documents, 0), 0.5)) as idf,
	    '''' || replace(replace(user_words.lexeme, '\\', '\\\\'), '''', '''''') || '''' as quoted
	  from (
	    select distinct on (lexeme) lexeme, word, word_number, ${oneLetterOff(minLexemeLetters)} as one_letter_off
	    from unnest((select ${words}::text[])) with ordinality as query (word, word_number),
	      lateral unnest((tsvector_to_array(to_tsvector('public.collections', word)))[1:1]) as lexeme
	  ) as query_words
	  join words as every on every.user_id = ${user} and every.lexeme = ''
	  left join lateral (
	    select lexeme, documents, 1::float8 as word_similarity from words
	    where user_id = ${user} and lexeme = query_words.lexeme
	    union all
	    (select lexeme, documents, word_similarity from (
	      select lexeme, documents, greatest(
	        similarity(lexeme, query_words.lexeme)::float8,
	        case when length(lexeme) >= ${minLexemeLetters} and abs(length(lexeme) - length(query_words.lexeme)) <= 1
	          and lexeme ~ one_letter_off then 1 - 1 / length(query_words.lexeme)::float8 end) as word_similarity
	      from words
	      where user_id = ${user}
	        and length(query_words.word) >= ${constant(p.minCorrectedLetters)} and query_words.word_number <= ${constant(p.maxCorrectedWords)}
	        and lexeme >= left(query_words.lexeme, 1) and lexeme < left(query_words.lexeme, 1) || chr(1114111)
	        and not exists (select from words where user_id = ${user} and lexeme = query_words.lexeme)
	      offset 0
	    ) as corrections
	    where word_similarity >= ${constant(p.minWordSimilarity)}
	    order by word_similarity desc, documents desc, lexeme
	    limit 1)
	  ) as user_words on true`;
};

/**
 * term_queries: one row with the tsquerys to look for in the index. Terms are counted from the rarest; those within
 * the limit of candidates are looked for alone, commoner ones only together with another common one.
 *
 * - total_weight: of all terms
 * - known_weight: of the terms that some document has
 * - all_terms: every known term
 * - all_terms_first: the same where the terms are too common to look for each; else null
 * - rare_or_paired_terms: a rare term, or two of the common ones
 */
const termQueries = ({ parameters }: SearchScope) => {
	const maxCandidates = constant(parameters.maxCandidates);
	return sql`
	  select sum(idf) as total_weight, coalesce(sum(idf * sqrt(word_similarity)), 0) as known_weight,
	    string_agg(quoted, ' & ')::tsquery as all_terms,
	    case when max(documents_so_far) > ${maxCandidates} then string_agg(quoted, ' & ')::tsquery end as all_terms_first,
	    nullif(concat_ws(' | ',
	      string_agg(quoted, ' | ') filter (where documents_so_far <= ${maxCandidates}),
	      case when count(*) filter (where documents_so_far > ${maxCandidates}) = 1
	        then max(quoted) filter (where documents_so_far > ${maxCandidates})
	        else string_agg('(' || quoted || ' & (' || commoner_terms || '))', ' | ') filter (where documents_so_far > ${maxCandidates}) end
	    ), '')::tsquery as rare_or_paired_terms
	  from (
	    select idf, word_similarity, quoted, documents_so_far,
	      string_agg(quoted, ' | ') over (order by documents desc, lexeme desc rows between unbounded preceding and 1 preceding) as commoner_terms
	    from (
	      select *, sum(documents) over (order by documents, lexeme) as documents_so_far from terms
	    ) as counted_terms
	  ) as paired_terms`;
};

const websearch = (query: string) => sql`(select websearch_to_tsquery('public.collections', ${query}))`;

/**
 * candidates: the documents that are ranked. `ts_delete` of nothing unpacks `search` once, where each reading would
 * decompress it.
 *
 * - item_id
 * - label_words: how many words describe the image
 * - search: the document's tsvector
 */
function candidates({ user, category, parameters }: SearchScope, excluded: string): Sql {
	const maxCandidates = constant(parameters.maxCandidates);
	const isAllowed = sql`((select ${excluded}::text) = '' or not search @@ ${websearch(excluded)})
	    and (${category} is null or category = ${category})`;
	return sql`
	  (select item_id, label_words, ts_delete(search, '') as search from documents
	  where user_id = ${user} and search @@ (select all_terms_first from term_queries) and ${isAllowed}
	  limit ${maxCandidates})
	  union all
	  (select item_id, label_words, ts_delete(search, '') from documents
	  where user_id = ${user} and search @@ (select rare_or_paired_terms from term_queries) and ${isAllowed}
	    and ((select all_terms_first from term_queries) is null or not search @@ (select all_terms_first from term_queries))
	  limit ${maxCandidates})
	  limit ${maxCandidates}`;
}

/** For `ts_rank`: of the tsvector's labels D, C, B and A. */
const fieldWeights = ({ extractedText, labels, summary, headline }: SearchParameters["weights"]) =>
	sql`'{${constant(extractedText)}, ${constant(labels)}, ${constant(summary)}, ${constant(headline)}}'::float4[]`;

/**
 * weighted_candidates: the candidates with the most evidence, as many as are fused.
 *
 * - item_id, search, all_terms
 * - matched_terms: how many the document has
 * - coverage: the weight of these, as a share of the query's
 * - evidence: the same, each term times a factor for the fields it is in
 * - known: the weight of the terms that any document has, as a share of the query's
 * - described: how fully the image is described, 0 to 1
 * - has_every_word: 1 where the query holds as it stands, phrases included; else 0
 */
const weightedCandidates = ({ parameters: p }: SearchScope, everyWord: string) => {
	const saturation = sql`${constant(p.saturation)}::float8`;
	return sql`
	  select item_id, search, covered / total_weight as coverage, known_weight / total_weight as known,
	    evidence / total_weight as evidence, matched_terms, all_terms,
	    least(1, label_words / ${constant(p.describedLabels)}::float8) as described,
	    (search @@ ${websearch(everyWord)})::int as has_every_word
	  from candidates, term_queries, lateral (
	    select count(*) as matched_terms, sum(idf * sqrt(word_similarity)) as covered,
	      sum(idf * word_similarity * field_rank * (1 + ${saturation}) / (field_rank + ${saturation})) as evidence
	    from (
	      select idf, word_similarity, ts_rank(${fieldWeights(p.weights)}, search, quoted::tsquery)::float8 as field_rank from terms
	    ) as ranked_terms
	    where field_rank > 0
	  ) as matches
	  order by has_every_word desc, evidence desc, item_id
	  limit ${constant(p.fusionDepth)}`;
};

/**
 * scored_candidates: above 0.5 where the document has every word, below it otherwise. A share of the evidence depends
 * on how near to each other the words stand.
 *
 * - item_id, coverage, known, described
 * - score: 0 to 1
 */
const scoredCandidates = ({ parameters: p }: SearchScope) => {
	const proximity = sql`${constant(p.proximity)}::float8`;
	return sql`
	  select item_id, coverage, known, described,
	    (has_every_word + evidence * case when matched_terms = 1 then 1
	      else 1 - ${proximity} + ${proximity} * ts_rank(${fieldWeights(p.weights)}, search, all_terms) end) / 2 as score
	  from weighted_candidates`;
};

/**
 * thresholds: one row, the answerability threshold. A query of several words that are all corrected needs full
 * evidence: one guess may be a slip, two are none.
 *
 * - min_evidence
 */
const thresholds = ({ parameters: p }: SearchScope) => sql`
	  select case when count(*) > 1 and not coalesce(bool_or(word_similarity = 1), false) then 1
	    else ${constant(p.minEvidence)}::float8 end as min_evidence
	  from terms`;

/**
 * assessed_candidates: the scored candidates, with what is computed over all of them.
 *
 * - item_id, score, coverage, known, described
 * - same_score: how many have this score
 * - is_answerable: whether any candidate reaches the threshold, the same in every row
 */
const assessedCandidates = sql`
	  select *, count(*) over (partition by score) as same_score,
	    bool_or((coverage + known) / 2 >= (select min_evidence from thresholds) * described) over () as is_answerable
	  from scored_candidates`;

/**
 * Counts the query's words that stand in a document as they were typed, and not in another form of their stem. That reads
 * the text, so it is done only to break a tie. `parseQuery` leaves no character in a word that means something
 * in a regular expression.
 */
const exactWords = ({ user }: SearchScope) => sql`case when same_score = 1 then 0 else (
	    select count(*) from terms, (
	      select lower(left(concat_ws(' ', headline, summary, labels, extracted_text), 20000)) as text from documents
	      where documents.item_id = assessed_candidates.item_id and documents.user_id = ${user}
	      offset 0
	    ) as texts
	    where strpos(text, word) > 0 and text ~ ('(?<![[:alnum:]])' || word || '(?![[:alnum:]])')
	  ) end`;

/**
 * text_results: the candidates that belong to the answer.
 *
 * - item_id, score
 * - rank: from 1
 */
function textResults(scope: SearchScope, minScore: number | null): Sql {
	const minimum = sql`(select ${minScore}::float8)`;
	return sql`
	  select item_id, score, row_number() over (order by score desc, ${exactWords(scope)} desc, item_id) as rank
	  from assessed_candidates
	  where case when ${minimum} is null then is_answerable and coverage >= ${constant(scope.parameters.minCoverage)}::float8 * described
	    else score >= ${minimum} end`;
}

/** A condition on a row of `documents`: it has a word that the query excludes. */
export const hasExcludedWord = (excluded: string) => sql`search @@ ${websearch(excluded)}`;

/** A hit's column: the terms it has, field by field. */
export const matched = sql`(
	    select json_agg(json_strip_nulls(json_build_object('word', word, 'field', field,
	        'corrected_to', case when word_similarity < 1 then lexeme end)) order by label, documents, word)
	    from (select word, lexeme, word_similarity, documents, quoted from terms where quoted is not null offset 0) as known_terms,
	      unnest('{A,B,C,D}'::text[], '{headline,summary,labels,extracted_text}'::text[]) as fields (label, field)
	    where search @@ (quoted || ':' || label)::tsquery
	  ) as matched`;

/**
 * A hit's column: the piece of the text with the terms it has; given terms that it lacks, `ts_headline` would show the
 * beginning. It reads the text itself, so it is made only on demand.
 */
export const snippet = (explain: boolean) => sql`case when ${explain}
	  then ts_headline('public.collections',
	    left(concat_ws(E'\n', headline, summary, extracted_text, labels), 20000),
	    coalesce((select string_agg(quoted, ' & ')::tsquery from terms where search @@ quoted::tsquery), (select all_terms from term_queries)),
	    'MaxFragments=1, MinWords=8, MaxWords=24, StartSel="", StopSel=""') end as snippet`;
