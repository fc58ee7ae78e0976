import { meanQuality, type Quality, quantile } from "./metrics.ts";
import type { Answer, Mode, ModeRun } from "./modes.ts";

/** What a report says of one mode; shares lie in 0 to 1. */
export interface ModeSummary {
	ndcg10: number;
	mrr: number;
	recall10: number;
	/** Of the queries that nothing answers, how many found nothing. */
	no_result_empty: number;
	no_result_queries: number;
	/** Queries that something answers and that found nothing at all. */
	wrongly_empty: number;
	median_ms: number;
	p95_ms: number;
	at: Quality;
	/** By the dataset's own types, of queries that something answers. */
	by_type: Record<string, Quality & { queries: number }>;
}

/** How one query was answered in each mode that ran. */
export interface QuerySummary {
	query_id: string;
	query_text: string;
	query_type: string;
	modes: Partial<
		Record<
			Mode,
			{
				/** Null where nothing should be found. */
				ndcg10: number | null;
				/** Of the first expected item; null where there is none. */
				first_rank: number | null;
				results: string[];
				ms: number;
			}
		>
	>;
}

/** One evaluation, as `reports/eval-*.json` has it. */
export interface Evaluation {
	dataset: string;
	images: number;
	queries: QuerySummary[];
	/** What described the images, and what embedded them. */
	vision: string;
	embedding_model: string;
	git_sha: string;
	finished_at: string;
	modes: Partial<Record<Mode, ModeSummary>>;
	/** Modes that the API does not offer here, and what it says. */
	unavailable: Partial<Record<Mode, string>>;
}

/** @throws where no query expects an item, which `readDataset` refuses */
export function summarize(answers: Answer[]): ModeSummary {
	const judged = answers.filter(({ quality }) => quality);
	const at = meanQuality(qualities(judged));
	if (!at) throw new Error("No query expects an item.");
	const unanswerable = answers.filter(({ quality }) => !quality);
	const times = answers.map(({ ms }) => ms);
	const types = Map.groupBy(judged, ({ query }) => query.type);
	return {
		ndcg10: at.ndcg[10],
		mrr: at.reciprocalRank,
		recall10: at.recall[10],
		no_result_empty: unanswerable.filter(isEmpty).length,
		no_result_queries: unanswerable.length,
		wrongly_empty: judged.filter(isEmpty).length,
		median_ms: quantile(times, 0.5),
		p95_ms: quantile(times, 0.95),
		at,
		by_type: Object.fromEntries(
			[...types].map(([type, of]) => [type, { queries: of.length, ...(meanQuality(qualities(of)) as Quality) }]),
		),
	};
}

/** Turns runs by mode into the report of each query. */
export function byQuery(runs: ModeRun[]): QuerySummary[] {
	const queries = new Map<string, QuerySummary>();
	for (const run of runs) {
		if (!("answers" in run)) continue;
		for (const { query, ranking, quality, ms } of run.answers) {
			const known = queries.get(query.id) ?? {
				query_id: query.id,
				query_text: query.text,
				query_type: query.type,
				modes: {},
			};
			known.modes[run.mode] = {
				ndcg10: quality?.ndcg[10] ?? null,
				first_rank: quality?.reciprocalRank ? Math.round(1 / quality.reciprocalRank) : null,
				results: ranking,
				ms,
			};
			queries.set(query.id, known);
		}
	}
	return [...queries.values()];
}

const isEmpty = ({ ranking }: Answer) => ranking.length === 0;

const qualities = (answers: Answer[]): Quality[] => answers.flatMap(({ quality }) => quality ?? []);
