import { existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";

export const realVectorsFile = "../shared/legacy/chroma/chroma.sqlite3";

/**
 * Reads vectors of a real model (voyage-3.5-lite) from the predecessor's Chroma: float32 in its write-ahead queue.
 * Returns null if that store is missing.
 */
export function realVectors(): Float32Array[] | null {
	if (!existsSync(realVectorsFile)) return null;
	const chroma = new DatabaseSync(realVectorsFile, { readOnly: true });
	const rows = chroma
		.prepare("select vector from embeddings_queue where encoding = 'FLOAT32' order by seq_id")
		.all() as { vector: Uint8Array }[];
	chroma.close();
	return rows.map(({ vector }) => toUnitLength(new Float32Array(Uint8Array.from(vector).buffer)));
}

export function toUnitLength(vector: Float32Array): Float32Array {
	const length = Math.hypot(...vector);
	return vector.map((x) => x / length);
}
