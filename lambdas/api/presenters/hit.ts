import { z } from "@hono/zod-openapi";
import { itemFilename } from "#core/items/item.ts";
import type { Hit, MatchedWord, Ports } from "#core/ports/index.ts";
import type { MatchBox } from "#core/search/place-matches.ts";
import type { SearchType } from "#core/search/search-types.ts";
import { boxSchema, presentBox } from "./placed-line.ts";
import { presentTile, tileFields } from "./thumbnail.ts";

const scoreTypes = {
	bm25: "bm25",
	vector: "similarity",
	hybrid: "hybrid_rrf",
} as const satisfies Record<SearchType, string>;

const matched = z
	.array(
		z.object({
			word: z.string(),
			field: z.enum(["headline", "summary", "labels", "extracted_text"]),
			corrected_to: z.string().optional().openapi({
				description:
					"The word that was found instead: a longer one, or one that resembles it where no item has the word itself.",
			}),
			taken_for: z.string().optional().openapi({
				deprecated: true,
				description: "The former name of `corrected_to`.",
			}),
		}),
	)
	.openapi({
		description: "The words of the query that the item has, and where.",
	});

const ranking = { rank: z.int().positive(), share: z.number().optional() };

const explanation = z
	.object({
		text: z
			.object({ ...ranking, score: z.number(), matched })
			.nullable()
			.openapi({
				description: "Null where the item was not found by words. `share` is the retriever's part of the fused score.",
			}),
		vector: z
			.object({ ...ranking, similarity: z.number() })
			.nullable()
			.openapi({
				description: "Null where the item was not found by its vector.",
			}),
		snippet: z.string().nullable().openapi({
			description: "The piece of the item's text with the words.",
		}),
	})
	.openapi("SearchExplanation");

/** One result of a search. `metadata` may grow, so clients take from it what they know. */
export const searchResult = z
	.object({
		item_id: z.uuid(),
		rank: z.int().positive(),
		score: z.number(),
		score_type: z.enum(["bm25", "similarity", "hybrid_rrf"]).openapi({
			description: "`hybrid_rrf`, by a former name, is a weighted sum of text score and similarity.",
		}),
		match: z.enum(["strong", "weak"]).openapi({
			description: "`weak` if too little of the query is in the item for it to be an answer.",
		}),
		corrections: z
			.array(z.object({ word: z.string(), corrected_to: z.string() }))
			.openapi({ description: "The words of the query that no item has, and the words that this one has instead." }),
		category: z.string(),
		headline: z.string(),
		summary: z.string(),
		image_url: z.string(),
		...tileFields,
		duplicates: z.array(z.uuid()).optional().openapi({
			description: "With `group_by`, the other items found that show nearly the same picture, best first.",
		}),
		boxes: z
			.array(
				z.object({
					word: z.string().openapi({ description: "As in the query." }),
					text: z.string().openapi({ description: "As on the picture." }),
					box: boxSchema,
				}),
			)
			.optional()
			.openapi({
				description:
					"With `explain`, where the picture says the words of the query, 100 places at most: the part of the line with the word, as if all characters of the line were equally wide, or the whole line where it has the word as a date or a number in another form.",
			}),
		metadata: z.looseObject({
			analysis_id: z.uuid(),
			matched: matched.optional(),
			text_rank: z.int().nullable().optional(),
			vector_rank: z.int().nullable().optional(),
			explanation: explanation.optional(),
		}),
	})
	.openapi("SearchResult");

/** Converts a hit to the form that clients see; `explain` adds the reasons of its rank, and `boxes` its places. */
export async function presentHit(
	ports: Pick<Ports, "objects">,
	userId: string,
	hit: Hit & { duplicates?: string[]; deleted?: true },
	rank: number,
	type: SearchType,
	{ explain = false, boxes }: { explain?: boolean; boxes?: MatchBox[] | undefined } = {},
): Promise<z.infer<typeof searchResult>> {
	return {
		item_id: hit.itemId,
		rank,
		score: hit.score,
		score_type: scoreTypes[type],
		match: hit.match ?? "strong",
		corrections: correctionsOf(hit),
		category: hit.category,
		headline: hit.headline,
		summary: hit.summary,
		image_url: `/images/${itemFilename({ id: hit.itemId, mimeType: hit.mimeType })}`,
		...(await presentTile(ports, userId, hit)),
		...(hit.duplicates && { duplicates: hit.duplicates }),
		...(boxes && { boxes: boxes.map((each) => ({ ...each, box: presentBox(each.box) })) }),
		metadata: {
			analysis_id: hit.analysisId,
			...(hit.matched && { matched: hit.matched.map(presentMatch) }),
			...(type === "hybrid" && {
				text_rank: hit.textRank ?? null,
				vector_rank: hit.vectorRank ?? null,
			}),
			...(explain && { explanation: explanationOf(hit) }),
		},
	};
}

/** Returns each misspelt word once with what the item has instead. */
function correctionsOf({ matched = [] }: Hit): { word: string; corrected_to: string }[] {
	const corrections = new Map(
		matched.flatMap(({ word, misspelt, corrected_to }) =>
			misspelt && corrected_to ? [[word, corrected_to] as const] : [],
		),
	);
	return [...corrections].map(([word, corrected_to]) => ({ word, corrected_to }));
}

/** Under the former name, too, which clients may read. */
function presentMatch(match: MatchedWord): z.infer<typeof matched>[number] {
	const { misspelt: _, ...shown } = match;
	const { corrected_to } = shown;
	return { ...shown, ...(corrected_to && { taken_for: corrected_to }) };
}

function explanationOf(hit: Hit): z.infer<typeof explanation> {
	return {
		text: hit.textRank
			? {
					rank: hit.textRank,
					share: hit.textShare,
					score: hit.textScore ?? 0,
					matched: (hit.matched ?? []).map(presentMatch),
				}
			: null,
		vector: hit.vectorRank
			? {
					rank: hit.vectorRank,
					share: hit.vectorShare,
					similarity: hit.similarity ?? 0,
				}
			: null,
		snippet: hit.snippet ?? null,
	};
}
