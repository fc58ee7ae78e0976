import { z } from "@hono/zod-openapi";
import { AppError, itemNotFound } from "#core/errors.ts";
import { isStorable, text } from "#core/input-fields.ts";
import { imageDescription } from "#core/items/analysis.ts";
import type { GoldenEntry } from "#core/items/golden-entry.ts";
import { itemFilename } from "#core/items/item.ts";
import { reviewModes } from "#core/ports/index.ts";
import type { RegisterRoutes } from "../http/route-module.ts";
import { guarded, idOf, json, noQuery, requiredBody, wholeNumber } from "../http/routing.ts";
import { analysisSchema, presentAnalysis } from "../presenters/item.ts";
import { routes } from "./table.ts";

const tags = ["Golden dataset"];

const list = guarded(routes.listGoldenItems, {
	tags,
	summary: "Items to review, with every analysis of them",
	request: {
		query: z.strictObject({
			review_mode: z.enum(reviewModes).default("unreviewed"),
			limit: wholeNumber(1, 100, 50),
			offset: wholeNumber(0, 1_000_000, 0),
		}),
	},
	responses: {
		200: json(
			"A page of items that have an analysis, newest first.",
			z
				.object({
					items: z.array(
						z.object({
							item_id: z.uuid(),
							filename: z.string(),
							original_filename: z.string(),
							analyses: z.array(analysisSchema).openapi({ description: "All versions, newest first." }),
							has_golden: z.boolean(),
						}),
					),
					total: z.int().openapi({ description: "How many items the mode has." }),
					reviewed_count: z.int().openapi({ description: "How many items have an entry, in every mode." }),
				})
				.openapi("GoldenItems"),
		),
	},
});

/** So many texts of this length are compared in a second. */
const maxValues = 10;
const maxCharacters = 5_000;

const compare = guarded(routes.compareGolden, {
	tags,
	summary: "How much the analyses of an item agree on a field",
	description:
		"`extracted_text` is compared by Levenshtein distance, its lines joined by spaces; `headline` and `summary` by the cosine of their TF-IDF vectors without stop words. Both are 1 for equal texts.",
	request: {
		query: noQuery,
		body: requiredBody(
			z
				.strictObject({
					item_id: z.string().openapi({ format: "uuid" }),
					field_type: z.enum(["extracted_text", "headline", "summary"]),
					values: z
						.array(z.union([text(maxCharacters), z.array(text(maxCharacters)).max(500)]))
						.min(1)
						.max(maxValues)
						.openapi({
							description: `One of each analysis, at most ${maxCharacters} characters together: a text, or the lines of one.`,
							example: ["Boarding pass to Lisbon", "A boarding pass to Lisbon"],
						}),
				})
				.openapi("GoldenComparison"),
		),
	},
	responses: {
		200: json(
			"The agreement of each value with each.",
			z
				.object({
					similarity_matrix: z.array(z.array(z.number())).openapi({
						example: [
							[1, 0.82],
							[0.82, 1],
						],
					}),
					highest_agreement: z
						.object({ index: z.int(), avg_similarity: z.number() })
						.openapi({ description: "The value that agrees most with all, itself included." }),
					method: z.enum(["levenshtein", "tfidf"]),
				})
				.openapi("GoldenAgreement"),
		),
		404: { $ref: "#/components/responses/NotFound" },
	},
});

/** Strings of any depth, which Postgres must be able to hold. */
const isStorableJson = (value: unknown): boolean =>
	typeof value === "string"
		? isStorable(value)
		: value === null || typeof value !== "object" || Object.entries(value).flat().every(isStorableJson);

const entrySchema = z
	.strictObject({
		item_id: z.string().openapi({ format: "uuid" }),
		...imageDescription.shape,
		image_details: imageDescription.shape.image_details.omit({ text_lines: true }),
		source_analysis_ids: z.array(z.uuid()).max(100).default([]),
		source_analyses_count: z.int().min(0).optional().openapi({
			description: "The number of `source_analysis_ids`, whatever is sent.",
		}),
		original_filename: text(1_000).nullish().openapi({ description: "The item's, whatever is sent." }),
		reviewed_at: z.iso.datetime({ offset: true }).nullish().openapi({ description: "Now, where it is left out." }),
	})
	.refine(isStorableJson, { error: "Holds a NUL byte or half a character" })
	.openapi("GoldenEntryInput");

const storedEntry = z
	.object({
		item_id: z.uuid(),
		original_filename: z.string(),
		...imageDescription.shape,
		image_details: imageDescription.shape.image_details.omit({ text_lines: true }),
		source_analysis_ids: z.array(z.uuid()),
		source_analyses_count: z.int(),
		reviewed_at: z.iso.datetime(),
	})
	.openapi("GoldenEntry");

const save = guarded(routes.saveGolden, {
	tags,
	summary: "Save the reviewed analysis of an item, in place of the one before",
	request: { query: noQuery, body: requiredBody(entrySchema) },
	responses: {
		200: json(
			"It is saved.",
			z.object({ status: z.literal("saved"), item_id: z.uuid(), total_golden_count: z.int() }).openapi("GoldenSaved"),
		),
		404: { $ref: "#/components/responses/NotFound" },
	},
});

const status = guarded(routes.getGoldenStatus, {
	tags,
	summary: "How much is reviewed",
	request: { query: noQuery },
	responses: {
		200: json(
			"The progress.",
			z
				.object({
					total_items: z.int().openapi({ description: "Items that have an analysis." }),
					reviewed_items: z.int(),
					progress_percentage: z.number().min(0).max(100).openapi({ description: "With one decimal; 0 of no items." }),
				})
				.openapi("GoldenStatus"),
		),
	},
});

const get = guarded(routes.getGoldenEntry, {
	tags,
	summary: "The reviewed analysis of an item",
	request: { params: z.object({ item_id: z.string().openapi({ format: "uuid" }) }), query: noQuery },
	responses: {
		200: json("The entry; null where the item is not reviewed.", z.object({ entry: z.union([storedEntry, z.null()]) })),
	},
});

/** Serves the review of analyses, of a person's own items. */
export const register: RegisterRoutes = (app, { golden, items }) => {
	app.openapi(list, async (c) => {
		const { review_mode: mode, limit, offset } = c.req.valid("query");
		const page = await golden.list(c.get("userId"), { mode, limit, offset });
		const { reviewed } = await golden.count(c.get("userId"));
		return c.json(
			{
				items: page.items.map(({ item, analyses, hasGolden }) => ({
					item_id: item.id,
					filename: itemFilename(item),
					original_filename: item.originalFilename,
					analyses: analyses.map(presentAnalysis),
					has_golden: hasGolden,
				})),
				total: page.total,
				reviewed_count: reviewed,
			},
			200,
		);
	});

	app.openapi(compare, async (c) => {
		const { item_id, field_type, values } = c.req.valid("json");
		const itemId = idOf(item_id, itemNotFound);
		if ((await items.existing(c.get("userId"), [itemId])).length === 0) throw itemNotFound(itemId);
		const texts = values.map((value) => (typeof value === "string" ? value : value.join(" ")));
		for (const [at, { length }] of texts.entries()) {
			if (length <= maxCharacters) continue;
			const detail = `Must have at most ${maxCharacters} characters together, and has ${length}`;
			const field = `body.values.${at}`;
			throw new AppError("invalid_fields", `${field}: ${detail}.`, { fields: [{ field, detail }] });
		}
		// Loaded by the few who review.
		const { highestAgreement, levenshteinAgreement, tfidfAgreement } = await import("#text/agreement.ts");
		const method = field_type === "extracted_text" ? ("levenshtein" as const) : ("tfidf" as const);
		const agreement = method === "levenshtein" ? levenshteinAgreement(texts) : tfidfAgreement(texts);
		const { index, mean } = highestAgreement(agreement);
		return c.json({ similarity_matrix: agreement, highest_agreement: { index, avg_similarity: mean }, method }, 200);
	});

	app.openapi(save, async (c) => {
		const {
			item_id,
			source_analysis_ids,
			reviewed_at,
			source_analyses_count: _,
			original_filename: __,
			...rest
		} = c.req.valid("json");
		const itemId = idOf(item_id, itemNotFound);
		const isSaved = await golden.save(c.get("userId"), {
			itemId,
			description: rest,
			sourceAnalysisIds: source_analysis_ids ?? [],
			reviewedAt: reviewed_at ? new Date(reviewed_at) : new Date(),
		});
		if (!isSaved) throw itemNotFound(itemId);
		const { reviewed } = await golden.count(c.get("userId"));
		return c.json({ status: "saved" as const, item_id: itemId, total_golden_count: reviewed }, 200);
	});

	app.openapi(status, async (c) => {
		const { items: total, reviewed } = await golden.count(c.get("userId"));
		const percentage = total === 0 ? 0 : Math.round((reviewed / total) * 1_000) / 10;
		return c.json({ total_items: total, reviewed_items: reviewed, progress_percentage: percentage }, 200);
	});

	app.openapi(get, async (c) => {
		const itemId = idOf(c.req.valid("param").item_id, itemNotFound);
		const found = await items.find(c.get("userId"), itemId);
		if (!found) throw itemNotFound(itemId);
		const entry = await golden.find(c.get("userId"), itemId);
		return c.json({ entry: entry && presentEntry(entry, found.item.originalFilename) }, 200);
	});
};

function presentEntry({ itemId, description, sourceAnalysisIds, reviewedAt }: GoldenEntry, originalFilename: string) {
	return {
		item_id: itemId,
		original_filename: originalFilename,
		...description,
		source_analysis_ids: sourceAnalysisIds,
		source_analyses_count: sourceAnalysisIds.length,
		reviewed_at: reviewedAt.toISOString(),
	};
}
