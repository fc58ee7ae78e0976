import { randomUUID } from "node:crypto";
import { z } from "@hono/zod-openapi";
import { itemNotFound } from "#core/errors.ts";
import { deleteItem } from "#core/items/delete-item.ts";
import { entityTag } from "#core/items/entity-tag.ts";
import { uploadItem } from "#core/items/upload-item.ts";
import type { Ports } from "#core/ports/index.ts";
import { deletion } from "../http/deletion.ts";
import { hasVersion } from "../http/entity-tags.ts";
import { etagHeader, ifNoneMatchParameter } from "../http/error-responses.ts";
import type { RegisterRoutes } from "../http/route-module.ts";
import { guarded, idOf, idParams, json, noQuery } from "../http/routing.ts";
import { uploadQuota } from "../http/upload-quota.ts";
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

const remove = deletion(routes.deleteItem, { tags, summary: "Delete an item, its analyses and its files" });

const trash = guarded(routes.trashItem, {
	tags,
	summary: "Put an item into the trash",
	description:
		"Lists, searches, tags, albums and shares leave it out, but for `status=trashed`; by its id it stays readable. It is deleted for good 30 days later. Uploading the same file restores it.",
	request: { params: idParams, query: noQuery },
	responses: { 200: json("The item.", itemSchema) },
});

const restore = guarded(routes.restoreItem, {
	tags,
	summary: "Take an item out of the trash",
	request: { params: idParams, query: noQuery },
	responses: { 200: json("The item.", itemSchema) },
});

/** Serves a person's items. */
export const register: RegisterRoutes = (app, ports, { personsQuotas }) => {
	const countUpload = uploadQuota(ports);

	app.openapi(upload, async (c) => {
		const { file } = c.req.valid("form");
		const id = randomUUID();
		const userId = c.get("userId");
		const bytes = new Uint8Array(await file.arrayBuffer());
		const stored = await countUpload(
			await personsQuotas(c.get("userId"), c.get("groups"), "uploads"),
			userId,
			() => uploadItem(ports, userId, { id, filename: file.name, bytes }),
			({ item }) => item.id === id,
		);
		return c.json(await presentItem(ports, stored), 200);
	});

	app.openapi(get, async (c) => {
		const id = idOf(c.req.valid("param").id, itemNotFound);
		const found = await findItem(ports, c.get("userId"), id);
		const etag = entityTag(found);
		if (hasVersion(c.req.header("if-none-match"), etag)) return c.body(null, 304, { etag });
		return c.json(await presentItem(ports, found), 200, { etag });
	});

	app.openapi(remove, async (c) => {
		const id = idOf(c.req.valid("param").id, itemNotFound);
		await deleteItem(ports, c.get("userId"), id);
		return c.json({ status: "deleted" as const, id }, 200);
	});

	app.openapi(trash, async (c) => {
		const id = idOf(c.req.valid("param").id, itemNotFound);
		await ports.items.trash(c.get("userId"), id);
		return c.json(await presentItem(ports, await findItem(ports, c.get("userId"), id)), 200);
	});

	app.openapi(restore, async (c) => {
		const id = idOf(c.req.valid("param").id, itemNotFound);
		await ports.items.restore(c.get("userId"), id);
		return c.json(await presentItem(ports, await findItem(ports, c.get("userId"), id)), 200);
	});
};

async function findItem({ items }: Pick<Ports, "items">, userId: string, id: string) {
	const found = await items.find(userId, id);
	if (!found) throw itemNotFound(id);
	return found;
}
