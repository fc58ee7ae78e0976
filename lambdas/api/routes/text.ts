import { z } from "@hono/zod-openapi";
import { itemNotFound } from "#core/errors.ts";
import { placedText } from "#core/items/placed-text.ts";
import type { RegisterRoutes } from "../http/route-module.ts";
import { guarded, idOf, idParams, json, noQuery } from "../http/routing.ts";
import { placedLineSchema, presentLine } from "../presenters/placed-line.ts";
import { routes } from "./table.ts";

const get = guarded(routes.getText, {
	tags: ["Items"],
	summary: "The text in a picture, line by line, and where it stands",
	description:
		"The lines are those of the newest analysis, from the top. Where a model described the picture, OCR ran beside it: the words are the model's, the places are OCR's, which may be a part of a line that OCR read, divided as if all its characters were equally wide, or the lines of a paragraph. Lines that OCR alone read are listed, too, and lines that the model alone read have no place. An item that is not analyzed yet has no lines.",
	request: { params: idParams, query: noQuery },
	responses: {
		200: json(
			"The lines.",
			z
				.object({
					lines: z.array(placedLineSchema),
					complete: z.boolean().openapi({
						description: "False where a part could not be read, and before the item is analyzed.",
					}),
				})
				.openapi("ItemText"),
		),
	},
});

/** Serves the text of a person's pictures. */
export const register: RegisterRoutes = (app, { items }) => {
	app.openapi(get, async (c) => {
		const id = idOf(c.req.valid("param").id, itemNotFound);
		const found = await items.find(c.get("userId"), id);
		if (!found) throw itemNotFound(id);
		const { latestAnalysis } = found;
		if (!latestAnalysis) return c.json({ lines: [], complete: false }, 200);
		const { description } = latestAnalysis;
		const complete = description.image_details.text_complete !== false;
		return c.json({ lines: placedText(description).map(presentLine), complete }, 200);
	});
};
