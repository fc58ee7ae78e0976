import { z } from "@hono/zod-openapi";
import type { ComparedRun, ModelComparison } from "#core/verification/comparison.ts";
import { descriptionVerification, presentVerification, shownDescription } from "./item.ts";
import { presentTokenUsage, tokenUsageSchema } from "./token-usage.ts";

const run = z.object({
	provider: z.string(),
	model: z.string(),
	raw_response: z.union([shownDescription, z.null()]).openapi({
		description: "The model's whole structured answer; null where it described nothing.",
	}),
	error: z
		.object({ code: z.string(), detail: z.string() })
		.nullable()
		.openapi({ description: "The model refused the picture (`vision_refused`), or answered with nothing usable." }),
	verification: z.union([descriptionVerification, z.null()]),
	usage: z.array(z.object({ purpose: z.enum(["vision", "repair", "embedding"]), ...tokenUsageSchema.shape })),
});

const field = z.object({
	field: z.string().openapi({ example: "headline" }),
	differs: z.boolean().openapi({ description: "Case, spaces, marks and the order of several texts say nothing." }),
	values: z
		.array(z.array(z.string()))
		.length(2)
		.openapi({ description: "By each model.", example: [["Boarding pass to Lisbon"], ["A ticket to Porto"]] }),
	supported: z
		.array(z.boolean().nullable())
		.length(2)
		.openapi({
			description:
				"By each model: what OCR read, the file itself, the item's versions or your own words support all of it, or not; null where nothing can check it.",
			example: [true, false],
		}),
});

export const comparisonSchema = z
	.object({
		runs: z.array(run).length(2),
		fields: z.array(field).openapi({ description: "None where a model described nothing." }),
	})
	.openapi("ModelComparison");

export const presentComparison = ({ runs, fields }: ModelComparison): z.infer<typeof comparisonSchema> => ({
	runs: runs.map(presentRun),
	fields,
});

const presentRun = ({ provider, model, description, error, verification, usage }: ComparedRun) => ({
	provider,
	model,
	raw_response: description,
	error,
	verification: presentVerification(verification),
	usage: usage.map((call) => ({ purpose: call.purpose, ...presentTokenUsage(call) })),
});
