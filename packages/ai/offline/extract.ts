import { passagesOf, wholeText } from "#core/cited-answer.ts";
import type { QuotedItem } from "#core/quoted-items.ts";
import { contentWords, sentencesOf } from "#core/words.ts";

const mostSentences = 3;
/** An item that has less of the question than this share of what the best one has is not about it. */
const nearBest = 0.6;
const longestSentence = 300;

/**
 * Answers with the sentences of the items that have most of the question's words, each with its item's ref; empty
 * where no item has any of them. Words that few of the items have count more.
 */
export function extract(question: string, items: QuotedItem[]): string {
	const texts = items.map((item) => contentWords(wholeText(item)));
	const weights = new Map(
		[...contentWords(question)].map((word) => {
			const having = texts.filter((text) => text.has(word)).length;
			return [word, Math.log(1 + items.length / Math.max(1, having))];
		}),
	);
	const weigh = (words: Set<string>) =>
		[...weights].reduce(
			(sum, [word, weight]) => sum + (words.has(word) ? weight : 0),
			0,
		);
	const scored = items.map((item, at) => ({
		item,
		score: weigh(texts[at] ?? new Set()),
	}));
	const best = Math.max(0, ...scored.map(({ score }) => score));
	if (best === 0) return "";
	return scored
		.filter(({ score }) => score >= best * nearBest)
		.sort((one, other) => other.score - one.score)
		.slice(0, mostSentences)
		.flatMap(({ item }) => {
			const sentence = bestSentence(item, weigh);
			return sentence ? [`${sentence} [${item.ref}].`] : [];
		})
		.join("\n");
}

function bestSentence(
	item: QuotedItem,
	weigh: (words: Set<string>) => number,
): string {
	const [best] = passagesOf(item)
		.flatMap((passage) => sentencesOf(passage))
		.map((sentence) => sentence.replaceAll(/[[\]]/g, "").trim())
		.filter((sentence) => contentWords(sentence).size > 0)
		.map((sentence) => ({ sentence, score: weigh(contentWords(sentence)) }))
		.sort((one, other) => other.score - one.score);
	return (best?.sentence ?? "")
		.slice(0, longestSentence)
		.toWellFormed()
		.replace(/[.!?…\s]+$/, "");
}
