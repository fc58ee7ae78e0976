import { z } from "@hono/zod-openapi";
import { type Item, thumbnailKey } from "#core/items/item.ts";
import type { Ports } from "#core/ports/index.ts";

/** A presigned URL is valid for at least as long. */
export const urlLifetimeSeconds = 3_600;

export const placeholderSchema = z.string().nullable().openapi({
	description:
		"A blurred picture of about 25 bytes to show until the thumbnail is loaded: a ThumbHash in base64. Null until the image is processed, and for one processed before there were any until it is resized.",
	example: "1QcSHQRnh493V4dIh4eXh1h4kJUI",
});

/** The size is written only after the thumbnail is in the bucket. */
export function hasThumbnail({ width }: Pick<Item, "width">): boolean {
	return width !== null;
}

/** Returns a URL of the thumbnail; null where there is none. */
export async function thumbnailUrl(
	{ objects }: Pick<Ports, "objects">,
	item: Pick<Item, "id" | "userId" | "width">,
): Promise<string | null> {
	if (!hasThumbnail(item)) return null;
	return (await objects.presignCacheable(thumbnailKey(item.userId, item.id), urlLifetimeSeconds)).url;
}

/** The fields of a hit by which a grid shows it at once. */
export const tileFields = {
	thumbnail_url: z.url().nullable().openapi({ description: "Null of an item that was deleted." }),
	placeholder: placeholderSchema,
	width: z.int().nullable(),
	height: z.int().nullable(),
};

interface Found {
	itemId: string;
	placeholder?: string | null;
	width?: number | null;
	height?: number | null;
	deleted?: true;
}

/** Presents a hit as a tile: everything that a search or a comparison found has a thumbnail. */
export async function presentTile({ objects }: Pick<Ports, "objects">, userId: string, found: Found) {
	const key = thumbnailKey(userId, found.itemId);
	return {
		thumbnail_url: found.deleted ? null : (await objects.presignCacheable(key, urlLifetimeSeconds)).url,
		placeholder: found.placeholder ?? null,
		width: found.width ?? null,
		height: found.height ?? null,
	};
}
