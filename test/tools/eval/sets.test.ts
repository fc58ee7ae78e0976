import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { hopelessWithoutStrong, rightHitsLost } from "#tools/eval/all/answers.ts";
import { readSets } from "#tools/eval/all/sets.ts";
import { scoresOf } from "#tools/eval/all/sweep.ts";
import { qualityOf } from "#tools/eval/metrics.ts";
import type { Answer } from "#tools/eval/modes.ts";

const nowhere = "/nowhere/at/all";
const noPictures = () => Promise.reject(new Error("This test has no pictures."));

describe("the datasets of test/eval", () => {
	it("are valid, of 150 items and 80 queries each, a fifth of them without an answer", async () => {
		const { sets, skipped } = await readSets({ shared: nowhere, own: "test/eval" }, null, noPictures);
		expect(
			sets.map(({ name, items, queries }) => [
				name,
				items.length,
				queries.length,
				queries.filter(({ expected }) => expected.size === 0).length,
			]),
		).toEqual([
			["hobby", 150, 80, 16],
			["receipts", 150, 80, 16],
			["work", 150, 80, 16],
		]);
		expect(skipped.map(({ name }) => name)).toEqual(["golden", "languages", "cases"]);
		expect(skipped[0]?.reason).toBe(`${nowhere}/golden is not here`);
	});
});

describe("datasets", () => {
	let own: string;
	beforeEach(async () => {
		own = await mkdtemp(path.join(tmpdir(), "sets-"));
	});
	afterEach(() => rm(own, { recursive: true }));

	async function write(name: string, expected: object[]) {
		const analysis = {
			item_id: "a",
			category: "Food",
			headline: "",
			summary: "",
			image_details: {},
			media_metadata: {},
		};
		const query = { query_id: "q", query_text: "ramen", query_type: "keyword", expected_items: expected };
		await mkdir(path.join(own, name));
		await writeFile(path.join(own, name, "analyses.json"), JSON.stringify([analysis]));
		await writeFile(path.join(own, name, "queries.json"), JSON.stringify([query]));
	}
	const read = (only: string[] | null = null) => readSets({ shared: nowhere, own }, only, noPictures);

	it("can be chosen by name", async () => {
		await write("one", [{ item_id: "a", relevance: "high" }]);
		await write("two", [{ item_id: "a", relevance: "low" }]);
		expect((await read(["two"])).sets.map(({ name }) => name)).toEqual(["two"]);
		await expect(read(["three"])).rejects.toThrow('SETS names "three": give some of golden,languages,cases,one,two.');
	});

	it("are refused where there is none, or one has no query that something answers", async () => {
		await expect(read()).rejects.toThrow(/There is no dataset to evaluate[\s\S]*golden is not here/);
		await write("one", []);
		await expect(read()).rejects.toThrow(/one\/queries\.json cannot be used:\n {2}has no query that expects an item/);
	});

	it("are refused where a query expects an item that has no analysis", async () => {
		await write("one", [{ item_id: "b", relevance: "high" }]);
		await expect(read()).rejects.toThrow("q expects b, which its analyses does not have");
	});
});

function answer(expected: Record<string, number>, ranking: string[], strong?: string[]): Answer {
	const query = { id: "q", text: "q", type: "keyword", expected: new Map(Object.entries(expected)) };
	return { query, ranking, ...(strong && { strong }), quality: qualityOf(ranking, query.expected), ms: 1 };
}

describe("the figures of answers", () => {
	it("count a query without an answer as hopeless where its hits are weak", () => {
		const answers = [answer({}, []), answer({}, ["a"], []), answer({}, ["a", "b"], ["a"]), answer({}, ["a"])];
		expect(hopelessWithoutStrong(answers)).toBe(0.5);
		expect(hopelessWithoutStrong([answer({ a: 3 }, [])])).toBeNull();
	});

	it("count what is meant as lost where it is neither strong nor weak", () => {
		expect(rightHitsLost([answer({ a: 3, b: 3, c: 1 }, ["x", "a"], ["x"]), answer({ d: 3 }, [])])).toBeCloseTo(2 / 3);
		expect(() => rightHitsLost([answer({}, ["a"])])).toThrow("no mean of nothing");
	});

	it("score a ranking by all hits, and answers by the strong ones and by none where nothing answers", () => {
		const answers = [
			answer({ a: 3 }, ["x", "a"], ["x"]),
			answer({ a: 3 }, ["a"]),
			answer({}, ["a"], []),
			answer({}, ["a"]),
		];
		expect(scoresOf(answers, "ranking")).toEqual([expect.closeTo(1 / Math.log2(3)), 1]);
		expect(scoresOf(answers, "answers")).toEqual([0, 1, 1, 0]);
	});
});
