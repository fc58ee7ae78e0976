import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { api, bodyOf, type Schemas } from "#web/app/api.ts";
import { hasQuery, requestOf } from "./search-request.ts";
import type { SearchState } from "./search-state.ts";

export type SearchResult = Schemas["SearchResult"];

const maxResults = 50;
/** The items that a search finds, while it is typed. */
export function useSearchResults(state: SearchState) {
	const { ask: isAsked, ...search } = state;
	return useQuery({
		queryKey: ["search", search],
		enabled: hasQuery(state),
		queryFn: ({ signal }) =>
			bodyOf(
				api().POST("/search", {
					body: {
						...requestOf(search),
						top_k: maxResults,
						include_answer: false,
						explain: true,
						// While somebody types, the last word may be the beginning of one.
						prefix: search.mode === "bm25" && !isAsked,
					},
					signal,
				}),
			),
		// The former results stay until the next ones are here: nothing flickers while somebody types.
		placeholderData: keepPreviousData,
	});
}

/** The words of an item that matched the query. */
export function matchedWords({ metadata }: SearchResult): string[] {
	return (metadata.matched ?? []).map(({ word, corrected_to }) => corrected_to ?? word);
}
