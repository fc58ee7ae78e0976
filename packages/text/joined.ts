import { fold } from "./fold.ts";
import type { Token } from "./tokens.ts";

/** Tokens that may also be written as one: `LH 1234` and `LH1234`, `Wi-Fi` and `WiFi`. */
export interface JoinedTokens {
	/** Indexes of tokens: from, and up to but not including. */
	from: number;
	to: number;
	lexemes: string[];
}

const maxTokens = 12;
const maxLength = 40;
const hasDigit = (token: Token) => /\p{N}/u.test(token.text);
const isLetters = (token: Token) => /^[\p{L}\p{M}]+$/u.test(token.text);

/** Joins what hyphens and the like divide, codes of letters and digits, and the groups of long numbers. */
export function joinedTokens(tokens: Token[]): JoinedTokens[] {
	return [
		...runs(
			tokens,
			(before, token) =>
				/^['.-]$/.test(token.gap) || (/^[_/:]$/.test(token.gap) && (hasDigit(before) || hasDigit(token))),
		),
		...runs(tokens, (before, token) => /^(?:[ \-/.()]{1,2})$/.test(token.gap) && hasDigit(before) && hasDigit(token)),
		...pairs(
			tokens,
			(before, token) => token.gap === " " && before.text.length <= 8 && isLetters(before) && hasDigit(token),
		),
	].filter(({ lexemes }) => lexemes.length > 0);
}

/** Joins each pair of short words, as a query may divide a word that items write as one: `wi fi`. */
export function joinedPairs(tokens: Token[]): JoinedTokens[] {
	return pairs(tokens, (before, token) => token.gap === " " && isLetters(before) && isLetters(token));
}

function pairs(tokens: Token[], joins: (before: Token, token: Token) => boolean): JoinedTokens[] {
	return tokens.slice(1).flatMap((token, at) => {
		const before = tokens[at];
		return before && isWord(before) && isWord(token) && joins(before, token) ? [joined(tokens, at, at + 2)] : [];
	});
}

function runs(tokens: Token[], joins: (before: Token, token: Token) => boolean): JoinedTokens[] {
	const found: JoinedTokens[] = [];
	let from = 0;
	for (let at = 1; at <= tokens.length; at++) {
		const [before, token] = [tokens[at - 1], tokens[at]];
		if (before && token && isWord(before) && isWord(token) && joins(before, token)) continue;
		if (at - from > 1 && at - from <= maxTokens) found.push(joined(tokens, from, at));
		from = at;
	}
	return found;
}

const isWord = (token: Token) => token.kind === "word";

function joined(tokens: Token[], from: number, to: number): JoinedTokens {
	const lexeme = fold(
		tokens
			.slice(from, to)
			.map(({ text }) => text)
			.join(""),
	);
	if (lexeme.length > maxLength || lexeme.length < 3) return { from, to, lexemes: [] };
	return { from, to, lexemes: [lexeme, ...telephoneLexeme(lexeme)] };
}

/** The last digits of a telephone number are the same with and without the code of its country. */
const telephoneDigits = 8;

/** Returns `tel:` and the last digits of a number that is as long as a telephone's, at most one lexeme. */
export function telephoneLexeme(lexeme: string): string[] {
	return /^\d{9,15}$/.test(lexeme) ? [`tel:${lexeme.slice(-telephoneDigits)}`] : [];
}
