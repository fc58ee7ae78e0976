import { z } from "@hono/zod-openapi";
import { type Analysis, type DescriptionVerification, imageDescription, warningsOf } from "#core/items/analysis.ts";
import { type Item, itemFilename, shownStatus, shownStatuses } from "#core/items/item.ts";
import { shownWords } from "#core/items/shown-words.ts";
import { takenAtSources } from "#core/items/taken-at.ts";
import type { ItemWithAnalysis, Ports } from "#core/ports/index.ts";
import { riskLevels, verdicts } from "#core/verification/verdict.ts";
import { placeholderSchema, presentItemThumbnail, thumbnailFields } from "./thumbnail.ts";
import { presentTokenUsage, tokenUsageSchema } from "./token-usage.ts";

const timestamp = z.iso.datetime();

/** A description as clients see it. Its lines with their places would make lists of items ten times as large. */
export const shownDescription = imageDescription.extend({
	image_details: imageDescription.shape.image_details.omit({ text_lines: true }),
});

const { facts: factsSchema } = imageDescription.shape.image_details.shape;
const factSchema = z.object(factsSchema.unwrap().element.shape).openapi("Fact", {
	description:
		"One form for each value, however it is written: amounts have a decimal point and no other separator and their currency as `unit`, dates are `2026-03-14` or `--03-14`, times `17:52`.",
	example: { kind: "gate", value: "B22", unit: null, source_line: "Gate B22" },
});

export const descriptionVerification = z
	.object({
		accuracy_score: z
			.int()
			.min(0)
			.max(100)
			.nullable()
			.openapi({ description: "As that of a verification.", example: 100 }),
		risk_level: z.enum(riskLevels),
		unsupported: z
			.array(
				z.object({
					field: z.enum(["headline", "summary", "key_interest"]),
					text: z.string().openapi({ example: "The gate is B22." }),
					verdict: z.enum(verdicts).exclude(["supported"]),
					reason: z.string().openapi({ example: 'Another number stands there: "B24" in place of "B22".' }),
				}),
			)
			.openapi({ description: "Claims of the description that nothing supports, 20 at most." }),
	})
	.openapi("DescriptionVerification", {
		description:
			"The description compared by code with the text that OCR read, the file's own facts and other versions, without a model.",
	});

export const analysisSchema = z
	.object({
		id: z.uuid(),
		item_id: z.uuid(),
		version: z.int().positive(),
		category: z.string(),
		summary: z.string(),
		/** The model's whole structured answer. */
		raw_response: shownDescription,
		provider_used: z.string(),
		model_used: z.string(),
		trace_id: z.string().nullable(),
		usage: z
			.array(z.object({ purpose: z.enum(["vision", "repair", "embedding"]), ...tokenUsageSchema.shape }))
			.openapi({
				description:
					"Every answered call of a model for this analysis, failed attempts and the embedding included, oldest first.",
			}),
		verification: z.union([descriptionVerification, z.null()]).openapi({
			description: "Null where there was nothing to compare it with, and of analyses made before there was any.",
		}),
		created_at: timestamp,
	})
	.openapi("Analysis");

export const itemSchema = z
	.object({
		id: z.uuid(),
		filename: z.string(),
		original_filename: z.string(),
		file_size: z.int().openapi({ description: "Bytes." }),
		mime_type: z.string(),
		status: z.enum(shownStatuses),
		error: z.object({ code: z.string(), detail: z.string(), duplicate_of: z.uuid().nullable() }).nullable(),
		warnings: z.array(z.object({ code: z.string(), detail: z.string() })).openapi({
			description: "What is less than it could be, although the item is ready: `text_incomplete`, `file_damaged`.",
		}),
		width: z.int().nullable(),
		height: z.int().nullable(),
		taken_at: timestamp
			.nullable()
			.openapi({ description: "In UTC. Without an offset, `taken_at_local` as if it were UTC." }),
		taken_at_local: z.string().nullable().openapi({
			description: "What the clock of whoever took it showed: count days and months by this.",
			example: "2024-03-01T10:22:33",
		}),
		taken_at_offset: z.string().nullable().openapi({
			description: "How far the local time is ahead of UTC; null where the file does not say it.",
			example: "+09:00",
		}),
		taken_at_source: z.enum(takenAtSources).nullable(),
		camera: z.string().nullable(),
		location: z.object({ latitude: z.number(), longitude: z.number() }).nullable().openapi({
			description: "The place of the photo in degrees, from the file itself; derived images do not hold it.",
		}),
		...thumbnailFields,
		headline: z.string().nullable().openapi({ description: "Your own (PATCH), else the model's." }),
		summary: z.string().nullable().openapi({ description: "Your own, else the model's." }),
		category: z.string().nullable().openapi({ description: "Your own, else the model's." }),
		note: z.string().nullable().openapi({ description: "Your own note, which searches find and models read." }),
		facts: z.array(factSchema).openapi({
			description:
				"Values that the picture's text states, in the order of its lines: amounts, dates, codes, people. Empty for analyses made before there were any.",
		}),
		favorite: z.boolean(),
		tags: z.array(z.string()).openapi({ description: "Your own list, else what the model suggests." }),
		edited: z
			.object({
				headline: z.literal(true),
				summary: z.literal(true),
				category: z.literal(true),
				note: z.literal(true),
				taken_at: z.literal(true),
				tags: z.literal(true),
			})
			.partial()
			.openapi({
				description: "The fields that are your own words. `latest_analysis` keeps the model's.",
				example: { headline: true },
			}),
		verification: z.union([descriptionVerification, z.null()]).openapi({ description: "That of `latest_analysis`." }),
		placeholder: placeholderSchema,
		trashed_at: timestamp.nullable().openapi({ description: "In the trash since then, and deleted 30 days later." }),
		created_at: timestamp,
		updated_at: timestamp,
		latest_analysis: z.union([analysisSchema, z.null()]),
	})
	.openapi("Item");

/** Converts an analysis to the form that clients see. */
export function presentAnalysis(analysis: Analysis): z.infer<typeof analysisSchema> {
	const { description } = analysis;
	const { text_lines: _, ...details } = description.image_details;
	return {
		id: analysis.id,
		item_id: analysis.itemId,
		version: analysis.version,
		category: description.category,
		summary: description.summary,
		raw_response: { ...description, image_details: details },
		provider_used: analysis.providerUsed,
		model_used: analysis.modelUsed,
		trace_id: analysis.traceId,
		usage: analysis.usage.map((call) => ({ purpose: call.purpose, ...presentTokenUsage(call) })),
		verification: presentVerification(analysis.verification),
		created_at: analysis.createdAt.toISOString(),
	};
}

export function presentVerification(
	verification: DescriptionVerification | null | undefined,
): z.infer<typeof descriptionVerification> | null {
	if (!verification) return null;
	const { accuracyScore, riskLevel, unsupported } = verification;
	return {
		accuracy_score: accuracyScore,
		risk_level: riskLevel,
		unsupported: unsupported.map(({ field, text, verdict, reason }) => ({ field, text, verdict, reason })),
	};
}

/** Converts an item to the form that clients see. */
export async function presentItem(
	ports: Pick<Ports, "objects">,
	{ item, latestAnalysis, tags }: ItemWithAnalysis,
): Promise<z.infer<typeof itemSchema>> {
	const { headline, summary, category } = shownWords(item, latestAnalysis);
	return {
		id: item.id,
		filename: itemFilename(item),
		original_filename: item.originalFilename,
		file_size: item.fileSize,
		mime_type: item.mimeType,
		status: shownStatus(item),
		error: item.error && {
			code: item.error.code,
			detail: item.error.detail,
			duplicate_of: item.error.duplicateOf ?? null,
		},
		warnings: warningsOf(item, latestAnalysis?.description),
		width: item.width,
		height: item.height,
		taken_at: item.takenAt?.instant.toISOString() ?? null,
		taken_at_local: item.takenAt?.local ?? null,
		taken_at_offset: item.takenAt?.offset ?? null,
		taken_at_source: item.takenAt?.source ?? null,
		camera: item.camera,
		location: item.location,
		...(await presentItemThumbnail(ports, item)),
		verification: presentVerification(latestAnalysis?.verification),
		placeholder: item.placeholder,
		trashed_at: item.trashedAt?.toISOString() ?? null,
		headline,
		summary,
		category,
		note: item.note,
		facts: latestAnalysis?.description.image_details.facts ?? [],
		favorite: item.favorite,
		tags,
		edited: editedFields(item),
		created_at: item.createdAt.toISOString(),
		updated_at: item.updatedAt.toISOString(),
		latest_analysis: latestAnalysis && presentAnalysis(latestAnalysis),
	};
}

/** Names the fields that are a person's own words. */
function editedFields({ edits, note, takenAt }: Item): z.infer<typeof itemSchema>["edited"] {
	return {
		...(edits.headline !== null && { headline: true }),
		...(edits.summary !== null && { summary: true }),
		...(edits.category !== null && { category: true }),
		...(note !== null && { note: true }),
		...(takenAt?.source === "user" && { taken_at: true }),
		...(edits.tags && { tags: true }),
	};
}
