import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { isWord, readWordVectors, type WordVector, wordVectors } from "#ai/offline/word-vectors.ts";
import { tableOf } from "#tools/word-vectors/table.ts";

const words = ["the", "car", "care", "cart", "zoo", "apple", "art", "carpet"];
const dimensions = 12;
/** The vectors of two words each differ along the first axis alone, where all of them differ most. */
const source = words.map((word, at) => ({
	word,
	rank: at + 1,
	vector: Array.from({ length: dimensions }, (_, d) => (d === 0 ? 3 + 5 * (-1) ** at : Math.sin((at >> 1) + d ** 2))),
}));
const file = tableOf(source, 1_000);
const table = readWordVectors(file);

const valuesOf = ({ values, scale }: WordVector) => Array.from(values, (value) => value * scale);
function found(word: string): WordVector {
	const vector = table.find(word);
	if (!vector) throw new Error(`${word} is not in the table.`);
	return vector;
}

describe("a table of word vectors", () => {
	it("has every word of its source, with words that begin alike", () => {
		for (const word of words) expect(found(word).values).toHaveLength(dimensions);
	});

	it.each(["", "a", "ca", "carp", "carts", "then", "zoos", "zz", "naïve", "東京"])("has not %j", (word) => {
		expect(table.find(word)).toBeNull();
	});

	it("gives a word more weight the rarer it is", () => {
		const weights = words.map((word) => found(word).weight);
		expect(weights).toEqual([...weights].sort((a, b) => a - b));
		expect(weights[0]).toBeGreaterThan(0);
		expect(weights.at(-1)).toBeLessThan(1);
	});

	it("lacks what all vectors have in common, and keeps the rest", () => {
		const vectors = words.map((word) => valuesOf(found(word)));
		for (const vector of vectors) expect(vector[0]).toBeCloseTo(0, 1);
		const centred = Array.from({ length: dimensions }, (_, d) => {
			const mean = source.reduce((sum, { vector }) => sum + (vector[d] ?? 0), 0) / words.length;
			return source.map(({ vector }) => (vector[d] ?? 0) - mean);
		});
		for (let d = 1; d < dimensions; d++) {
			for (const [at, vector] of vectors.entries()) {
				expect(vector[d]).toBeCloseTo(centred[d]?.[at] ?? Number.NaN, 1);
			}
		}
	});

	it("has the same bytes each time, and is read wherever it begins in memory", () => {
		expect(tableOf(source, 1_000)).toEqual(file);
		const behind = new Uint8Array(file.length + 3);
		behind.set(file, 3);
		expect(readWordVectors(behind.subarray(3)).find("cart")).toEqual(found("cart"));
	});

	it.each([
		["cut off", file.subarray(0, file.length - 1)],
		["of another kind", Uint8Array.from(file, (byte, at) => (at === 0 ? byte + 1 : byte))],
	])("that is %s is refused", (_, bytes) => {
		expect(() => readWordVectors(bytes)).toThrow("make word-vectors");
	});
});

describe("the table that the product ships", () => {
	it("has 100 dimensions, and words with meanings", async () => {
		const { dimensions, find } = await wordVectors();
		expect(dimensions).toBe(100);
		const cosine = (word: string, other: string) => {
			const [a, b] = [word, other].map((each) => valuesOf(find(each) as WordVector)) as [number[], number[]];
			const dot = (x: number[], y: number[]) => x.reduce((sum, value, at) => sum + value * (y[at] ?? 0), 0);
			return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
		};
		expect(cosine("automobile", "car")).toBeGreaterThan(0.5);
		expect(cosine("automobile", "butter")).toBeLessThan(0.2);
	});

	it.each([
		["harbour", true],
		["Harbor", true],
		["CAFÉ", true],
		["dehumidifier", false], // not among the most frequent
		["recipt", false],
		["brodband", false],
		["2024", false],
		["", false],
	])("knows whether %j is a word: %s", async (word, known) => {
		expect(await isWord(word)).toBe(known);
	});

	it("has its licence beside it", () => {
		const licence = readFileSync("packages/ai/offline/word-vectors/LICENSE", "utf8");
		expect(licence).toContain("Permission is hereby granted, free of charge");
	});
});
