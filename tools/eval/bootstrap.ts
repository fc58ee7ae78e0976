import { seeded } from "../random.ts";

/** A mean with its 95 % confidence interval. */
export interface Interval {
	mean: number;
	low: number;
	high: number;
}

const resamples = 2_000;
const confidence = 0.95;

/**
 * Estimates a mean of paired differences by bootstrap: each set's queries are drawn anew with replacement, and sets count
 * alike whatever their size. The same differences give the same interval at every run.
 *
 * @param differences of each set, one a query
 * @throws without sets, or for a set without queries
 */
export function pairedBootstrap(differences: readonly (readonly number[])[], seed = 1): Interval {
	if (differences.length === 0 || differences.some((ofSet) => ofSet.length === 0)) {
		throw new Error("There is nothing to compare: no set, or a set without queries.");
	}
	const random = seeded(seed);
	const drawn = Array.from({ length: resamples }, () =>
		mean(
			differences.map((ofSet) => {
				let sum = 0;
				for (let draw = 0; draw < ofSet.length; draw++) sum += ofSet[Math.floor(random() * ofSet.length)] as number;
				return sum / ofSet.length;
			}),
		),
	).sort((a, b) => a - b);
	const tail = (1 - confidence) / 2;
	const at = (share: number) => drawn[Math.round((resamples - 1) * share)] as number;
	return { mean: mean(differences.map(mean)), low: at(tail), high: at(1 - tail) };
}

/** Returns the mean. @throws without values */
export function mean(values: readonly number[]): number {
	if (values.length === 0) throw new Error("There is no mean of nothing.");
	return values.reduce((sum, value) => sum + value, 0) / values.length;
}
