import { existsSync } from "node:fs";
import path from "node:path";
import { readHnswIndex } from "./hnsw-index.ts";
import { openCopy, type ReadDatabase } from "./sqlite-copy.ts";

/** A record of a Chroma collection. */
export interface ChromaRecord {
	id: string;
	/** As Chroma holds it. */
	vector: Float32Array;
	metadata: Readonly<Record<string, string | number | null>>;
	createdAt: Date;
}

export interface ChromaCollection {
	name: string;
	dimension: number;
	records: ChromaRecord[];
}

/** The operations of Chroma's queue. */
const operations = { add: 0, update: 1, upsert: 2, delete: 3 } as const;

interface QueueRow {
	operation: number;
	id: string;
	vector: Uint8Array | null;
	encoding: string | null;
}

/**
 * Reads a collection of a Chroma store as data. Its vectors are those of the HNSW index, and over them the additions and
 * deletions of the queue `embeddings_queue`, which Chroma has not written into the index yet.
 * @param name the collection; only one that has none may leave it out
 * @throws where the store is of another dimension, or lacks a record's vector
 */
export function readChroma(folder: string, dimension: number, name?: string): ChromaCollection {
	const file = path.join(folder, "chroma.sqlite3");
	if (!existsSync(file)) throw new Error(`${folder} is no Chroma store: it has no chroma.sqlite3.`);
	const database = openCopy(file);
	try {
		const collection = theCollection(database, folder, name);
		if (collection.dimension !== dimension) {
			throw new Error(
				`The collection ${collection.name} of ${folder} has vectors of ${collection.dimension ?? 0} numbers, and here a vector has ${dimension}: embed its texts again instead (upload the images, or leave out CHROMA).`,
			);
		}
		const segment = (scope: string) =>
			database.rows<{ id: string }>(
				"select id from segments where collection = ? and scope = ?",
				collection.id,
				scope,
			)[0]?.id ?? "";
		const vectors = readHnswIndex(path.join(folder, segment("VECTOR")), dimension);
		for (const row of queueOf(database, collection.id)) apply(vectors, row, dimension);
		return { name: collection.name, dimension, records: recordsOf(database, segment("METADATA"), vectors, file) };
	} finally {
		database.close();
	}
}

interface CollectionRow {
	id: string;
	name: string;
	dimension: number | null;
}

function theCollection(database: ReadDatabase, folder: string, name: string | undefined): CollectionRow {
	const collections = database.rows<CollectionRow>("select id, name, dimension from collections order by name");
	const wanted = collections.filter((collection) => name === undefined || collection.name === name);
	const [found] = wanted;
	if (found && wanted.length === 1) return found;
	const names = collections.map((collection) => collection.name).join(", ") || "none";
	throw new Error(`${folder} has the collections ${names}: name one of them by COLLECTION=.`);
}

/** Reads the queue of one collection, whose topic ends with its id. */
function queueOf(database: ReadDatabase, collectionId: string): QueueRow[] {
	return database.rows<QueueRow>(
		"select operation, id, vector, encoding from embeddings_queue where topic like '%/' || ? order by seq_id",
		collectionId,
	);
}

function apply(vectors: Map<string, Float32Array>, { operation, id, vector, encoding }: QueueRow, dimension: number) {
	if (operation === operations.delete) vectors.delete(id);
	else if (vector) {
		if (encoding !== "FLOAT32" || vector.byteLength !== 4 * dimension) {
			throw new Error(
				`The queue has a vector of record ${id} of ${vector.byteLength} bytes in ${encoding}: only FLOAT32 is known.`,
			);
		}
		vectors.set(id, new Float32Array(Uint8Array.from(vector).buffer));
	}
}

interface MetadataRow {
	id: number;
	embedding_id: string;
	created_at: string;
	key: string | null;
	string_value: string | null;
	int_value: number | null;
	float_value: number | null;
	bool_value: number | null;
}

function recordsOf(
	database: ReadDatabase,
	segment: string,
	vectors: Map<string, Float32Array>,
	file: string,
): ChromaRecord[] {
	const rows = database.rows<MetadataRow>(
		`select embeddings.id, embedding_id, created_at, key, string_value, int_value, float_value, bool_value
		 from embeddings left join embedding_metadata on embedding_metadata.id = embeddings.id
		 where segment_id = ? order by embeddings.id`,
		segment,
	);
	const records = new Map<string, ChromaRecord & { metadata: Record<string, string | number | null> }>();
	for (const row of rows) {
		let record = records.get(row.embedding_id);
		if (!record) {
			const vector = vectors.get(row.embedding_id);
			if (!vector) {
				throw new Error(
					`${file} has the record ${row.embedding_id}, but its vector is neither in the index nor in the queue: copy the store again, with Chroma stopped.`,
				);
			}
			record = {
				id: row.embedding_id,
				vector,
				metadata: {},
				createdAt: new Date(`${row.created_at.replace(" ", "T")}Z`),
			};
			records.set(row.embedding_id, record);
		}
		if (row.key !== null) {
			record.metadata[row.key] = row.string_value ?? row.int_value ?? row.float_value ?? row.bool_value;
		}
	}
	return [...records.values()];
}
