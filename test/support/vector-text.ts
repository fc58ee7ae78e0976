import { toSql } from "pgvector";

/** Formats a vector as pgvector's text with seven decimals, more than a halfvec has. */
export function vectorText(vector: Float32Array): string {
	return toSql(Array.from(vector, (value) => Math.round(value * 1e7) / 1e7)) as string;
}
