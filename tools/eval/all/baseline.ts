import { writeFile } from "node:fs/promises";
import { z } from "zod";
import { type Demand, minDemand } from "#deployment/demands.ts";
import { readJson } from "../checked-file.ts";
import type { MeasuredSet } from "./demands.ts";

/** The figures of the hybrid search on each set. `BASELINE=write` writes it, for a commit that changes it on purpose. */
const baselineFile = "tools/eval/all/baseline.json";

const schema = z.strictObject({
	embedding_model: z.string(),
	ndcg10: z.record(z.string(), z.number()),
});
export type Baseline = z.infer<typeof schema>;

/** A query of the smallest set is more than that; rounding of another server is less. */
const tolerance = 0.005;

export const readBaseline = (): Promise<Baseline> => readJson(baselineFile, schema);

export async function writeBaseline(embeddingModel: string, reports: MeasuredSet[]): Promise<void> {
	const ndcg10 = Object.fromEntries(
		reports.map(({ set, modes }) => [set.name, Number((modes.hybrid.figures.ndcg10 ?? Number.NaN).toFixed(4))]),
	);
	const baseline: Baseline = schema.parse({ embedding_model: embeddingModel, ndcg10 });
	await writeFile(baselineFile, `${JSON.stringify(baseline, null, "\t")}\n`);
}

/** Demands that no set is found worse than in the baseline. Another embedding model has none, and neither has a new set. */
export function baselineDemands(baseline: Baseline, embeddingModel: string, reports: MeasuredSet[]): Demand[] {
	if (embeddingModel !== baseline.embedding_model) return [];
	return reports.flatMap(({ set: { name }, modes }) => {
		const before = baseline.ndcg10[name];
		if (before === undefined) return [];
		return [
			minDemand(`${name}: hybrid, nDCG@10, baseline`, modes.hybrid.figures.ndcg10 ?? Number.NaN, before - tolerance),
		];
	});
}
