/** How many of the first results are looked at. */
export const cuts = [1, 3, 5, 10] as const;
export type Cut = (typeof cuts)[number];

/** How well one ranking answers one query; every figure lies in 0 to 1. */
export interface Quality {
	ndcg: Record<Cut, number>;
	precision: Record<Cut, number>;
	recall: Record<Cut, number>;
	/** 1 / rank of the first item that was expected, 0 where none was found. */
	reciprocalRank: number;
}

/**
 * Judges a ranking, best first, by the gain of each item that should be found. An item counts at its first rank;
 * where it comes again it only takes a place.
 *
 * @returns null where nothing should be found: such a query is answered by an empty ranking, not by a good one
 */
export function qualityOf(ranking: string[], expected: ReadonlyMap<string, number>): Quality | null {
	if (expected.size === 0) return null;
	const found = ranking.map((id, at) => (ranking.indexOf(id) === at ? (expected.get(id) ?? 0) : 0));
	const ideal = [...expected.values()].sort((one, other) => other - one);
	const relevant = (cut: Cut) => found.slice(0, cut).filter((gain) => gain > 0).length;
	const first = found.findIndex((gain) => gain > 0);
	return {
		ndcg: atEachCut((cut) => gainOf(found, cut) / gainOf(ideal, cut)),
		precision: atEachCut((cut) => relevant(cut) / cut),
		recall: atEachCut((cut) => relevant(cut) / expected.size),
		reciprocalRank: first < 0 ? 0 : 1 / (first + 1),
	};
}

/** The mean of each figure; null of no query. */
export function meanQuality(of: Quality[]): Quality | null {
	if (of.length === 0) return null;
	const mean = (figure: (one: Quality) => number) => of.reduce((sum, one) => sum + figure(one), 0) / of.length;
	return {
		ndcg: atEachCut((cut) => mean(({ ndcg }) => ndcg[cut])),
		precision: atEachCut((cut) => mean(({ precision }) => precision[cut])),
		recall: atEachCut((cut) => mean(({ recall }) => recall[cut])),
		reciprocalRank: mean(({ reciprocalRank }) => reciprocalRank),
	};
}

/**
 * The value below which the share `q` of all values lies, by nearest rank.
 *
 * @param q 0 to 1
 */
export function quantile(values: number[], q: number): number {
	const sorted = values.toSorted((one, other) => one - other);
	return sorted[Math.max(0, Math.ceil(sorted.length * q) - 1)] ?? Number.NaN;
}

/** Discounted cumulative gain: what is found later counts less. */
function gainOf(gains: number[], cut: Cut): number {
	return gains.slice(0, cut).reduce((sum, gain, at) => sum + gain / Math.log2(at + 2), 0);
}

function atEachCut(figure: (cut: Cut) => number): Record<Cut, number> {
	return Object.fromEntries(cuts.map((cut) => [cut, figure(cut)])) as Record<Cut, number>;
}
