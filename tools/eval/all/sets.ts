import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { derivedId } from "#core/ids.ts";
import type { ImageDescription } from "#core/items/analysis.ts";
import { cropWindows, lumaSide } from "#core/items/fingerprint.ts";
import type { ProcessedImage } from "#core/ports/index.ts";
import { duplicatesIn, readJson, refuse } from "../checked-file.ts";
import { analysisFile, checkedQueries, gains, type Query, queryFile } from "../dataset-files.ts";
import { type DescribedPicture, describePictures, type Progress } from "./pictures.ts";

/** One described image. */
export interface SetItem {
	/** Its id in the dataset. */
	id: string;
	filename: string;
	description: ImageDescription;
	image: ProcessedImage;
}

/** One person's collection, and queries with what they should find in it. */
export interface EvaluationSet {
	name: string;
	items: SetItem[];
	queries: Query[];
	/** For the report: pictures that are no items. */
	notes: string[];
}

interface SetFolders {
	/** Holds `golden/` and `cases/`, which are not in the repository. */
	shared: string;
	/** Holds a folder for each dataset of our own. */
	own: string;
}

interface Source {
	name: string;
	/** Where it cannot be read here, and why. */
	missing: string | null;
	read(): Promise<EvaluationSet>;
}

export interface Sets {
	sets: EvaluationSet[];
	skipped: { name: string; reason: string }[];
}

/**
 * Reads every dataset that is here.
 *
 * @param only names of datasets. @default all
 * @throws if none is left, a name is unknown, or a dataset is invalid
 */
export async function readSets(
	folders: SetFolders,
	only: string[] | null,
	step: (title: string, run: (progress: Progress) => Promise<DescribedPicture[]>) => Promise<DescribedPicture[]>,
): Promise<Sets> {
	const sources = await sourcesIn(folders, step);
	const unknown = only?.find((name) => !sources.some((source) => source.name === name));
	if (unknown !== undefined) {
		throw new Error(`SETS names "${unknown}": give some of ${sources.map(({ name }) => name).join(",")}.`);
	}
	const result: Sets = { sets: [], skipped: [] };
	for (const { name, missing, read } of sources.filter((source) => !only || only.includes(source.name))) {
		if (missing) result.skipped.push({ name, reason: missing });
		else result.sets.push(await read());
	}
	if (result.sets.length === 0) {
		const reasons = result.skipped.map(({ name, reason }) => `\n  ${name}: ${reason}`);
		throw new Error(`There is no dataset to evaluate.${reasons.join("")}`);
	}
	return result;
}

async function sourcesIn({ shared, own }: SetFolders, step: Parameters<typeof readSets>[2]): Promise<Source[]> {
	const golden = path.join(shared, "golden");
	const cases = path.join(shared, "cases");
	const languages = path.join(cases, "languages.json");
	const absent = (...files: string[]) => {
		const missing = files.filter((file) => !existsSync(file));
		return missing.length === 0 ? null : `${missing.join(" and ")} is not here`;
	};
	const ownNames = existsSync(own) ? (await readdir(own)).sort() : [];
	return [
		{ name: "golden", missing: absent(golden), read: () => readDescribedSet(golden) },
		{ name: "languages", missing: absent(golden, languages), read: () => readLanguages(golden, languages) },
		{ name: "cases", missing: absent(cases), read: () => readCases(cases, step) },
		...ownNames.map((name) => ({ name, missing: null, read: () => readDescribedSet(path.join(own, name)) })),
	];
}

/** Reads a dataset by its analyses; its pictures are not needed. */
async function readDescribedSet(folder: string): Promise<EvaluationSet> {
	const name = path.basename(folder);
	const analyses = path.join(folder, "analyses.json");
	const items = itemsOf(name, analyses, await readJson(analyses, analysisFile));
	const queries = path.join(folder, "queries.json");
	return withQueries(name, items, queries, await readJson(queries, queryFile));
}

/** Adds items in other languages to golden's, and asks for them alone. */
async function readLanguages(golden: string, file: string): Promise<EvaluationSet> {
	const name = "languages";
	const schema = z.object({ analyses: analysisFile, queries: queryFile });
	const added = await readJson(file, schema);
	const known = path.join(golden, "analyses.json");
	const items = [...itemsOf(name, known, await readJson(known, analysisFile)), ...itemsOf(name, file, added.analyses)];
	return withQueries(name, items, file, added.queries);
}

const casesFile = z.array(
	z.strictObject({ query: z.string().min(1), kind: z.string().min(1), expect: z.array(z.string()) }),
);

/** Reads pictures, which are described here, and queries that expect them by file name. */
async function readCases(folder: string, step: Parameters<typeof readSets>[2]): Promise<EvaluationSet> {
	const name = path.basename(folder);
	const pictures = await step("pictures described", (progress) =>
		describePictures(path.join(folder, "images"), progress),
	);
	const items = pictures.flatMap((picture) =>
		"refused" in picture
			? []
			: [{ id: picture.file, filename: picture.file, description: picture.description, image: picture.image }],
	);
	const file = path.join(folder, "queries.json");
	const queries = (await readJson(file, casesFile)).map(({ query, kind, expect }, at) => ({
		query_id: `c${at + 1}`,
		query_text: query,
		query_type: kind,
		expected_items: expect.map((item_id) => ({ item_id, relevance: "high" as const })),
	}));
	const refused = pictures.flatMap((picture) => ("refused" in picture ? [`${picture.file}: ${picture.refused}`] : []));
	// A picture that is refused is missed by its queries, as it is by its owner.
	const known = new Map(pictures.map((picture) => [picture.file, picture.file]));
	return { name, items, queries: checkedQueries(file, queries, known, "images/"), notes: refused };
}

function itemsOf(set: string, file: string, analyses: z.infer<typeof analysisFile>): SetItem[] {
	refuse(file, [
		...(analyses.length === 0 ? ["has no analysis"] : []),
		...duplicatesIn(analyses.map(({ item_id }) => item_id)).map((id) => `has two analyses of ${id}: keep one`),
	]);
	return analyses.map(({ item_id: id, ...description }) => ({
		id,
		filename: `${id}.png`,
		description,
		image: unseenImage(set, id),
	}));
}

function withQueries(name: string, items: SetItem[], file: string, queries: z.infer<typeof queryFile>): EvaluationSet {
	const known = new Map(items.map(({ id }) => [id, id]));
	return { name, items, queries: checkedQueries(file, queries, known, "its analyses"), notes: [] };
}

/** The ThumbHash of a grey picture. */
const grey = "IAgCBwBYUy6HiHh1h0iIWIiPAQAAAAAA";

/** Stands for the picture of an item of which there is only the description; no two look alike. */
function unseenImage(set: string, id: string): ProcessedImage {
	const sha256 = createHash("sha256").update(derivedId(set, id)).digest("hex");
	return {
		width: 1_170,
		height: 2_532,
		sha256,
		takenAt: null,
		damaged: false,
		camera: null,
		location: null,
		colours: [],
		placeholder: grey,
		perceptualHash: sha256.slice(0, 16),
		cropHashes: cropWindows.map(() => sha256.slice(16, 32)),
		luma: new Uint8Array(lumaSide ** 2),
	};
}

/** Tells whether an expected item is what the query means, not only also useful. */
export const isMeant = (gain: number): boolean => gain === gains.high;
