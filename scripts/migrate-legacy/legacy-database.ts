import { existsSync } from "node:fs";
import path from "node:path";
import type { MigratedAnalysis } from "#postgres/items/migrated-items.ts";
import { legacyDescription } from "./legacy-description.ts";
import { openCopy } from "./sqlite-copy.ts";

/** A version of a description, as the predecessor has it. */
export interface LegacyAnalysis extends MigratedAnalysis {
	/** The model had put it under another key. */
	wrapped: boolean;
	rawResponse: string;
}

/** A picture of the predecessor. */
export interface LegacyItem {
	id: string;
	filename: string;
	originalFilename: string;
	filePath: string;
	createdAt: Date;
	updatedAt: Date;
	/** The oldest version first. */
	analyses: LegacyAnalysis[];
}

/** The analysis and the model of a vector, where the predecessor wrote them down. */
export interface LegacyEmbedding {
	analysisId: string;
	itemId: string;
	model: string;
}

export interface LegacyDatabase {
	items: LegacyItem[];
	/** By the vector's id. */
	embeddings: Map<string, LegacyEmbedding>;
	/** Analyses that are no descriptions, each with its reason. */
	unreadable: string[];
}

interface ItemRow {
	id: string;
	filename: string;
	original_filename: string | null;
	file_path: string;
	created_at: string;
	updated_at: string;
}

interface AnalysisRow {
	id: string;
	item_id: string;
	version: number;
	raw_response: string;
	provider_used: string | null;
	model_used: string | null;
	trace_id: string | null;
	created_at: string;
}

/** Reads the predecessor's database. */
export function readLegacyDatabase(source: string): LegacyDatabase {
	const file = path.join(source, "collections.db");
	if (!existsSync(file))
		throw new Error(`${source} has no collections.db: SOURCE= names the folder with the predecessor's data.`);
	const database = openCopy(file);
	try {
		const unreadable: string[] = [];
		const byItem = new Map<string, LegacyAnalysis[]>();
		for (const row of database.rows<AnalysisRow>("select * from analyses order by item_id, version")) {
			try {
				byItem.set(row.item_id, [...(byItem.get(row.item_id) ?? []), analysisOf(row)]);
			} catch (error) {
				unreadable.push(`Analysis ${row.id} of item ${row.item_id}: ${(error as Error).message}.`);
			}
		}
		const items = database.rows<ItemRow>("select * from items order by created_at, id").map((row) => ({
			id: row.id,
			filename: row.filename,
			originalFilename: row.original_filename ?? row.filename,
			filePath: row.file_path,
			createdAt: timeOf(row.created_at),
			updatedAt: timeOf(row.updated_at),
			analyses: byItem.get(row.id) ?? [],
		}));
		const embeddings = database.rows<{ id: string; item_id: string; analysis_id: string; embedding_model: string }>(
			"select id, item_id, analysis_id, embedding_model from embeddings",
		);
		return {
			items,
			unreadable,
			embeddings: new Map(
				embeddings.map((row) => [
					row.id,
					{ itemId: row.item_id, analysisId: row.analysis_id, model: row.embedding_model },
				]),
			),
		};
	} finally {
		database.close();
	}
}

function analysisOf(row: AnalysisRow): LegacyAnalysis {
	return {
		id: row.id,
		version: row.version,
		...legacyDescription(row.raw_response),
		provider: row.provider_used ?? "unknown",
		model: row.model_used ?? "unknown",
		traceId: row.trace_id,
		createdAt: timeOf(row.created_at),
		rawResponse: row.raw_response,
	};
}

/** The predecessor wrote UTC without saying so, in microseconds. */
function timeOf(text: string): Date {
	const time = new Date(/(Z|[+-]\d\d:\d\d)$/.test(text) ? text : `${text.replace(" ", "T")}Z`);
	if (Number.isNaN(time.getTime())) throw new Error(`"${text}" is no time`);
	return time;
}
