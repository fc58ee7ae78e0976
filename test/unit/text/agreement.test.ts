import { describe, expect, test } from "vitest";
import { highestAgreement, levenshteinAgreement, tfidfAgreement } from "#text/agreement.ts";

describe("the agreement of texts by their characters", () => {
	test("is the share that need not change", () => {
		expect(levenshteinAgreement(["Gate B22", "Gate B2Z", ""])).toEqual([
			[1, 0.875, 0],
			[0.875, 1, 0],
			[0, 0, 1],
		]);
		expect(levenshteinAgreement(["", ""])).toEqual([
			[1, 1],
			[1, 1],
		]);
	});

	test("of ten texts of 5,000 characters takes the processor less than four seconds", () => {
		const texts = Array.from({ length: 10 }, (_, seed) =>
			Array.from({ length: 5_000 }, (__, at) => String.fromCharCode(97 + ((at * (seed + 7)) % 26))).join(""),
		);
		const started = process.cpuUsage();
		levenshteinAgreement(texts);
		expect(process.cpuUsage(started).user).toBeLessThan(4_000_000);
	});
});

describe("the agreement of texts by their words", () => {
	test("does not depend on order, case, marks and stop words", () => {
		const [first = []] = tfidfAgreement(["The café in Lisbon", "lisbon: a CAFE"]);
		expect(first[1]).toBeCloseTo(1);
	});

	test("is between 0 and 1 where some words are shared, and rare ones count more", () => {
		const agreement = tfidfAgreement(["boarding pass Lisbon", "boarding pass Porto", "boarding card Lisbon", "menu"]);
		const [, porto = 0, card = 0, menu = 1] = agreement[0] ?? [];
		expect(menu).toBe(0);
		// "boarding" and "pass" against "boarding" and "Lisbon": the same number of texts has them.
		expect(porto).toBeCloseTo(card);
		expect(porto).toBeGreaterThan(0.3);
		expect(porto).toBeLessThan(1);
		expect(agreement[1]?.[0]).toBe(porto);
	});

	test("is that of two vectors worked out by hand", () => {
		// idf of "a1": ln(3 / 3) + 1 = 1; of "b1" and "c1": ln(3 / 2) + 1.
		const rare = Math.log(3 / 2) + 1;
		expect(tfidfAgreement(["a1 b1", "a1 c1"])[0]?.[1]).toBeCloseTo(1 / (1 + rare ** 2));
	});

	test("without a word that tells them apart is 1 if neither has one", () => {
		expect(tfidfAgreement(["the", "", "Lisbon"])).toEqual([
			[1, 1, 0],
			[1, 1, 0],
			[0, 0, 1],
		]);
	});
});

test("the text that agrees most is the first of equals, with its mean agreement", () => {
	expect(
		highestAgreement([
			[1, 0.5, 0],
			[0.5, 1, 0.5],
			[0, 0.5, 1],
		]),
	).toEqual({ index: 1, mean: 2 / 3 });
	expect(highestAgreement([[1]])).toEqual({ index: 0, mean: 1 });
});
