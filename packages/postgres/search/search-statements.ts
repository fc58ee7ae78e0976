import { nearestCodes } from "./nearest-codes.ts";
import { searchParameters as p } from "./search-parameters.ts";

/*
 * The statements of a search, composed of legs. Each leg ends in a relation `text_leg` or `vector_leg` of its best
 * items with ranks from 1. A leg's values follow one another as `$n`, in the order that search.ts gives them.
 */

/**
 * A value that the plan does not depend on, so that one plan serves every tenant: the server compares what plans for
 * given values would have cost with the one for any values, and plans again and again where those seem cheaper.
 */
const given = (n: number, type: string) => `(select $${n}::${type})`;
const user = given(1, "text");
const category = given(2, "text");

const float = (value: number) => `${value}::float8`;

/** For `ts_rank`: by the labels D, C, B, A. */
const byPlace = `'{${p.weights.extractedText}, ${p.weights.labels}, ${p.weights.summary}, ${p.weights.headline}}'::float4[]`;

const allowed = `(${given(5, "text")} = '' or not search @@ (select websearch_to_tsquery('public.collections', $5)))
	    and (${category} is null or category = ${category})`;

/**
 * How many of the words asked for stand in a document's text as they were asked for, and not in another form of
 * their stem. It reads the text, so it is counted only where documents are otherwise equal. A word has no character
 * that means something in a regular expression: see parseQuery.
 */
const exactWords = `case when equals = 1 then 0 else (
	    select count(*) from terms, (
	      select lower(left(concat_ws(' ', headline, summary, labels, extracted_text), 20000)) as text from documents
	      where documents.item_id = judged.item_id and documents.user_id = ${user}
	      offset 0
	    ) as written
	    where strpos(text, word) > 0 and text ~ ('(?<![[:alnum:]])' || word || '(?![[:alnum:]])')
	  ) end`;

/**
 * The pattern of all words that differ from one in a single letter after the first: another, one more, one less, or
 * two that changed places. Trigrams hardly see those in short words. Stems may be a letter shorter than words.
 */
const oneLetterOff = (
	word: string,
) => `case when ${word} ~ '^[[:alnum:]]{${p.rescuedLetters - 1},30}$' then (
	      select '^(' || string_agg(concat_ws('|', overlay(${word} placing '.?' from at for 1), overlay(${word} placing '.' from at for 0),
	        overlay(${word} placing reverse(substr(${word}, at, 2)) from at for 2)), '|') || ')$'
	      from generate_series(2, length(${word}) + 1) as at) end`;

/**
 * Ranks documents by words. A sub-select around what is computed of the query keeps a generic plan from computing it
 * for every row. $1 user, $2 category, $3 the query for every word, $4 its words, $5 the excluded
 * ones, $6 the least score or null for the gate.
 *
 * A `ts_delete` of nothing makes a document's words ready to be read many times, where each reading would decompress them.
 *
 * `terms` looks each word up among the user's own, `asking` makes of them what to look for in the index: documents
 * with a rare word, and, of words so common that they would be more than are ranked, with two of them at once.
 */
const textLeg = `
	terms as materialized (
	  select asked.word, words.lexeme, words.documents, words.likeness,
	    ln(1 + everything.documents::float8 / greatest(coalesce(words.documents, 0), 0.5)) as idf,
	    '''' || replace(replace(words.lexeme, '\\', '\\\\'), '''', '''''') || '''' as quoted
	  from (
	    select distinct on (lexeme) lexeme, word, place, ${oneLetterOff("lexeme")} as one_letter_off
	    from unnest(${given(4, "text[]")}) with ordinality as query (word, place),
	      lateral unnest((tsvector_to_array(to_tsvector('public.collections', word)))[1:1]) as lexeme
	  ) as asked
	  join words as everything on everything.user_id = ${user} and everything.lexeme = ''
	  left join lateral (
	    select lexeme, documents, 1::float8 as likeness from words
	    where user_id = ${user} and lexeme = asked.lexeme
	    union all
	    (select lexeme, documents, likeness from (
	      select lexeme, documents, greatest(similarity(lexeme, asked.lexeme)::float8,
	        case when length(lexeme) >= ${p.rescuedLetters - 1} and abs(length(lexeme) - length(asked.lexeme)) <= 1 and lexeme ~ one_letter_off then 1 - 1 / length(asked.lexeme)::float8 end) as likeness
	      from words
	      where user_id = ${user} and length(asked.word) >= ${p.rescuedLetters} and asked.place <= ${p.rescuedWords}
	        and lexeme >= left(asked.lexeme, 1) and lexeme < left(asked.lexeme, 1) || chr(1114111)
	        and not exists (select from words where user_id = ${user} and lexeme = asked.lexeme)
	      offset 0
	    ) as like_it
	    where likeness >= ${p.minLikeness}
	    order by 3 desc, 2 desc, 1 limit 1)
	  ) as words on true
	), asking as materialized (
	  select sum(idf) as weight, coalesce(sum(idf * sqrt(likeness)), 0) as known,
	    string_agg(quoted, ' & ')::tsquery as together,
	    case when max(running) > ${p.ranked} then string_agg(quoted, ' & ')::tsquery end as at_once,
	    nullif(concat_ws(' | ',
	      string_agg(quoted, ' | ') filter (where running <= ${p.ranked}),
	      case when count(*) filter (where running > ${p.ranked}) = 1
	        then max(quoted) filter (where running > ${p.ranked})
	        else string_agg('(' || quoted || ' & (' || commoner || '))', ' | ') filter (where running > ${p.ranked}) end
	    ), '')::tsquery as wanted
	  from (
	    select idf, likeness, quoted, running,
	      string_agg(quoted, ' | ') over (order by documents desc, lexeme desc rows between unbounded preceding and 1 preceding) as commoner
	    from (
	      select *, sum(documents) over (order by documents, lexeme) as running from terms
	    ) as counted
	  ) as paired
	), found as materialized (
	  (select item_id, label_words, ts_delete(search, '') as search from documents
	  where user_id = ${user} and search @@ (select at_once from asking) and ${allowed}
	  limit ${p.ranked})
	  union all
	  (select item_id, label_words, ts_delete(search, '') from documents
	  where user_id = ${user} and search @@ (select wanted from asking) and ${allowed}
	    and ((select at_once from asking) is null or not search @@ (select at_once from asking))
	  limit ${p.ranked})
	  limit ${p.ranked}
	), weighed as (
	  select item_id, search, covered / weight as coverage, known / weight as known, evidence / weight as evidence, words, together,
	    least(1, label_words / ${float(p.describedLabels)}) as described,
	    (search @@ (select websearch_to_tsquery('public.collections', $3)))::int as every
	  from found, asking, lateral (
	    select count(*) as words, sum(idf * sqrt(likeness)) as covered,
	      sum(idf * likeness * rank * ${float(1 + p.saturation)} / (rank + ${float(p.saturation)})) as evidence
	    from (
	      select idf, likeness, ts_rank(${byPlace}, search, quoted::tsquery)::float8 as rank from terms
	    ) as ranked
	    where rank > 0
	  ) as matches
	  order by every desc, evidence desc, item_id
	  limit ${p.fusionDepth}
	), scored as (
	  select item_id, coverage, known, described,
	    (every + evidence * case when words = 1 then 1
	      else ${float(1 - p.nearness)} + ${float(p.nearness)} * ts_rank(${byPlace}, search, together) end) / 2 as score
	  from weighed
	), demanded as (
	  select case when count(*) > 1 and not coalesce(bool_or(likeness = 1), false) then 1 else ${float(p.minEvidence)} end as least from terms
	), judged as (
	  select *, count(*) over (partition by score) as equals, bool_or((coverage + known) / 2 >= (select least from demanded) * described) over () as answered
	  from scored
	), text_leg as materialized (
	  select item_id, score, row_number() over (order by score desc, ${exactWords} desc, item_id) as rank
	  from judged
	  where case when ${given(6, "float8")} is null then answered and coverage >= ${float(p.minCoverage)} * described
	    else score >= ${given(6, "float8")} end
	)`;

/** Of a near vector: whether its document has a word that must not be there, which no vector tells. */
const excluded = `(${given(5, "text")} <> '' and exists (select from documents where documents.user_id = ${user}
	    and documents.item_id = nearest.item_id and search @@ (select websearch_to_tsquery('public.collections', $5))))`;

/**
 * Ranks embeddings: nearest 1-bit codes from the covering index alone, then exactly, each by its key. As a join that
 * would go wrong: the plan is made for a tenant of average size, and the rows of a large one would all be read.
 * $1 user, $2 category, then from `first`: model, vector, the least similarity or null for the gate, and what the best must have for the gate.
 */
function vectorLeg(
	first: number,
	topK: string,
	exhaustive: number,
	unwanted = "false",
): string {
	const model = given(first, "text");
	const vector = given(first + 1, "halfvec");
	const minAsked = given(first + 2, "float8");
	const answerabilityThreshold = given(first + 3, "float8");
	const limit = `(select least(${p.rerank.most}, ${p.rerank.perHit} * ${topK}::int + coalesce(max(documents), 0) / ${p.rerank.itemsForOneMore})
	    from words where user_id = ${user} and lexeme = '')`;
	return `
	${nearestCodes({ user, model, category, vector, limit, hits: `${topK}::int`, exhaustive: given(exhaustive, "boolean") })}, compared as (
	  select nearest.item_id, similarity
	  from nearest, lateral (
	    select user_id, 1 - (embedding <=> ${vector}) as similarity
	    from embeddings
	    where item_id = nearest.item_id and model = ${model}
	    offset 0
	  ) as exact
	  where user_id = ${user} and not ${unwanted}
	), vector_leg as materialized (
	  select item_id, similarity, row_number() over (order by similarity desc, item_id) as rank
	  from (select *, max(similarity) over () as best from compared) as measured
	  where case when ${minAsked} is null
	    then best >= ${answerabilityThreshold} and similarity >= ${answerabilityThreshold} / 2
	    else similarity >= ${minAsked} end
	  order by similarity desc, item_id
	  limit ${p.fusionDepth}
	)`;
}

const hitTables =
	"join documents using (item_id) join items on items.id = documents.item_id and items.user_id = documents.user_id";

const about = `item_id, mime_type, documents.category, headline, summary, documents.analysis_id`;

/** Which of the words asked for are where in a hit; the words are those of `terms`. */
const matched = `(
	    select json_agg(json_strip_nulls(json_build_object('word', word, 'field', field,
	        'corrected_to', case when likeness < 1 then lexeme end)) order by label, documents, word)
	    from (select word, lexeme, likeness, documents, quoted from terms where quoted is not null offset 0) as asked,
	      unnest('{A,B,C,D}'::text[], '{headline,summary,labels,extracted_text}'::text[]) as place (label, field)
	    where search @@ (quoted || ':' || label)::tsquery
	  ) as matched`;

/**
 * The part of the text with the words that matched: asked for another, too, `ts_headline` would show the beginning. Only
 * where it is asked for, since it reads the text itself.
 */
const snippet = (
	asked: string,
) => `case when ${asked} then ts_headline('public.collections',
	    left(concat_ws(E'\n', headline, summary, extracted_text, labels), 20000),
	    coalesce((select string_agg(quoted, ' & ')::tsquery from terms where search @@ quoted::tsquery), (select together from asking)),
	    'MaxFragments=1, MinWords=8, MaxWords=24, StartSel="", StopSel=""') end as snippet`;

/** $7 number of hits, $8 whether to explain. */
export const byText = `with ${textLeg}
	select ${about}, score, rank::int as text_rank, score as text_score, ${matched}, ${snippet("$8")}
	from (select * from text_leg order by rank limit ${given(7, "int")}) as hits ${hitTables}
	where documents.user_id = ${user}
	order by rank`;

/** $3 to $6 of the leg, $7 number of hits, $8 whether to read every cell. */
export const byVector = `with ${vectorLeg(3, "$7", 8)}
	select ${about}, similarity as score, rank::int as vector_rank, similarity
	from (select * from vector_leg order by rank limit ${given(7, "int")}) as hits ${hitTables}
	where documents.user_id = ${user}
	order by rank`;

/** $7 to $10 of the vector leg, $11 and $12 the weights of text and vector, $13 number of hits, $14 whether to explain, $15 whether to read every cell. */
export const hybrid = `with ${textLeg}, ${vectorLeg(7, "$13", 15, excluded)}, fused as materialized (
	  select *, text_share + vector_share as fused_score
	  from (
	    select item_id, text_leg.rank as text_rank, text_leg.score as text_score, vector_leg.rank as vector_rank, similarity,
	      coalesce($11::float8 / (${p.rrfK} + text_leg.rank), 0) as text_share,
	      coalesce($12::float8 / (${p.rrfK} + vector_leg.rank), 0) as vector_share
	    from text_leg full join vector_leg using (item_id)
	  ) as shares
	  order by fused_score desc, item_id
	  limit ${given(13, "int")}
	)
	select ${about}, fused_score as score, text_rank::int, text_score, text_share,
	  vector_rank::int, similarity, vector_share, ${matched}, ${snippet("$14")}
	from fused ${hitTables}
	where documents.user_id = ${user}
	order by fused_score desc, item_id`;
