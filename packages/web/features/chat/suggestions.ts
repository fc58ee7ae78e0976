import type { Key } from "#web/i18n/en.ts";

/** A question that one press asks: a sentence of the catalog with words of the person's own collection. */
export interface Suggestion {
	key: Key;
	values: Record<string, string>;
}

interface Counted {
	value: string;
	count: number;
}

/** A collection as lists and counts know it, without asking a model. */
export interface Known {
	/** Those of the largest number of items first. */
	tags: readonly Counted[];
	categories: readonly Counted[];
	/** Headlines of the latest items, the newest first. */
	headlines: readonly string[];
}

const maxHeadline = 60;
/** Says nothing about its items. */
const noCategory = /^(other|unknown|uncategorized)$/i;

const about = (headline: string): Record<string, string> => ({
	headline: headline.length > maxHeadline ? `${headline.slice(0, maxHeadline).trimEnd()}…` : headline,
});

/** Returns questions to begin with: about the newest item, then by turns about the tags and categories of most items. */
export function firstQuestions({ tags, categories, headlines }: Known): Suggestion[] {
	const named = categories.filter(({ value }) => !noCategory.test(value));
	const pairs = Array.from({ length: Math.max(tags.length, named.length) }, (_, at) => [
		...tags.slice(at, at + 1).map(({ value }): Suggestion => ({ key: "chat.ask.tag", values: { tag: value } })),
		...named
			.slice(at, at + 1)
			.map(({ value }): Suggestion => ({ key: "chat.ask.category", values: { category: value } })),
	]);
	return [
		...headlines.slice(0, 1).map((headline): Suggestion => ({ key: "chat.ask.latest", values: about(headline) })),
		...pairs.flat(),
	];
}

/** Returns questions after an answer: about the items that it shows, then what a conversation begins with. */
export function nextQuestions(shown: readonly { headline: string }[], known: Known): Suggestion[] {
	const [first] = shown.filter(({ headline }) => headline !== "");
	return [
		...(first ? [{ key: "chat.ask.similar" as const, values: about(first.headline) }] : []),
		...(shown.length > 1 ? [{ key: "chat.followUp.1" as const, values: {} }] : []),
		...firstQuestions(known).filter(({ values }) => values.headline === undefined),
	];
}
