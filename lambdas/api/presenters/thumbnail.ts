import { z } from "@hono/zod-openapi";
import { type Item, thumbnailKey } from "#core/items/item.ts";
import type { Ports } from "#core/ports/index.ts";

/** A presigned URL is valid for at least as long, unless the credentials that sign it end before. */
export const urlLifetimeSeconds = 3_600;

export const placeholderSchema = z.string().nullable().openapi({
	description:
		"A blurred picture of about 25 bytes to show until the thumbnail is loaded: a ThumbHash in base64. Null until the image is processed, and for one processed before there were any until it is resized.",
	example: "1QcSHQRnh493V4dIh4eXh1h4kJUI",
});

export const expiresAtSchema = z.iso.datetime().optional().openapi({
	description:
		"Given only where the thumbnail's URL does not read for an hour from now: when it ends, with the credentials that signed it.",
});

/** The fields by which an answer shows an item's thumbnail. */
export const thumbnailFields = {
	thumbnail_url: z.url().nullable().openapi({
		description: "Reads the thumbnail for an hour, unless `expires_at` says less. Null where there is none.",
	}),
	expires_at: expiresAtSchema,
};

interface Thumbnail {
	thumbnail_url: string;
	expires_at?: string;
}

/** The size is written only after the thumbnail is in the bucket. */
export function hasThumbnail({ width }: Pick<Item, "width">): boolean {
	return width !== null;
}

/** Presents the thumbnail of an item that has one. */
export async function presentThumbnail(
	{ objects }: Pick<Ports, "objects">,
	userId: string,
	itemId: string,
): Promise<Thumbnail> {
	const { url, expiresAt } = await objects.presignCacheable(thumbnailKey(userId, itemId), urlLifetimeSeconds);
	const isShort = expiresAt.getTime() < Date.now() + urlLifetimeSeconds * 1_000;
	return { thumbnail_url: url, ...(isShort && { expires_at: expiresAt.toISOString() }) };
}

/** Presents the thumbnail of any item. */
export async function presentItemThumbnail(
	ports: Pick<Ports, "objects">,
	item: Pick<Item, "id" | "userId" | "width">,
): Promise<Thumbnail | { thumbnail_url: null }> {
	return hasThumbnail(item) ? presentThumbnail(ports, item.userId, item.id) : { thumbnail_url: null };
}

/** The fields of a hit by which a grid shows it at once. */
export const tileFields = {
	...thumbnailFields,
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

/** Presents a hit as a tile: everything that a search or a comparison found has a thumbnail, until it is deleted. */
export async function presentTile(ports: Pick<Ports, "objects">, userId: string, found: Found) {
	return {
		...(found.deleted ? { thumbnail_url: null } : await presentThumbnail(ports, userId, found.itemId)),
		placeholder: found.placeholder ?? null,
		width: found.width ?? null,
		height: found.height ?? null,
	};
}
