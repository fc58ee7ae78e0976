import type { Interval } from "../bootstrap.ts";
import type { Query } from "../dataset-files.ts";
import type { Answer } from "../modes.ts";
import type { Metric, Parameter } from "../parameters.ts";
import { answersOf, type Searched, type SearchMode } from "./answers.ts";
import { leaveOneOut } from "./leave-one-out.ts";
import type { Progress } from "./pictures.ts";
import type { SearchSettings } from "./settings.ts";

/** One parameter's gain on sets that it was not chosen on. */
export interface SweptParameter {
	name: string;
	metric: Metric;
	off: string;
	inForce: string;
	/** The value that is best on all sets. */
	chosenOnAll: string;
	/** By set: the value chosen on the others, and its mean gain over `off`. */
	leftOut: Record<string, { chosen: string; gain: number }>;
	gain: Interval;
}

/** Sweeps parameters, each in the search in which it decides, while the others stay as they are. */
export async function sweep(
	ports: Parameters<typeof answersOf>[0],
	sets: readonly Searched[],
	parameters: readonly Parameter[],
	progress: Progress,
): Promise<SweptParameter[]> {
	const distinct = new Map(
		parameters.flatMap(({ mode, settings }) => settings.map((tried) => [keyOf(mode, tried), { mode, tried }] as const)),
	);
	const answers = new Map<string, Answer[][]>();
	for (const [key, { mode, tried }] of distinct) {
		const ofSets: Answer[][] = [];
		for (const set of sets) {
			ofSets.push(await answersOf(ports, set, mode, tried));
			progress(answers.size * sets.length + ofSets.length, distinct.size * sets.length);
		}
		answers.set(key, ofSets);
	}
	return parameters.map(({ name, metric, mode, values, inForce: current, settings }) => {
		// Only a set where enough queries have no answer tells a threshold that is too low.
		const measured = sets.map(({ set }) => metric === "ranking" || hopelessShare(set.queries) >= minHopelessShare);
		const scores = settings.map((tried) =>
			(answers.get(keyOf(mode, tried)) ?? []).filter((_, at) => measured[at]).map((ofSet) => scoresOf(ofSet, metric)),
		);
		const { chosen, chosenOnAll, gains, gain } = leaveOneOut({ scores, off: 0, inForce: current });
		const valueAt = (at: number | undefined) => values[at ?? -1] ?? "";
		return {
			name,
			metric,
			off: valueAt(0),
			inForce: valueAt(current),
			chosenOnAll: valueAt(chosenOnAll),
			leftOut: Object.fromEntries(
				sets
					.filter((_, at) => measured[at])
					.map(({ set }, at) => [set.name, { chosen: valueAt(chosen[at]), gain: gains[at] as number }]),
			),
			gain,
		};
	});
}

/** Only the numbers tell settings apart: those of the embedder come with its functions. */
const keyOf = (mode: SearchMode, { search, embedder: { fusionWeights, answerabilityThreshold } }: SearchSettings) =>
	JSON.stringify([mode, search, fusionWeights, answerabilityThreshold]);

const minHopelessShare = 0.1;
const hopelessShare = (queries: readonly Query[]) =>
	queries.filter(({ expected }) => expected.size === 0).length / queries.length;

/**
 * Scores a set's answers: rankings by nDCG@10 where something answers the query. As answers a query is right if a strong hit is
 * expected, or where nothing answers if no hit is strong; both kinds count alike, so that the mean is the balanced accuracy.
 */
export function scoresOf(answers: readonly Answer[], metric: Metric): number[] {
	const answered = answers.filter(({ quality }) => quality).length;
	return answers.flatMap(({ query, ranking, strong = ranking, quality }) => {
		if (metric === "ranking") return quality ? [quality.ndcg[10]] : [];
		const isRight = quality ? strong.some((id) => query.expected.has(id)) : strong.length === 0;
		return [isRight ? answers.length / 2 / (quality ? answered : answers.length - answered) : 0];
	});
}
