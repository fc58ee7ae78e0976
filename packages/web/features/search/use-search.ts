import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { api, bodyOf, type Schemas } from "#web/app/api.ts";
import type { SearchState } from "./search-state.ts";

export type SearchResult = Schemas["SearchResult"];

const maxResults = 50;
/** An answer rests on the best items. */
const itemsAnswered = 10;

const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone;

function requestOf({ q = "", mode = "hybrid", category, strict }: SearchState) {
	return {
		query: q.trim(),
		search_type: mode,
		category_filter: category ?? null,
		strict: strict ?? false,
		offset: 0,
		time_zone: timeZone,
	};
}

const hasQuery = ({ q }: SearchState) => Boolean(q?.trim());

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

/** The answer to the query as a question. It takes a model, so that only a finished query asks for it. */
export function useAnswer(state: SearchState) {
	const { ask, ...search } = state;
	return useQuery({
		queryKey: ["answer", search],
		enabled: Boolean(ask) && hasQuery(state),
		staleTime: Number.POSITIVE_INFINITY,
		queryFn: ({ signal }) =>
			bodyOf(
				api().POST("/search", {
					body: {
						...requestOf(search),
						top_k: itemsAnswered,
						include_answer: true,
						explain: false,
						prefix: false,
					},
					signal,
				}),
			),
	});
}

/** The words of an item that matched the query. */
export function matchedWords({ metadata }: SearchResult): string[] {
	return (metadata.matched ?? []).map(({ word, corrected_to }) => corrected_to ?? word);
}
