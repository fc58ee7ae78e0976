import { fold } from "../fold.ts";
import { normalize } from "../tokens.ts";

const unspaced = /[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Hangul}]/u;

/**
 * Returns the source of a pattern that matches any of these words of a plain text: whole ones, those of scripts without
 * spaces anywhere. Each is a regular expression itself, in lower case and without accents.
 *
 * @param lists words divided by `|`, a list for each language
 */
export function anyWord(...lists: string[]): string {
	const words = lists.flatMap(alternativesOf);
	const whole = words.filter((word) => !unspaced.test(word)).join("|");
	const inside = words.filter((word) => unspaced.test(word)).join("|");
	const parts = [
		whole && `(?<![\\p{L}\\p{N}])(?:${whole})(?:(?<![\\p{L}\\p{N}])|(?![\\p{L}\\p{N}]))`,
		inside && `(?:${inside})`,
	];
	return `(?:${parts.filter((part) => part).join("|")})`;
}

/** Divides an expression at the `|` that are in no group. */
function alternativesOf(list: string): string[] {
	const words = [""];
	let depth = 0;
	for (const [at, character] of [...list].entries()) {
		const isEscaped = list[at - 1] === "\\";
		if (!isEscaped && /[([]/.test(character)) depth++;
		if (!isEscaped && /[)\]]/.test(character)) depth--;
		if (character === "|" && depth === 0) words.push("");
		else words[words.length - 1] += character;
	}
	return words;
}

/** Returns a pattern of `anyWord`. */
export const wordPattern = (...lists: string[]) => new RegExp(anyWord(...lists), "u");

/** A text with its characters in their common form, and the same in lower case without accents, with the same offsets. */
export interface PlainText {
	text: string;
	plain: string;
}

/** Makes a text comparable. */
export function plainText(raw: string): PlainText {
	const text = normalize(raw);
	const plain = text.replaceAll(/[^\0-\x40\x5b-\x7f]/gu, (character) => {
		const folded = fold(character);
		return folded.length === character.length ? folded : character;
	});
	return { text, plain };
}
