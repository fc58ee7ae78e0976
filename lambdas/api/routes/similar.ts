import { z } from "@hono/zod-openapi";
import { itemNotFound } from "#core/errors.ts";
import { text } from "#core/input-fields.ts";
import { itemFilename } from "#core/items/item.ts";
import type { Ports, SimilarItem } from "#core/ports/index.ts";
import { findSimilar } from "#core/search/find-similar.ts";
import { conflict } from "../http/error-responses.ts";
import type { RegisterRoutes } from "../http/route-module.ts";
import { guarded, idOf, idParams, json, jsonBody, noQuery, wholeNumber } from "../http/routing.ts";
import { presentTile, tileFields } from "../presenters/thumbnail.ts";
import { routes } from "./table.ts";

const result = z
	.object({
		item_id: z.uuid(),
		rank: z.int().positive(),
		score: z.number().nullable().openapi({
			description: "The cosine similarity, -1 to 1; null where either item is not embedded by the model in use.",
		}),
		score_type: z.literal("similarity"),
		near_duplicate: z.boolean().openapi({
			description:
				"True if both are nearly the same picture: smaller, brighter, in another format or cropped by a tenth of each side at most. False where they show too little, or their texts differ.",
		}),
		distance: z.int().min(0).max(64).nullable().openapi({
			description:
				"The number of bits in which the pictures' hashes differ, or one's and that of the other's crop; null where either has none.",
		}),
		category: z.string().nullable(),
		headline: z.string().nullable(),
		summary: z.string().nullable(),
		image_url: z.string(),
		...tileFields,
		metadata: z.object({ analysis_id: z.uuid().nullable() }),
	})
	.openapi("SimilarItem");

const similar = guarded(routes.findSimilar, {
	tags: ["Search"],
	summary: "Find items similar to an item",
	description:
		"Near-duplicates by their picture first, then the nearest by vector; the item itself is left out. A near-duplicate appears before it is analyzed. While the item itself is not embedded, only near-duplicates are found: `compared_by` says so.",
	request: {
		params: idParams,
		query: noQuery,
		body: jsonBody(
			z.strictObject({
				top_k: z.int().min(1).max(50).default(10),
				category_filter: text(100).nullish(),
				min_similarity_score: z
					.number()
					.min(-1)
					.max(1)
					.nullish()
					.openapi({ description: "The minimum cosine similarity of an item found by its vector." }),
			}),
		),
	},
	responses: {
		200: json(
			"The similar items.",
			z.object({
				item_id: z.uuid(),
				results: z.array(result),
				total_results: z.int(),
				notices: z.array(z.string()).openapi({ description: "Sentences about what was found." }),
				compared_by: z.array(z.enum(["vector", "perceptual_hash"])),
				model: z.string(),
			}),
		),
		409: conflict,
	},
});

const exampleIds = ["0d3f6c1e-5f0a-4c53-9b7e-2f1a8c7d4e60", "5b1e2d3c-4a59-4687-9a7b-8c6d5e4f3a2b"];

/** Comparing one item with 20,000 takes some 50 ms. */
const maxCompared = 50;

const duplicates = guarded(routes.listDuplicates, {
	tags: ["Search"],
	summary: "List pairs of items that show nearly the same picture",
	description:
		"A page compares so many of your items, the newest first, with all of them. A pair may appear on two pages: when each of its items is compared. Items in the trash are in none.",
	request: {
		query: z.strictObject({
			limit: wholeNumber(1, maxCompared, 25).openapi({ description: "The number of items to compare." }),
			cursor: text(2_000).optional().openapi({ description: "The `next_cursor` of the page before." }),
		}),
	},
	responses: {
		200: json(
			"The pairs of a page, which may have none although a later one has some.",
			z
				.object({
					pairs: z.array(
						z.object({
							item_ids: z.array(z.uuid()).length(2).openapi({ minItems: 2, maxItems: 2, example: exampleIds }),
						}),
					),
					compared: z.int().openapi({ description: "The number of items that were compared." }),
					total: z.int().openapi({ description: "The number of your items." }),
					next_cursor: z.string().nullable(),
				})
				.openapi("DuplicatePairs"),
		),
	},
});

/** Serves the items similar to an item, and the pairs of near-duplicates. */
export const register: RegisterRoutes = (app, ports) => {
	app.openapi(duplicates, async (c) => {
		const userId = c.get("userId");
		const { limit, cursor } = c.req.valid("query");
		const page = await ports.items.listCompact(userId, { limit, offset: 0, cursor: cursor || undefined });
		const ids = page.items.map(({ id }) => id);
		const pairs = await ports.similar.duplicatesOf(userId, ids);
		return c.json(
			{
				pairs: pairs.map((item_ids) => ({ item_ids })),
				compared: ids.length,
				total: page.total,
				next_cursor: page.nextCursor,
			},
			200,
		);
	});

	app.openapi(similar, async (c) => {
		const itemId = idOf(c.req.valid("param").id, itemNotFound);
		const body = c.req.valid("json");
		const { compared, items, model, notices } = await findSimilar(ports, c.get("userId"), itemId, {
			topK: body.top_k ?? 10,
			category: body.category_filter || undefined,
			minSimilarity: body.min_similarity_score ?? undefined,
		});
		return c.json(
			{
				item_id: itemId,
				results: await Promise.all(items.map((item, at) => present(ports, c.get("userId"), item, at + 1))),
				total_results: items.length,
				notices,
				compared_by: [
					...(compared.byVector ? (["vector"] as const) : []),
					...(compared.byHash ? (["perceptual_hash"] as const) : []),
				],
				model,
			},
			200,
		);
	});
};

async function present(
	ports: Pick<Ports, "objects">,
	userId: string,
	item: SimilarItem,
	rank: number,
): Promise<z.infer<typeof result>> {
	return {
		item_id: item.itemId,
		rank,
		score: item.similarity,
		score_type: "similarity",
		near_duplicate: item.nearDuplicate,
		distance: item.distance,
		category: item.category,
		headline: item.headline,
		summary: item.summary,
		image_url: `/images/${itemFilename({ id: item.itemId, mimeType: item.mimeType })}`,
		...(await presentTile(ports, userId, item)),
		metadata: { analysis_id: item.analysisId },
	};
}
