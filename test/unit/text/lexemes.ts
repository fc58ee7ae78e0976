import { type DocumentText, documentVector } from "#text/document.ts";
import { analyzeQuery } from "#text/query.ts";

export const clock = { now: new Date("2026-12-01T12:00:00Z") };

/** Returns a document with a text in the image and nothing else. */
export const textOnly = (extractedText: string): DocumentText => ({
	headline: "",
	summary: "",
	labels: "",
	extractedText,
	filename: "",
});

/** Parses what `documentVector` returns: the positions of each lexeme, as `1A`. */
export function parseVector(vector: string): Map<string, string[]> {
	const entries = vector.matchAll(/'((?:[^'\\]|''|\\\\)*)':(\S+)/gu);
	return new Map(
		[...entries].map(([, lexeme = "", positions = ""]) => [
			lexeme.replaceAll("''", "'").replaceAll("\\\\", "\\"),
			positions.split(","),
		]),
	);
}

export const lexemesOf = (text: string) => [...parseVector(documentVector(textOnly(text))).keys()];

/** Returns the terms of a query that a document with a text does not have. */
export function missingTerms(text: string, query: string): string[] {
	const lexemes = new Set(lexemesOf(text));
	return analyzeQuery(query, clock)
		.terms.filter((term) => !term.lexemes.some(({ lexeme }) => lexemes.has(lexeme)))
		.map(({ word }) => word);
}
