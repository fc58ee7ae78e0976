import { z } from "@hono/zod-openapi";
import { smartSearch } from "#core/albums/album.ts";
import type { ListedAlbum, Ports } from "#core/ports/index.ts";
import { expiresAtSchema, presentThumbnail } from "./thumbnail.ts";

export const albumSchema = z
	.object({
		id: z.uuid(),
		name: z.string(),
		description: z.string().nullable(),
		item_count: z.int().openapi({ description: "Of a smart album: as many as its search finds now." }),
		cover_item_id: z.uuid().nullable().openapi({
			description: "The item that is the cover: the chosen one, else the album's first.",
		}),
		cover_thumbnail_url: z
			.url()
			.nullable()
			.openapi({ description: "Reads the cover's thumbnail for an hour, unless `expires_at` says less." }),
		expires_at: expiresAtSchema,
		smart: z.union([smartSearch, z.null()]).openapi({ description: "A smart album's search; null for any other." }),
		created_at: z.iso.datetime(),
		updated_at: z.iso.datetime(),
	})
	.openapi("Album");

/** Converts an album to the form that clients see. */
export async function presentAlbum(
	ports: Pick<Ports, "objects">,
	{ album, itemCount, coverItemId }: ListedAlbum,
): Promise<z.infer<typeof albumSchema>> {
	const { thumbnail_url, ...expiry } = coverItemId
		? await presentThumbnail(ports, album.userId, coverItemId)
		: { thumbnail_url: null };
	return {
		id: album.id,
		name: album.name,
		description: album.description,
		item_count: itemCount,
		cover_item_id: coverItemId,
		cover_thumbnail_url: thumbnail_url,
		...expiry,
		smart: album.smart,
		created_at: album.createdAt.toISOString(),
		updated_at: album.updatedAt.toISOString(),
	};
}
