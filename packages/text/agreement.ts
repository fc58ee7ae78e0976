import { distance } from "fastest-levenshtein";
import { fold } from "./fold.ts";
import { detectLanguage, isStopWord } from "./languages.ts";
import { normalize, tokenize } from "./tokens.ts";

/** How much several texts agree, each with each: 0 to 1. */
export type Agreement = number[][];

/** Compares by the characters that would have to change: of texts that were read from one picture. */
export function levenshteinAgreement(texts: string[]): Agreement {
	return agreementOf(texts, (first, second) => {
		const maxLength = Math.max(first.length, second.length);
		return maxLength === 0 ? 1 : 1 - distance(first, second) / maxLength;
	});
}

/**
 * Compares by the words that texts share, rare ones more: the cosine of their TF-IDF vectors, without stop words. Each text
 * is a document, and a word that all have counts, too.
 */
export function tfidfAgreement(texts: string[]): Agreement {
	const documents = texts.map(wordsOf);
	const frequency = new Map<string, number>();
	for (const words of documents) for (const word of words.keys()) frequency.set(word, (frequency.get(word) ?? 0) + 1);
	const vectors = documents.map((words) => {
		const weighted = [...words].map(([word, count]): [string, number] => {
			const idf = Math.log((1 + texts.length) / (1 + (frequency.get(word) ?? 0))) + 1;
			return [word, count * idf];
		});
		const length = Math.hypot(...weighted.map(([, weight]) => weight));
		return new Map(weighted.map(([word, weight]) => [word, weight / length]));
	});
	return agreementOf(vectors, (first, second) => {
		// Without a word that tells them apart, two texts are alike if neither has one.
		if (first.size === 0 || second.size === 0) return first.size === second.size ? 1 : 0;
		return [...first].reduce((sum, [word, weight]) => sum + weight * (second.get(word) ?? 0), 0);
	});
}

/** Returns the text that agrees most with all, the first of equals, with its mean agreement, itself included. */
export function highestAgreement(agreement: Agreement): { index: number; mean: number } {
	const means = agreement.map((row) => row.reduce((sum, value) => sum + value, 0) / row.length);
	const mean = Math.max(...means);
	return { index: means.indexOf(mean), mean };
}

function agreementOf<T>(elements: T[], compare: (first: T, second: T) => number): Agreement {
	const rows = elements.map((): number[] => []);
	for (const [at, first] of elements.entries()) {
		for (const [to, second] of elements.entries()) {
			const row = rows[at] as number[];
			row[to] = to < at ? ((rows[to] as number[])[at] as number) : to === at ? 1 : bounded(compare(first, second));
		}
	}
	return rows;
}

/** Rounding may exceed 1 by a little. */
const bounded = (value: number) => Math.min(1, Math.max(0, value));

function wordsOf(text: string): Map<string, number> {
	const words = tokenize(normalize(text)).map((token) => fold(token.text));
	const language = detectLanguage(words);
	const counts = new Map<string, number>();
	for (const word of words) {
		if (word.length > 1 && !isStopWord(word, [language])) counts.set(word, (counts.get(word) ?? 0) + 1);
	}
	return counts;
}
