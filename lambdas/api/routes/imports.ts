import { z } from "@hono/zod-openapi";
import { maxAlbumDescription, maxAlbumName, smartSearch } from "#core/albums/album.ts";
import { archivedItem } from "#core/archive/archived-item.ts";
import { importAlbum, importItem } from "#core/archive/import.ts";
import { AppError } from "#core/errors.ts";
import { text } from "#core/input-fields.ts";
import type { UseQuotas } from "#core/limits/quotas.ts";
import { problemIn } from "../http/answer-error.ts";
import { problem, problemSchema } from "../http/error-responses.ts";
import { invalidFields } from "../http/invalid-fields.ts";
import type { Charge } from "../http/rate-limiter.ts";
import type { RegisterRoutes } from "../http/route-module.ts";
import { guarded, json, noQuery, requiredBody } from "../http/routing.ts";
import { uploadQuota } from "../http/upload-quota.ts";
import { routes } from "./table.ts";

const tags = ["Account"];

const maxItems = 20;
/** A call costs about as much as the rows of so many items. */
const itemsPerUnit = 4;

function chargeOf(body: unknown): Charge {
	const { items } = (body ?? {}) as { items?: unknown };
	const count = Array.isArray(items) ? Math.min(items.length, maxItems) : 1;
	return { routeClass: routes.importItems.limit, units: Math.max(1, Math.ceil(count / itemsPerUnit)) };
}

const importedItem = z
	.object({
		archived_id: z.uuid(),
		id: z.uuid().openapi({ description: "The item's id here." }),
		upload: z
			.object({ url: z.url(), fields: z.record(z.string(), z.string()), expires_at: z.iso.datetime() })
			.nullable()
			.openapi({ description: "The form that takes the picture; null where you have it already." }),
	})
	.openapi("ImportedItem");

const items = guarded(
	routes.importItems,
	{
		tags,
		summary: "Import items of an archive",
		description: `Each of the ${maxItems} \`items\` at most is a file \`items/{id}.json\` of an archive as it is, and is answered on its own. Post the picture by its form, as after \`POST /uploads\`: the item is then ready with what the archive has of it, and no model is called for that. Repeat a call as you like: an item has one id here, derived from the archive's, and a picture that you have already is that item, which stays as it is. An item in the trash has 30 days there again.`,
		request: {
			query: noQuery,
			body: requiredBody(
				z
					.strictObject({
						// Each is checked on its own: one that is refused does not hold up the others.
						items: z
							.array(z.unknown())
							.min(1)
							.max(maxItems)
							.openapi({ type: "array", items: { type: "object" }, minItems: 1, maxItems }),
					})
					.openapi("ImportedItems"),
			),
		},
		responses: {
			200: json(
				"The items, in the order of the request.",
				z.object({ items: z.array(z.union([importedItem, problemSchema])) }).openapi("ItemImport"),
			),
		},
	},
	chargeOf,
);

const maxAlbumsPerRequest = 50;

const archivedAlbum = z.strictObject({
	id: z.uuid(),
	name: text(maxAlbumName).trim().min(1),
	description: text(maxAlbumDescription).nullable(),
	smart: smartSearch.nullable(),
});

const albums = guarded(routes.importAlbums, {
	tags,
	summary: "Import albums of an archive",
	description:
		"Makes each album that is not there yet, without items: `PUT /albums/{id}/items` adds these. A smart album whose search names another album comes after that one. Repeat a call as you like.",
	request: {
		query: noQuery,
		body: requiredBody(
			z.strictObject({ albums: z.array(archivedAlbum).min(1).max(maxAlbumsPerRequest) }).openapi("ImportedAlbums"),
		),
	},
	responses: {
		200: json(
			"The albums' ids here, in the order of the request.",
			z.object({ albums: z.array(z.object({ archived_id: z.uuid(), id: z.uuid() })) }).openapi("AlbumImport"),
		),
		404: problem("The search of a smart album names an album that is not there yet."),
		409: problem("You have as many albums as there may be."),
	},
});

/** Serves the way back in: what an archive has. */
export const register: RegisterRoutes = (app, ports, { limits, personsQuotas }) => {
	const countUpload = uploadQuota(ports);

	async function importedOrProblem(
		userId: string,
		{ quotas, item, at, requestId }: { quotas: UseQuotas; item: unknown; at: number; requestId: string },
	) {
		try {
			const { success, data, error } = archivedItem.safeParse(item);
			if (!success) {
				const issues = error.issues.map((issue) => ({ ...issue, path: ["items", at, ...issue.path] }));
				throw invalidFields("json", issues);
			}
			// An item that waits for its picture again counts again: only its picture tells that it was taken over.
			const { itemId, form } = await countUpload(
				quotas,
				userId,
				() => importItem(ports, userId, data, limits),
				(imported) => imported.form !== null,
			);
			const upload = form && { url: form.url, fields: form.fields, expires_at: form.expiresAt.toISOString() };
			return { archived_id: data.id, id: itemId, upload };
		} catch (error) {
			if (!(error instanceof AppError)) throw error;
			return problemIn(error, requestId);
		}
	}

	app.openapi(items, async (c) => {
		const results = [];
		const quotas = await personsQuotas(c.get("userId"), c.get("groups"), "uploads");
		// One after the other: the rows of one request must not occupy every connection of the sandbox.
		for (const [at, item] of c.req.valid("json").items.entries()) {
			results.push(await importedOrProblem(c.get("userId"), { quotas, item, at, requestId: c.get("requestId") }));
		}
		return c.json({ items: results }, 200);
	});

	app.openapi(albums, async (c) => {
		const made = [];
		for (const album of c.req.valid("json").albums) {
			made.push({ archived_id: album.id, id: await importAlbum(ports, c.get("userId"), album) });
		}
		return c.json({ albums: made }, 200);
	});
};
