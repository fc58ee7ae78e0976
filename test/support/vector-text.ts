import { toSql } from "pgvector";

/** A vector in pgvector's text form, to seven decimals: a halfvec keeps fewer. */
export function vectorText(vector: Float32Array): string {
	return toSql(Array.from(vector, (value) => Math.round(value * 1e7) / 1e7)) as string;
}
