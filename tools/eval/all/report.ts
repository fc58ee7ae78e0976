import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { printTable } from "#cli/table.ts";
import { mean } from "../bootstrap.ts";
import type { Answer } from "../modes.ts";
import { type ModeFigures, type SearchMode, searchModes } from "./answers.ts";
import type { EvaluationSet, Sets } from "./sets.ts";

export interface SetReport {
	set: EvaluationSet;
	modes: Record<SearchMode, { answers: Answer[]; figures: ModeFigures }>;
}

export interface Report {
	embeddingModel: string;
	database: string;
	gitSha: string;
	finishedAt: string;
	sets: SetReport[];
	skipped: Sets["skipped"];
}

type Figure = "ndcg10" | "mrr" | "recall10" | "hopeless_without_strong" | "right_hits_lost";
const figures: Figure[] = ["ndcg10", "mrr", "recall10", "hopeless_without_strong", "right_hits_lost"];

/** Returns a mode's means over the sets, each of which counts alike; a figure that no set has is null. */
export function meanOverSets(reports: SetReport[], mode: SearchMode): Record<Figure, number | null> {
	return Object.fromEntries(
		figures.map((figure) => {
			const values = reports.flatMap(({ modes }) => modes[mode].figures[figure] ?? []);
			return [figure, values.length === 0 ? null : mean(values)];
		}),
	) as Record<Figure, number | null>;
}

/** Prints the report's tables. */
export function printReport(report: Report): void {
	console.log(`\nSearch, ${report.embeddingModel}, ${report.database}, commit ${report.gitSha}\n`);
	const cells = (values: Record<Figure, number | null>) => ({
		"nDCG@10": share(values.ndcg10),
		MRR: share(values.mrr),
		"recall@10": share(values.recall10),
		"hopeless without strong": share(values.hopeless_without_strong),
		"right hits lost": share(values.right_hits_lost),
	});
	printTable([
		...report.sets.flatMap(({ set, modes }) =>
			searchModes.map((mode) => ({
				set: set.name,
				items: set.items.length,
				queries: set.queries.length,
				mode,
				...cells(modes[mode].figures),
				"nothing found": `${modes[mode].figures.no_result_empty} of ${modes[mode].figures.no_result_queries}`,
			})),
		),
		...searchModes.map((mode) => ({
			set: "mean",
			items: "",
			queries: "",
			mode,
			...cells(meanOverSets(report.sets, mode)),
			"nothing found": "",
		})),
	]);
	for (const { name, reason } of report.skipped) console.log(`\n  ${name} is skipped: ${reason}.`);
	for (const { set } of report.sets) {
		if (set.notes.length > 0) console.log(`\n  ${set.name}: no item is made of ${set.notes.length} pictures.`);
	}
}

/** Writes the report as JSON. @returns the file */
export async function writeReport(report: Report, file: string): Promise<string> {
	await mkdir(path.dirname(file), { recursive: true });
	await writeFile(file, `${JSON.stringify(jsonOf(report), null, "\t")}\n`);
	return file;
}

function jsonOf(report: Report) {
	return {
		finished_at: report.finishedAt,
		git_sha: report.gitSha,
		database: report.database,
		embedding_model: report.embeddingModel,
		sets: report.sets.map(({ set, modes }) => ({
			name: set.name,
			items: set.items.length,
			queries: set.queries.length,
			notes: set.notes,
			modes: Object.fromEntries(searchModes.map((mode) => [mode, modes[mode].figures])),
			answers: Object.fromEntries(searchModes.map((mode) => [mode, modes[mode].answers.map(answerJson)])),
		})),
		mean: { modes: Object.fromEntries(searchModes.map((mode) => [mode, meanOverSets(report.sets, mode)])) },
		skipped: report.skipped,
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

const share = (value: number | null) => (value === null ? "-" : value.toFixed(3));
