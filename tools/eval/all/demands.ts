import { type Demand, maxDemand, minDemand, moreThan } from "#deployment/demands.ts";
import { type Interval, pairedBootstrap } from "../bootstrap.ts";
import { type ComparedFigure, comparedFigures, type PeerSummary } from "../peer-answers.ts";
import type { ModeFigures } from "./answers.ts";
import { type EvaluationSet, isMeant } from "./sets.ts";
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
					minDemand(`${name}: hybrid - ${peer}, ${labels[figure]}, upper end`, difference[figure].high, 0),
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

/** A set with the figures of the hybrid search on it. */
export interface MeasuredSet {
	set: Pick<EvaluationSet, "name" | "queries">;
	modes: { hybrid: { figures: ModeFigures } };
}

/**
 * Demands of the hybrid search that nine in ten queries without an answer get no strong hit, and that at most 3 % of what queries
 * mean is not found, neither as strong nor as weak. Each query counts alike, and each item: a set may have few of them.
 */
export function strengthDemands(reports: MeasuredSet[]): Demand[] {
	const hybrid = reports.map(({ set, modes }) => ({ queries: set.queries, figures: modes.hybrid.figures }));
	const hopeless = hybrid.flatMap(({ queries, figures }) =>
		figures.hopeless_without_strong === null
			? []
			: [
					{
						share: figures.hopeless_without_strong,
						weight: queries.filter(({ expected }) => expected.size === 0).length,
					},
				],
	);
	const meant = hybrid.map(({ queries, figures }) => ({
		share: figures.right_hits_lost,
		weight: queries.flatMap(({ expected }) => [...expected.values()].filter(isMeant)).length,
	}));
	return [
		...(hopeless.length > 0 ? [minDemand("hopeless queries without a strong hit", shareOfAll(hopeless), 0.9)] : []),
		maxDemand("right hits lost", shareOfAll(meant), 0.03),
	];
}

const shareOfAll = (parts: { share: number; weight: number }[]) =>
	parts.reduce((sum, { share, weight }) => sum + share * weight, 0) /
	parts.reduce((sum, { weight }) => sum + weight, 0);
