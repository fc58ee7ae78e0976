import type { Item, Schemas } from "#web/app/api.ts";

type Listed = Item | Schemas["CompactItem"];

/** An item as a tile needs it. */
export interface GridItem {
	id: string;
	status: Listed["status"];
	/** The sentence that says why it failed; lists for the grid leave it out. */
	failure: string | null;
	/** Null until the item is described. */
	headline: string | null;
	thumbnailUrl: string | null;
	/** A thumbhash in base64. */
	placeholder: string | null;
	favorite: boolean;
}

export function gridItemOf(item: Listed): GridItem {
	return {
		id: item.id,
		status: item.status,
		failure: ("error" in item && item.error?.detail) || null,
		headline: item.headline || ("original_filename" in item ? item.original_filename : null),
		thumbnailUrl: item.thumbnail_url,
		placeholder: item.placeholder,
		favorite: item.favorite,
	};
}

/** Nothing changes about it by itself any more. */
export const isSettled = ({ status }: Pick<GridItem, "status">): boolean =>
	status === "ready" || status === "failed" || status === "trashed";
