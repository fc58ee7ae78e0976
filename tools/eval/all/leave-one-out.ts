import { type Interval, mean, pairedBootstrap } from "../bootstrap.ts";

/** A parameter's values in order, and what each query of each set scores with each of them. */
interface Scores {
	/** By value, set and query. */
	scores: readonly (readonly (readonly number[])[])[];
	/** The value that switches the parameter off. */
	off: number;
	/** The value in force. */
	inForce: number;
}

interface LeftOut {
	/** For each set the value that is best on all others. */
	chosen: number[];
	/** The value that is best on all sets. */
	chosenOnAll: number;
	/** For each set the mean gain of its chosen value over the one that switches the parameter off. */
	gains: number[];
	/** Over all sets, each measured with the value that was chosen without it. */
	gain: Interval;
}

/** Smaller differences come from rounding. */
const minDifference = 1e-9;

/**
 * Chooses a parameter's value by leave-one-dataset-out. Of equally good values the one that switches it off is chosen,
 * then the one in force.
 *
 * @throws with fewer than two sets, or for a set without queries
 */
export function leaveOneOut({ scores, off, inForce }: Scores): LeftOut {
	const sets = [...(scores[off] ?? []).keys()];
	if (sets.length < 2) throw new Error("Leaving one set out takes two sets or more.");
	const scoreOf = (value: number, set: number) => scores[value]?.[set] ?? [];
	const preferred = [...new Set([off, inForce, ...scores.keys()])];
	const bestOn = (some: number[]) => {
		let best = off;
		let bestScore = Number.NEGATIVE_INFINITY;
		for (const value of preferred) {
			const score = mean(some.map((set) => mean(scoreOf(value, set))));
			if (score > bestScore + minDifference) [best, bestScore] = [value, score];
		}
		return best;
	};
	const chosen = sets.map((left) => bestOn(sets.filter((set) => set !== left)));
	const differences = sets.map((set, at) => {
		const before = scoreOf(off, set);
		return scoreOf(chosen[at] as number, set).map((score, query) => score - (before[query] as number));
	});
	return { chosen, chosenOnAll: bestOn(sets), gains: differences.map(mean), gain: pairedBootstrap(differences) };
}
