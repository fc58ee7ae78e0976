import { lexemesIn } from "#text/document.ts";
import { fold } from "#text/fold.ts";
import { stemsOf } from "#text/languages.ts";
import { lastWordOf } from "#text/query.ts";
import { normalize, tokenize } from "#text/tokens.ts";
import type { Citation } from "../chat/cited-answer.ts";
import type { ImageDescription, TextBox } from "../items/analysis.ts";
import { type PlacedLine, partOf, placedText } from "../items/placed-text.ts";
import type { Hit, MatchedWord, Ports } from "../ports/index.ts";

/** A place on the picture where it says a word of the query. */
export interface MatchBox {
	/** As in the query. */
	word: string;
	/** As on the picture. */
	text: string;
	box: TextBox;
}

/** On a page full of one word more boxes say nothing more. */
const maxBoxes = 100;

/**
 * Returns, for each hit, where its picture says the words by which it was found.
 *
 * @param typed the query, where its last word is the beginning of one
 */
export async function placeMatches(
	{ analyses }: Pick<Ports, "analyses">,
	userId: string,
	hits: Hit[],
	typed?: string,
): Promise<Map<string, MatchBox[]>> {
	const beginning = typed === undefined ? null : lastWordOf(typed);
	const byWords = hits.filter(({ matched = [] }) => matched.length > 0);
	if (byWords.length === 0) return new Map();
	const current = await analyses.findAll(
		userId,
		byWords.map(({ analysisId }) => analysisId),
	);
	const descriptions = new Map(current.map(({ id, description }) => [id, description]));
	return new Map(
		byWords.flatMap(({ itemId, analysisId, matched = [] }) => {
			const description = descriptions.get(analysisId);
			return description ? [[itemId, matchBoxes(description, matched, beginning)]] : [];
		}),
	);
}

/** Returns where a picture says words: of a line the part with the word, or the whole where it has the word in another form. */
export function matchBoxes(
	description: Pick<ImageDescription, "image_details">,
	matched: MatchedWord[],
	beginning: string | null = null,
): MatchBox[] {
	const words = wordsOf(matched, beginning);
	const boxes: MatchBox[] = [];
	for (const line of placedText(description)) {
		if (line.box) boxes.push(...matchesIn({ ...line, box: line.box }, words));
		if (boxes.length >= maxBoxes) break;
	}
	return boxes.slice(0, maxBoxes);
}

interface Word {
	word: string;
	forms: Set<string>;
	isBeginning: boolean;
}

/** Each word of the query once, in all forms that a document may have it in. */
function wordsOf(matched: MatchedWord[], beginning: string | null): Word[] {
	const byWord = new Map<string, Set<string>>();
	for (const { word, corrected_to: corrected } of matched) {
		const forms = byWord.get(word) ?? formsOf(word);
		for (const form of corrected ? [corrected, ...formsOf(corrected)] : []) forms.add(form);
		byWord.set(word, forms);
	}
	const last = beginning === null ? null : folded(beginning);
	return [...byWord].map(([word, forms]) => ({ word, forms, isBeginning: folded(word) === last }));
}

/**
 * Returns a word in all its forms: stems of every language, since a word alone does not tell its own, and no single
 * character of a longer word, nor a part of a date or number.
 */
function formsOf(word: string): Set<string> {
	const tokens = tokenize(normalize(word));
	const parts = new Set(tokens.length > 1 ? tokens.flatMap(({ text }) => [...lexemesIn(text)]) : []);
	const forms = [...lexemesIn(word), ...stemsOf(word)];
	return new Set(forms.filter((form) => !parts.has(form) && (form.length > 1 || word.length === 1)));
}

const folded = (text: string) => fold(normalize(text));

const haveCommon = (a: Set<string>, b: Set<string>) => [...a].some((form) => b.has(form));

function matchesIn(line: PlacedLine & { box: TextBox }, words: Word[]): MatchBox[] {
	const text = normalize(line.text);
	const tokens = tokenize(text).map((token) => ({ ...token, forms: formsOf(token.text) }));
	const lexemes = lexemesIn(line.text);
	return words.flatMap(({ word, forms, isBeginning }): MatchBox[] => {
		const parts = tokens.flatMap((token) => {
			if (token.kind === "ideographs") return within(token, word);
			const begins = isBeginning && fold(token.text).startsWith(folded(word));
			return begins || haveCommon(forms, token.forms) ? [token] : [];
		});
		if (parts.length > 0) {
			return parts.map(({ start, end }) => ({
				word,
				text: text.slice(start, end),
				box: partOf({ text, box: line.box }, start / text.length, end / text.length),
			}));
		}
		// A date, or a number of several tokens.
		return haveCommon(forms, lexemes) ? [{ word, text: line.text, box: line.box }] : [];
	});
}

/** Finds a word in a run without spaces. */
function within({ text, start }: { text: string; start: number }, word: string): { start: number; end: number }[] {
	const at = fold(text).indexOf(folded(word));
	return at < 0 ? [] : [{ start: start + at, end: start + at + word.length }];
}

/** Returns where the pictures of an answer's items have the lines that it cites; null for what is no line of the picture. */
export async function placeCitations(
	{ analyses }: Pick<Ports, "analyses">,
	userId: string,
	hits: Hit[],
	citations: Citation[],
): Promise<(TextBox | null)[]> {
	const cited = new Set(citations.map(({ itemId }) => itemId));
	const ids = new Map(hits.flatMap(({ itemId, analysisId }) => (cited.has(itemId) ? [[itemId, analysisId]] : [])));
	if (ids.size === 0) return citations.map(() => null);
	const current = await analyses.findAll(userId, [...ids.values()]);
	const lines = new Map(current.map(({ id, description }) => [id, placedText(description)]));
	return citations.map(({ itemId, snippet }) => {
		const ofItem = lines.get(ids.get(itemId) ?? "") ?? [];
		return ofItem.find(({ text }) => snippet !== "" && text.trim().startsWith(snippet))?.box ?? null;
	});
}
