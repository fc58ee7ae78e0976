import type { ImageType } from "#core/item.ts";
import type {
	Hit,
	Search,
	SearchOptions,
	TextQuery,
	VectorQuery,
} from "#core/ports.ts";
import type { Database } from "./database.ts";
import { vectorText } from "./text.ts";
import { parseQuery } from "./text-query.ts";

/**
 * Parameters of a search reported by the API as those in force.
 *
 * Text scores lie in 0 to 1: above 0.5 every word was found, below only some. A word counts by how rare it is
 * among the user's documents (idf) and how often and where it stands (saturating, as in BM25).
 */
export const searchParameters = {
	/** BM25: how fast repeating a word stops to count, and how much a long document is held against it. */
	k1: 1.2,
	b: 0.3,
	/** Where a word stands. Text in the image is often all there is, so it counts nearly as much. */
	weights: { headline: 2, summary: 1.2, labels: 1, extractedText: 0.8 },
	/** Documents with every word, and documents per single word, that are ranked: it bounds common words. */
	rankedWithEveryWord: 500,
	rankedPerWord: 200,
	/** Vectors whose 1-bit code is nearest, that are compared exactly: recall@10 0.995 at 30,000 rows. */
	rerank: 200,
	/** Reciprocal rank fusion: 1 / (k + rank) of each leg, of this many results. */
	rrfK: 15,
	fusionDepth: 50,
} as const;
const p = searchParameters;

/** Ranks documents by words. $1 user, $2 category, $3-$6 of `textValues`. */
const textLeg = `
	terms as materialized (
	  select lexeme, query, found,
	    ln(1 + (select count(*) from (select from documents where user_id = $1 limit 10000) as counted) / (0.5 + found)::float8) as idf
	  from (
	    select distinct on (lexeme) lexeme, query
	    from unnest($4::text[]) as word,
	      lateral (select websearch_to_tsquery('public.collections', word) as query) as parsed,
	      lateral unnest((tsvector_to_array(to_tsvector('public.collections', word)))[1:1]) as lexeme
	  ) as distinct_words,
	  lateral (
	    select count(*) as found
	    from (select from documents where user_id = $1 and search @@ query limit 1000) as capped
	  ) as frequency
	), every_word as materialized (
	  select item_id from documents
	  where user_id = $1 and search @@ websearch_to_tsquery('public.collections', $3)
	    and ($2::text is null or category = $2)
	  limit ${p.rankedWithEveryWord}
	), some_word as materialized (
	  select distinct item_id
	  from (select query from terms where found > 0 order by found limit 16) as rarest,
	    lateral (
	      select item_id from documents
	      where user_id = $1 and search @@ rarest.query
	        and not search @@ websearch_to_tsquery('public.collections', $5)
	        and ($2::text is null or category = $2)
	      limit ${p.rankedPerWord}
	    ) as with_word
	  where (select count(*) from every_word) < ${p.fusionDepth}
	), candidates as materialized (
	  select item_id, every, search, length(search) / nullif(avg(length(search)) over (), 0)::float8 as relative_length
	  from (select item_id, bool_or(every) as every from (
	      select item_id, true as every from every_word
	      union all
	      select item_id, false from some_word
	    ) as found group by item_id) as found
	  join documents using (item_id)
	  where user_id = $1
	), text_scores as (
	  select item_id,
	    case when every
	      then 0.5::float8 + 0.5::float8 * coalesce(sum(idf * saturated) / (select sum(idf) from terms), 0)
	      else 0.5::float8 * coalesce(sum(idf * (0.8::float8 + 0.2::float8 * saturated)) / (select sum(idf) from terms), 0)
	    end as score
	  from candidates
	  left join lateral (
	    select idf, weighted / (weighted + ${p.k1}::float8 * (1 - ${p.b}::float8 + ${p.b}::float8 * relative_length)) as saturated
	    from unnest(search) as word (lexeme, positions, labels)
	    join terms using (lexeme),
	      lateral (
	        select sum((case label when 'A' then ${p.weights.headline} when 'B' then ${p.weights.summary}
	          when 'C' then ${p.weights.labels} else ${p.weights.extractedText} end)::float8) as weighted
	        from unnest(word.labels) as label
	      ) as occurrences
	  ) as matches on true
	  group by item_id, every
	), text_leg as materialized (
	  select item_id, score, rank() over (order by score desc, item_id) as rank
	  from text_scores
	  where score >= $6::float8
	  order by score desc, item_id
	  limit ${p.fusionDepth}
	)`;

function textValues({ text, minScore }: TextQuery): unknown[] {
	const { everyWord, words, excluded } = parseQuery(text);
	return [everyWord, words, excluded, minScore ?? 0];
}

/**
 * Ranks embeddings: nearest 1-bit codes from the covering index alone, then exactly. $1 user, $2 category.
 * The sub-select around the query's code keeps a generic plan from computing it for every row.
 */
function vectorLeg(first: number): string {
	const [model, vector, minSimilarity] = [first, first + 1, first + 2].map(
		(n) => `$${n}`,
	);
	return `
	nearest as materialized (
	  select item_id from embeddings
	  where user_id = $1 and model = ${model} and ($2::text is null or category = $2)
	  order by code <~> (select binary_quantize(${vector}::vector)::bit(1024))
	  limit ${p.rerank}
	), reranked as materialized (
	  select item_id, 1 - (embedding <=> ${vector}::vector::halfvec(1024)) as similarity
	  from nearest join embeddings using (item_id)
	  where user_id = $1 and model = ${model}
	), vector_leg as materialized (
	  select item_id, similarity, rank() over (order by similarity desc, item_id) as rank
	  from reranked
	  where similarity >= ${minSimilarity}::float8
	  order by similarity desc, item_id
	  limit ${p.fusionDepth}
	)`;
}

function vectorValues(query: VectorQuery): unknown[] {
	return [query.model, vectorText(query.vector), query.minSimilarity ?? -1];
}

const hitColumns =
	"item_id, mime_type, documents.category, headline, summary, documents.analysis_id";
const hitTables =
	"join documents using (item_id) join items on items.id = documents.item_id and items.user_id = documents.user_id";

const byText = `with ${textLeg}
	select ${hitColumns}, score
	from text_leg ${hitTables}
	where documents.user_id = $1
	order by rank limit $7`;

const byVector = `with ${vectorLeg(3)}
	select ${hitColumns}, similarity as score
	from vector_leg ${hitTables}
	where documents.user_id = $1
	order by rank limit $6`;

const hybrid = `with ${textLeg}, ${vectorLeg(7)}, fused as (
	  select item_id, text_leg.rank as text_rank, vector_leg.rank as vector_rank,
	    coalesce($10::float8 / (${p.rrfK} + text_leg.rank), 0)
	      + coalesce($11::float8 / (${p.rrfK} + vector_leg.rank), 0) as score
	  from text_leg full join vector_leg using (item_id)
	)
	select ${hitColumns}, score, text_rank::int, vector_rank::int
	from fused ${hitTables}
	where documents.user_id = $1
	order by score desc, item_id limit $12`;

/** Search in PostgreSQL: words in a GIN index, vectors by 1-bit codes in a covering index, both per tenant. */
export function postgresSearch(db: Database): Search {
	const find = async (
		sql: string,
		userId: string,
		{ category, topK }: SearchOptions,
		...values: unknown[]
	) =>
		(
			await db.query<HitRow>(sql, [userId, category ?? null, ...values, topK])
		).map(hitFromRow);
	return {
		byText: (userId, query, options) =>
			find(byText, userId, options, ...textValues(query)),
		byVector: (userId, query, options) =>
			find(byVector, userId, options, ...vectorValues(query)),
		hybrid: (userId, { text, vector, weights }, options) =>
			find(
				hybrid,
				userId,
				options,
				...textValues(text),
				...vectorValues(vector),
				weights.text,
				weights.vector,
			),
	};
}

interface HitRow {
	item_id: string;
	mime_type: ImageType;
	category: string;
	headline: string;
	summary: string;
	analysis_id: string;
	score: number;
	text_rank?: number | null;
	vector_rank?: number | null;
}

function hitFromRow(row: HitRow): Hit {
	return {
		itemId: row.item_id,
		mimeType: row.mime_type,
		score: row.score,
		category: row.category,
		headline: row.headline,
		summary: row.summary,
		analysisId: row.analysis_id,
		...(row.text_rank !== undefined && {
			textRank: row.text_rank,
			vectorRank: row.vector_rank,
		}),
	};
}
