import { z } from "zod";
import { text } from "../input-fields.ts";
import { itemFilterFields } from "../items/filter-fields.ts";
import { searchTypes } from "../search/search-types.ts";

/** A stored search. With a query its strong hits are meant, without one what the filters match. */
export const smartSearch = z.strictObject({
	query: text(1_000)
		.trim()
		.min(1, { error: "Must not be empty: leave it out for what the filters match" })
		.nullable()
		.default(null),
	search_type: z.enum(searchTypes).default("hybrid"),
	filters: itemFilterFields.prefault({}),
});
export type SmartSearch = z.output<typeof smartSearch>;

/** Items of one person under a name, in the person's order; or those that a stored search finds. */
export interface Album {
	id: string;
	userId: string;
	name: string;
	description: string | null;
	/** Chosen by the person. */
	coverItemId: string | null;
	/** Null for an album to which the person adds items. */
	smart: SmartSearch | null;
	createdAt: Date;
	updatedAt: Date;
}

export const maxAlbums = 1_000;
export const maxAlbumItems = 10_000;
export const maxAlbumName = 200;
export const maxAlbumDescription = 2_000;
/** The hits of a smart album with a query: those of one search. */
export const maxSmartHits = 50;
