import { meanQuality, type Quality, quantile } from "./metrics.ts";
import type { Answer, Mode, ModeRun } from "./modes.ts";
import type { PeerSummary } from "./peer-answers.ts";

/** The report's figures of one mode; shares lie in 0 to 1. */
export interface ModeSummary {
	ndcg10: number;
	mrr: number;
	recall10: number;
	/** The queries that nothing answers and that found nothing. */
	no_result_empty: number;
	no_result_queries: number;
	/** The queries that something answers and that found nothing. */
	wrongly_empty: number;
	median_ms: number;
	p95_ms: number;
	at: Quality;
	/** Figures of the queries that something answers, by the dataset's query types. */
	by_type: Record<string, Quality & { queries: number }>;
}

/** One query's result in each mode that ran. */
export interface QuerySummary {
	query_id: string;
	query_text: string;
	query_type: string;
	modes: Partial<
		Record<
			Mode,
			{
				/** Null if the query expects nothing. */
				ndcg10: number | null;
				/** The rank of the first expected item; null if none was found. */
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
	/** The provider that described the images. */
	vision: string;
	embedding_model: string;
	git_sha: string;
	finished_at: string;
	modes: Partial<Record<Mode, ModeSummary>>;
	/** Modes that the API does not offer in this environment, with its message. */
	unavailable: Partial<Record<Mode, string>>;
	/** Searches by others over the same texts, by name, and how far the hybrid search is above them. */
	peers?: Record<string, Omit<PeerSummary, "differences">>;
}

/** Summarizes one mode's answers. @throws if no query expects an item, which `readDataset` refuses */
export function summarize(answers: Answer[]): ModeSummary {
	const answerable = answers.filter(({ quality }) => quality);
	const at = meanQuality(qualities(answerable));
	if (!at) throw new Error("No query expects an item.");
	const unanswerable = answers.filter(({ quality }) => !quality);
	const times = answers.map(({ ms }) => ms);
	const types = Map.groupBy(answerable, ({ query }) => query.type);
	return {
		ndcg10: at.ndcg[10],
		mrr: at.reciprocalRank,
		recall10: at.recall[10],
		no_result_empty: unanswerable.filter(isEmpty).length,
		no_result_queries: unanswerable.length,
		wrongly_empty: answerable.filter(isEmpty).length,
		median_ms: quantile(times, 0.5),
		p95_ms: quantile(times, 0.95),
		at,
		by_type: Object.fromEntries(
			[...types].map(([type, answersOfType]) => [
				type,
				{ queries: answersOfType.length, ...(meanQuality(qualities(answersOfType)) as Quality) },
			]),
		),
	};
}

/** Turns runs by mode into the report of each query. */
export function byQuery(runs: ModeRun[]): QuerySummary[] {
	const queries = new Map<string, QuerySummary>();
	for (const run of runs) {
		if (!("answers" in run)) continue;
		for (const { query, ranking, quality, ms } of run.answers) {
			const summary = queries.get(query.id) ?? {
				query_id: query.id,
				query_text: query.text,
				query_type: query.type,
				modes: {},
			};
			summary.modes[run.mode] = {
				ndcg10: quality?.ndcg[10] ?? null,
				first_rank: quality?.reciprocalRank ? Math.round(1 / quality.reciprocalRank) : null,
				results: ranking,
				ms,
			};
			queries.set(query.id, summary);
		}
	}
	return [...queries.values()];
}

const isEmpty = ({ ranking, strong = ranking }: Answer) => strong.length === 0;

const qualities = (answers: Answer[]): Quality[] => answers.flatMap(({ quality }) => quality ?? []);
