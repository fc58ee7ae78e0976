import { describe, expect, it } from "vitest";
import { demand, measured, minDemand, moreThan } from "#deployment/demands.ts";
import { mean, median, quantile, report } from "../../bench/report.ts";

const nothing = /nothing was measured/;

describe("a figure over nothing is an error", () => {
	it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])("as the value %s of a demand", (value) => {
		expect(() => demand("time, s", value, 5)).toThrow(nothing);
		expect(() => minDemand("recall@10", value, 0.99)).toThrow(nothing);
		expect(() => moreThan("difference", value, 0)).toThrow(nothing);
		expect(() => measured("requests", value)).toThrow(nothing);
	});

	it("as 0 where a maximum is demanded, which 0 would always pass", () => {
		expect(() => demand("time, s", 0, 5)).toThrow(nothing);
		expect(() => measured("requests", -0)).toThrow(nothing);
		expect(minDemand("difference", 0, -0.01)).toMatchObject({ holds: true });
	});

	it("as a quantile or a mean of no values, or with one that is not a number", () => {
		for (const values of [[], [1, Number.NaN, 3], [1, 2, Number.POSITIVE_INFINITY]]) {
			expect(() => median(values)).toThrow(nothing);
			expect(() => quantile(values, 0.25)).toThrow(nothing);
			expect(() => mean(values)).toThrow(nothing);
		}
	});

	it("as a report without rows", () => {
		expect(() => report("nothing", [], [])).toThrow(nothing);
	});
});

it("a demand holds up to its limit, from either side", () => {
	expect(demand("time, s", 5, 5)).toMatchObject({ value: 5, holds: true });
	expect(demand("time, s", 5.1, 5)).toMatchObject({ holds: false });
	expect(minDemand("recall@10", 0.99, 0.99)).toMatchObject({ value: 0.99, holds: true });
	expect(minDemand("recall@10", 0.98, 0.99)).toMatchObject({ holds: false });
});

it("a quantile is a value of the sample, and a mean is between them", () => {
	expect(quantile([4, 1, 3, 2, 5], 0.25)).toBe(2);
	expect(median([4, 1, 3, 2, 5])).toBe(3);
	expect(mean([1, 2, 6])).toBe(3);
});
