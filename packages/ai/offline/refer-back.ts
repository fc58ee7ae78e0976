import { wholeText } from "#core/chat/cited-answer.ts";
import type { QuotedItem } from "#core/chat/quoted-items.ts";
import { contentWords, coverage } from "#core/search/words.ts";
import { splitSentences } from "#text/sentences.ts";
import { cite } from "./cite.ts";

/** The items that a message refers to. */
export type Reference =
	/** One item, and what is asked about it; empty where only the item is wanted. */
	| { item: QuotedItem; request: string }
	/** The matching items of those shown. */
	| { items: QuotedItem[] }
	/** The reason why no item matches. */
	| { problem: string };

const ordinals = "first second third fourth fifth sixth seventh eighth ninth tenth".split(" ");
const ordinal = `(?:${ordinals.join("|")}|\\d{1,2}(?:st|nd|rd|th)|last)`;
const thing = "(?:one|item|image|picture|photo|screenshot|result|ticket|receipt)s?";

/** "the second one", "second image", "number 3", "#3", "and the third?" */
const ordinalReference = new RegExp(
	`\\b(?:the\\s+)?(${ordinal})\\s+(?:of\\s+(?:them|those|these)|${thing})\\b|(?:\\bnumber|\\bno\\.|#)\\s*(\\d{1,2})\\b|^(?:and|what about|how about)?\\s*the\\s+(${ordinal})\\s*[?.!]*$`,
	"i",
);
/** "the other one" */
const otherReference = /\b(?:the\s+)?other\s+(?:one|item|image|picture|photo|screenshot|two|ones|items)\b/i;
/** "not that one, the lentil one", "no, the one with lentils" */
const insteadReference =
	/^(?:no|nope|nah)?[,.!\s]*(?:not\s+(?:that|this|the\s+\p{L}+)(?:\s+one)?|the\s+wrong\s+one)[,;.\s]+(?:but\s+)?(?:i\s+(?:mean|meant)\s+)?(?:the\s+)?(?:one\s+)?(?:with|from|about|for|in|on)?\s*(.+?)(?:\s+one)?[.!?]*$|^no[,.!]\s+the\s+(?:one\s+)?(?:with\s+|from\s+|about\s+)?(.+?)(?:\s+one)?[.!?]*$/iu;
/** "only those in Tokyo", "which of them mentions garlic", "just the ones with cats" */
const filterReference =
	/\b(?:only|just)\s+(?:those|these|them|the\s+ones?)\b|\b(?:which|what|any|some|all|one|does\s+any|do\s+any)\s+(?:one\s+)?of\s+(?:those|these|them)\b|\b(?:those|them|these)\s+again\b|\bwhich\s+ones?\b/i;
/** "without the Greengate ones", "except the refund" */
const exclusion =
	/^(?:and |but |now |the same |those |them |only |just |show (?:me )?(?:them |those )?)*(?:without|except(?:\s+for)?|excluding|leave\s+out|not|no)\s+(?:the\s+|those\s+(?:from|in|with)\s+|any\s+)?(.+?)(?:\s+ones?)?[.!?]*$/i;
/** "it", where the last answer cited one item */
const pronoun = /\b(?:it|its|that one|this one|that|there|er|es|davon|ça|ese)\b/i;
/** Words that say nothing about an item. */
const framing =
	/\b(?:show|tell|me|about|please|only|just|those|these|them|ones?|which|any|some|all|again|from|with|says?|said|mentions?|mentioned|has|have|contains?|talks?|names?|written|image|picture|photo|item|what|who|when|where|does|do|is|are|it|its|and|there|in|of|for)\b/gi;

/** Finds the items that a message refers back to; null if it asks for something new. */
export function referBack(
	message: string,
	shown: QuotedItem[],
	/** Refs of the items that the last answer cited. */
	cited: string[],
): Reference | null {
	const placed = ordinalReference.exec(message);
	if (placed) {
		return itemAt(placed[1] ?? placed[2] ?? placed[3] ?? "", requestIn(message, ordinalReference), shown);
	}
	const citedShown = shown.filter(({ ref }) => cited.includes(ref));
	if (otherReference.test(message)) {
		return others(shown, citedShown, requestIn(message, otherReference));
	}
	const instead = insteadReference.exec(message);
	if (instead && shown.length > 1) {
		const rest = shown.filter((item) => !citedShown.includes(item) || citedShown.length === shown.length);
		const reference = matchingItems(remainingWords(instead[1] ?? instead[2] ?? ""), rest);
		if ("items" in reference) {
			const [item, ...more] = reference.items;
			return item && more.length === 0 ? { item, request: "" } : reference;
		}
	}
	if (filterReference.test(message)) {
		return matchingItems(remainingWords(message.replace(filterReference, " ")), shown);
	}
	const excluded = exclusion.exec(message)?.[1];
	if (excluded && shown.length > 1) {
		const unwanted = contentWords(remainingWords(excluded));
		const items = shown.filter((item) => coverage(unwanted, contentWords(wholeText(item))) < 1);
		if (unwanted.size > 0)
			return items.length > 0 ? { items } : { problem: "Then none of the items I showed is left." };
	}
	const [only, ...more] = citedShown.length > 0 ? citedShown : shown;
	return only && more.length === 0 && pronoun.test(message) ? { item: only, request: message } : null;
}

/** True for a message that makes sense only after an answer. */
export function isReference(message: string): boolean {
	return (
		ordinalReference.test(message) ||
		otherReference.test(message) ||
		filterReference.test(message) ||
		exclusion.test(message) ||
		(/\b(?:it|that one|this one|there)\b[\s?.!]*$/i.test(message) && message.split(/\s+/).length <= 8)
	);
}

const nothingShown = { problem: "I have not shown any items yet: ask for some first." };

/** Returns what a message asks about the item that it refers to; empty where it only names the item. */
function requestIn(message: string, reference: RegExp): string {
	const rest = message.replace(reference, " it ");
	return remainingWords(message.replace(reference, " ")) === "" && !/\b(?:how|when|where|who)\b/i.test(rest)
		? ""
		: rest.trim();
}

function itemAt(position: string, request: string, shown: QuotedItem[]): Reference {
	if (shown.length === 0) return nothingShown;
	const word = ordinals.indexOf(position.toLowerCase());
	const at =
		position.toLowerCase() === "last" ? shown.length - 1 : word >= 0 ? word : Number.parseInt(position, 10) - 1;
	const item = shown[at];
	return item
		? { item, request }
		: { problem: shown.length === 1 ? "I showed only one item." : `I showed only ${shown.length} items.` };
}

function others(shown: QuotedItem[], cited: QuotedItem[], request: string): Reference {
	if (shown.length === 0) return nothingShown;
	const rest = shown.filter((item) => !cited.includes(item));
	const [item, ...more] = rest;
	if (!item)
		return {
			problem: shown.length === 1 ? "I showed only one item." : "I have shown them all: name the one you mean.",
		};
	return more.length === 0 ? { item, request } : { items: rest };
}

function matchingItems(request: string, shown: QuotedItem[]): Reference {
	if (shown.length === 0) return nothingShown;
	const wanted = contentWords(request);
	const items = shown.filter((item) => wanted.size === 0 || coverage(wanted, contentWords(wholeText(item))) === 1);
	return items.length > 0 ? { items } : { problem: `None of the items I showed says ${JSON.stringify(request)}.` };
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
	return items.map(({ headline, ref }) => cite(headline.replaceAll("\n", " "), ref)).join("\n");
}

/** Describes an item by its headline and the first sentence of its summary. */
export function describeItem(item: QuotedItem): string {
	const [first = ""] = splitSentences(item.summary);
	return [...new Set([item.headline, first])]
		.filter((sentence) => sentence)
		.map((sentence) => cite(sentence, item.ref))
		.join("\n");
}
