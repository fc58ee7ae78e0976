import { readFile } from "node:fs/promises";
import type { Mode } from "./modes.ts";
import type { Evaluation, QuerySummary } from "./summary.ts";

/** What became of one query in one mode since the baseline. */
export interface Change {
	mode: Mode;
	query: QuerySummary;
	/** nDCG@10 in words a table holds; `empty` or `results` where nothing should be found. */
	before: string;
	now: string;
	better: boolean;
}

/** Reads the JSON of an earlier evaluation. @throws where it is none */
export async function readBaseline(file: string): Promise<Evaluation> {
	let value: Partial<Evaluation>;
	try {
		value = JSON.parse(await readFile(file, "utf8"));
	} catch (cause) {
		throw new Error(`The baseline ${file} cannot be read: name a reports/eval-*.json of an earlier run.`, { cause });
	}
	if (!value?.modes || !Array.isArray(value.queries)) {
		throw new Error(`The baseline ${file} is no report of make eval: name a reports/eval-*.json of an earlier run.`);
	}
	return value as Evaluation;
}

/** A difference below this is of rounding, not of search. */
const least = 1e-6;

/** The queries of both runs that got better or worse, by mode. */
export function changesSince(before: Evaluation, now: Evaluation): Change[] {
	const earlier = new Map(before.queries.map((one) => [one.query_id, one]));
	return now.queries.flatMap((query) => {
		const then = earlier.get(query.query_id);
		return (Object.keys(query.modes) as Mode[]).flatMap((mode) => {
			const [old, fresh] = [then?.modes[mode], query.modes[mode]];
			if (!old || !fresh) return [];
			const difference = scoreOf(fresh) - scoreOf(old);
			if (Math.abs(difference) < least) return [];
			return [
				{
					mode,
					query,
					before: told(old),
					now: told(fresh),
					better: difference > 0,
				},
			];
		});
	});
}

type Answered = NonNullable<QuerySummary["modes"][Mode]>;

/** Where nothing should be found, finding nothing is all there is to get right. */
function scoreOf({ ndcg10, results }: Answered): number {
	return ndcg10 ?? (results.length === 0 ? 1 : 0);
}

function told({ ndcg10, results }: Answered): string {
	if (ndcg10 !== null) return ndcg10.toFixed(3);
	return results.length === 0 ? "empty" : "results";
}
