import { wholeText } from "#core/chat/cited-answer.ts";
import type { QuotedItem } from "#core/chat/quoted-items.ts";
import { contentWords, coverage, splitSentences } from "#core/search/words.ts";

/** What a person means by words that refer to what they were shown. */
export type Reference =
	/** One item, and what they ask of it; empty where they ask for no more than the item. */
	| { one: QuotedItem; asks: string }
	/** Those of the items shown that fit. */
	| { some: QuotedItem[] }
	/** Why there is no such item. */
	| { nothing: string };

const ordinals =
	"first second third fourth fifth sixth seventh eighth ninth tenth".split(" ");
const ordinal = `(?:${ordinals.join("|")}|\\d{1,2}(?:st|nd|rd|th)|last)`;
const thing = "(?:one|item|image|picture|photo|screenshot|result)s?";

/** "the second one", "second image", "number 3", "#3", "and the third?" */
const byPlace = new RegExp(
	`\\b(?:the\\s+)?(${ordinal})\\s+(?:of\\s+(?:them|those|these)|${thing})\\b|(?:\\bnumber|\\bno\\.|#)\\s*(\\d{1,2})\\b|^(?:and|what about|how about)?\\s*the\\s+(${ordinal})\\s*[?.!]*$`,
	"i",
);
/** "only those in Tokyo", "which of them", "just the ones with cats" */
const byFit =
	/\b(?:only|just)\s+(?:those|these|them|the\s+ones)\b|\b(?:which|any|some|all)\s+of\s+(?:those|these|them)\b|\b(?:those|them|these)\s+again\b/i;
/** "it", where one item was spoken of */
const pronoun = /\b(?:it|its|that one|this one)\b/i;
/** What says nothing of an item. */
const framing =
	/\b(?:show|tell|me|about|please|only|just|those|these|them|ones?|which|any|some|all|again|from|with|say|says|written|image|picture|photo|item|what|who|when|where|does|is|it|its|and|there)\b/gi;

/** What a person refers back to; null where they ask for something new. */
export function referBack(
	said: string,
	shown: QuotedItem[],
	/** Refs of the items that the last answer spoke of. */
	spokenOf: string[],
): Reference | null {
	const placed = byPlace.exec(said);
	if (placed) {
		const asks = restOf(said.replace(byPlace, " "));
		return itemAt(placed[1] ?? placed[2] ?? placed[3] ?? "", asks, shown);
	}
	if (byFit.test(said)) {
		return fitting(restOf(said.replace(byFit, " ")), shown);
	}
	const [only, ...others] = shown.filter(({ ref }) => spokenOf.includes(ref));
	return only && others.length === 0 && pronoun.test(said)
		? { one: only, asks: restOf(said) }
		: null;
}

function itemAt(place: string, asks: string, shown: QuotedItem[]): Reference {
	if (shown.length === 0) {
		return { nothing: "I have not shown any items yet: ask for some first." };
	}
	const word = ordinals.indexOf(place.toLowerCase());
	const at =
		place.toLowerCase() === "last"
			? shown.length - 1
			: word >= 0
				? word
				: Number.parseInt(place, 10) - 1;
	const one = shown[at];
	return one
		? { one, asks }
		: {
				nothing:
					shown.length === 1
						? "I showed only one item."
						: `I showed only ${shown.length} items.`,
			};
}

function fitting(asks: string, shown: QuotedItem[]): Reference {
	if (shown.length === 0) {
		return { nothing: "I have not shown any items yet: ask for some first." };
	}
	const wanted = contentWords(asks);
	const some = shown.filter(
		(item) =>
			wanted.size === 0 ||
			coverage(wanted, contentWords(wholeText(item))) === 1,
	);
	return some.length > 0
		? { some }
		: { nothing: `None of the items I showed says ${JSON.stringify(asks)}.` };
}

function restOf(said: string): string {
	return said
		.replaceAll(framing, " ")
		.split(/\s+/)
		.filter((word) => contentWords(word).size > 0)
		.join(" ")
		.replaceAll(/[?.!,]+$/g, "");
}

/** Each item in one sentence of its own, cited. */
export function listed(items: QuotedItem[]): string {
	return items
		.map(({ headline, ref }) => `${plain(headline)} [${ref}].`)
		.join("\n");
}

/** What an item is, in its own words. */
export function described(item: QuotedItem): string {
	const [first = ""] = splitSentences(item.summary);
	const sentences = [item.headline, first].map(plain).filter((one) => one);
	return [...new Set(sentences)]
		.map((sentence) => `${sentence} [${item.ref}].`)
		.join("\n");
}

/** Brackets would be taken for citations. */
const plain = (text: string) =>
	text
		.replaceAll(/[[\]]/g, "")
		.trim()
		.slice(0, 300)
		.toWellFormed()
		.replace(/[.!?…\s]+$/, "");
