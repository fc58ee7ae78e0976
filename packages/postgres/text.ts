/** Text as PostgreSQL can hold it: no NUL, no half of a surrogate pair, both of which OCR and models produce. */
export function storableText(text: string): string {
	return text.replaceAll("\0", "").toWellFormed();
}

/** A value as jsonb can hold it. */
export function storableJson(value: unknown): string {
	return JSON.stringify(value, (_, part) => (typeof part === "string" ? storableText(part) : part));
}
