import { describe, expect, it } from "vitest";
import { meanQuality, qualityOf, quantile } from "#tools/eval/metrics.ts";

const expected = new Map([
	["a", 3],
	["b", 3],
	["c", 2],
]);
const discount = (rank: number) => 1 / Math.log2(rank + 1);

describe("the quality of a ranking", () => {
	it("is 1 throughout for the expected items in the order of their gain", () => {
		expect(qualityOf(["a", "b", "c"], expected)).toEqual({
			ndcg: { 1: 1, 3: 1, 5: 1, 10: 1 },
			precision: { 1: 1, 3: 1, 5: 3 / 5, 10: 3 / 10 },
			recall: { 1: 1 / 3, 3: 1, 5: 1, 10: 1 },
			reciprocalRank: 1,
		});
	});

	it("equals the values computed by hand for a ranking with gaps", () => {
		const quality = qualityOf(["x", "c", "y", "a"], expected);
		const ideal = 3 * discount(1) + 3 * discount(2) + 2 * discount(3);
		expect(quality?.ndcg[1]).toBe(0);
		expect(quality?.ndcg[3]).toBeCloseTo((2 * discount(2)) / ideal, 12);
		expect(quality?.ndcg[10]).toBeCloseTo((2 * discount(2) + 3 * discount(4)) / ideal, 12);
		// 1.2619 + 1.2920 of 3 + 1.8928 + 1
		expect(quality?.ndcg[10]).toBeCloseTo(0.4334, 4);
		expect(quality?.precision).toEqual({
			1: 0,
			3: 1 / 3,
			5: 2 / 5,
			10: 2 / 10,
		});
		expect(quality?.recall).toEqual({ 1: 0, 3: 1 / 3, 5: 2 / 3, 10: 2 / 3 });
		expect(quality?.reciprocalRank).toBe(1 / 2);
	});

	it("does not depend on the order of two items of the same gain", () => {
		expect(qualityOf(["a", "b"], expected)).toEqual(qualityOf(["b", "a"], expected));
	});

	it("is lower if an item of lower gain comes before one of higher gain", () => {
		const [right, wrong] = [qualityOf(["a", "b", "c"], expected), qualityOf(["c", "a", "b"], expected)];
		expect(wrong?.ndcg[10]).toBeLessThan(right?.ndcg[10] ?? 0);
		expect(wrong?.recall).toEqual(right?.recall);
		expect(wrong?.reciprocalRank).toBe(1);
	});

	it("counts a repeated item once, at its first rank", () => {
		const twice = qualityOf(["a", "a", "a"], expected);
		expect(twice).toEqual(qualityOf(["a", "x", "y"], expected));
		expect(twice?.recall[10]).toBe(1 / 3);
	});

	it("is 0 for an empty ranking and for one without expected items", () => {
		for (const ranking of [[], ["x", "y"]]) {
			expect(qualityOf(ranking, expected)).toEqual({
				ndcg: { 1: 0, 3: 0, 5: 0, 10: 0 },
				precision: { 1: 0, 3: 0, 5: 0, 10: 0 },
				recall: { 1: 0, 3: 0, 5: 0, 10: 0 },
				reciprocalRank: 0,
			});
		}
	});

	it("ignores results after the tenth, except for the reciprocal rank", () => {
		const late = [..."klmnopqrst", "a"];
		expect(qualityOf(late, expected)).toMatchObject({
			ndcg: { 10: 0 },
			recall: { 10: 0 },
			reciprocalRank: 1 / 11,
		});
	});

	it("can be 1 at a cut smaller than the number of expected items", () => {
		const many = new Map([..."abcdefghijkl"].map((id) => [id, 3]));
		const quality = qualityOf([..."abcdefghij"], many);
		expect(quality?.ndcg[10]).toBe(1);
		expect(quality?.recall[10]).toBe(10 / 12);
	});

	it("is null if nothing is expected", () => {
		expect(qualityOf([], new Map())).toBeNull();
		expect(qualityOf(["a"], new Map())).toBeNull();
	});
});

it("a mean covers each figure, and is null without queries", () => {
	const [all, none] = [qualityOf(["a"], new Map([["a", 3]])), qualityOf([], expected)];
	if (!all || !none) throw new Error("unreachable");
	expect(meanQuality([all, none])).toEqual({
		ndcg: { 1: 0.5, 3: 0.5, 5: 0.5, 10: 0.5 },
		precision: { 1: 0.5, 3: 1 / 6, 5: 0.1, 10: 0.05 },
		recall: { 1: 0.5, 3: 0.5, 5: 0.5, 10: 0.5 },
		reciprocalRank: 0.5,
	});
	expect(meanQuality([])).toBeNull();
});

it("a quantile is the value at the nearest rank", () => {
	const values = [5, 1, 4, 2, 3];
	expect(quantile(values, 0.5)).toBe(3);
	expect(quantile(values, 0.95)).toBe(5);
	expect(quantile(values, 0)).toBe(1);
	expect(quantile([7], 0.95)).toBe(7);
	expect(quantile([], 0.5)).toBeNaN();
});
