import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readBaseline } from "#tools/eval/compare.ts";
import { sectionsOf } from "#tools/eval/report.ts";
import type { Evaluation } from "#tools/eval/summary.ts";
import { drawSampleImages } from "#tools/samples/sample-images.ts";

// Runs the evaluation like `make eval`: its own cloud, and a dataset that this test draws.
let folder: string;
let reports: string;
/** Temporary files of a run. */
let temporary: string;
const words = ["lighthouse", "ramen", "telescope"];

beforeAll(async () => {
	folder = path.join(await mkdtemp(path.join(tmpdir(), "eval-")), "drawn");
	reports = path.join(folder, "reports");
	temporary = path.join(path.dirname(folder), "tmp");
	await mkdir(temporary);
	await mkdir(path.join(folder, "images"), { recursive: true });
	const samples = await drawSampleImages();
	for (const [at, word] of words.entries()) {
		const bytes = samples[at]?.bytes ?? new Uint8Array();
		await writeFile(path.join(folder, "images", `${word}.png`), bytes);
	}
	// The same bytes under another id are one item, and no error.
	const duplicate = samples[0]?.bytes ?? new Uint8Array();
	await writeFile(path.join(folder, "images", "same-lighthouse.png"), duplicate);
	await writeAnalyses((word) => `A ${word} in the evening`);
	await write("queries.json", [
		query("q1", "lighthouse", ["lighthouse", "same-lighthouse"]),
		query("q2", "ramen", ["ramen"]),
		query("q3", "telescope ramen", ["telescope", "ramen"]),
		query("q4", "cryptocurrency investment", []),
		query("q5", "quarterly dividends", ["telescope"]),
	]);
});
afterAll(() => rm(path.dirname(folder), { recursive: true, force: true }));

const write = (name: string, value: unknown) => writeFile(path.join(folder, name), JSON.stringify(value));

function writeAnalyses(headlineOf: (word: string) => string) {
	const analyses = [...words, "same-lighthouse"].map((item_id) => ({
		item_id,
		category: "Other",
		headline: headlineOf(item_id === "same-lighthouse" ? "lighthouse" : item_id),
		summary: "Nothing else.",
		image_details: {},
		media_metadata: {},
	}));
	return write("analyses.json", analyses);
}

const query = (query_id: string, query_text: string, expected: string[]) => ({
	query_id,
	query_text,
	query_type: expected.length > 0 ? "by words" : "no results",
	expected_items: expected.map((item_id) => ({ item_id, relevance: "high" })),
});

/** A report in which the telescope was found by words that this dataset does not have. */
const earlier: Pick<Evaluation, "modes" | "queries"> = {
	modes: {},
	queries: [
		{ ...query("q1", "lighthouse", []), modes: { bm25: { ndcg10: 1, first_rank: 1, results: ["lighthouse"], ms: 1 } } },
		{
			...query("q5", "quarterly dividends", []),
			modes: { bm25: { ndcg10: 1, first_rank: 1, results: ["telescope"], ms: 1 } },
		},
	],
};

const evaluate = (...more: string[]) =>
	promisify(execFile)(process.execPath, ["tools/eval/eval.ts", folder, "--reports", reports, ...more], {
		timeout: 200_000,
		env: { ...process.env, TMPDIR: temporary },
	});

async function report(type: "md" | "json"): Promise<string> {
	const files = (await readdir(reports)).filter((name) => name.endsWith(type));
	return path.join(reports, files.sort().at(-1) ?? "");
}

describe("make eval", () => {
	let stdout: string;
	let markdown: string;

	test("loads a dataset, searches in every mode, and writes the report that it prints", async () => {
		const baseline = path.join(path.dirname(folder), "baseline.json");
		await writeFile(baseline, JSON.stringify(earlier));
		({ stdout } = await evaluate("--baseline", baseline));
		const reportFile = await report("json");
		const { modes, ...evaluation } = JSON.parse(await readFile(reportFile, "utf8"));
		expect(evaluation).toMatchObject({
			dataset: "drawn",
			images: 3,
			vision: "replay",
			embedding_model: expect.any(String),
		});
		for (const mode of ["bm25", "vector", "hybrid"]) {
			expect(modes[mode], mode).toMatchObject({ no_result_queries: 1, by_type: { "by words": { queries: 4 } } });
			expect(modes[mode].median_ms).toBeGreaterThan(0);
		}
		// Of q5 no item has a word; its vector is compared with all three, and weak hits are results.
		expect(modes.bm25).toMatchObject({ ndcg10: 0.75, mrr: 0.75, recall10: 0.75 });
		expect(modes.vector).toMatchObject({ recall10: 1 });
		expect(modes.hybrid).toMatchObject({ recall10: 1 });
		// A mode either ran or has the reason why it did not.
		expect("agentic" in modes).toBe(!evaluation.unavailable.agentic);
		const [first] = evaluation.queries;
		expect(first).toMatchObject({ query_id: "q1", query_text: "lighthouse" });
		expect(first.modes.bm25).toMatchObject({
			ndcg10: 1,
			first_rank: 1,
			results: ["lighthouse"],
		});

		markdown = await readFile(await report("md"), "utf8");
		expect(markdown).toContain("# Search on drawn");
		expect(markdown).toMatch(/\| bm25 \| 0\.750 \| 0\.750 \| 0\.750 \|/);
		expect(markdown).toMatch(/\| predecessor \| 0\.862 \| 0\.903 \| 0\.891 \|/);
		expect(stdout).toMatch(/bm25 +0\.750 +0\.750 +0\.750/);
		expect(stdout).toContain(reportFile);
	}, 240_000);

	test("compares with an earlier run and names the queries that got worse", () => {
		const worse = stdout.slice(stdout.indexOf("Worse than the baseline"));
		expect(worse).toMatch(/q5 quarterly dividends +bm25 +1\.000 +0\.000/);
		expect(worse).not.toContain("q1 lighthouse");
		expect(markdown).toContain("## Worse than the baseline");
	});

	test("writes a report that a later run can compare with", async () => {
		const baseline = await readBaseline(await report("json"));
		const comparison = sectionsOf(baseline, baseline).find(({ title }) => title === "Against the baseline");
		expect(comparison).toMatchObject({
			notes: [expect.stringMatching(/^Of \d{4}-\d\d-\d\dT\S+, commit \w+, replay, [\w.-]+\.$/)],
			rows: expect.arrayContaining([expect.objectContaining({ mode: "bm25", "nDCG@10": "+0.000" })]),
		});
	});

	test("leaves nothing behind, and refuses a broken dataset before it starts a cloud", async () => {
		expect(await readdir(temporary)).toEqual([]);
		await write("queries.json", [query("q1", "anything", ["nobody"])]);
		const { code, stdout, stderr } = await evaluate().catch((error) => error);
		expect(code).toBe(1);
		expect(stderr).toContain("q1 expects nobody, which images/ does not have");
		expect(stdout).toBe("");
	});
});

test("make eval-all ends with an error where there is no dataset", async () => {
	const file = path.resolve("tools/eval/all/main.ts");
	const run = promisify(execFile)(process.execPath, [file], { cwd: temporary, env: { ...process.env, SETS: "" } });
	const { code, stderr } = await run.catch((error) => error);
	expect(code).toBe(1);
	expect(stderr).toContain("There is no dataset to evaluate.");
});
