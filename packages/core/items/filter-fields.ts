import { z } from "zod";
import type { ItemFilter } from "../ports/items.ts";
import { itemStatuses } from "./item.ts";

const time = z.union([z.iso.date(), z.iso.datetime({ offset: true })], {
	error: "Must be a date as 2026-03-01 or a time as 2026-03-01T10:22:33Z",
});

/** The filters of `GET /items` as JSON: stored with smart albums, and sent with batches. */
export const itemFilterFields = z.strictObject({
	category: z.string().min(1).max(100).optional(),
	status: z.enum(itemStatuses).optional(),
	from: time.optional(),
	to: time.optional(),
	album: z.uuid({ error: "Must be the id of an album" }).optional(),
});
export type ItemFilterFields = z.output<typeof itemFilterFields>;

/** Converts filters to what ports take. */
export function filterOf({ from, to, ...fields }: ItemFilterFields): ItemFilter {
	return { ...fields, ...(from && { from: new Date(from) }), ...(to && { to: new Date(to) }) };
}
