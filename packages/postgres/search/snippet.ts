import { fold } from "#text/fold.ts";
import { normalize } from "#text/tokens.ts";
import type { KnownTerm } from "./query-terms.ts";

const maxPieces = 24;
/** Of a text without spaces, as Chinese has, each piece has so many characters. */
const pieces = /\S{1,24}/gu;

/** Returns the part of a text, of 24 words at most, that has the most terms of a query. */
export function snippetOf(text: string, terms: KnownTerm[]): string {
	const normalized = normalize(text);
	const words = [...normalized.matchAll(pieces)];
	const forms = terms.map(({ word, lexemes }) =>
		[word, ...lexemes.map(({ lexeme }) => lexeme.replace(/^\w\w:/, ""))].map(fold),
	);
	const termsIn = words.map(([word]) => {
		const folded = fold(word);
		return forms.flatMap((each, term) => (each.some((form) => folded.includes(form)) ? [term] : []));
	});
	let best = { from: 0, terms: -1 };
	for (let from = 0; from === 0 || from + maxPieces <= words.length; from++) {
		const distinct = new Set(termsIn.slice(from, from + maxPieces).flat()).size;
		if (distinct > best.terms) best = { from, terms: distinct };
	}
	const [first, last] = [words[best.from], words.slice(0, best.from + maxPieces).at(-1)];
	if (!first || !last) return "";
	return normalized.slice(first.index, last.index + last[0].length).replaceAll(/\s+/g, " ");
}
