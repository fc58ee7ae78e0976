import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { type Change, changesSince } from "./compare.ts";
import { interval, missing, share } from "./figures.ts";
import { cuts, type Quality } from "./metrics.ts";
import { type Mode, modes, predecessor } from "./modes.ts";
import type { Evaluation, ModeSummary } from "./summary.ts";

type Row = Record<string, string | number>;

/** One table of the report, with notes above it. */
interface Section {
	title: string;
	notes: string[];
	rows: Row[];
}

/** Returns the report's sections in order. */
export function sectionsOf(evaluation: Evaluation, baseline: Evaluation | null): Section[] {
	return [
		{ title: "Modes", notes: notesOf(evaluation), rows: modeRows(evaluation) },
		...(evaluation.peers ? [peerSection(evaluation.peers)] : []),
		{
			title: "At each cut",
			notes: [],
			rows: modesRun(evaluation).map(([mode, { at }]) => ({
				mode,
				...cutColumns(at),
			})),
		},
		{
			title: "By type of query",
			notes: [],
			rows: modesRun(evaluation).flatMap(([mode, { by_type }]) =>
				Object.entries(by_type).map(([type, quality]) => ({
					mode,
					type,
					queries: quality.queries,
					"nDCG@10": share(quality.ndcg[10]),
					MRR: share(quality.reciprocalRank),
					"recall@10": share(quality.recall[10]),
				})),
			),
		},
		{
			title: "Queries",
			notes: [
				"nDCG@10 and, after the @, the rank of the first expected item. A query that nothing answers shows what it found.",
			],
			rows: queryRows(evaluation),
		},
		...(baseline ? comparison(baseline, evaluation) : []),
	];
}

/** Writes the report as Markdown and JSON. @returns both files */
export async function writeReport(evaluation: Evaluation, sections: Section[], folder: string): Promise<string[]> {
	await mkdir(folder, { recursive: true });
	const stamp = evaluation.finished_at.slice(0, 19).replaceAll(/[-:]/g, "");
	const name = `eval-${evaluation.dataset}-${evaluation.vision}-${stamp}`;
	const files = ["md", "json"].map((type) => path.join(folder, `${name}.${type}`));
	const [markdown = "", json = ""] = files;
	await writeFile(markdown, markdownOf(evaluation, sections));
	await writeFile(json, `${JSON.stringify(evaluation, null, 2)}\n`);
	return files;
}

function notesOf(evaluation: Evaluation): string[] {
	const { images, queries, vision, embedding_model, git_sha } = evaluation;
	return [
		`${images} images described by ${vision}, embedded by ${embedding_model}; ${queries.length} queries; commit ${git_sha}.`,
		"The predecessor's figures are from its own 50 queries over 55 images; it returned results for 7 or 8 of 8 queries that nothing answers.",
		...Object.entries(evaluation.unavailable).map(([mode, detail]) => `${mode} is not available here: ${detail}`),
	];
}

function peerSection(peers: NonNullable<Evaluation["peers"]>): Section {
	return {
		title: "Searches by others",
		notes: ["Over the same texts. Behind each figure: how far the hybrid search is above it, with the 95 % interval."],
		rows: Object.entries(peers).map(([peer, { ndcg10, mrr, recall10, difference }]) => ({
			peer,
			"nDCG@10": share(ndcg10),
			"hybrid, nDCG@10": interval(difference.ndcg10),
			MRR: share(mrr),
			"hybrid, MRR": interval(difference.mrr),
			"recall@10": share(recall10),
		})),
	};
}

type PredecessorFigures = Partial<Record<keyof (typeof predecessor)["bm25"], number>>;

function modeRows(evaluation: Evaluation): Row[] {
	return modes.flatMap((mode) => {
		const now = evaluation.modes[mode];
		const before: PredecessorFigures = predecessor[mode];
		const shareOrMissing = (figure: number | undefined) => (figure === undefined ? missing : share(figure));
		return [
			{
				mode,
				"nDCG@10": now ? share(now.ndcg10) : missing,
				MRR: now ? share(now.mrr) : missing,
				"recall@10": now ? share(now.recall10) : missing,
				"nothing found": now ? `${now.no_result_empty} of ${now.no_result_queries}` : missing,
				"wrongly nothing": now ? now.wrongly_empty : missing,
				"median ms": now ? now.median_ms.toFixed(0) : missing,
				"p95 ms": now ? now.p95_ms.toFixed(0) : missing,
			},
			{
				mode: "  predecessor",
				"nDCG@10": shareOrMissing(before.ndcg10),
				MRR: shareOrMissing(before.mrr),
				"recall@10": shareOrMissing(before.recall10),
				"nothing found": before.ndcg10 === undefined ? missing : "0 or 1 of 8",
				"wrongly nothing": missing,
				"median ms": String(before.median_ms ?? missing),
				"p95 ms": missing,
			},
		];
	});
}

function cutColumns({ ndcg, precision, recall }: Quality): Row {
	return Object.fromEntries(
		Object.entries({ nDCG: ndcg, P: precision, R: recall }).flatMap(([name, figures]) =>
			cuts.map((cut) => [`${name}@${cut}`, share(figures[cut])]),
		),
	);
}

function queryRows({ queries }: Evaluation): Row[] {
	const columns = modes.filter((mode) => queries.some((query) => query.modes[mode]));
	return queries.map(({ query_id, query_text, modes: results }) => ({
		query: `${query_id} ${query_text}`,
		...Object.fromEntries(
			columns.map((mode) => {
				const answer = results[mode];
				if (!answer) return [mode, missing];
				if (answer.ndcg10 === null) {
					const { length } = answer.results;
					return [mode, length === 0 ? "nothing" : `${length} found`];
				}
				return [mode, `${share(answer.ndcg10)} @${answer.first_rank ?? missing}`];
			}),
		),
	}));
}

function comparison(before: Evaluation, now: Evaluation): Section[] {
	const known = new Set(before.queries.map(({ query_id }) => query_id));
	const added = now.queries.filter(({ query_id }) => !known.has(query_id));
	const changes = changesSince(before, now);
	const changed = (title: string, rows: Change[]): Section => ({
		title,
		notes: rows.length === 0 ? ["None."] : [],
		rows: rows.map(({ mode, query, ...change }) => ({
			query: `${query.query_id} ${query.query_text}`,
			mode,
			before: change.before,
			now: change.now,
		})),
	});
	const difference = (figure: (summary: ModeSummary) => number, mode: Mode, digits = 3) => {
		const [oldSummary, newSummary] = [before.modes[mode], now.modes[mode]];
		if (!oldSummary || !newSummary) return missing;
		const change = figure(newSummary) - figure(oldSummary);
		return `${change < 0 ? "" : "+"}${change.toFixed(digits)}`;
	};
	return [
		{
			title: "Against the baseline",
			notes: [
				`Of ${before.finished_at}, commit ${before.git_sha}, ${before.vision}, ${before.embedding_model}.`,
				...(added.length > 0
					? [
							`${added.length} of the ${now.queries.length} queries are not in the baseline, so the means cover different queries.`,
						]
					: []),
			],
			rows: modesRun(now).map(([mode]) => ({
				mode,
				"nDCG@10": difference(({ ndcg10 }) => ndcg10, mode),
				MRR: difference(({ mrr }) => mrr, mode),
				"recall@10": difference(({ recall10 }) => recall10, mode),
				"nothing found": difference(({ no_result_empty }) => no_result_empty, mode, 0),
				"median ms": difference(({ median_ms }) => median_ms, mode, 0),
			})),
		},
		changed(
			"Better than the baseline",
			changes.filter(({ better }) => better),
		),
		changed(
			"Worse than the baseline",
			changes.filter(({ better }) => !better),
		),
	];
}

function modesRun({ modes: summaries }: Evaluation): [Mode, ModeSummary][] {
	return modes.flatMap((mode) => {
		const summary = summaries[mode];
		return summary ? [[mode, summary]] : [];
	});
}

function markdownOf({ dataset }: Evaluation, sections: Section[]): string {
	const table = (rows: Row[]) => {
		const columns = Object.keys(rows[0] ?? {});
		const line = (cells: (string | number)[]) =>
			`| ${cells.map((cell) => String(cell).trim().replaceAll("|", "\\|")).join(" | ")} |`;
		return [
			line(columns),
			line(columns.map((_, column) => (column === 0 ? "---" : "--:"))),
			...rows.map((row) => line(columns.map((column) => row[column] ?? ""))),
		].join("\n");
	};
	return `${[
		`# Search on ${dataset}`,
		...sections.flatMap(({ title, notes, rows }) => [
			`## ${title}`,
			...notes,
			...(rows.length > 0 ? [table(rows)] : []),
		]),
	].join("\n\n")}\n`;
}
