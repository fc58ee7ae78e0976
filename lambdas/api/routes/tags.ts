import { z } from "@hono/zod-openapi";
import { deleteTag, renameTag } from "#core/items/change-tags.ts";
import type { RegisterRoutes } from "../http/route-module.ts";
import { guarded, json, noQuery, requiredBody, wholeNumber } from "../http/routing.ts";
import { tagName } from "../presenters/tag-name.ts";
import { routes } from "./table.ts";

const tags = ["Tags"];

const tagSchema = z
	.object({ name: z.string(), count: z.int().openapi({ description: "How many of your items have it." }) })
	.openapi("Tag");

const nameParams = z.object({
	name: tagName.openapi({ description: "A tag in any case, percent-encoded: `%F0%9F%8F%96`." }),
});

const list = guarded(routes.listTags, {
	tags,
	summary: "List your tags, the most used first",
	request: {
		query: z.strictObject({ limit: wholeNumber(1, 1_000, 1_000), offset: wholeNumber(0, 1_000_000, 0) }),
	},
	responses: {
		200: json("Your tags.", z.object({ tags: z.array(tagSchema), total: z.int() })),
	},
});

const rename = guarded(routes.renameTag, {
	tags,
	summary: "Rename a tag on all your items",
	description:
		"Where you have a tag of the new name, the two become one. Searches find the items by the new name within seconds, in a large collection within minutes.",
	request: {
		params: nameParams,
		query: noQuery,
		body: requiredBody(z.strictObject({ name: tagName })),
	},
	responses: { 200: json("The tag under its new name.", tagSchema) },
});

const remove = guarded(routes.deleteTag, {
	tags,
	summary: "Take a tag off all your items",
	description: "No model suggests it for these items again.",
	request: { params: nameParams, query: noQuery },
	responses: { 200: json("It is gone.", z.object({ status: z.literal("deleted"), name: z.string() })) },
});

/** The documents that are not rewritten by then are left to the sweeper. */
const followMs = 10_000;

/** Serves the tags of a person. */
export const register: RegisterRoutes = (app, ports) => {
	const clocked = { ...ports, clock: { now: () => new Date() } };
	const deadline = () => new Date(Date.now() + followMs);

	app.openapi(list, async (c) => {
		const { tags, total } = await ports.tags.list(c.get("userId"), c.req.valid("query"));
		return c.json({ tags: tags.map(({ name, items }) => ({ name, count: items })), total }, 200);
	});

	app.openapi(rename, async (c) => {
		const { name } = c.req.valid("param");
		const newName = c.req.valid("json").name;
		const renamed = await renameTag(clocked, c.get("userId"), { name, newName }, { deadline: deadline() });
		return c.json({ name: renamed.name, count: renamed.items }, 200);
	});

	app.openapi(remove, async (c) => {
		const { name } = c.req.valid("param");
		await deleteTag(clocked, c.get("userId"), name, { deadline: deadline() });
		return c.json({ status: "deleted" as const, name }, 200);
	});
};
