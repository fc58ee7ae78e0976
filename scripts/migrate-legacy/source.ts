import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import type { ImageDescription } from "#core/items/analysis.ts";
import { embeddingDimensions } from "#core/ports/index.ts";
import { type ChromaRecord, readChroma } from "./chroma-store.ts";
import { type LegacyDatabase, type LegacyEmbedding, type LegacyItem, readLegacyDatabase } from "./legacy-database.ts";
import { legacyDescription } from "./legacy-description.ts";

/** The model of the predecessor's vectors, where it wrote none down. */
const defaultModel = "voyage-3.5-lite";

/** Where the predecessor's data is, as the variables of the make target say. */
export interface SourceFolders {
	/** Has `collections.db` and `chroma/`. */
	source: string;
	/** @default the first of `imageFolders` that has the pictures */
	images?: string | undefined;
	/** @default `chroma` in the source */
	chroma?: string | undefined;
	/** @default the only one of the store */
	collection?: string | undefined;
}

/** An item of the predecessor with its picture and its vector. */
export interface SourceItem extends LegacyItem {
	/** The picture's path. */
	file: string;
	vector: { model: string; numbers: Float32Array; createdAt: Date } | null;
	reviewed: { description: ImageDescription; sourceAnalysisIds: string[]; reviewedAt: Date } | null;
}

/** All that is read of the predecessor. */
export interface Source {
	items: SourceItem[];
	analyses: number;
	collection: string;
	vectors: number;
	/** A sentence about each thing that cannot be carried. */
	problems: string[];
}

/** Reads the predecessor's data; writes nothing. */
export function readSource(folders: SourceFolders): Source {
	const database = readLegacyDatabase(folders.source);
	const chroma = readChroma(chromaFolder(folders), embeddingDimensions, folders.collection);
	const images = imagesOf(folders, database.items);
	const known = new Set(database.items.map(({ id }) => id));
	const records = new Map<string, ChromaRecord>();
	const problems = [...database.unreadable];
	for (const record of chroma.records) {
		const itemId = database.embeddings.get(record.id)?.itemId ?? String(record.metadata.item_id ?? record.id);
		if (known.has(itemId)) records.set(itemId, record);
		else problems.push(`Vector ${record.id} is of item ${itemId}, which collections.db does not have.`);
	}
	const items = database.items.flatMap((item) => {
		const file = path.join(images, path.basename(item.filename));
		if (!existsSync(file)) {
			problems.push(`Item ${item.id}: there is no ${file}.`);
			return [];
		}
		const record = records.get(item.id);
		const embedding = record && database.embeddings.get(record.id);
		return [{ ...item, file, vector: record ? vectorOf(record, embedding) : null, reviewed: reviewedOf(item, record) }];
	});
	return { items, analyses: countOf(database), collection: chroma.name, vectors: chroma.records.length, problems };
}

export const chromaFolder = ({ source, chroma }: SourceFolders) => chroma ?? path.join(source, "chroma");

const countOf = ({ items, unreadable }: LegacyDatabase) =>
	items.reduce((sum, { analyses }) => sum + analyses.length, unreadable.length);

/** Finds the folder that has most of the items' pictures. */
function imagesOf({ source, images }: SourceFolders, items: LegacyItem[]): string {
	const near = ["images", "data/images", ".", "../images", "../data/images", "../golden/images"];
	const candidates = images ? [images] : near.map((folder) => path.join(source, folder));
	const counts = candidates.map((folder) => {
		const names = new Set(existsSync(folder) ? readdirSync(folder) : []);
		return { folder, found: items.filter(({ filename }) => names.has(path.basename(filename))).length };
	});
	const best = counts.toSorted((a, b) => b.found - a.found)[0];
	if (best && (best.found > 0 || items.length === 0)) return best.folder;
	throw new Error(`None of the items' pictures is in ${candidates.join(" or ")}: name their folder by IMAGES=.`);
}

function vectorOf(record: ChromaRecord, embedding: LegacyEmbedding | undefined): SourceItem["vector"] {
	const length = Math.hypot(...record.vector);
	if (!(length > 0)) return null; // it has no direction, and so no neighbours
	return {
		model: embedding?.model ?? defaultModel,
		numbers: record.vector.map((number) => number / length),
		createdAt: record.createdAt,
	};
}

/** The predecessor embedded a reviewed description where there is one: it stands in the record and in no analysis. */
function reviewedOf(item: LegacyItem, record: ChromaRecord | undefined): SourceItem["reviewed"] {
	const text = record?.metadata.raw_response;
	if (!record || typeof text !== "string") return null;
	const { description } = legacyDescription(text);
	const same = JSON.stringify(description);
	if (item.analyses.some((analysis) => JSON.stringify(analysis.description) === same)) return null;
	return { description, sourceAnalysisIds: [], reviewedAt: record.createdAt };
}

export const bytesOf = ({ file }: SourceItem): Uint8Array<ArrayBuffer> => new Uint8Array(readFileSync(file));
