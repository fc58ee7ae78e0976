import { z } from "@hono/zod-openapi";
import { type ImageType, imageTypes } from "#core/items/item.ts";
import { maxOriginalBytes, prepareUpload } from "#core/items/prepare-upload.ts";
import type { Ports } from "#core/ports/index.ts";
import { type Api, guarded, json, jsonBody, noQuery, text } from "../http/routing.ts";
import { itemSchema, presentItem } from "../presenters/item.ts";
import { routes } from "./table.ts";

const accepted = Object.keys(imageTypes) as [ImageType, ...ImageType[]];

const prepare = guarded(routes.prepareUpload, {
	tags: ["Items"],
	summary: "Announce an image of up to 50 MB, to be sent straight to storage",
	description:
		"Post the answer's `fields`, then the image as `file`, to its `url` as multipart/form-data until `expires_at`: exactly `size` bytes. The item is `pending` until they arrive, and `failed` (`upload_missing`) where they have not arrived an hour after the form expired. With the `sha256` of an item that you have, the answer is that item.",
	request: {
		query: noQuery,
		body: {
			required: true,
			...jsonBody(
				z.strictObject({
					filename: text(1_000),
					content_type: z.enum(accepted, {
						error: `Must be one of ${accepted.join(", ")}`,
					}),
					size: z
						.int()
						.min(1)
						.openapi({
							description: `The number of bytes, at most ${maxOriginalBytes}.`,
						}),
					sha256: z
						.string()
						// The document has the pattern, where a flag would be part of it.
						.regex(/^[0-9a-fA-F]{64}$/, {
							error: "Must be the 64 hex digits of a SHA-256",
						})
						.optional()
						.openapi({
							description: "The SHA-256 of the image's bytes.",
							example: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
						}),
				}),
			),
		},
	},
	responses: {
		200: json("You have an item with these bytes already: send nothing.", itemSchema),
		201: json(
			"The address and the form fields that take the image.",
			z.object({
				item_id: z.uuid(),
				url: z.url(),
				fields: z.record(z.string(), z.string()),
				expires_at: z.iso.datetime(),
			}),
		),
	},
});

/** Serves uploads that are too large for a request of this API. */
export function uploadRoutes(app: Api, ports: Pick<Ports, "items" | "objects">) {
	app.openapi(prepare, async (c) => {
		const announced = c.req.valid("json");
		const prepared = await prepareUpload(ports, c.get("userId"), {
			filename: announced.filename,
			contentType: announced.content_type,
			size: announced.size,
			sha256: announced.sha256?.toLowerCase() ?? null,
		});
		if ("existing" in prepared) {
			return c.json(await presentItem(ports, prepared.existing), 200);
		}
		const { itemId, form } = prepared;
		return c.json(
			{
				item_id: itemId,
				url: form.url,
				fields: form.fields,
				expires_at: form.expiresAt.toISOString(),
			},
			201,
		);
	});
}
