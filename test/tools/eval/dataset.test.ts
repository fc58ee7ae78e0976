import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readDataset } from "#tools/eval/dataset.ts";

let folder: string;
beforeEach(async () => {
	folder = await mkdtemp(path.join(tmpdir(), "dataset-"));
	await mkdir(path.join(folder, "images"));
	await image("one.png", 10);
	await image("two.png", 20);
	await analyses([analysis("one"), analysis("two")]);
	await queries([query()]);
});
afterEach(() => rm(folder, { recursive: true }));

async function image(name: string, grey: number) {
	const create = { width: 8, height: 8, channels: 3, background: "" } as const;
	const bytes = await sharp({
		create: { ...create, background: { r: grey, g: grey, b: grey } },
	})
		.png()
		.toBuffer();
	await writeFile(path.join(folder, "images", name), bytes);
}
const write = (name: string, text: string) => writeFile(path.join(folder, name), text);
const analyses = (all: unknown) => write("analyses.json", JSON.stringify(all));
const queries = (all: unknown) => write("queries.json", JSON.stringify(all));
const analysis = (item_id: string) => ({
	item_id,
	category: "Food",
	headline: item_id,
	summary: "",
	image_details: {},
	media_metadata: {},
});
const query = (more: object = {}) => ({
	query_id: "q1",
	query_text: "ramen",
	query_type: "semantic",
	expected_items: [{ item_id: "one", relevance: "high" }],
	...more,
});
const read = (withAnalyses = true) => readDataset(folder, { withAnalyses });

describe("a dataset", () => {
	it("has its images by id, and its queries with their expected items", async () => {
		await queries([
			query({
				expected_count: 1,
				expected_items: [
					{ item_id: "one", relevance: "high" },
					{ item_id: "two", relevance: "low" },
				],
			}),
			query({ query_id: "q2", query_type: "none", expected_items: [] }),
		]);
		await writeFile(path.join(folder, "images", ".DS_Store"), "x");
		const dataset = await read();
		expect(dataset.name).toBe(path.basename(folder));
		expect(dataset.images).toMatchObject([
			{ id: "one", file: "one.png", type: "image/png" },
			{ id: "two", file: "two.png" },
		]);
		expect(dataset.queries).toEqual([
			{
				id: "q1",
				text: "ramen",
				type: "semantic",
				expected: new Map([
					["one", 3],
					["two", 1],
				]),
			},
			{ id: "q2", text: "ramen", type: "none", expected: new Map() },
		]);
	});

	it("treats the same bytes under two ids as one image", async () => {
		await image("copy.png", 20);
		await analyses(["one", "two", "copy"].map(analysis));
		await queries([
			query({
				expected_items: [
					{ item_id: "two", relevance: "high" },
					{ item_id: "copy", relevance: "medium" },
				],
			}),
		]);
		const { images, queries: read_ } = await read();
		expect(images.map(({ id }) => id)).toEqual(["copy", "one"]);
		expect(read_[0]?.expected).toEqual(new Map([["copy", 3]]));
	});

	it("needs no analyses if a provider describes the images", async () => {
		await rm(path.join(folder, "analyses.json"));
		expect((await read(false)).images).toHaveLength(2);
		await expect(read()).rejects.toThrow("There is no file");
	});
});

describe("an invalid dataset is refused: ", () => {
	it("no folder", async () => {
		await expect(readDataset("", { withAnalyses: true })).rejects.toThrow("Name a dataset: make eval DATASET=folder");
		await expect(readDataset("/nowhere/at/all", { withAnalyses: true })).rejects.toThrow(
			"There is no folder /nowhere/at/all: name one that has images/",
		);
		await rm(path.join(folder, "images"), { recursive: true });
		await expect(read()).rejects.toThrow(/There is no folder .*images/);
	});

	it("invalid JSON, by its file", async () => {
		await write("queries.json", "[{]");
		await expect(read()).rejects.toThrow(/queries\.json is not valid JSON \(.+\): correct it there/);
	});

	it.each([
		[
			"an image without analysis",
			() => analyses([analysis("one")]),
			/analyses\.json cannot be used:\n {2}has no analysis of images\/two/,
		],
		["two analyses of one image", () => analyses(["one", "two", "two"].map(analysis)), /has two analyses of two/],
		[
			"an analysis that is none, by the item's id",
			() => analyses([analysis("one"), { item_id: "two", headline: 1 }]),
			/\[1\] \(two\)\.category/,
		],
		[
			"a query for a missing item",
			() => queries([query({ expected_items: [{ item_id: "x", relevance: "high" }] })]),
			/queries\.json cannot be used:\n {2}q1 expects x, which images\/ does not have/,
		],
		[
			"a relevance that is not known, by the query's id",
			() => queries([query({ expected_items: [{ item_id: "one", relevance: "some" }] })]),
			/\[0\] \(q1\)\.expected_items\.0\.relevance/,
		],
		[
			"a query that the API would refuse, by the query's id",
			() => queries([query({ query_text: " ab " })]),
			/\[0\] \(q1\)\.query_text/,
		],
		["two queries of one id", () => queries([query(), query()]), /two queries q1/],
		["no query at all", () => queries([]), /has no query that expects an item/],
		[
			"only queries that nothing answers",
			() => queries([query({ expected_items: [] })]),
			/has no query that expects an item/,
		],
		["queries that are no list", () => queries({}), /expected array/],
		["a file that is no image", () => writeFile(path.join(folder, "images", "a.txt"), "hello"), /a\.txt: The file is/],
		["two files of one id", () => image("one.jpg", 99), /has two files of one: keep one/],
	])("%s", async (_, breakIt, message) => {
		await breakIt();
		await expect(read()).rejects.toThrow(message);
	});

	it("names ten faults and the number of further ones", async () => {
		const unknown = Array.from({ length: 13 }, (_, n) => ({
			item_id: `x${n}`,
			relevance: "high",
		}));
		await queries([query({ expected_items: unknown })]);
		await expect(read()).rejects.toThrow(/x9,[\s\S]*and 3 more$/);
	});
});
