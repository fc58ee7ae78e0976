import { describe, expect, it } from "vitest";
import { leaveOneOut } from "#tools/eval/all/leave-one-out.ts";

/** The scores of three values (off, in force, another) on sets of two queries that score alike. */
const scoresOf = (...byValue: number[][]) => byValue.map((sets) => sets.map((score) => [score, score]));

describe("leaving one dataset out", () => {
	it("measures a value that is good on one dataset alone as the loss that it is on the others", () => {
		const scores = scoresOf([0.5, 0.5, 0.5], [0.9, 0.4, 0.4]);
		const result = leaveOneOut({ scores, off: 0, inForce: 1 });
		// Without the first set nothing speaks for the value; with it the value seems good, and loses on the others.
		expect(result.chosen).toEqual([0, 1, 1]);
		expect(result.gains[0]).toBe(0);
		expect(result.gains[1]).toBeCloseTo(-0.1, 12);
		expect(result.gain.mean).toBeCloseTo(-0.2 / 3, 12);
		expect(result.gain.high).toBeLessThan(0);
		expect(result.chosenOnAll).toBe(1);
	});

	it("measures a value that is good everywhere as its gain over the one that switches the parameter off", () => {
		const scores = scoresOf([0.5, 0.6, 0.7], [0.6, 0.7, 0.8], [0.55, 0.65, 0.75]);
		const { chosen, chosenOnAll, gain } = leaveOneOut({ scores, off: 0, inForce: 2 });
		expect(chosen).toEqual([1, 1, 1]);
		expect(chosenOnAll).toBe(1);
		expect(gain.mean).toBeCloseTo(0.1, 12);
	});

	it("prefers, of equally good values, the one that switches the parameter off, then the one in force", () => {
		expect(leaveOneOut({ scores: scoresOf([1, 1], [1, 1], [1, 1]), off: 1, inForce: 2 }).chosen).toEqual([1, 1]);
		expect(leaveOneOut({ scores: scoresOf([1, 1], [0, 0], [1, 1]), off: 1, inForce: 2 }).chosen).toEqual([2, 2]);
	});

	it("counts datasets alike, whatever their number of queries", () => {
		const large = Array.from({ length: 50 }, () => 0.6);
		const scores = [
			[[0.5], large, [0.5]],
			[[0.8], large.map(() => 0.5), [0.8]],
		];
		expect(leaveOneOut({ scores, off: 0, inForce: 1 }).chosenOnAll).toBe(1);
	});

	it("fails over a single dataset, and over one without queries", () => {
		expect(() => leaveOneOut({ scores: scoresOf([1], [1]), off: 0, inForce: 1 })).toThrow("two sets or more");
		expect(() => leaveOneOut({ scores: [[[1], []]], off: 0, inForce: 0 })).toThrow();
	});
});
