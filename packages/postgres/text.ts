import { toSql } from "pgvector";

/** Text as PostgreSQL can hold it: no NUL, no half of a surrogate pair, both of which OCR and models produce. */
export function storableText(text: string): string {
	return text.replaceAll("\0", "").toWellFormed();
}

/** A value as jsonb can hold it. */
export function storableJson(value: unknown): string {
	return JSON.stringify(value, (_, part) =>
		typeof part === "string" ? storableText(part) : part,
	);
}

/**
 * A vector in pgvector's text form, to seven decimals: a halfvec keeps fewer, and all digits of the doubles
 * would be twice as long and take the server 0.1 ms more to read.
 */
export function vectorText(vector: Float32Array): string {
	return toSql(Array.from(vector, (value) => Math.round(value * 1e7) / 1e7));
}
