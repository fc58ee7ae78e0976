import type { Schemas } from "#web/app/api.ts";
import { urlText } from "#web/app/url-text.ts";

/** The filters of a list, as the URL has them. */
export interface ItemFilters {
	category?: string;
	tag?: string;
	status?: Schemas["CompactItem"]["status"];
	favorite?: true;
	/** Of its page alone: it is no filter of the library. */
	album?: string;
}

export function readItemFilters({ category, tag, status, favorite }: Record<string, unknown>): ItemFilters {
	return {
		category: urlText(category),
		tag: urlText(tag),
		// The one state that somebody looks for; the trash has a page of its own.
		status: status === "failed" ? status : undefined,
		favorite: favorite === true || undefined,
	};
}

export const isFiltered = (filters: ItemFilters): boolean =>
	Object.values(filters).some((value) => value !== undefined);
