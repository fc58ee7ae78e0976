import { isWord } from "#ai/offline/word-vectors.ts";
import type { Embedder, Hit } from "#core/ports/index.ts";
import { searchItems } from "#core/search/search-items.ts";
import type { SearchType } from "#core/search/search-types.ts";
import type { Database } from "#postgres/database.ts";
import { postgresItems } from "#postgres/items/items.ts";
import { postgresSearch } from "#postgres/search/search.ts";
import { postgresVectorIndex } from "#postgres/search/vector-index.ts";
import { mean } from "../bootstrap.ts";
import { qualityOf } from "../metrics.ts";
import type { Answer } from "../modes.ts";
import { type ModeSummary, summarize } from "../summary.ts";
import { userOf } from "./fill.ts";
import { type EvaluationSet, isMeant } from "./sets.ts";
import type { SearchSettings } from "./settings.ts";

export const searchModes = ["bm25", "vector", "hybrid"] as const satisfies SearchType[];
export type SearchMode = (typeof searchModes)[number];

const topK = 10;
/** The most that a search returns. */
const maxTopK = 50;

export interface Searched {
	set: EvaluationSet;
	/** The set's id of each item. */
	ids: ReadonlyMap<string, string>;
}

/** Asks a set's queries, and returns the first ten of each as a client gets them. */
export async function answersOf(
	{ db, embedder }: { db: Database; embedder: Embedder },
	{ set, ids }: Searched,
	mode: SearchMode,
	settings: SearchSettings,
	hits = topK,
): Promise<Answer[]> {
	const ports = {
		items: postgresItems(db),
		search: postgresSearch(db, { parameters: settings.search, isWord }),
		vectorIndex: postgresVectorIndex(db),
		embedder: { ...embedder, ...settings.embedder },
	};
	const answers: Answer[] = [];
	for (const query of set.queries) {
		const started = performance.now();
		const found = await searchItems(ports, userOf(set), { query: query.text, searchType: mode, topK: hits });
		const ms = performance.now() - started;
		const datasetIds = (some: Hit[]) => some.map(({ itemId }) => ids.get(itemId) ?? itemId);
		const ranking = datasetIds(found.hits);
		const strong = datasetIds(found.hits.filter(isStrong));
		answers.push({ query, ranking, strong, quality: qualityOf(ranking, query.expected), ms });
	}
	return answers;
}

/** Tells whether a hit answers the query. A hit that says nothing about it does. */
const isStrong = (hit: Hit & { match?: "strong" | "weak" }) => hit.match !== "weak";

export interface ModeFigures extends ModeSummary {
	/** The share of the queries that nothing answers which got no strong hit; null where the set has no such query. */
	hopeless_without_strong: number | null;
	/** The share of the items that queries mean (relevance high) which are not among the first 50, weak ones included. */
	right_hits_lost: number;
}

/** Measures one mode on one set. */
export async function measure(
	ports: Parameters<typeof answersOf>[0],
	searched: Searched,
	mode: SearchMode,
	settings: SearchSettings,
): Promise<{ answers: Answer[]; figures: ModeFigures }> {
	const answers = await answersOf(ports, searched, mode, settings);
	const deep = await answersOf(ports, searched, mode, settings, maxTopK);
	return {
		answers,
		figures: {
			...summarize(answers),
			hopeless_without_strong: hopelessWithoutStrong(answers),
			right_hits_lost: rightHitsLost(deep),
		},
	};
}

/** Returns the share of the queries that nothing answers which got no strong hit; null without such a query. */
export function hopelessWithoutStrong(answers: Answer[]): number | null {
	const hopeless = answers.filter(({ quality }) => !quality);
	if (hopeless.length === 0) return null;
	return hopeless.filter(({ strong, ranking }) => (strong ?? ranking).length === 0).length / hopeless.length;
}

/** Returns the share of the items with relevance high that their queries do not find. @throws without such an item */
export function rightHitsLost(answers: Answer[]): number {
	return mean(
		answers.flatMap(({ query, ranking }) =>
			[...query.expected].flatMap(([id, gain]) => (isMeant(gain) ? [ranking.includes(id) ? 0 : 1] : [])),
		),
	);
}
