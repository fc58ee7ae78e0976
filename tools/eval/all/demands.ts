import { atLeast, type Demand, moreThan } from "#cli/demands.ts";
import { type Interval, pairedBootstrap } from "../bootstrap.ts";
import { type ComparedFigure, comparedFigures, type PeerSummary } from "../peer-answers.ts";
import type { SweptParameter } from "./sweep.ts";

export interface ComparedSet {
	name: string;
	peers: Record<string, PeerSummary>;
}

/** The hybrid search's mean differences from a peer, each set counting alike. */
export type MeanDifferences = Record<string, Record<ComparedFigure, Interval>>;

/** Returns the mean differences from each peer. @throws if no set was compared, or no peer */
export function meanDifferences(sets: ComparedSet[]): MeanDifferences {
	const names = Object.keys(sets[0]?.peers ?? {});
	if (names.length === 0) throw new Error("No peer was compared: PEERS=1 asks for at least one.");
	return Object.fromEntries(
		names.map((name) => [
			name,
			Object.fromEntries(
				comparedFigures.map((figure) => [
					figure,
					pairedBootstrap(sets.map(({ peers }) => peers[name]?.differences[figure] ?? [])),
				]),
			) as Record<ComparedFigure, Interval>,
		]),
	);
}

/** Demands that hybrid search is below no peer on any set by more than the interval, and above each in the mean. */
export function peerDemands(sets: ComparedSet[]): Demand[] {
	const labels: Record<ComparedFigure, string> = { ndcg10: "nDCG@10", mrr: "MRR" };
	return [
		...sets.flatMap(({ name, peers }) =>
			Object.entries(peers).flatMap(([peer, { difference }]) =>
				comparedFigures.map((figure) =>
					atLeast(`${name}: hybrid - ${peer}, ${labels[figure]}, upper end`, difference[figure].high, 0),
				),
			),
		),
		...Object.entries(meanDifferences(sets)).flatMap(([peer, difference]) =>
			comparedFigures.map((figure) =>
				moreThan(`mean: hybrid - ${peer}, ${labels[figure]}`, difference[figure].mean, 0),
			),
		),
	];
}

/** Demands that every parameter gains on the sets that it was not chosen on: one that does not is to be removed. */
export function parameterDemands(parameters: SweptParameter[]): Demand[] {
	if (parameters.length === 0) throw new Error("No parameter was swept.");
	return parameters.map(({ name, gain }) => moreThan(`${name}: gain on the left-out sets`, gain.mean, 0));
}
