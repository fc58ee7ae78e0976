import type { ImageType } from "#core/items/item.ts";
import {
	nearDuplicateBits,
	type Similar,
	type SimilarItem,
} from "#core/ports/index.ts";
import type { Database } from "../database.ts";
import { nearestCodes } from "./nearest-codes.ts";
import { searchParameters } from "./search.ts";

const traits = `
	select embeddings.item_id is not null as by_vector, perceptual_hash is not null as by_hash
	from items
	left join embeddings on embeddings.user_id = items.user_id and embeddings.item_id = items.id and model = $3
	where items.user_id = $1 and items.id = $2`;

/**
 * Vectors as a search finds them: the nearest 1-bit codes from the covering index, then exactly. Hashes in an index of
 * their own: what looks the same is found before it has a vector, or an analysis.
 */
const toItem = `
	with item as materialized (
	  select perceptual_hash, embedding
	  from items
	  left join embeddings on embeddings.user_id = items.user_id and embeddings.item_id = items.id and model = $3
	  where items.user_id = $1 and items.id = $2
	), ${nearestCodes({
		user: "$1",
		model: "$3",
		category: "$4::text",
		vector: "(select embedding from item)",
		limit: String(searchParameters.rerank.most),
		hits: "$6::int",
		except: "item_id <> $2 and (select embedding is not null from item)",
	})}, look_alikes as materialized (
	  select id as item_id from items
	  where user_id = $1 and id <> $2 and perceptual_hash is not null
	    and bit_count(perceptual_hash # (select perceptual_hash from item)) <= ${nearDuplicateBits}
	), compared as (
	  select found.item_id,
	    1 - (embeddings.embedding <=> (select embedding from item)) as similarity,
	    bit_count(items.perceptual_hash # (select perceptual_hash from item))::int as distance,
	    items.mime_type, documents.category, documents.headline, documents.summary, documents.analysis_id
	  from (select item_id from nearest union select item_id from look_alikes) as found
	  join items on items.user_id = $1 and items.id = found.item_id
	  left join documents on documents.user_id = $1 and documents.item_id = found.item_id
	  left join embeddings on embeddings.user_id = $1 and embeddings.item_id = found.item_id and model = $3
	)
	select *, coalesce(distance <= ${nearDuplicateBits}, false) as near_duplicate
	from compared
	where ($4::text is null or category = $4) and (similarity is null or similarity >= $5::float8)
	order by near_duplicate desc, case when distance <= ${nearDuplicateBits} then distance end,
	  similarity desc nulls last, item_id
	limit $6`;

/** What is like an item, in PostgreSQL. */
export function postgresSimilar(db: Database): Similar {
	return {
		async toItem(userId, itemId, { model, topK, category, minSimilarity }) {
			const of = [userId, itemId, model];
			const [has] = await db.query<{ by_vector: boolean; by_hash: boolean }>(
				traits,
				of,
			);
			if (!has) return null;
			const rows = await db.query<SimilarRow>(toItem, [
				...of,
				category ?? null,
				minSimilarity ?? -1,
				topK,
			]);
			return {
				compared: { byVector: has.by_vector, byHash: has.by_hash },
				items: rows.map(similarFromRow),
			};
		},
	};
}

interface SimilarRow {
	item_id: string;
	mime_type: ImageType;
	similarity: number | null;
	distance: number | null;
	near_duplicate: boolean;
	category: string | null;
	headline: string | null;
	summary: string | null;
	analysis_id: string | null;
}

function similarFromRow(row: SimilarRow): SimilarItem {
	return {
		itemId: row.item_id,
		mimeType: row.mime_type,
		similarity: row.similarity,
		distance: row.distance,
		nearDuplicate: row.near_duplicate,
		category: row.category,
		headline: row.headline,
		summary: row.summary,
		analysisId: row.analysis_id,
	};
}
