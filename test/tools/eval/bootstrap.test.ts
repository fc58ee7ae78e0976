import { describe, expect, it } from "vitest";
import { mean, pairedBootstrap } from "#tools/eval/bootstrap.ts";

describe("a paired bootstrap", () => {
	const differences = Array.from({ length: 80 }, (_, query) => (query % 4 === 0 ? 0.5 : 0));

	it("gives the same interval at every run, and another for another seed", () => {
		const uneven = differences.map((_, query) => Math.sin(query));
		expect(pairedBootstrap([uneven])).toEqual(pairedBootstrap([uneven]));
		expect(pairedBootstrap([uneven], 2)).not.toEqual(pairedBootstrap([uneven]));
	});

	it("is about the mean, as wide as the normal approximation of its error", () => {
		const { mean, low, high } = pairedBootstrap([differences]);
		expect(mean).toBeCloseTo(0.125, 12);
		// 1.96 standard errors of 80 values, a quarter of which are 0.5.
		const error = (1.96 * Math.sqrt(0.25 * 0.75) * 0.5) / Math.sqrt(80);
		expect(mean - low).toBeCloseTo(error, 1.7);
		expect(high - mean).toBeCloseTo(error, 1.7);
	});

	it("has no width where every query differs alike", () => {
		expect(pairedBootstrap([[0.25, 0.25, 0.25]])).toEqual({ mean: 0.25, low: 0.25, high: 0.25 });
	});

	it("counts each set alike, whatever its size", () => {
		expect(pairedBootstrap([[1], Array.from({ length: 99 }, () => 0)]).mean).toBe(0.5);
	});

	it("fails over nothing", () => {
		expect(() => pairedBootstrap([])).toThrow("nothing to compare");
		expect(() => pairedBootstrap([[1], []])).toThrow("nothing to compare");
		expect(() => mean([])).toThrow("no mean of nothing");
	});
});
