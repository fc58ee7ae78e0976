import { z } from "@hono/zod-openapi";
import { AppError } from "#core/errors.ts";
import { itemFilename, originalKey, thumbnailKey } from "#core/items/item.ts";
import type { RegisterRoutes } from "../http/route-module.ts";
import { guarded, idOf, json } from "../http/routing.ts";
import { hasThumbnail, urlLifetimeSeconds } from "../presenters/thumbnail.ts";
import { routes } from "./table.ts";

const get = guarded(routes.getImageUrl, {
	tags: ["Items"],
	summary: "A URL that reads an image for one hour",
	request: {
		params: z.object({ filename: z.string() }),
		query: z.strictObject({
			size: z.enum(["original", "thumbnail"]).default("original"),
		}),
	},
	responses: {
		200: json(
			"The URL.",
			z.object({
				url: z.url(),
				expires_at: z.iso.datetime().openapi({ description: "It reads the image until then." }),
			}),
		),
	},
});

/** Serves URLs of a person's images. */
export const register: RegisterRoutes = (app, ports) => {
	const { items, objects } = ports;

	app.openapi(get, async (c) => {
		const { filename } = c.req.valid("param");
		const { size } = c.req.valid("query");
		const userId = c.get("userId");
		const notFound = (detail: string) => new AppError("image_not_found", detail);
		const unknown = () => notFound(`There is no image ${filename.slice(0, 100)}.`);

		const itemId = idOf(filename.split(".", 1)[0] ?? "", unknown);
		const found = await items.find(userId, itemId);
		if (!found || itemFilename(found.item) !== filename) throw unknown();

		const { item } = found;
		if (size === "thumbnail" && !hasThumbnail(item)) {
			throw notFound(
				item.status === "failed"
					? `${filename} has no thumbnail: ${item.error?.detail ?? "it could not be processed."}`
					: `The thumbnail of ${filename} is not made yet: ask again in a few seconds.`,
			);
		}
		if (item.status === "pending") {
			throw notFound(`The upload of ${filename} has not arrived yet.`);
		}
		if (item.error?.code === "upload_missing") {
			throw notFound(`${filename} has no bytes: ${item.error.detail}`);
		}
		if (item.error?.duplicateOf) {
			throw notFound(`${filename} was a duplicate: its image is that of item ${item.error.duplicateOf}.`);
		}
		const key = size === "thumbnail" ? thumbnailKey(userId, item.id) : originalKey(item);
		const { url, expiresAt } = await objects.presignCacheable(key, urlLifetimeSeconds);
		return c.json({ url, expires_at: expiresAt.toISOString() }, 200);
	});
};
