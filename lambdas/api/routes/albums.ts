import { randomUUID } from "node:crypto";
import { z } from "@hono/zod-openapi";
import { maxAlbumDescription, maxAlbumItems, maxAlbumName, maxAlbums, smartSearch } from "#core/albums/album.ts";
import { showAlbum } from "#core/albums/show-album.ts";
import { albumNotFound, itemNotFound } from "#core/errors.ts";
import { itemId, text } from "#core/input-fields.ts";
import type { ListedAlbum } from "#core/ports/index.ts";
import { deleteById, deletion } from "../http/deletion.ts";
import { problem } from "../http/error-responses.ts";
import type { RegisterRoutes } from "../http/route-module.ts";
import { guarded, idOf, idParams, json, noQuery, requiredBody, wholeNumber } from "../http/routing.ts";
import { albumSchema, presentAlbum } from "../presenters/album.ts";
import { routes } from "./table.ts";

const tags = ["Albums"];

const name = text(maxAlbumName).trim().min(1, { error: "Must not be empty" });
const optional = {
	description: text(maxAlbumDescription).nullable(),
	cover_item_id: itemId.nullable().openapi({ description: "An item of yours; null for the album's first." }),
	smart: smartSearch.nullable().openapi({
		description:
			"Makes a smart album: its items are the strong hits of the search, 50 at most, or, without `query`, what the filters of GET /items match. They are always current.",
	}),
};

const ids = z.array(itemId).min(1, { error: "Must have an id" }).max(100, { error: "Must have at most 100 ids" });

const list = guarded(routes.listAlbums, {
	tags,
	summary: "Your albums, the newest first",
	description: `You may have ${maxAlbums}.`,
	request: { query: z.strictObject({ limit: wholeNumber(1, 50, 20), offset: wholeNumber(0, maxAlbums, 0) }) },
	responses: { 200: json("A page of albums.", z.object({ albums: z.array(albumSchema), total: z.int() })) },
});

const create = guarded(routes.createAlbum, {
	tags,
	summary: "Make an album, or a smart album",
	request: {
		query: noQuery,
		body: requiredBody(
			z.strictObject({
				name,
				description: optional.description.default(null),
				cover_item_id: optional.cover_item_id.default(null),
				smart: optional.smart.default(null),
			}),
		),
	},
	responses: {
		201: json("The album.", albumSchema),
		404: problem("There is no such item for the cover, or no such album in the filters."),
		409: problem("You have as many albums as you may."),
	},
});

const get = guarded(routes.getAlbum, {
	tags,
	summary: "One album",
	request: { params: idParams, query: noQuery },
	responses: { 200: json("The album.", albumSchema) },
});

const change = guarded(routes.changeAlbum, {
	tags,
	summary: "Rename an album, or change its cover or its search",
	description: "What is absent stays. With `smart: null` a smart album becomes one to which you add items.",
	request: {
		params: idParams,
		query: noQuery,
		body: requiredBody(
			z
				.strictObject({ name, ...optional })
				.partial()
				.refine((fields) => Object.keys(fields).length > 0, { error: "Must have a field to change" }),
		),
	},
	responses: {
		200: json("The album.", albumSchema),
		409: problem("The album has items of its own, and cannot become a smart one."),
	},
});

const remove = deletion(routes.deleteAlbum, { tags, summary: "Delete an album; its items stay" });

const put = guarded(routes.putAlbumItems, {
	tags,
	summary: "Add items to an album, or move them in its order",
	description: `Without \`position\` the items follow at the album's end in the order of \`ids\`, and those that are in it stay where they are. With \`position\` (0 is the first place) all of \`ids\` come to stand there, in their order: so any order is made, 100 items at a time. An album has at most ${maxAlbumItems} items. An id that is no item of yours is 404, and nothing changes.`,
	request: {
		params: idParams,
		query: noQuery,
		body: requiredBody(
			z.strictObject({
				ids,
				position: z.int().min(0).max(maxAlbumItems).optional().openapi({
					description: "Counted among the other items. Beyond the last one it means the end.",
				}),
			}),
		),
	},
	responses: {
		200: json("The album.", albumSchema),
		409: problem("The album is full, or it is a smart album, whose items a search finds."),
	},
});

const take = guarded(routes.removeAlbumItems, {
	tags,
	summary: "Remove items from an album; they stay in your collection",
	description:
		"Items that are not in the album are no error. An id that is no item of yours is 404, and nothing changes.",
	request: { params: idParams, query: noQuery, body: requiredBody(z.strictObject({ ids })) },
	responses: {
		200: json("The album.", albumSchema),
		409: problem("The album is a smart album: nobody removes what its search finds."),
	},
});

/** Smart albums of a page whose searches run at once; a sandbox has two connections to the database. */
const parallelSearches = 4;

/** Serves albums. `GET /items?album=` lists their items. */
export const register: RegisterRoutes = (app, ports) => {
	const present = async (listed: ListedAlbum) => presentAlbum(ports, await showAlbum(ports, listed));

	async function presentStored(userId: string, albumId: string) {
		const found = await ports.albums.find(userId, albumId);
		if (!found) throw albumNotFound(albumId);
		return present(found);
	}

	/** @throws AppError `item_not_found`: nothing is changed where one id is not the person's */
	async function requireItems(userId: string, itemIds: string[]): Promise<void> {
		const existing = new Set(await ports.items.existing(userId, itemIds));
		const missing = itemIds.find((id) => !existing.has(id));
		if (missing) throw itemNotFound(missing);
	}

	app.openapi(list, async (c) => {
		const { albums, total } = await ports.albums.list(c.get("userId"), c.req.valid("query"));
		const presented: z.infer<typeof albumSchema>[] = [];
		for (let at = 0; at < albums.length; at += parallelSearches) {
			presented.push(...(await Promise.all(albums.slice(at, at + parallelSearches).map(present))));
		}
		return c.json({ albums: presented, total }, 200);
	});

	app.openapi(create, async (c) => {
		const userId = c.get("userId");
		const { cover_item_id, ...fields } = c.req.valid("json");
		const album = await ports.albums.create(
			{ id: randomUUID(), userId, ...fields, coverItemId: cover_item_id },
			{ maxAlbums },
		);
		return c.json(await presentStored(userId, album.id), 201);
	});

	app.openapi(get, async (c) => {
		const id = idOf(c.req.valid("param").id, albumNotFound);
		return c.json(await presentStored(c.get("userId"), id), 200);
	});

	app.openapi(change, async (c) => {
		const userId = c.get("userId");
		const id = idOf(c.req.valid("param").id, albumNotFound);
		const { cover_item_id, ...fields } = c.req.valid("json");
		const changed = await ports.albums.update(userId, id, {
			...fields,
			...(cover_item_id !== undefined && { coverItemId: cover_item_id }),
		});
		if (!changed) throw albumNotFound(id);
		return c.json(await presentStored(userId, id), 200);
	});

	app.openapi(
		remove,
		deleteById((userId, id) => ports.albums.delete(userId, id), albumNotFound),
	);

	app.openapi(put, async (c) => {
		const userId = c.get("userId");
		const id = idOf(c.req.valid("param").id, albumNotFound);
		const { ids, position } = c.req.valid("json");
		await requireItems(userId, ids);
		await ports.albums.putItems(userId, id, [...new Set(ids)], {
			maxItems: maxAlbumItems,
			...(position !== undefined && { position }),
		});
		return c.json(await presentStored(userId, id), 200);
	});

	app.openapi(take, async (c) => {
		const userId = c.get("userId");
		const id = idOf(c.req.valid("param").id, albumNotFound);
		const { ids } = c.req.valid("json");
		await requireItems(userId, ids);
		await ports.albums.removeItems(userId, id, ids);
		return c.json(await presentStored(userId, id), 200);
	});
};
