import { z } from "@hono/zod-openapi";
import { itemFilename } from "#core/item.ts";
import type { Hit } from "#core/ports.ts";
import type { SearchType } from "#core/search-items.ts";

const scoreTypes = {
	bm25: "bm25",
	vector: "similarity",
	hybrid: "hybrid_rrf",
} as const satisfies Record<SearchType, string>;

/** One item found, as clients see it. */
export const resultSchema = z
	.object({
		item_id: z.uuid(),
		rank: z.int().positive(),
		score: z.number(),
		score_type: z.enum(["bm25", "similarity", "hybrid_rrf"]),
		category: z.string(),
		headline: z.string(),
		summary: z.string(),
		image_url: z.string(),
		metadata: z.record(z.string(), z.unknown()),
	})
	.openapi("SearchResult");

export function presentHit(
	hit: Hit,
	rank: number,
	type: SearchType,
): z.infer<typeof resultSchema> {
	return {
		item_id: hit.itemId,
		rank,
		score: hit.score,
		score_type: scoreTypes[type],
		category: hit.category,
		headline: hit.headline,
		summary: hit.summary,
		image_url: `/images/${itemFilename({ id: hit.itemId, mimeType: hit.mimeType })}`,
		metadata: {
			analysis_id: hit.analysisId,
			...(type === "hybrid"
				? {
						text_rank: hit.textRank ?? null,
						vector_rank: hit.vectorRank ?? null,
					}
				: {}),
		},
	};
}
