import { nearDuplicateBits, type Similar, type SimilarItem, type SimilarOptions } from "#core/ports/index.ts";
import type { Database } from "../database.ts";
import { constant, sql } from "../sql.ts";
import { type FoundItemRow, foundItemFromRow } from "./found-item.ts";
import { nearestCodeSteps } from "./nearest-codes.ts";
import { searchParameters } from "./search-parameters.ts";

/** Finds similar items in PostgreSQL. */
export function postgresSimilar(db: Database): Similar {
	return {
		async toItem(userId, itemId, options) {
			const [traits] = await db.query<{ by_vector: boolean; by_hash: boolean }>(
				traitsOf(userId, itemId, options.model),
			);
			if (!traits) return null;
			const rows = await db.query<SimilarRow>(similarTo(userId, itemId, options));
			return { compared: { byVector: traits.by_vector, byHash: traits.by_hash }, items: rows.map(similarFromRow) };
		},
	};
}

/** Returns by which traits an item can be compared: no row if the user has no such item. */
const traitsOf = (userId: string, itemId: string, model: string) => sql`
	select embeddings.item_id is not null as by_vector, perceptual_hash is not null as by_hash
	from items
	left join embeddings on embeddings.user_id = items.user_id and embeddings.item_id = items.id and model = ${model}
	where items.user_id = ${userId} and items.id = ${itemId}`;

const maxBits = constant(nearDuplicateBits);

/**
 * Vectors are found as by a search. Hashes have an index of their own: an item that looks the same is found before it has a
 * vector, or an analysis. The steps:
 *
 * - item: the item itself: perceptual_hash, embedding
 * - probes, nearest_codes: see nearest-codes.ts
 * - look_alikes: item_id of those whose hash is near
 * - compared_items: either kind, with its similarity, its distance in bits, and the columns that are shown
 */
function similarTo(
	userId: string,
	itemId: string,
	{ model: name, topK, category: only, minSimilarity }: SimilarOptions,
) {
	const user = sql`${userId}`;
	const id = sql`${itemId}`;
	const model = sql`${name}`;
	const category = sql`${only ?? null}::text`;
	return sql`
	with item as materialized (
	  select perceptual_hash, embedding
	  from items
	  left join embeddings on embeddings.user_id = items.user_id and embeddings.item_id = items.id and model = ${model}
	  where items.user_id = ${user} and items.id = ${id}
	), ${nearestCodeSteps({
		parameters: searchParameters,
		user,
		model,
		category,
		vector: sql`(select embedding from item)`,
		limit: constant(searchParameters.rerank.max),
		hits: sql`${topK}::int`,
		where: sql`item_id <> ${id} and (select embedding is not null from item)`,
	})}, look_alikes as materialized (
	  select id as item_id from items
	  where user_id = ${user} and id <> ${id} and perceptual_hash is not null
	    and bit_count(perceptual_hash # (select perceptual_hash from item)) <= ${maxBits}
	), compared_items as (
	  select found.item_id,
	    1 - (embeddings.embedding <=> (select embedding from item)) as similarity,
	    bit_count(items.perceptual_hash # (select perceptual_hash from item))::int as distance,
	    items.mime_type, documents.category, documents.headline, documents.summary, documents.analysis_id
	  from (select item_id from nearest_codes union select item_id from look_alikes) as found
	  join items on items.user_id = ${user} and items.id = found.item_id
	  left join documents on documents.user_id = ${user} and documents.item_id = found.item_id
	  left join embeddings on embeddings.user_id = ${user} and embeddings.item_id = found.item_id and model = ${model}
	)
	select *, coalesce(distance <= ${maxBits}, false) as near_duplicate
	from compared_items
	where (${category} is null or category = ${category}) and (similarity is null or similarity >= ${minSimilarity ?? -1}::float8)
	order by near_duplicate desc, case when distance <= ${maxBits} then distance end,
	  similarity desc nulls last, item_id
	limit ${topK}`;
}

interface SimilarRow extends FoundItemRow<string | null> {
	similarity: number | null;
	distance: number | null;
	near_duplicate: boolean;
}

function similarFromRow(row: SimilarRow): SimilarItem {
	return {
		...foundItemFromRow(row),
		similarity: row.similarity,
		distance: row.distance,
		nearDuplicate: row.near_duplicate,
	};
}
