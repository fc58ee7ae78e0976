import { type Clock, dateLexeme, findQueriedDates, monthLexeme } from "./dates.ts";
import { ideographLexemes, numbersIn } from "./document.ts";
import { fold, foldedForms } from "./fold.ts";
import { joinedPairs, joinedTokens, telephoneLexeme } from "./joined.ts";
import { detectLanguage, isStopWord, type LatinLanguage, stemsOf } from "./languages.ts";
import { isLexeme, quoteLexeme } from "./lexeme.ts";
import { currencyOf } from "./numbers.ts";
import { normalize, type Token, tokenize } from "./tokens.ts";

/** A query as the text retriever takes it. */
export interface AnalyzedQuery {
	/** The things that are looked for; each counts for itself. */
	terms: QueryTerm[];
	/** A tsquery of the quoted phrases that stand word for word, or "". */
	phrases: string;
	/** A tsquery of what no hit has, or "". */
	excluded: string;
}

export interface QueryTerm {
	/** As it stands in the query. */
	word: string;
	/** A document has the term if it has any of these. */
	lexemes: QueryLexeme[];
	/** The beginning of a word, in lower case and without accents; absent for a whole word. */
	prefix?: string;
	/** A plain word, which may be part of another word or misspelt: lower case, without accents; else null. */
	plain: string | null;
}

export interface QueryLexeme {
	lexeme: string;
	/** How surely a document with it means the word, 0 to 1. */
	similarity: number;
}

/** More terms than a person types; each costs a look into the index. */
const maxTerms = 32;
/** The similarity of another form of the same word. */
const stemSimilarity = 0.95;
const pairSimilarity = 0.9;

const quoted = /(?<!\S)(-?)"([^"]*)(?:"|$)/g;
const excludedWord = /(?<!\S)-(?=[\p{L}\p{N}\p{Sc}])(\S+)/gu;

/** Reads a query; anything a person may type is one, punctuation alone has no term. */
export function analyzeQuery(query: string, clock: Clock): AnalyzedQuery {
	const normalized = normalize(query);
	const phrases: string[] = [];
	const excluded: string[] = [];
	let included = normalized.replaceAll(quoted, (_, minus: string, phrase: string) => {
		const list = minus ? excluded : phrases;
		list.push(phraseQuery(phrase, minus ? undefined : ["en"]));
		return minus ? " " : ` ${phrase} `;
	});
	included = included.replaceAll(excludedWord, (_, word: string) => {
		excluded.push(phraseQuery(word));
		return " ";
	});
	return {
		terms: termsOf(included.replaceAll(/\s+/g, " ").trim(), clock).slice(0, maxTerms),
		phrases: phrases.filter((phrase) => phrase).join(" & "),
		excluded: excluded.filter((phrase) => phrase).join(" | "),
	};
}

const lastWord = /[\p{L}\p{N}\p{M}]+$/u;

/** Returns the word that a query ends in; null where it ends in none. */
export const lastWordOf = (query: string): string | null => lastWord.exec(normalize(query).trimEnd())?.[0] ?? null;

/** Takes the last word of a query for the beginning of one, whatever it means as a whole word: "to" may become "tomato". */
export function withPrefix(analyzed: AnalyzedQuery, query: string): AnalyzedQuery {
	const word = lastWordOf(query);
	if (!word) return analyzed;
	const prefix = fold(word);
	const last = analyzed.terms.findLast((term) => term.word.endsWith(word)) ?? {
		word,
		lexemes: exactly([prefix]),
		plain: null,
	};
	const others = analyzed.terms.filter((term) => term !== last);
	return { ...analyzed, terms: [...others, { ...last, prefix }] };
}

function termsOf(text: string, clock: Clock): QueryTerm[] {
	const tokens = tokenize(text);
	const dates = findQueriedDates(text, clock);
	const isDated = (token: Token) => dates.some(({ start, end }) => start < token.end && token.start < end);
	const numbers = numbersIn(tokens);
	const numberAt = new Map(
		numbers.flatMap((run) => tokens.slice(run.from, run.to).map((token) => [token, run] as const)),
	);
	const joins = [
		...joinedTokens(tokens).map((join) => ({ ...join, similarity: 1 })),
		...joinedPairs(tokens).map((join) => ({ ...join, similarity: pairSimilarity })),
	];
	const languages = queryLanguages(tokens);
	const isTelling = (token: Token) => numberAt.has(token) || !isStopToken(token, languages);
	// A query of nothing but stop words means these: "the who".
	const hasTelling = dates.length > 0 || tokens.some(isTelling);
	const terms: QueryTerm[] = dates.map(({ start, end, readings }) => ({
		word: text.slice(start, end),
		lexemes: exactly([...new Set(readings.map(dateLexeme))]),
		plain: null,
	}));
	for (const [at, token] of tokens.entries()) {
		if (terms.length >= maxTerms * 2) break;
		if (isDated(token) || (hasTelling && !isTelling(token))) continue;
		const run = numberAt.get(token);
		const joined = joins
			.filter(({ from, to }) => from <= at && at < to)
			.flatMap(({ lexemes, similarity }) => lexemes.map((lexeme) => ({ lexeme, similarity })));
		if (run) {
			// A number with separators is one term, named at its first digits.
			const first = tokens[run.from];
			if (token !== first) continue;
			const end = tokens[run.to - 1]?.end ?? token.end;
			terms.push({
				word: text.slice(token.start, end),
				lexemes: [...exactly(run.forms), ...joined],
				plain: null,
			});
		} else if (token.kind === "ideographs") {
			const pairs = ideographLexemes(token.text);
			const looked = pairs.length === 1 ? [[token.text]] : pairs.flatMap(([, pair]) => (pair ? [[pair]] : []));
			for (const lexemes of looked) terms.push({ word: lexemes[0] ?? "", lexemes: exactly(lexemes), plain: null });
		} else {
			terms.push(termOf(token, joined));
		}
	}
	return distinct(terms);
}

/** True for a word that every text has, for a single letter, and for an emoji, which adorns words and tells where it stands alone. */
function isStopToken(token: Token, languages: LatinLanguage[]): boolean {
	if (token.kind === "emoji") return true;
	if (token.kind !== "word") return false;
	const folded = fold(token.text);
	return isStopWord(folded, languages) || /^[a-z]$/.test(folded);
}

function termOf(token: Token, joined: QueryLexeme[]): QueryTerm {
	if (token.kind === "emoji") return { word: token.text, lexemes: exactly([token.text]), plain: null };
	const forms = foldedForms(token.text);
	const [folded = ""] = forms;
	const currency = currencyOf(folded);
	const month = monthLexeme(token.text.toLowerCase());
	const stems = stemsOf(token.text);
	const lexemes: QueryLexeme[] = [
		...exactly([...forms, ...telephoneLexeme(folded), ...(currency ? [currency] : []), ...(month ? [month] : [])]),
		...joined,
		...stems.map((lexeme) => ({ lexeme, similarity: stemSimilarity })),
		// A document has no stem of a word that is its own stem.
		...stems
			.map((stem) => stem.slice(3))
			.filter((stem) => stem.length >= 3)
			.map((lexeme) => ({ lexeme, similarity: stemSimilarity })),
	];
	return {
		word: token.text,
		lexemes: best(lexemes),
		plain: token.kind === "word" && folded.length >= 3 ? folded : null,
	};
}

const exactly = (lexemes: string[]) => lexemes.map((lexeme) => ({ lexeme, similarity: 1 }));

/** Keeps each lexeme once, with its highest similarity. */
function best(lexemes: QueryLexeme[]): QueryLexeme[] {
	const highest = new Map<string, number>();
	for (const { lexeme, similarity } of lexemes) {
		if (isLexeme(lexeme)) highest.set(lexeme, Math.max(similarity, highest.get(lexeme) ?? 0));
	}
	return [...highest].map(([lexeme, similarity]) => ({ lexeme, similarity }));
}

/** Keeps each term once: a repeated word, and another form of it, count once. */
function distinct(terms: QueryTerm[]): QueryTerm[] {
	const seen = new Set<string>();
	return terms.filter(({ word, lexemes }) => {
		const key = lexemes.find(({ lexeme }) => lexeme.startsWith("en:"))?.lexeme ?? fold(word);
		if (lexemes.length === 0 || seen.has(key)) return false;
		seen.add(key);
		return true;
	});
}

/** English, and the language that the query's own stop words tell. */
function queryLanguages(tokens: Token[]): LatinLanguage[] {
	const language = detectLanguage(tokens.map(({ text }) => fold(text)));
	return language === "en" ? ["en"] : [language, "en"];
}

/**
 * Returns a tsquery of words that stand one after another, or "" without a word.
 *
 * @param languages in which other forms of the words stand for them, too. @default all
 */
function phraseQuery(phrase: string, languages?: LatinLanguage[]): string {
	const words = tokenize(phrase).flatMap((token) => {
		if (token.kind === "ideographs") {
			const pairs = ideographLexemes(token.text);
			return pairs.length === 1
				? [token.text].map(quoteLexeme)
				: pairs.flatMap(([, pair]) => (pair ? [quoteLexeme(pair)] : []));
		}
		const lexemes = new Set([...foldedForms(token.text), ...stemsOf(token.text, languages)]);
		const alternatives = [...lexemes].filter(isLexeme).map(quoteLexeme);
		return alternatives.length < 2 ? alternatives : [`(${alternatives.join(" | ")})`];
	});
	return words.length === 0 ? "" : `(${words.join(" <-> ")})`;
}
