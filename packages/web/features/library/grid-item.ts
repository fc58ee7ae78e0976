import type { Item } from "#web/app/api.ts";

/** An item as a tile needs it. */
export interface GridItem {
	id: string;
	status: Item["status"];
	/** The sentence that says why it failed. */
	failure: string | null;
	/** The item that has the same bytes, where that is the failure. */
	duplicateOf: string | null;
	headline: string;
	category: string | null;
	favorite: boolean;
	thumbnailUrl: string | null;
	/** When it was taken, else uploaded. */
	at: string;
}

export function gridItemOf(item: Item): GridItem {
	return {
		id: item.id,
		status: item.status,
		failure: item.error?.detail ?? null,
		duplicateOf: item.error?.duplicate_of ?? null,
		headline: item.headline || item.original_filename,
		category: item.category,
		favorite: item.favorite,
		thumbnailUrl: item.thumbnail_url,
		at: item.taken_at_local ?? item.created_at,
	};
}

/** Nothing changes about it by itself any more. */
export const isSettled = ({ status }: Pick<GridItem, "status">): boolean => status === "ready" || status === "failed";
