import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { imageDescription } from "#core/items/analysis.ts";
import { describeRefusal, sniffImageType } from "#core/items/image-type.ts";
import type { ImageType } from "#core/items/item.ts";

/** The gain of a found item by its relevance; `docs/evaluation.md` explains the values. */
const gains = { high: 3, medium: 2, low: 1 } as const;

const queryFile = z.array(
	z.looseObject({
		query_id: z.string().min(1),
		// The API's limits, checked here so that it refuses no query in the middle of an evaluation.
		query_text: z.string().trim().min(3).max(1_000),
		query_type: z.string().min(1),
		expected_items: z.array(
			z.looseObject({
				item_id: z.string(),
				relevance: z.enum(Object.keys(gains) as (keyof typeof gains)[]),
			}),
		),
	}),
);

const analysisFile = z.array(imageDescription.loose().extend({ item_id: z.string() }));

export interface Query {
	id: string;
	text: string;
	/** Any word; the report groups results by it. */
	type: string;
	/** The gain of each expected item, by its id in the dataset; empty for a query that nothing answers. */
	expected: Map<string, number>;
}

export interface DatasetImage {
	id: string;
	file: string;
	type: ImageType;
	bytes: Uint8Array<ArrayBuffer>;
}

/** Images, and queries with the items they should find. */
export interface Dataset {
	name: string;
	folder: string;
	/** Files with the same bytes are one image, under the first id. */
	images: DatasetImage[];
	queries: Query[];
}

/**
 * Reads a dataset folder; the format is documented in `docs/evaluation.md`.
 *
 * @throws naming every fault of the first invalid file, its place, and what to do
 */
export async function readDataset(folder: string, { withAnalyses }: { withAnalyses: boolean }): Promise<Dataset> {
	if (!folder) {
		throw new Error("Name a dataset: make eval DATASET=folder (docs/evaluation.md has the format).");
	}
	const absolute = path.resolve(folder);
	if (!(await stat(absolute).catch(() => null))?.isDirectory()) {
		throw new Error(
			`There is no folder ${folder}: name one that has images/, analyses.json and queries.json (docs/evaluation.md has the format).`,
		);
	}
	const { images, aliases } = await readImages(path.join(absolute, "images"));
	if (withAnalyses) {
		const file = path.join(absolute, "analyses.json");
		const analyses = await readJson(file, analysisFile);
		refuse(file, [
			...duplicatesIn(analyses.map(({ item_id }) => item_id)).map((id) => `has two analyses of ${id}: keep one`),
			...missingFrom(
				[...aliases.keys()],
				analyses.map(({ item_id }) => item_id),
			).map((id) => `has no analysis of images/${id}: add it, or remove the image`),
		]);
	}
	const file = path.join(absolute, "queries.json");
	const queries = await readJson(file, queryFile);
	refuse(file, [
		...duplicatesIn(queries.map(({ query_id }) => query_id)).map(
			(id) => `has two queries ${id}: give each an id of its own`,
		),
		...queries.flatMap(({ query_id, expected_items }) =>
			missingFrom(
				expected_items.map(({ item_id }) => item_id),
				[...aliases.keys()],
			).map((id) => `${query_id} expects ${id}, which images/ does not have`),
		),
		...(queries.some(({ expected_items }) => expected_items.length > 0)
			? []
			: ["has no query that expects an item: add one"]),
	]);
	return {
		name: path.basename(absolute),
		folder: absolute,
		images,
		queries: queries.map((query) => ({
			id: query.query_id,
			text: query.query_text,
			type: query.query_type,
			expected: expectedOf(query.expected_items, aliases),
		})),
	};
}

/** Returns each item's gain. An item named twice, by two ids of the same bytes, has the higher one. */
function expectedOf(
	items: z.infer<typeof queryFile>[number]["expected_items"],
	aliases: Map<string, string>,
): Map<string, number> {
	const expected = new Map<string, number>();
	for (const { item_id, relevance } of items) {
		const id = aliases.get(item_id) ?? item_id;
		expected.set(id, Math.max(gains[relevance], expected.get(id) ?? 0));
	}
	return expected;
}

async function readImages(folder: string): Promise<{ images: DatasetImage[]; aliases: Map<string, string> }> {
	const files = await readdir(folder).catch(() => {
		throw new Error(`There is no folder ${folder}: put the images there, named by item id.`);
	});
	const images: DatasetImage[] = [];
	const bySha256 = new Map<string, string>();
	const aliases = new Map<string, string>();
	const faults: string[] = [];
	for (const file of files.filter((name) => !name.startsWith(".")).sort()) {
		const bytes = new Uint8Array(await readFile(path.join(folder, file)));
		const type = sniffImageType(bytes);
		const id = path.parse(file).name;
		if (!type) {
			faults.push(`${file}: ${describeRefusal(bytes)}`);
			continue;
		}
		if (aliases.has(id)) faults.push(`has two files of ${id}: keep one`);
		const sha256 = createHash("sha256").update(bytes).digest("hex");
		const first = bySha256.get(sha256) ?? id;
		bySha256.set(sha256, first);
		aliases.set(id, first);
		if (first === id) images.push({ id, file, type, bytes });
	}
	refuse(folder, images.length === 0 ? ["has no image", ...faults] : faults);
	return { images, aliases };
}

async function readJson<S extends z.ZodType>(file: string, schema: S): Promise<z.infer<S>> {
	const text = await readFile(file, "utf8").catch(() => {
		throw new Error(`There is no file ${file}: docs/evaluation.md has its format.`);
	});
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch (error) {
		throw new Error(`${file} is not valid JSON (${(error as Error).message}): correct it there.`, { cause: error });
	}
	const parsed = schema.safeParse(value);
	if (parsed.success) return parsed.data;
	refuse(
		file,
		parsed.error.issues.map(({ path, message }) => `${entryName(value, path)}: ${message}`),
	);
	throw parsed.error;
}

/** Names a field of an entry by the entry's index and id, since an index alone is hard to find in a file. */
function entryName(value: unknown, path: PropertyKey[]): string {
	const [index, ...rest] = path;
	const entry = (value as Record<PropertyKey, unknown>)[index ?? ""];
	const { query_id, item_id } = (entry ?? {}) as Record<string, unknown>;
	const id = query_id ?? item_id;
	return [`[${String(index ?? "")}]${id ? ` (${id})` : ""}`, ...rest].join(".");
}

const maxFaults = 10;

function refuse(file: string, faults: string[]): void {
	if (faults.length === 0) return;
	const omitted = faults.length - maxFaults;
	throw new Error(
		[
			`${file} cannot be used:`,
			...faults.slice(0, maxFaults).map((fault) => `  ${fault}`),
			...(omitted > 0 ? [`  ... and ${omitted} more`] : []),
		].join("\n"),
	);
}

function duplicatesIn(ids: string[]): string[] {
	return [...new Set(ids.filter((id, index) => ids.indexOf(id) !== index))];
}

function missingFrom(ids: string[], known: string[]): string[] {
	const knownIds = new Set(known);
	return ids.filter((id) => !knownIds.has(id));
}
