import type { Similar, SimilarItem, SimilarOptions } from "#core/ports/index.ts";
import type { Database } from "../database.ts";
import { sql } from "../sql.ts";
import { type FoundItemRow, foundItemFromRow } from "./found-item.ts";
import { distanceFrom, findDuplicatePairs, findDuplicatesOf, findNearDuplicates, type Looks } from "./look-alikes.ts";
import { nearestCodeSteps } from "./nearest-codes.ts";
import { searchParameters } from "./search-parameters.ts";
import { isNotTrashed } from "./search-scope.ts";

/** Finds similar items in PostgreSQL. */
export function postgresSimilar(db: Database): Similar {
	return {
		async toItem(userId, itemId, options) {
			const [traits] = await db.query<Looks & { by_vector: boolean }>(traitsOf(userId, itemId, options.model));
			if (!traits) return null;
			const nearDuplicates = await findNearDuplicates(db, userId, itemId, traits);
			const rows = await db.query<SimilarRow>(similarTo(userId, itemId, options, traits, nearDuplicates));
			return {
				compared: { byVector: traits.by_vector, byHash: traits.perceptual_hash !== null },
				items: rows.map(similarFromRow),
			};
		},
		pairs: (userId, itemIds) => findDuplicatePairs(db, userId, itemIds),
		duplicatesOf: (userId, itemIds) => findDuplicatesOf(db, userId, itemIds),
	};
}

/** Returns the traits by which an item can be compared: no row if the user has no such item. */
const traitsOf = (userId: string, itemId: string, model: string) => sql`
	select embeddings.item_id is not null as by_vector, perceptual_hash, crop_hashes, luma, extracted_text
	from items
	left join embeddings on embeddings.user_id = items.user_id and embeddings.item_id = items.id and model = ${model}
	left join fingerprints on fingerprints.user_id = items.user_id and fingerprints.item_id = items.id
	left join documents on documents.user_id = items.user_id and documents.item_id = items.id
	where items.user_id = ${userId} and items.id = ${itemId}`;

/**
 * Vectors are found as by a search. The steps:
 *
 * - item: the item itself: embedding
 * - probes, nearest_codes: see nearest-codes.ts
 * - compared_items: those and the near-duplicates, with their similarity, their distance in bits, and the columns that are shown
 */
function similarTo(
	userId: string,
	itemId: string,
	{ model: name, topK, category: only, minSimilarity }: SimilarOptions,
	looks: Looks,
	nearDuplicates: string[],
) {
	const user = sql`${userId}`;
	const id = sql`${itemId}`;
	const model = sql`${name}`;
	const category = sql`lower(${only ?? null}::text)`;
	const near = sql`${nearDuplicates}::uuid[]`;
	return sql`
	with item as materialized (
	  select embedding
	  from items
	  left join embeddings on embeddings.user_id = items.user_id and embeddings.item_id = items.id and model = ${model}
	  where items.user_id = ${user} and items.id = ${id}
	), ${nearestCodeSteps({
		parameters: searchParameters,
		user,
		model,
		category,
		vector: sql`(select embedding from item)`,
		hits: sql`${topK}::int`,
		where: sql`item_id <> ${id} and (select embedding is not null from item) and ${isNotTrashed(user)}`,
	})}, compared_items as (
	  select found.item_id,
	    1 - (embeddings.embedding <=> (select embedding from item)) as similarity,
	    ${distanceFrom(looks)} as distance,
	    items.mime_type, items.placeholder, items.width, items.height, documents.category, documents.headline, documents.summary, documents.analysis_id
	  from (select item_id from nearest_codes union select unnest(${near})) as found
	  join items on items.user_id = ${user} and items.id = found.item_id
	  left join documents on documents.user_id = ${user} and documents.item_id = found.item_id
	  left join embeddings on embeddings.user_id = ${user} and embeddings.item_id = found.item_id and model = ${model}
	)
	select *, item_id = any(${near}) as near_duplicate
	from compared_items
	where (${category} is null or lower(category) = ${category}) and (similarity is null or similarity >= ${minSimilarity ?? -1}::float8)
	order by near_duplicate desc, case when item_id = any(${near}) then distance end,
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
