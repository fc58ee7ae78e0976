import { z } from "@hono/zod-openapi";
import { itemNotFound } from "#core/errors.ts";
import { text } from "#core/input-fields.ts";
import { editItem } from "#core/items/edit-item.ts";
import { entityTag } from "#core/items/entity-tag.ts";
import { distinctTags, maxTags } from "#core/items/tag-names.ts";
import { takenAtOfPerson } from "#core/items/taken-at.ts";
import { entityTagsIn } from "../http/entity-tags.ts";
import { etagHeader, ifMatchParameter, problem } from "../http/error-responses.ts";
import type { RegisterRoutes } from "../http/route-module.ts";
import { guarded, idOf, idParams, json, noQuery, requiredBody } from "../http/routing.ts";
import { itemSchema, presentItem } from "../presenters/item.ts";
import { tagName } from "../presenters/tag-name.ts";
import { routes } from "./table.ts";

/** A person's own words; null takes them back. */
const words = (max: number, description: string) =>
	text(max).trim().min(1, { error: "Is empty: send null to take it back" }).nullable().openapi({ description });

const takenAt = text(40)
	.transform((value, context) => {
		const time = takenAtOfPerson(value);
		if (time) return time;
		context.addIssue(
			"Must be a time of the years 1900 to 2099 such as 2024-03-01T10:22:33 or 2024-03-01T10:22:33+09:00",
		);
		return z.NEVER;
	})
	.nullable()
	.openapi({
		type: ["string", "null"],
		description:
			"When it was taken: by the clock of whoever took it, or with an offset (`Z` is UTC); the date alone is midnight. Null gives the file's own time back.",
		example: "2024-03-01T10:22:33+09:00",
	});

const edit = guarded(routes.editItem, {
	tags: ["Items"],
	summary: "Change what is yours about an item",
	description:
		"Your own words are shown and searched instead of the model's, and no analysis changes them. What you leave out stays, null gives the model's back. With `If-Match` nothing is changed if the item is another version by now.",
	request: {
		params: idParams,
		query: noQuery,
		body: requiredBody(
			z
				.strictObject({
					headline: words(1_000, "Null gives the model's back."),
					summary: words(10_000, "Null gives the model's back."),
					category: words(100, "Null gives the model's back."),
					note: words(10_000, "A note of your own, which searches find and models read. Null removes it."),
					taken_at: takenAt,
					favorite: z.boolean().nullable().openapi({ description: "Null is false." }),
					tags: z
						.array(tagName)
						.max(maxTags, { error: `Must have at most ${maxTags} tags` })
						.nullable()
						.openapi({
							description:
								"The whole list. Two that differ only in case are one tag, with the spelling that your other items have. Null gives the model's back.",
						}),
				})
				.partial()
				.openapi("ItemEdit"),
		),
	},
	responses: {
		200: { ...json("The item as it is now.", itemSchema), headers: etagHeader },
		412: problem("The item is not the version that If-Match names. Nothing was changed."),
	},
	parameters: [ifMatchParameter],
});

/** Serves changes of a person's own words about items. */
export const register: RegisterRoutes = (app, ports) => {
	app.openapi(edit, async (c) => {
		const id = idOf(c.req.valid("param").id, itemNotFound);
		const { taken_at, favorite, tags, ...texts } = c.req.valid("json");
		const edited = await editItem(
			ports,
			c.get("userId"),
			id,
			{
				...texts,
				...(taken_at !== undefined && { takenAt: taken_at }),
				...(favorite !== undefined && { favorite: favorite ?? false }),
				...(tags !== undefined && { tags: tags && distinctTags(tags) }),
			},
			entityTagsIn("If-Match", c.req.header("if-match")),
		);
		return c.json(await presentItem(ports, edited), 200, { etag: entityTag(edited) });
	});
};
