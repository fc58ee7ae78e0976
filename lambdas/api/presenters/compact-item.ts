import { z } from "@hono/zod-openapi";
import { shownStatus, shownStatuses } from "#core/items/item.ts";
import type { CompactItem, Ports } from "#core/ports/index.ts";
import { placeholderSchema, presentItemThumbnail, thumbnailFields } from "./thumbnail.ts";

const timestamp = z.iso.datetime();

export const compactItemSchema = z
	.object({
		id: z.uuid(),
		status: z.enum(shownStatuses),
		category: z.string().nullable(),
		headline: z.string().nullable(),
		...thumbnailFields,
		placeholder: placeholderSchema,
		width: z.int().nullable(),
		height: z.int().nullable(),
		taken_at: timestamp.nullable(),
		taken_at_local: z.string().nullable(),
		created_at: timestamp,
		favorite: z.boolean(),
	})
	.openapi("CompactItem");

/** Converts an item to what a grid shows of it. */
export async function presentCompactItem(
	ports: Pick<Ports, "objects">,
	item: CompactItem,
): Promise<z.infer<typeof compactItemSchema>> {
	return {
		id: item.id,
		status: shownStatus(item),
		category: item.category,
		headline: item.headline,
		...(await presentItemThumbnail(ports, item)),
		placeholder: item.placeholder,
		width: item.width,
		height: item.height,
		taken_at: item.takenAt?.instant.toISOString() ?? null,
		taken_at_local: item.takenAt?.local ?? null,
		created_at: item.createdAt.toISOString(),
		favorite: item.favorite,
	};
}
