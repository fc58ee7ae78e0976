import { z } from "@hono/zod-openapi";
import { AppError } from "#core/errors.ts";
import { albumId, itemId, text } from "#core/input-fields.ts";
import { createShare } from "#core/shares/create-share.ts";
import type { Share } from "#core/shares/share.ts";
import { deleteById, deletion } from "../http/deletion.ts";
import { conflict, notFound } from "../http/error-responses.ts";
import { originOf } from "../http/origin.ts";
import type { RegisterRoutes } from "../http/route-module.ts";
import { guarded, json, noQuery, requiredBody } from "../http/routing.ts";
import { routes } from "./table.ts";

const tags = ["Shares"];

const shareSchema = z
	.object({
		id: z.uuid(),
		item_id: z.uuid().nullable(),
		album_id: z.uuid().nullable(),
		title: z.string().nullable(),
		url: z.url().nullable().openapi({
			description: "The address to pass on. Only the answer that made the share has it: nothing stores it.",
			example: "https://api.example.com/s/u3Jm0v3l5qWn6e0cYrA1bQ2x",
		}),
		has_password: z.boolean(),
		allow_download: z.boolean(),
		keep_metadata: z.boolean(),
		views: z.int().openapi({ description: "How often the page was opened; further pages of an album do not count." }),
		last_viewed_at: z.iso.datetime().nullable(),
		expires_at: z.iso.datetime().nullable(),
		created_at: z.iso.datetime(),
	})
	.openapi("Share");

const presentShare = (share: Share, url: string | null): z.infer<typeof shareSchema> => ({
	id: share.id,
	item_id: share.itemId,
	album_id: share.albumId,
	title: share.title,
	url,
	has_password: share.passwordHash !== null,
	allow_download: share.allowDownload,
	keep_metadata: share.keepMetadata,
	views: share.views,
	last_viewed_at: share.lastViewedAt?.toISOString() ?? null,
	expires_at: share.expiresAt?.toISOString() ?? null,
	created_at: share.createdAt.toISOString(),
});

const shareRequest = z
	.strictObject({
		item_id: itemId.nullish(),
		album_id: albumId.nullish(),
		title: text(200)
			.transform((title) => title.trim())
			.refine((title) => title !== "", { error: "Must have a character that is not a space" })
			.nullish()
			.openapi({
				description: "The heading of the page; your own headline of the item, or the album's name, without it.",
			}),
		expires_at: z.iso
			.datetime({ offset: true })
			.transform((time) => new Date(time))
			.refine((time) => time.getTime() > Date.now(), { error: "Must be in the future" })
			.nullish(),
		password: text(128).min(6, { error: "Must have at least 6 characters" }).nullish(),
		allow_download: z.boolean().default(false),
		keep_metadata: z.boolean().default(false).openapi({
			description:
				"A download is your file as it is, with place, camera and all. Without it a download is a JPEG without metadata, 1568 pixels at its longest side.",
		}),
	})
	.refine(({ item_id, album_id }) => !item_id !== !album_id, {
		path: ["item_id"],
		error: "Name either an item (item_id) or an album (album_id)",
	})
	.refine(({ allow_download, keep_metadata }) => allow_download || !keep_metadata, {
		path: ["keep_metadata"],
		error: "Is about downloads: set allow_download, too",
	})
	.openapi({
		example: {
			item_id: "0d3f6c1e-5f0a-4c53-9b7e-2f1a8c7d4e60",
			title: "By the sea",
			expires_at: "2099-01-31T00:00:00Z",
			password: "open sesame",
			allow_download: true,
		},
	});

const create = guarded(routes.createShare, {
	tags,
	summary: "Share an item or an album by a public page",
	description:
		"Whoever has the address sees the pictures, and nothing that a model wrote of them, no file names, no place and no camera. A smart album cannot be shared: what its search finds tomorrow would be public without you.",
	request: { query: noQuery, body: requiredBody(shareRequest) },
	responses: { 201: json("The share, with its address.", shareSchema), 409: conflict, ...notFound },
});

const list = guarded(routes.listShares, {
	tags,
	summary: "List your shares, newest first",
	request: { query: noQuery },
	responses: { 200: json("At most 1,000 shares.", z.object({ shares: z.array(shareSchema) })) },
});

const end = deletion(routes.deleteShare, { tags, summary: "End a share: its address shows nothing any more" });

const noShare = (id: string) => new AppError("share_not_found", `There is no share ${id}.`);

/** Serves a person's shares; `share-pages.ts` serves what visitors see. */
export const register: RegisterRoutes = (app, ports) => {
	app.openapi(create, async (c) => {
		const body = c.req.valid("json");
		const { share, token } = await createShare(ports, c.get("userId"), {
			itemId: body.item_id ?? null,
			albumId: body.album_id ?? null,
			title: body.title ?? null,
			password: body.password ?? null,
			allowDownload: body.allow_download,
			keepMetadata: body.keep_metadata,
			expiresAt: body.expires_at ?? null,
		});
		c.set("isSecret", true);
		return c.json(presentShare(share, `${originOf(c)}/s/${token}`), 201);
	});

	app.openapi(list, async (c) => {
		const shares = await ports.shares.list(c.get("userId"));
		return c.json({ shares: shares.map((share) => presentShare(share, null)) }, 200);
	});

	app.openapi(
		end,
		deleteById((userId, id) => ports.shares.delete(userId, id), noShare),
	);
};
