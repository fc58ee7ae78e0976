import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import path from "node:path";
import { describeRefusal, sniffImageType } from "#core/items/image-type.ts";
import type { ImageType } from "#core/items/item.ts";
import { duplicatesIn, missingFrom, readJson, refuse } from "./checked-file.ts";
import { analysisFile, checkedQueries, type Query, queryFile } from "./dataset-files.ts";

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
	const queries = checkedQueries(file, await readJson(file, queryFile), aliases, "images/");
	return {
		name: path.basename(absolute),
		folder: absolute,
		images,
		queries,
	};
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
