import { z } from "@hono/zod-openapi";
import { itemNotFound } from "#core/errors.ts";
import { deleteItem } from "#core/items/delete-item.ts";
import { entityTag } from "#core/items/entity-tag.ts";
import { itemStatuses } from "#core/items/item.ts";
import { uploadItem } from "#core/items/upload-item.ts";
import type { Ports } from "#core/ports/index.ts";
import { entityTagsIn } from "../http/entity-tags.ts";
import { etagHeader, ifNoneMatchParameter } from "../http/error-responses.ts";
import { type Api, guarded, idOf, idParams, json, noQuery, text, wholeNumber } from "../http/routing.ts";
import { itemSchema, presentItem } from "../presenters/item.ts";
import { routes } from "./table.ts";

const tags = ["Items"];

const upload = guarded(routes.uploadItem, {
	tags: ["Add images"],
	summary: "Upload an image",
	description:
		"PNG, JPEG, WebP, GIF or AVIF up to 4 MB, recognised by its content. The same file again returns the existing item.",
	request: {
		query: noQuery,
		body: {
			required: true,
			content: {
				"multipart/form-data": {
					schema: z.strictObject({
						file: z.instanceof(File, { error: "Must be a file" }).openapi({ type: "string", format: "binary" }),
					}),
				},
			},
		},
	},
	responses: { 200: json("The item.", itemSchema) },
});

const list = guarded(routes.listItems, {
	tags,
	summary: "List items, newest first",
	request: {
		query: z.strictObject({
			category: text(100).optional().openapi({ description: "A category in any case: `food` is `Food`." }),
			status: z.enum(itemStatuses).optional().openapi({
				description: "Items still `pending` are listed only by this filter.",
			}),
			limit: wholeNumber(1, 100, 50),
			offset: wholeNumber(0, 1_000_000, 0),
			cursor: text(500).optional().openapi({
				description: "The `next_cursor` of the page before; replaces `offset`.",
			}),
		}),
	},
	responses: {
		200: json(
			"A page of items.",
			z.object({
				items: z.array(itemSchema),
				total: z.int(),
				next_cursor: z.string().nullable(),
			}),
		),
	},
});

const get = guarded(routes.getItem, {
	tags,
	summary: "One item with its newest analysis",
	request: { params: idParams, query: noQuery },
	parameters: [ifNoneMatchParameter],
	responses: {
		200: { ...json("The item.", itemSchema), headers: etagHeader },
		304: { description: "It is the version that If-None-Match names.", headers: etagHeader },
	},
});

const remove = guarded(routes.deleteItem, {
	tags,
	summary: "Delete an item, its analyses and its files",
	request: { params: idParams, query: noQuery },
	responses: {
		200: json("It is gone.", z.object({ status: z.literal("deleted"), id: z.uuid() })),
	},
});

/** Serves a person's items. */
export function itemRoutes(app: Api, ports: Pick<Ports, "items" | "objects" | "sessions">) {
	app.openapi(upload, async (c) => {
		const { file } = c.req.valid("form");
		const stored = await uploadItem(ports, c.get("userId"), {
			filename: file.name,
			bytes: new Uint8Array(await file.arrayBuffer()),
		});
		return c.json(await presentItem(ports, stored), 200);
	});

	app.openapi(list, async (c) => {
		const { category, cursor, ...query } = c.req.valid("query");
		const page = await ports.items.list(c.get("userId"), {
			...query,
			category: category || undefined,
			cursor: cursor || undefined,
		});
		const items = await Promise.all(page.items.map((item) => presentItem(ports, item)));
		return c.json({ items, total: page.total, next_cursor: page.nextCursor }, 200);
	});

	app.openapi(get, async (c) => {
		const id = idOf(c.req.valid("param").id, itemNotFound);
		const found = await ports.items.find(c.get("userId"), id);
		if (!found) throw itemNotFound(id);
		const etag = entityTag(found);
		const known = entityTagsIn("If-None-Match", c.req.header("if-none-match"))?.map((tag) => tag.replace(/^W\//, ""));
		if (known?.includes(etag) || known?.includes("*")) return c.body(null, 304, { etag });
		return c.json(await presentItem(ports, found), 200, { etag });
	});

	app.openapi(remove, async (c) => {
		const id = idOf(c.req.valid("param").id, itemNotFound);
		await deleteItem(ports, c.get("userId"), id);
		return c.json({ status: "deleted" as const, id }, 200);
	});
}
