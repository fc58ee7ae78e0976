import { readFile } from "node:fs/promises";
import type { Mode } from "./modes.ts";
import type { Evaluation, QuerySummary } from "./summary.ts";

/** The change of one query's result in one mode since the baseline. */
export interface Change {
	mode: Mode;
	query: QuerySummary;
	/** nDCG@10 as the table prints it; `empty` or `results` for a query that nothing answers. */
	before: string;
	now: string;
	better: boolean;
}

/** Reads the JSON of an earlier evaluation. @throws if the file is not one */
export async function readBaseline(file: string): Promise<Evaluation> {
	let value: Partial<Evaluation>;
	try {
		value = JSON.parse(await readFile(file, "utf8"));
	} catch (cause) {
		throw new Error(`The baseline ${file} cannot be read: name a reports/eval-*.json of an earlier run.`, { cause });
	}
	if (!value?.modes || !Array.isArray(value.queries)) {
		throw new Error(`The baseline ${file} is not a report of make eval: name a reports/eval-*.json of an earlier run.`);
	}
	return value as Evaluation;
}

/** Smaller differences come from rounding, not from search. */
const minDifference = 1e-6;

/** Lists the queries of both runs that got better or worse, by mode. */
export function changesSince(before: Evaluation, now: Evaluation): Change[] {
	const baselineQueries = new Map(before.queries.map((query) => [query.query_id, query]));
	return now.queries.flatMap((query) => {
		const baselineQuery = baselineQueries.get(query.query_id);
		return (Object.keys(query.modes) as Mode[]).flatMap((mode) => {
			const [oldResult, newResult] = [baselineQuery?.modes[mode], query.modes[mode]];
			if (!oldResult || !newResult) return [];
			const difference = scoreOf(newResult) - scoreOf(oldResult);
			if (Math.abs(difference) < minDifference) return [];
			return [
				{
					mode,
					query,
					before: format(oldResult),
					now: format(newResult),
					better: difference > 0,
				},
			];
		});
	});
}

type QueryResult = NonNullable<QuerySummary["modes"][Mode]>;

/** Returns nDCG@10; for a query that nothing answers, 1 if its result is empty and 0 otherwise. */
function scoreOf({ ndcg10, results }: QueryResult): number {
	return ndcg10 ?? (results.length === 0 ? 1 : 0);
}

function format({ ndcg10, results }: QueryResult): string {
	if (ndcg10 !== null) return ndcg10.toFixed(3);
	return results.length === 0 ? "empty" : "results";
}
