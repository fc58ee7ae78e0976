import type { ItemRefs } from "../items/item-refs.ts";
import { contentWords, coverage, splitSentences } from "../search/words.ts";
import type { QuotedItem } from "./quoted-items.ts";

/** Which item a sentence of an answer rests on. */
export interface Citation {
	itemId: string;
	/** Without its citations. */
	sentence: string;
	/** The passage of the item that has most of the sentence's words. */
	snippet: string;
}

export interface CitedAnswer {
	/** Every sentence with the ids of its items in brackets. */
	text: string;
	citations: Citation[];
	/** The share of the written sentences that were kept, 0 to 1. */
	keptShare: number;
	/** How much of the kept sentences' words is in the items they cite, 0 to 1, the mean. */
	meanSupport: number;
}

/** A sentence with less of its words in the items it cites is not theirs. */
const minSupport = 0.25;

const uuid = "[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}";
/** What is in brackets, and ids without. */
const citationPattern = new RegExp(`\\[[^[\\]]{1,400}\\]|\\b${uuid}\\b`, "gi");
/** Written where an id belongs: ids that exist look like this, invented ones too. */
const idLikePattern = /^(?=.*\d)[\w-]{6,}$|^\d+$/;

/**
 * What remains of an answer when everything goes that no retrieved item supports: ids that were not retrieved or
 * have nothing of the sentence, then sentences without a citation. Null where nothing remains.
 */
export function removeUnsupportedSentences(
	written: string,
	refs: ItemRefs,
	items: Map<string, QuotedItem>,
): CitedAnswer | null {
	const texts = new Map<string, Set<string>>();
	const wordsOf = (itemId: string) => {
		const item = items.get(itemId);
		const known =
			texts.get(itemId) ?? contentWords(item ? wholeText(item) : "");
		texts.set(itemId, known);
		return known;
	};
	const citations: Citation[] = [];
	const supports: number[] = [];
	let count = 0;
	const lines = moveCitationsBeforeFullStops(written).map((line) => {
		const bullet = /^\s*(?:[-*•]|\d+[.)])\s+/.exec(line)?.[0] ?? "";
		const kept = splitSentences(line.slice(bullet.length)).flatMap(
			(sentence) => {
				const { plain, ids } = citationsIn(sentence, refs);
				const words = contentWords(plain);
				if (words.size === 0) return [];
				count += 1;
				const cited = ids.filter((id) => coverage(words, wordsOf(id)) > 0);
				const there = new Set(cited.flatMap((id) => [...wordsOf(id)]));
				const support = sentenceSupport(words, there);
				if (support < minSupport) return [];
				supports.push(support);
				for (const itemId of cited) {
					const snippet = bestPassage(words, items.get(itemId));
					citations.push({ itemId, sentence: plain, snippet });
				}
				return [withCitations(plain, cited)];
			},
		);
		return kept.length > 0 ? bullet + kept.join(" ") : null;
	});
	if (supports.length === 0) return null;
	return {
		text: lines.filter((line) => line !== null).join("\n"),
		citations,
		keptShare: supports.length / count,
		meanSupport:
			supports.reduce((sum, each) => sum + each, 0) / supports.length,
	};
}

/** Lines whose citations stand before the full stop, so that they are part of the sentence they follow. */
function moveCitationsBeforeFullStops(text: string): string[] {
	const after = new RegExp(
		`([.!?…]+["”’)]?)((?:\\s*(?:${citationPattern.source}))+)`,
		"gi",
	);
	return text.split(/\r?\n/).map((line) => line.replaceAll(after, "$2$1"));
}

function citationsIn(sentence: string, refs: ItemRefs) {
	const ids = new Set<string>();
	const plain = sentence
		.replaceAll(citationPattern, (mark) => {
			const names = mark.replaceAll(/[[\]]/g, "").split(/[\s,;]+/);
			const found = names.map((name) => refs.itemIdFor(name));
			for (const id of found) if (id) ids.add(id);
			const isCitation =
				found.some((id) => id) ||
				names.every((name) => idLikePattern.test(name));
			return isCitation ? "" : mark;
		})
		.replaceAll(/\s+([.,;:!?…])/g, "$1")
		.replaceAll(/\s+/g, " ")
		.trim();
	return { plain, ids: [...ids] };
}

/** A number is told right or wrong; wrong ones halve what the words are worth. */
function sentenceSupport(words: Set<string>, there: Set<string>): number {
	const isWrong = [...words].some(
		(word) => /^\d[\d.,:]+$/.test(word) && !there.has(word),
	);
	return coverage(words, there) / (isWrong ? 2 : 1);
}

function withCitations(sentence: string, ids: string[]): string {
	const [, body = "", end = ""] = /^(.*?)([.!?…]*)$/s.exec(sentence) ?? [];
	return `${body} [${ids.join(", ")}]${end}`;
}

const maxSnippet = 240;

function bestPassage(words: Set<string>, item: QuotedItem | undefined): string {
	if (!item) return "";
	const [best = ""] = passagesOf(item)
		.map(
			(passage) => [passage, coverage(words, contentWords(passage))] as const,
		)
		.sort(([, one], [, other]) => other - one)
		.map(([passage]) => passage);
	return best.slice(0, maxSnippet).toWellFormed();
}

/** What an item says, in pieces that can be quoted: most telling first. */
export function passagesOf(item: QuotedItem): string[] {
	const { headline, summary, extractedText } = item;
	return [headline, ...splitSentences(summary), ...extractedText.split("\n")]
		.map((passage) => passage.trim())
		.filter((passage) => passage);
}

/** All that is known of an item. */
export function wholeText(item: QuotedItem): string {
	const { category, headline, summary, labels, extractedText } = item;
	return [category, headline, summary, labels, extractedText].join("\n");
}
