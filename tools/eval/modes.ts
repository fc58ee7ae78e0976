import { setTimeout as sleep } from "node:timers/promises";
import { ApiProblem, type RestClient } from "#cli/rest-client.ts";
import type { Query } from "./dataset.ts";
import { type Quality, qualityOf } from "./metrics.ts";

/** The ways of searching that are compared, and what the predecessor reached on 50 queries over 55 images. */
export const predecessor = {
	bm25: { ndcg10: 0.862, mrr: 0.903, recall10: 0.891, median_ms: 22 },
	vector: { ndcg10: 0.935, mrr: 0.981, recall10: 0.942, median_ms: 90 },
	hybrid: { ndcg10: 0.932, mrr: 0.933, recall10: 0.948, median_ms: 150 },
	agentic: { median_ms: 9_000 },
} as const;
export type Mode = keyof typeof predecessor;
export const modes = Object.keys(predecessor) as Mode[];

/** How one mode answered one query. */
export interface Answer {
	query: Query;
	/** Ids of the dataset, best first. */
	ranking: string[];
	/** Null where nothing should be found. */
	quality: Quality | null;
	/** From request to answer, as a client waits for it. */
	ms: number;
}

export type ModeRun =
	| { mode: Mode; answers: Answer[] }
	/** The API has this mode and refuses it here, in its own words. */
	| { mode: Mode; unavailable: string };

const topK = 10;

/** Asks every query in one mode, one after the other: a client alone, so that times are comparable. */
export async function runMode(
	client: RestClient,
	mode: Mode,
	queries: Query[],
	/** Of each item. */
	datasetIds: ReadonlyMap<string, string>,
	onAnswer: () => void,
): Promise<ModeRun> {
	const [first] = queries;
	try {
		// The first search of a mode loads its code and is not timed.
		if (first) await ask(client, mode, first.text);
	} catch (error) {
		const refusal = refusalOf(error);
		if (refusal === null) throw error;
		return { mode, unavailable: refusal };
	}
	const answers: Answer[] = [];
	for (const query of queries) {
		const { itemIds, ms } = await ask(client, mode, query.text);
		const ranking = itemIds.map((id) => datasetIds.get(id) ?? id);
		const quality = qualityOf(ranking, query.expected);
		answers.push({ query, ranking, quality, ms });
		onAnswer();
	}
	return { mode, answers };
}

async function ask(client: RestClient, mode: Mode, query: string): Promise<{ itemIds: string[]; ms: number }> {
	return patiently(async () => {
		const started = performance.now();
		const { results } = await client.search(query, {
			search_type: mode,
			top_k: topK,
			include_answer: false,
		});
		return {
			itemIds: results.map(({ item_id }) => item_id),
			ms: performance.now() - started,
		};
	});
}

/** Only a mode that the API says it does not offer here; every other error ends the evaluation. */
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

const maxPatienceMs = 3 * 60_000;

/** An evaluation asks more in a minute than a person may: it waits for its turn, and that time does not count. */
export async function patiently<T>(call: () => Promise<T>): Promise<T> {
	const end = Date.now() + maxPatienceMs;
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
