import { type Fact, type FactKind, factPhrase } from "#text/facts/fact.ts";

/** Kinds of which the text itself has the words that people search for. */
const unnamed = new Set<FactKind>(["amount", "date", "time", "quantity", "url", "merchant", "person"]);
const maxPhrases = 20;

/** Names facts in English, whatever the language of the text: `due date: 2026-03-14`. */
export function factPhrases(facts: readonly Fact[]): string[] {
	const phrases = facts.filter(({ kind }) => !unnamed.has(kind)).map(factPhrase);
	return [...new Set(phrases)].slice(0, maxPhrases);
}
