import { setTimeout as sleep } from "node:timers/promises";
import { ApiProblem, type CollectionsClient } from "#client/index.ts";
import type { Query } from "./dataset-files.ts";
import { type Quality, qualityOf } from "./metrics.ts";

/** The compared search modes, with the predecessor's figures on 50 queries over 55 images. */
export const predecessor = {
	bm25: { ndcg10: 0.862, mrr: 0.903, recall10: 0.891, median_ms: 22 },
	vector: { ndcg10: 0.935, mrr: 0.981, recall10: 0.942, median_ms: 90 },
	hybrid: { ndcg10: 0.932, mrr: 0.933, recall10: 0.948, median_ms: 150 },
	agentic: { median_ms: 9_000 },
} as const;
export type Mode = keyof typeof predecessor;
export const modes = Object.keys(predecessor) as Mode[];

/** One mode's answer to one query. */
export interface Answer {
	query: Query;
	/** Ids of the dataset, best first. */
	ranking: string[];
	/** Those of them that answer the query, where weak ones are shown, too. @default all */
	strong?: string[];
	/** Null if the query expects nothing. */
	quality: Quality | null;
	/** From request to answer at the client. */
	ms: number;
}

export type ModeRun =
	| { mode: Mode; answers: Answer[] }
	/** The API's message, where it does not offer this mode in this environment. */
	| { mode: Mode; unavailable: string };

const topK = 10;

/** Sends every query in one mode, one at a time, so that times are comparable. */
export async function runMode(
	client: CollectionsClient,
	mode: Mode,
	queries: Query[],
	/** The dataset's id of each item. */
	datasetIds: ReadonlyMap<string, string>,
	onAnswer: () => void,
): Promise<ModeRun> {
	const [first] = queries;
	try {
		// The first search of a mode loads its code and is not timed.
		if (first) await search(client, mode, first.text);
	} catch (error) {
		const refusal = refusalOf(error);
		if (refusal === null) throw error;
		return { mode, unavailable: refusal };
	}
	const answers: Answer[] = [];
	for (const query of queries) {
		const { results, ms } = await search(client, mode, query.text);
		const idsOf = (some: typeof results) => some.map(({ item_id }) => datasetIds.get(item_id) ?? item_id);
		const ranking = idsOf(results);
		const strong = idsOf(results.filter(({ match }) => match === "strong"));
		const quality = qualityOf(ranking, query.expected);
		answers.push({ query, ranking, strong, quality, ms });
		onAnswer();
	}
	return { mode, answers };
}

async function search(client: CollectionsClient, mode: Mode, query: string) {
	return retryThrottled(async () => {
		const started = performance.now();
		const { results } = await client.search(query, {
			search_type: mode,
			top_k: topK,
			include_answer: false,
		});
		return { results, ms: performance.now() - started };
	});
}

/** Returns the API's message if it does not offer the mode; every other error ends the evaluation. */
function refusalOf(error: unknown): string | null {
	if (!(error instanceof ApiProblem)) return null;
	const { code, errors, detail } = error.body as {
		code?: string;
		detail?: string;
		errors?: { field: string }[];
	};
	const refused =
		code === "provider_not_configured" ||
		(code === "invalid_fields" && errors?.every(({ field }) => field === "body.search_type"));
	return refused ? (detail ?? error.message) : null;
}

const maxRetryMs = 3 * 60_000;

/** Repeats a call that the API throttles: an evaluation exceeds a user's rate limit. The waiting time is not measured. */
export async function retryThrottled<T>(call: () => Promise<T>): Promise<T> {
	const end = Date.now() + maxRetryMs;
	for (;;) {
		try {
			return await call();
		} catch (error) {
			const throttled = error instanceof ApiProblem && error.status === 429;
			if (!throttled || Date.now() > end) throw error;
			await sleep(error.retryAfterSeconds * 1_000);
		}
	}
}
