import type { SearchState } from "./search-state.ts";

const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** The part of a search's request that its results and its answer share. */
export function requestOf({ q = "", mode = "hybrid", category, strict }: SearchState) {
	return {
		query: q.trim(),
		search_type: mode,
		category_filter: category ?? null,
		strict: strict ?? false,
		offset: 0,
		time_zone: timeZone,
	};
}

export const hasQuery = ({ q }: SearchState) => Boolean(q?.trim());
