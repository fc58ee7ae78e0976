import { splitSentences } from "#text/sentences.ts";
import type { ItemRefs } from "../items/item-refs.ts";
import { bulletPattern, contentWords, coverage } from "../search/words.ts";
import type { QuotedItem } from "./quoted-items.ts";

/** The item that supports a sentence of an answer. */
export interface Citation {
	itemId: string;
	/** Without its citations. */
	sentence: string;
	/** The passage of the item that has most of the sentence's words. */
	snippet: string;
}

interface CitedAnswer {
	/** Every sentence with the ids of its items in brackets. */
	text: string;
	citations: Citation[];
	/** The kept sentences that cite no item: they say how many there are. */
	counts: string[];
	/** The share of the model's sentences that were kept, 0 to 1. */
	keptShare: number;
	/** The mean share of a kept sentence's words in the items it cites, 0 to 1. */
	meanSupport: number;
}

/** A sentence with a smaller share of its words in the items it cites is removed. */
const minSupport = 0.25;

const uuid = "[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}";
/** Matches text in brackets, and bare ids. */
const citationPattern = new RegExp(`\\[[^[\\]]{1,400}\\]|\\b${uuid}\\b`, "gi");
/** Matches what looks like an id, invented or not. */
const idLikePattern = /^(?=.*\d)[\w-]{6,}$|^\d+$/;

/**
 * Removes from an answer what no retrieved item supports: ids that were not retrieved, or whose item has no word of
 * the sentence, then sentences without a citation, but for those that say how many items there are. Null where nothing
 * remains.
 * @param totals the numbers of items that lists and counts gave
 */
export function removeUnsupportedSentences(
	answer: string,
	refs: ItemRefs,
	items: Map<string, QuotedItem>,
	totals: ReadonlySet<number> = new Set(),
): CitedAnswer | null {
	const wordsByItem = new Map<string, Set<string>>();
	const wordsOf = (itemId: string) => {
		const item = items.get(itemId);
		const words = wordsByItem.get(itemId) ?? contentWords(item ? wholeText(item) : "");
		wordsByItem.set(itemId, words);
		return words;
	};
	const citations: Citation[] = [];
	const supports: number[] = [];
	let count = 0;
	const verified = moveCitationsBeforeFullStops(answer).map((line) => {
		const bullet = bulletPattern.exec(line)?.[0] ?? "";
		const sentences = splitSentences(line.slice(bullet.length)).flatMap((sentence) => {
			const { plain, ids, hasOwnMark } = citationsIn(sentence, refs);
			const words = contentWords(plain);
			if (words.size === 0) return [];
			count += 1;
			const isPlain = ids.length === 0 && !sentence.includes("[");
			const numbers = isPlain && totals.size > 0 ? numbersIn(sentence) : [];
			if (numbers.length > 0) return { text: plain, numbers };
			const cited = ids.filter((id) => coverage(words, wordsOf(id)) > 0);
			const itemWords = new Set(cited.flatMap((id) => [...wordsOf(id)]));
			const support = sentenceSupport(words, itemWords);
			if (support < minSupport) return [];
			supports.push(support);
			for (const itemId of cited) {
				const snippet = bestPassage(words, items.get(itemId));
				citations.push({ itemId, sentence: plain, snippet });
			}
			return { text: hasOwnMark ? `${plain} [${cited.join(", ")}].` : withCitations(plain, cited), numbers: null };
		});
		return { bullet, sentences };
	});
	// A list may be of fewer items than its total: those that it names.
	const named = new Set(citations.map(({ itemId }) => itemId)).size;
	const isKept = ({ numbers }: { numbers: number[] | null }) =>
		!numbers || numbers.every((number) => totals.has(number) || number === named);
	const counts: string[] = [];
	const lines = verified.flatMap(({ bullet, sentences }) => {
		const kept = sentences.filter(isKept);
		counts.push(...kept.flatMap(({ text, numbers }) => (numbers ? [text] : [])));
		return kept.length > 0 ? [bullet + kept.map(({ text }) => text).join(" ")] : [];
	});
	for (const _ of counts) supports.push(1);
	if (supports.length === 0) return null;
	return {
		text: lines.join("\n"),
		citations,
		counts,
		keptShare: supports.length / count,
		meanSupport: supports.reduce((sum, each) => sum + each, 0) / supports.length,
	};
}

/** Returns the numbers that a sentence states, without days as the tools write them. */
const numbersIn = (sentence: string): number[] =>
	(sentence.replaceAll(/\b\d{4}-\d\d-\d\d\b/g, " ").match(/\d+/g) ?? []).map(Number);

/**
 * Returns a listener of a text that grows. It passes on the supported part of the sentences that are complete: all but the
 * last, which a citation may still follow.
 */
export function verifyGrowing(
	refs: ItemRefs,
	items: Map<string, QuotedItem>,
	onVerified: (text: string) => void,
	totals?: ReadonlySet<number>,
): (text: string) => void {
	let verified = "";
	return (text) => {
		const last = splitSentences(text).at(-1);
		const complete = last ? text.slice(0, text.lastIndexOf(last)).trimEnd() : "";
		if (complete === verified) return;
		verified = complete;
		onVerified(removeUnsupportedSentences(complete, refs, items, totals)?.text ?? "");
	};
}

/** Returns the items that support a sentence of a text, which cites none of them. */
export function uncitedItems(text: string, items: Map<string, QuotedItem>): string[] {
	const sentences = splitSentences(text).map(contentWords);
	return [...items].flatMap(([itemId, item]) => {
		const words = contentWords(wholeText(item));
		return sentences.some((sentence) => coverage(sentence, words) >= minSupport) ? [itemId] : [];
	});
}

/**
 * Splits into lines, with citations moved before the full stop, so that they are part of the sentence they follow. One
 * that a full stop follows is in its place: the mark before it belongs to the words, as in `The password is kraai! [1c6a680c].`
 */
function moveCitationsBeforeFullStops(text: string): string[] {
	const citations = `(?:\\s*(?:${citationPattern.source}))+`;
	const citationAfterStop = new RegExp(`([.!?…]+["”’)]?)(${citations})(?!${citations}|\\s*[.!?…])`, "gi");
	return text.split(/\r?\n/).map((line) => line.replaceAll(citationAfterStop, "$2$1"));
}

function citationsIn(sentence: string, refs: ItemRefs) {
	const ids = new Set<string>();
	const plain = sentence
		.replaceAll(citationPattern, (mark) => {
			const names = mark.replaceAll(/[[\]]/g, "").split(/[\s,;]+/);
			const found = names.map((name) => refs.itemIdFor(name));
			for (const id of found) if (id) ids.add(id);
			const isCitation = found.some((id) => id) || names.every((name) => idLikePattern.test(name));
			return isCitation ? "" : mark;
		})
		.replaceAll(/\s+([.,;:!?…])/g, "$1")
		.replaceAll(/\s+/g, " ")
		.trim();
	// A full stop after `!` ended the sentence, where the citation stood between them.
	return { plain: plain.replace(/(?<=[!?…])\.$/, ""), ids: [...ids], hasOwnMark: /[!?…]\.$/.test(plain) };
}

/** Returns the share of the words in the cited items; a number that they do not have halves it. */
function sentenceSupport(words: Set<string>, itemWords: Set<string>): number {
	const hasWrongNumber = [...words].some((word) => /^\d[\d.,:]+$/.test(word) && !itemWords.has(word));
	return coverage(words, itemWords) / (hasWrongNumber ? 2 : 1);
}

function withCitations(sentence: string, ids: string[]): string {
	const [, body = "", end = ""] = /^(.*?)([.!?…]*)$/s.exec(sentence) ?? [];
	return `${body} [${ids.join(", ")}]${end}`;
}

const maxSnippetLength = 240;

function bestPassage(words: Set<string>, item: QuotedItem | undefined): string {
	if (!item) return "";
	const [best = ""] = passagesOf(item)
		.map((passage) => [passage, coverage(words, contentWords(passage))] as const)
		.sort(([, a], [, b]) => b - a)
		.map(([passage]) => passage);
	return best.slice(0, maxSnippetLength).toWellFormed();
}

/** Splits an item's text into passages that can be quoted, the most informative first. */
export function passagesOf(item: QuotedItem): string[] {
	const { headline, summary, note = "", extractedText } = item;
	return [headline, ...splitSentences(summary), ...splitSentences(note), ...extractedText.split("\n")]
		.map((passage) => passage.trim())
		.filter((passage) => passage);
}

/** Joins all of an item's text. */
export function wholeText(item: QuotedItem): string {
	const { category, headline, summary, note = "", labels, extractedText } = item;
	return [category, headline, summary, note, labels, extractedText].join("\n");
}
