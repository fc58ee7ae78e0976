import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { changesSince, readBaseline } from "#tools/eval/compare.ts";
import { qualityOf } from "#tools/eval/metrics.ts";
import type { Answer } from "#tools/eval/modes.ts";
import { sectionsOf } from "#tools/eval/report.ts";
import { byQuery, type Evaluation, summarize } from "#tools/eval/summary.ts";

function answer(
	id: string,
	ranking: string[],
	expected: Record<string, number>,
	{ type = "semantic", ms = 10 } = {},
): Answer {
	const query = {
		id,
		text: id,
		type,
		expected: new Map(Object.entries(expected)),
	};
	return { query, ranking, ms, quality: qualityOf(ranking, query.expected) };
}

function evaluation(answers: Answer[]): Evaluation {
	return {
		dataset: "own",
		images: 3,
		vision: "replay",
		embedding_model: "m",
		git_sha: "abc",
		finished_at: "2026-01-02T03:04:05.000Z",
		modes: { bm25: summarize(answers) },
		unavailable: { agentic: "It is off." },
		queries: byQuery([{ mode: "bm25", answers }]),
	};
}

describe("the summary of a mode", () => {
	const summary = summarize([
		answer("hit", ["a"], { a: 3 }, { ms: 10 }),
		answer("second", ["x", "a"], { a: 3 }, { ms: 20, type: "precise" }),
		answer("lost", [], { a: 3 }, { ms: 30 }),
		answer("right to be empty", [], {}, { ms: 40 }),
		answer("wrongly answered", ["a"], {}, { ms: 100 }),
	]);

	it("averages the answerable queries, and counts empty results, right and wrong ones", () => {
		expect(summary).toMatchObject({
			mrr: 0.5,
			recall10: 2 / 3,
			no_result_empty: 1,
			no_result_queries: 2,
			wrongly_empty: 1,
			median_ms: 30,
			p95_ms: 100,
		});
		expect(summary.ndcg10).toBeCloseTo((1 + 1 / Math.log2(3)) / 3, 12);
	});

	it("has figures for each query type", () => {
		expect(summary.by_type).toMatchObject({
			semantic: { queries: 2, reciprocalRank: 0.5 },
			precise: { queries: 1, reciprocalRank: 0.5 },
		});
	});
});

describe("a baseline", () => {
	const before = evaluation([
		answer("better", ["x", "a"], { a: 3 }),
		answer("worse", ["a"], { a: 3 }),
		answer("same", ["a"], { a: 3 }),
		answer("now empty", ["a"], {}),
		answer("no more empty", [], {}),
	]);
	const now = evaluation([
		answer("better", ["a"], { a: 3 }),
		answer("worse", ["x", "a"], { a: 3 }),
		answer("same", ["a", "x"], { a: 3 }),
		answer("now empty", [], {}),
		answer("no more empty", ["a"], {}),
		answer("added", ["a"], { a: 3 }),
	]);

	it("names the queries that got better and worse, with both values", () => {
		expect(
			changesSince(before, now).map(({ query, before, now, better }) => [query.query_id, before, now, better]),
		).toEqual([
			["better", "0.631", "1.000", true],
			["worse", "1.000", "0.631", false],
			["now empty", "results", "empty", true],
			["no more empty", "empty", "results", false],
		]);
	});

	it("is in the report, with the queries that it lacks", () => {
		const sections = sectionsOf(now, before);
		const section = (title: string) => sections.find((each) => each.title === title);
		expect(section("Against the baseline")).toMatchObject({
			notes: [
				"Of 2026-01-02T03:04:05.000Z, commit abc, replay, m.",
				"1 of the 6 queries are not in the baseline, so the means cover different queries.",
			],
			rows: [{ mode: "bm25", "nothing found": "+0" }],
		});
		expect(section("Worse than the baseline")?.rows).toHaveLength(2);
		expect(section("Modes")?.notes).toContain("agentic is not available here: It is off.");
	});
});

describe("a file that is not a baseline", () => {
	let folder: string;
	beforeAll(async () => {
		folder = await mkdtemp(path.join(tmpdir(), "baseline-"));
	});
	afterAll(() => rm(folder, { recursive: true }));

	it.each([
		["is missing", null],
		["is no JSON", "{"],
		["is something else", "{}"],
		["is null", "null"],
	])("is refused by its name if it %s", async (_, text) => {
		const file = path.join(folder, "eval-x.json");
		await rm(file, { force: true });
		if (text !== null) await writeFile(file, text);
		await expect(readBaseline(file)).rejects.toThrow(/The baseline .*eval-x/);
	});
});
