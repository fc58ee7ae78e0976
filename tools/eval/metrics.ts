/** The numbers of first results (k) at which metrics are computed. */
export const cuts = [1, 3, 5, 10] as const;
type Cut = (typeof cuts)[number];

/** The quality of one ranking for one query; every figure lies in 0 to 1. */
export interface Quality {
	ndcg: Record<Cut, number>;
	precision: Record<Cut, number>;
	recall: Record<Cut, number>;
	/** 1 / rank of the first expected item, 0 if none was found. */
	reciprocalRank: number;
}

/**
 * Measures a ranking, best first, by the gain of each expected item. A repeated item counts at its first rank only.
 *
 * @returns null if nothing is expected: the right answer to such a query is an empty ranking
 */
export function qualityOf(ranking: string[], expected: ReadonlyMap<string, number>): Quality | null {
	if (expected.size === 0) return null;
	const found = ranking.map((id, index) => (ranking.indexOf(id) === index ? (expected.get(id) ?? 0) : 0));
	const ideal = [...expected.values()].sort((a, b) => b - a);
	const relevant = (cut: Cut) => found.slice(0, cut).filter((gain) => gain > 0).length;
	const first = found.findIndex((gain) => gain > 0);
	return {
		ndcg: atEachCut((cut) => gainOf(found, cut) / gainOf(ideal, cut)),
		precision: atEachCut((cut) => relevant(cut) / cut),
		recall: atEachCut((cut) => relevant(cut) / expected.size),
		reciprocalRank: first < 0 ? 0 : 1 / (first + 1),
	};
}

/** Returns the mean of each figure; null without queries. */
export function meanQuality(qualities: Quality[]): Quality | null {
	if (qualities.length === 0) return null;
	const mean = (figure: (quality: Quality) => number) =>
		qualities.reduce((sum, quality) => sum + figure(quality), 0) / qualities.length;
	return {
		ndcg: atEachCut((cut) => mean(({ ndcg }) => ndcg[cut])),
		precision: atEachCut((cut) => mean(({ precision }) => precision[cut])),
		recall: atEachCut((cut) => mean(({ recall }) => recall[cut])),
		reciprocalRank: mean(({ reciprocalRank }) => reciprocalRank),
	};
}

/**
 * Returns the value below which the share `q` of all values lies, by nearest rank.
 *
 * @param q 0 to 1
 */
export function quantile(values: number[], q: number): number {
	const sorted = values.toSorted((a, b) => a - b);
	return sorted[Math.max(0, Math.ceil(sorted.length * q) - 1)] ?? Number.NaN;
}

/** Returns the discounted cumulative gain of the first `cut` results. */
function gainOf(gains: number[], cut: Cut): number {
	return gains.slice(0, cut).reduce((sum, gain, index) => sum + gain / Math.log2(index + 2), 0);
}

function atEachCut(figure: (cut: Cut) => number): Record<Cut, number> {
	return Object.fromEntries(cuts.map((cut) => [cut, figure(cut)])) as Record<Cut, number>;
}
