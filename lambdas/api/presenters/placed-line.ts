import { z } from "@hono/zod-openapi";
import type { TextBox } from "#core/items/analysis.ts";
import type { PlacedLine } from "#core/items/placed-text.ts";

/** A part of a picture: left, top, width, height. */
export const boxSchema = z
	.array(z.number().min(0).max(1))
	.length(4)
	.openapi("Box", {
		description: "Left, top, width and height, as fractions of the upright image.",
		example: [0.08, 0.12, 0.5, 0.04],
	});

export const placedLineSchema = z
	.object({
		text: z.string(),
		box: z.union([boxSchema, z.null()]).openapi({
			description: "Null where only a model saw the line, which does not say where.",
		}),
		confidence: z.number().min(0).max(1).nullable().openapi({
			description: "Of the OCR that found the place; null where there is none.",
		}),
	})
	.openapi("TextLine");

export const presentBox = ({ x, y, width, height }: TextBox): number[] => [x, y, width, height];

export function presentLine({ text, box, confidence }: PlacedLine): z.infer<typeof placedLineSchema> {
	return { text, box: box && presentBox(box), confidence };
}
