import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { originalKey } from "#core/items/item.ts";
import { postgresAnalyses } from "#postgres/items/analyses.ts";
import { postgresItems } from "#postgres/items/items.ts";
import { postgresMigratedItems } from "#postgres/items/migrated-items.ts";
import { halfvecBytes } from "#postgres/search/halfvec.ts";
import { postgresSearch } from "#postgres/search/search.ts";
import type { LegacyAnalysis } from "./legacy-database.ts";
import { type Destination, markOf } from "./migration.ts";
import { comparedNeighbours, nearestOf, overlapOf } from "./neighbours.ts";
import { bytesOf, type Source, type SourceItem } from "./source.ts";

/** One kind of data on both sides; the digests are equal where nothing differs. */
interface Compared {
	source: number;
	stored: number;
	sourceSha256: string;
	storedSha256: string;
	equal: boolean;
}

export interface Verification {
	items: Compared;
	pictures: Compared;
	analyses: Compared;
	vectors: Compared;
	/** Null where no document has a vector. */
	neighbours: { documents: number; topK: number; meanOverlap: number; minOverlap: number } | null;
}

/** More than the neighbours that are compared, since the person may have other items with vectors of this model. */
const searched = 50;

/** Reads back what was migrated and compares it with the source: times, versions, bytes, vectors, neighbours. */
export async function verify({ items }: Source, destination: Destination): Promise<Verification> {
	const { userId, database, objects } = destination;
	const stored = await postgresItems(database).findAll(
		userId,
		items.map(({ id }) => id),
	);
	const itemOf = new Map(stored.map(({ item }) => [item.id, item]));
	// Those that the person deleted, or could not be carried, are counted by the migration.
	const carried = items.filter(({ id }) => itemOf.get(id)?.correlationId === markOf(userId, id));
	const lines = { items: both(), pictures: both(), analyses: both() };
	const analyses = postgresAnalyses(database);
	for (const item of carried) {
		const found = itemOf.get(item.id);
		if (!found) continue;
		lines.items.source.push(itemLine(item));
		lines.items.stored.push(itemLine(found));
		for (const analysis of item.analyses) lines.analyses.source.push(analysisLine(item.id, analysis));
		for (const analysis of (await analyses.listByItem(userId, item.id)) ?? []) {
			const { providerUsed: provider, modelUsed: model } = analysis;
			lines.analyses.stored.push(analysisLine(item.id, { ...analysis, provider, model }));
		}
		if (found.error?.code === "duplicate") continue;
		lines.pictures.source.push(`${item.id} ${sha256(bytesOf(item))}`);
		const bytes = await objects.get(originalKey(found));
		if (bytes) lines.pictures.stored.push(`${item.id} ${sha256(bytes)}`);
	}
	const searchable = carried.filter(({ id }) => itemOf.get(id)?.status === "ready");
	const { vectors, neighbours } = await verifyVectors(searchable, destination);
	return {
		items: compared(lines.items),
		pictures: compared(lines.pictures),
		analyses: compared(lines.analyses),
		vectors,
		neighbours,
	};
}

async function verifyVectors(items: SourceItem[], { userId, database }: Destination) {
	const lines = both();
	const overlaps: number[] = [];
	const models = new Set(items.flatMap(({ vector }) => vector?.model ?? []));
	for (const model of models) {
		const ofModel = new Map(
			items.flatMap(({ id, vector }) => (vector?.model === model ? [[id, vector.numbers] as const] : [])),
		);
		const stored = await postgresMigratedItems(database).vectors(userId, [...ofModel.keys()], model);
		for (const [id, vector] of ofModel) lines.source.push(`${id} ${model} ${sha256(halfvecBytes(vector))}`);
		for (const [id, vector] of stored) lines.stored.push(`${id} ${model} ${sha256(halfvecBytes(vector))}`);
		const expected = nearestOf(ofModel);
		const search = postgresSearch(database);
		for (const [id, vector] of ofModel) {
			const hits = await search.byVector(userId, { model, vector, exhaustive: true }, { topK: searched });
			const ours = hits.map(({ itemId }) => itemId).filter((itemId) => ofModel.has(itemId));
			overlaps.push(overlapOf(expected.get(id) ?? [], ours.slice(0, comparedNeighbours)));
		}
	}
	return {
		vectors: compared(lines),
		neighbours:
			overlaps.length === 0
				? null
				: {
						documents: overlaps.length,
						topK: comparedNeighbours,
						meanOverlap: overlaps.reduce((sum, overlap) => sum + overlap, 0) / overlaps.length,
						minOverlap: Math.min(...overlaps),
					},
	};
}

const both = () => ({ source: [] as string[], stored: [] as string[] });

function compared({ source, stored }: ReturnType<typeof both>): Compared {
	const [sourceSha256, storedSha256] = [source, stored].map((lines) => sha256([...lines].sort().join("\n"))) as [
		string,
		string,
	];
	const equal = sourceSha256 === storedSha256;
	return { source: source.length, stored: stored.length, sourceSha256, storedSha256, equal };
}

const itemLine = (item: Pick<SourceItem, "id" | "originalFilename" | "createdAt">) =>
	[item.id, item.originalFilename, item.createdAt.toISOString()].join(" ");

const analysisLine = (itemId: string, analysis: Omit<LegacyAnalysis, "wrapped" | "rawResponse">) =>
	[
		...[analysis.id, itemId, analysis.version, analysis.provider, analysis.model, analysis.traceId],
		...[analysis.createdAt.toISOString(), sha256(canonical(analysis.description))],
	].join(" ");

/** Writes JSON with its keys in order: the database keeps none. */
function canonical(value: unknown): string {
	return JSON.stringify(value, (_, part) =>
		typeof part === "object" && part !== null && !Array.isArray(part)
			? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
			: part,
	);
}

const sha256 = (bytes: Uint8Array | string) => createHash("sha256").update(bytes).digest("hex");

/** Returns a digest over every file of a folder: the same before and after where nothing changed. */
export function folderSha256(folder: string): { files: number; sha256: string } {
	const files = readdirSync(folder, { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile())
		.map((entry) => path.join(entry.parentPath, entry.name))
		.sort();
	const lines = files.map((file) => `${path.relative(folder, file)} ${sha256(readFileSync(file))}`);
	return { files: files.length, sha256: sha256(lines.join("\n")) };
}
