import { contentWords } from "#core/search/words.ts";

/** A search as the tool `search_collection` takes it. */
export interface PlannedSearch {
	query: string;
	mode: "words" | "meaning" | "both";
}

const maxParts = 3;
/** As much as the search takes. */
const maxQuery = 1_000;

/** Between the parts of a compound question. */
const between =
	/[,;?!]+\s+(?:(?:and|or|but)\s+)?|\s+(?:and|or|as well as|versus|vs\.?|plus)\s+/i;

/** What people say to whoever searches for them, and what every item here is. */
const framing =
	/\b(please|show|find|search|look|looking|give|list|get|need|want|tell|remember|have|saved|kept|took|any|some|pictures?|photos?|images?|screenshots?|items?|collection|something|anything|everything|stuff|things?)\b/gi;

/**
 * What to search for next, where `done` was searched for already and `found` items are known: the question itself,
 * then its parts, and while nothing is found the same in fewer words and by one mode alone. Empty when there is
 * nothing more to try.
 */
export function planSearches(
	asked: string,
	done: PlannedSearch[],
	found: number,
): PlannedSearch[] {
	const question = asked.slice(0, maxQuery).toWellFormed().trim();
	const isNew = ({ query, mode }: PlannedSearch) =>
		!done.some((one) => one.query === query && one.mode === mode);
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
	return (
		rounds
			.map((round) => round.filter(isNew))
			.find((round) => round.length > 0) ?? []
	);
}

function partsOf(question: string): string[] {
	const parts = question
		.split(between)
		.map((part) => part.trim())
		.filter((part) => contentWords(withoutFraming(part)).size > 0);
	return parts.length > 1 ? parts.slice(0, maxParts) : [];
}

/** What is left to look for. */
export function withoutFraming(question: string): string {
	const rest = question
		.replaceAll(framing, " ")
		.split(/\s+/)
		.filter((word) => contentWords(word).size > 0)
		.join(" ");
	return rest || question;
}
