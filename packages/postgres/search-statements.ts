import { searchParameters as p } from "./search-parameters.ts";

/*
 * The statements of a search, composed of legs. Each leg ends in a relation `text_leg` or `vector_leg` of its best
 * items with ranks from 1. A leg's values follow one another as `$n`, in the order that search.ts gives them.
 */

const float = (value: number) => `${value}::float8`;

/** For `ts_rank`: by the labels D, C, B, A. */
const byPlace = `'{${p.weights.extractedText}, ${p.weights.labels}, ${p.weights.summary}, ${p.weights.headline}}'::float4[]`;

const allowed = `($5 = '' or not search @@ (select websearch_to_tsquery('public.collections', $5)))
	    and ($2::text is null or category = $2)`;

/**
 * Ranks documents by words. A sub-select around what is computed of the query keeps a generic plan from computing it
 * for every row. $1 user, $2 category, $3 the query for every word, $4 its words, $5 the excluded
 * ones, $6 the least score or null for the gate.
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
	    select distinct on (lexeme) lexeme, word
	    from unnest($4::text[]) as word,
	      lateral unnest((tsvector_to_array(to_tsvector('public.collections', word)))[1:1]) as lexeme
	  ) as asked
	  join words as everything on everything.user_id = $1 and everything.lexeme = ''
	  left join lateral (
	    select lexeme, documents, 1::float8 as likeness from words
	    where user_id = $1 and lexeme = asked.lexeme
	    union all
	    (select lexeme, documents, similarity(lexeme, asked.lexeme)::float8 from words
	    where user_id = $1 and length(asked.lexeme) >= ${p.rescuedLetters}
	      and lexeme >= left(asked.lexeme, 1) and lexeme < left(asked.lexeme, 1) || chr(1114111)
	      and not exists (select from words where user_id = $1 and lexeme = asked.lexeme)
	      and similarity(lexeme, asked.lexeme) >= ${p.leastLikeness}
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
	  (select item_id, label_words, search || ''::tsvector as search from documents
	  where user_id = $1 and search @@ (select at_once from asking) and ${allowed}
	  limit ${p.ranked})
	  union all
	  (select item_id, label_words, search || ''::tsvector from documents
	  where user_id = $1 and search @@ (select wanted from asking) and ${allowed}
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
	), judged as (
	  select *, bool_or((coverage + known) / 2 >= ${float(p.leastEvidence)} * described) over () as answered
	  from scored
	), text_leg as materialized (
	  select item_id, score, row_number() over (order by score desc, item_id) as rank
	  from judged
	  where case when $6::float8 is null then answered and coverage >= ${float(p.leastCoverage)} * described
	    else score >= $6::float8 end
	)`;

/**
 * Ranks embeddings: nearest 1-bit codes from the covering index alone, then exactly. $1 user, $2 category, then
 * from `first`: model, vector, the least similarity or null for the gate, and what the best must have for the gate.
 */
function vectorLeg(first: number): string {
	const [model, vector, leastAsked, leastBest] = [0, 1, 2, 3].map(
		(n) => `$${first + n}`,
	);
	return `
	nearest as materialized (
	  select item_id from embeddings
	  where user_id = $1 and model = ${model} and ($2::text is null or category = $2)
	  order by code <~> (select binary_quantize(${vector}::vector)::bit(1024))
	  limit ${p.rerank}
	), compared as (
	  select item_id, 1 - (embedding <=> (select ${vector}::vector::halfvec(1024))) as similarity
	  from nearest join embeddings using (item_id)
	  where user_id = $1 and model = ${model}
	), vector_leg as materialized (
	  select item_id, similarity, row_number() over (order by similarity desc, item_id) as rank
	  from (select *, max(similarity) over () as best from compared) as measured
	  where case when ${leastAsked}::float8 is null
	    then best >= ${leastBest}::float8 and similarity >= ${leastBest}::float8 / 2
	    else similarity >= ${leastAsked}::float8 end
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
	        'taken_for', case when likeness < 1 then lexeme end)) order by label, documents, word)
	    from (select word, lexeme, likeness, documents, quoted from terms where quoted is not null offset 0) as asked,
	      unnest('{A,B,C,D}'::text[], '{headline,summary,labels,extracted_text}'::text[]) as place (label, field)
	    where search @@ (quoted || ':' || label)::tsquery
	  ) as matched`;

/** The part of the text with the words; only where it is asked for, since it reads the text itself. */
const snippet = (
	asked: string,
) => `case when ${asked} then ts_headline('public.collections',
	    left(concat_ws(E'\n', headline, summary, extracted_text, labels), 20000), (select together from asking),
	    'MaxFragments=1, MinWords=8, MaxWords=24, StartSel="", StopSel=""') end as snippet`;

/** $7 number of hits, $8 whether to explain. */
export const byText = `with ${textLeg}
	select ${about}, score, rank::int as text_rank, score as text_score, ${matched}, ${snippet("$8")}
	from text_leg ${hitTables}
	where documents.user_id = $1
	order by rank limit $7`;

/** $3 to $6 of the leg, $7 number of hits. */
export const byVector = `with ${vectorLeg(3)}
	select ${about}, similarity as score, rank::int as vector_rank, similarity
	from vector_leg ${hitTables}
	where documents.user_id = $1
	order by rank limit $7`;

/** $7 to $10 of the vector leg, $11 and $12 the weights of text and vector, $13 number of hits, $14 whether to explain. */
export const hybrid = `with ${textLeg}, ${vectorLeg(7)}, fused as materialized (
	  select *, text_share + vector_share as fused_score
	  from (
	    select item_id, text_leg.rank as text_rank, text_leg.score as text_score, vector_leg.rank as vector_rank, similarity,
	      coalesce($11::float8 / (${p.rrfK} + text_leg.rank), 0) as text_share,
	      coalesce($12::float8 / (${p.rrfK} + vector_leg.rank), 0) as vector_share
	    from text_leg full join vector_leg using (item_id)
	  ) as shares
	  order by fused_score desc, item_id
	  limit $13
	)
	select ${about}, fused_score as score, text_rank::int, text_score, text_share,
	  vector_rank::int, similarity, vector_share, ${matched}, ${snippet("$14")}
	from fused ${hitTables}
	where documents.user_id = $1
	order by fused_score desc, item_id`;
