import { wholeText } from "#core/chat/cited-answer.ts";
import type { QuotedItem } from "#core/chat/quoted-items.ts";
import { contentWords, coverage } from "#core/search/words.ts";
import { splitSentences } from "#text/sentences.ts";

/** The items that a message refers to. */
export type Reference =
	/** One item, and the request about it; empty where only the item is wanted. */
	| { item: QuotedItem; request: string }
	/** The matching items of those shown. */
	| { items: QuotedItem[] }
	/** The reason why no item matches. */
	| { problem: string };

const ordinals = "first second third fourth fifth sixth seventh eighth ninth tenth".split(" ");
const ordinal = `(?:${ordinals.join("|")}|\\d{1,2}(?:st|nd|rd|th)|last)`;
const thing = "(?:one|item|image|picture|photo|screenshot|result)s?";

/** "the second one", "second image", "number 3", "#3", "and the third?" */
const ordinalReference = new RegExp(
	`\\b(?:the\\s+)?(${ordinal})\\s+(?:of\\s+(?:them|those|these)|${thing})\\b|(?:\\bnumber|\\bno\\.|#)\\s*(\\d{1,2})\\b|^(?:and|what about|how about)?\\s*the\\s+(${ordinal})\\s*[?.!]*$`,
	"i",
);
/** "only those in Tokyo", "which of them", "just the ones with cats" */
const filterReference =
	/\b(?:only|just)\s+(?:those|these|them|the\s+ones)\b|\b(?:which|any|some|all)\s+of\s+(?:those|these|them)\b|\b(?:those|them|these)\s+again\b/i;
/** "it", where the last answer cited one item */
const pronoun = /\b(?:it|its|that one|this one)\b/i;
/** Words that say nothing about an item. */
const framing =
	/\b(?:show|tell|me|about|please|only|just|those|these|them|ones?|which|any|some|all|again|from|with|say|says|written|image|picture|photo|item|what|who|when|where|does|is|it|its|and|there)\b/gi;

/** Finds the items that a message refers back to; null if it asks for something new. */
export function referBack(
	message: string,
	shown: QuotedItem[],
	/** Refs of the items that the last answer cited. */
	cited: string[],
): Reference | null {
	const placed = ordinalReference.exec(message);
	if (placed) {
		const request = remainingWords(message.replace(ordinalReference, " "));
		return itemAt(placed[1] ?? placed[2] ?? placed[3] ?? "", request, shown);
	}
	if (filterReference.test(message)) {
		return matchingItems(remainingWords(message.replace(filterReference, " ")), shown);
	}
	const [only, ...others] = shown.filter(({ ref }) => cited.includes(ref));
	return only && others.length === 0 && pronoun.test(message) ? { item: only, request: remainingWords(message) } : null;
}

function itemAt(position: string, request: string, shown: QuotedItem[]): Reference {
	if (shown.length === 0) {
		return { problem: "I have not shown any items yet: ask for some first." };
	}
	const word = ordinals.indexOf(position.toLowerCase());
	const at =
		position.toLowerCase() === "last" ? shown.length - 1 : word >= 0 ? word : Number.parseInt(position, 10) - 1;
	const item = shown[at];
	return item
		? { item, request }
		: {
				problem: shown.length === 1 ? "I showed only one item." : `I showed only ${shown.length} items.`,
			};
}

function matchingItems(request: string, shown: QuotedItem[]): Reference {
	if (shown.length === 0) {
		return { problem: "I have not shown any items yet: ask for some first." };
	}
	const wanted = contentWords(request);
	const items = shown.filter((item) => wanted.size === 0 || coverage(wanted, contentWords(wholeText(item))) === 1);
	return items.length > 0
		? { items }
		: {
				problem: `None of the items I showed says ${JSON.stringify(request)}.`,
			};
}

function remainingWords(text: string): string {
	return text
		.replaceAll(framing, " ")
		.split(/\s+/)
		.filter((word) => contentWords(word).size > 0)
		.join(" ")
		.replaceAll(/[?.!,]+$/g, "");
}

/** Lists items, each in a sentence with its citation. */
export function listItems(items: QuotedItem[]): string {
	return items.map(({ headline, ref }) => `${withoutBrackets(headline)} [${ref}].`).join("\n");
}

/** Describes an item by its headline and the first sentence of its summary. */
export function describeItem(item: QuotedItem): string {
	const [first = ""] = splitSentences(item.summary);
	const sentences = [item.headline, first].map(withoutBrackets).filter((sentence) => sentence);
	return [...new Set(sentences)].map((sentence) => `${sentence} [${item.ref}].`).join("\n");
}

/** Brackets would read as citations. */
const withoutBrackets = (text: string) =>
	text
		.replaceAll(/[[\]]/g, "")
		.trim()
		.slice(0, 300)
		.toWellFormed()
		.replace(/[.!?…\s]+$/, "");
