import { storableText } from "../text.ts";

/** A user's query, parsed for the search statements. */
export interface ParsedQuery {
	/** For `websearch_to_tsquery`: every word, phrases in quotes, `-word` excluded, `or`. */
	everyWord: string;
	/** The words, which count though not every one is found. */
	words: string[];
	/** For `websearch_to_tsquery`: any of the excluded words. */
	excluded: string;
}

/** More words than a person types; each costs a look into the index. */
const maxWords = 32;

/** Letters that the documents' text search configuration cuts words at (see the migration). */
const separators = /[/._@#:]|(?<=\S)-/g;
/** A dash between spaces is punctuation, as in most titles; `websearch_to_tsquery` would exclude what follows. */
const dashes = /(?<!\S)-(?!\S)/g;
const word = /[\p{L}\p{N}\p{M}]+/gu;

/** Reads a query; anything a person may type is a query, punctuation and emoji alone an empty one. */
export function parseQuery(text: string): ParsedQuery {
	const everyWord = storableText(text).replaceAll(separators, " ").replaceAll(dashes, " ");
	const negated = /(?:^|\s)-("[^"]*"?|\S+)/g;
	const wordsIn = (part: string) => [...new Set(part.toLowerCase().match(word) ?? [])].slice(0, maxWords);
	return {
		everyWord,
		words: wordsIn(everyWord.replaceAll(negated, " ")),
		excluded: wordsIn([...everyWord.matchAll(negated)].map(([, part]) => part).join(" ")).join(" or "),
	};
}
