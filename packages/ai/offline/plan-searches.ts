import { contentWords } from "#core/search/words.ts";

/** A search as the tool `search_collection` takes it. */
export interface PlannedSearch {
	query: string;
	mode: "words" | "meaning" | "both";
}

const maxParts = 3;
/** The search takes no longer query. */
const maxQueryChars = 1_000;

/** Separates the parts of a compound question. */
const separator = /[,;?!]+\s+(?:(?:and|or|but)\s+)?|\s+(?:and|or|as well as|versus|vs\.?|plus)\s+/i;

/** Words of the request itself, and of what every item here is. */
const framing =
	/\b(please|show|find|search|look|looking|give|list|get|need|want|tell|remember|have|saved|kept|took|any|some|pictures?|photos?|images?|screenshots?|items?|collection|something|anything|everything|stuff|things?)\b/gi;

/**
 * Returns the next searches, where `done` were made and `found` items are known: the question itself, then its parts,
 * and while nothing is found the same in fewer words and by one mode alone. Empty where nothing is left to try.
 */
export function planSearches(message: string, done: PlannedSearch[], found: number): PlannedSearch[] {
	const question = message.slice(0, maxQueryChars).toWellFormed().trim();
	const isNew = ({ query, mode }: PlannedSearch) =>
		!done.some((search) => search.query === query && search.mode === mode);
	const both = (query: string): PlannedSearch => ({ query, mode: "both" });
	const rounds = [[both(question)], partsOf(question).map(both)];
	if (found === 0) {
		rounds.push(
			[both(withoutFraming(question))],
			[
				{ query: question, mode: "words" },
				{ query: question, mode: "meaning" },
			],
		);
	}
	return rounds.map((round) => round.filter(isNew)).find((round) => round.length > 0) ?? [];
}

function partsOf(question: string): string[] {
	const parts = question
		.split(separator)
		.map((part) => part.trim())
		.filter((part) => contentWords(withoutFraming(part)).size > 0);
	return parts.length > 1 ? parts.slice(0, maxParts) : [];
}

/** Removes the words of the request itself; the question as it is where nothing is left. */
export function withoutFraming(question: string): string {
	const rest = question
		.replaceAll(framing, " ")
		.split(/\s+/)
		.filter((word) => contentWords(word).size > 0)
		.join(" ");
	return rest || question;
}
