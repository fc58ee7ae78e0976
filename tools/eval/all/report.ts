import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Demand } from "#deployment/demands.ts";
import { mean } from "../bootstrap.ts";
import type { Answer } from "../modes.ts";
import type { PeerSummary } from "../peer-answers.ts";
import { type ModeFigures, type SearchMode, searchModes } from "./answers.ts";
import { type MeanDifferences, meanDifferences } from "./demands.ts";
import type { EvaluationSet, Sets } from "./sets.ts";
import type { SweptParameter } from "./sweep.ts";

/** One set's results. */
export interface SetReport {
	set: EvaluationSet;
	modes: Record<SearchMode, { answers: Answer[]; figures: ModeFigures }>;
	/** By name; none without `PEERS=1`. */
	peers: Record<string, PeerSummary>;
}

export interface Report {
	embeddingModel: string;
	database: string;
	gitSha: string;
	finishedAt: string;
	sets: SetReport[];
	skipped: Sets["skipped"];
	/** Null where they were not swept. */
	parameters: SweptParameter[] | null;
	demands: Demand[];
}

/** The figures of a mode that are averaged over the sets. */
const figures = ["ndcg10", "mrr", "recall10", "hopeless_without_strong", "right_hits_lost"] as const;
export type MeanFigures = Record<(typeof figures)[number], number | null>;

/** Returns a mode's means over the sets, each of which counts alike; a figure that no set has is null. */
export function meanOverSets(reports: SetReport[], mode: SearchMode): MeanFigures {
	return Object.fromEntries(
		figures.map((figure) => {
			const values = reports.flatMap(({ modes }) => modes[mode].figures[figure] ?? []);
			return [figure, values.length === 0 ? null : mean(values)];
		}),
	) as MeanFigures;
}

/** Returns the mean differences from each peer, with its name; none without peers. */
export function differencesFromPeers(sets: SetReport[]): MeanDifferences {
	const isCompared = sets.some(({ peers }) => Object.keys(peers).length > 0);
	return isCompared ? meanDifferences(sets.map(({ set, peers }) => ({ name: set.name, peers }))) : {};
}

/** Writes the report as JSON. */
export async function writeReport(report: Report, file: string): Promise<void> {
	await mkdir(path.dirname(file), { recursive: true });
	await writeFile(file, `${JSON.stringify(jsonOf(report), null, "\t")}\n`);
}

function jsonOf({ sets, parameters, ...report }: Report) {
	return {
		finished_at: report.finishedAt,
		git_sha: report.gitSha,
		database: report.database,
		embedding_model: report.embeddingModel,
		demands: report.demands,
		mean: {
			modes: Object.fromEntries(searchModes.map((mode) => [mode, meanOverSets(sets, mode)])),
			differences: differencesFromPeers(sets),
		},
		parameters:
			parameters?.map(({ inForce, chosenOnAll, leftOut, ...parameter }) => ({
				...parameter,
				in_force: inForce,
				chosen_on_all: chosenOnAll,
				left_out: leftOut,
			})) ?? null,
		skipped: report.skipped,
		sets: sets.map(({ set, modes, peers }) => ({
			name: set.name,
			items: set.items.length,
			queries: set.queries.length,
			notes: set.notes,
			modes: Object.fromEntries(searchModes.map((mode) => [mode, modes[mode].figures])),
			peers: Object.fromEntries(Object.entries(peers).map(([name, { differences: _, ...summary }]) => [name, summary])),
			answers: Object.fromEntries(searchModes.map((mode) => [mode, modes[mode].answers.map(answerJson)])),
		})),
	};
}

function answerJson({ query, ranking, strong = ranking, quality }: Answer) {
	return {
		query_id: query.id,
		query_text: query.text,
		query_type: query.type,
		ndcg10: quality?.ndcg[10] ?? null,
		reciprocal_rank: quality?.reciprocalRank ?? null,
		expected: Object.fromEntries(query.expected),
		results: ranking,
		strong: strong.length,
	};
}
