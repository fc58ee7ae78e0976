import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import type { SearchEvent } from "#client/src/streams.ts";
import { api, bodyOf, type Schemas } from "#web/app/api.ts";
import { config } from "#web/app/config.ts";
import { followStream, type GrowingAnswer, nothingYet } from "./growing-answer.ts";
import { hasQuery, requestOf } from "./search-request.ts";
import type { SearchState } from "./search-state.ts";
import type { SearchResult } from "./use-search.ts";

/** An answer rests on the best items. */
const itemsAnswered = 10;

interface Answering extends GrowingAnswer<SearchResult> {
	/** The whole answer; null while it grows. */
	whole: Schemas["SearchResponse"] | null;
	/** The person stopped it. */
	isStopped: boolean;
}

const begun: Answering = { ...nothingYet, whole: null, isStopped: false };

/** The answer to the query as a question, as it comes. It takes a model, so that only a finished query asks for it. */
export function useAnswer(state: SearchState) {
	const client = useQueryClient();
	const { ask, ...search } = state;
	const queryKey = ["answer", search];
	const stopping = useRef<AbortController | null>(null);
	const [isCut, setCut] = useState(false);
	const query = useQuery({
		queryKey,
		enabled: Boolean(ask) && hasQuery(state),
		staleTime: Number.POSITIVE_INFINITY,
		// A part is shown already: the person says whether it begins anew.
		retry: false,
		refetchOnWindowFocus: false,
		queryFn: async ({ signal }): Promise<Answering> => {
			const stop = new AbortController();
			stopping.current = stop;
			setCut(false);
			let answer = begun;
			client.setQueryData<Answering>(queryKey, answer);
			const ended = AbortSignal.any([signal, stop.signal]);
			try {
				const whole = await answerOf(search, ended, (growing) => {
					answer = { ...begun, ...growing };
					// A page that was left does not grow any more.
					if (!ended.aborted) client.setQueryData<Answering>(queryKey, answer);
				});
				return { ...answer, text: whole.answer ?? "", whole };
			} catch (error) {
				if (stop.signal.aborted) return { ...answer, isStopped: true };
				const [{ asApiError }, { isCut }] = await Promise.all([
					import("#web/app/client.ts"),
					import("#web/app/streams.ts"),
				]);
				setCut(isCut(error));
				throw asApiError(error);
			}
		},
	});
	return {
		...query,
		isCut,
		isAnswering: query.isFetching,
		stop: () => stopping.current?.abort(),
	};
}

async function answerOf(
	search: SearchState,
	signal: AbortSignal,
	onGrowth: (answer: GrowingAnswer<SearchResult>) => void,
): Promise<Schemas["SearchResponse"]> {
	const { query, ...options } = {
		...requestOf(search),
		top_k: itemsAnswered,
		include_answer: true,
		explain: false,
		prefix: false,
	};
	if (!config().streamUrl) return bodyOf(api().POST("/search", { body: { query, ...options }, signal }));
	const { streams } = await import("#web/app/streams.ts");
	return followStream<SearchResult, Schemas["SearchResponse"]>(
		streams().streamSearch(query, options, { signal }) as AsyncIterable<SearchEvent>,
		onGrowth,
	);
}
