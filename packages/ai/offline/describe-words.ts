import { passagesOf, wholeText } from "#core/chat/cited-answer.ts";
import type { QuotedItem } from "#core/chat/quoted-items.ts";
import { contentWords } from "#core/search/words.ts";
import { splitSentences } from "#text/sentences.ts";
import { cite } from "./cite.ts";

const maxSentences = 3;
/** An item with a smaller share of the question is not about it. */
const minQuestionShare = 0.5;
/** An item, or a sentence, with a smaller share of the best score adds nothing. */
const minShareOfBest = 0.6;

/**
 * Answers with the sentences of the items that have most of the words, each with its item's ref; empty where no item has
 * half of them. Words that few of the items have count more, those that none has most.
 */
export function describeWords(question: string, items: QuotedItem[]): string {
	const texts = items.map((item) => contentWords(wholeText(item)));
	const questionWords = contentWords(question);
	const weights = new Map(
		[...questionWords].map((word) => {
			const count = texts.filter((text) => text.has(word)).length;
			return [word, Math.log(1 + items.length / Math.max(1, count))];
		}),
	);
	const weigh = (words: Set<string>) =>
		[...weights].reduce((sum, [word, weight]) => sum + (words.has(word) ? weight : 0), 0);
	const scored = items
		.map((item, at) => ({ item, score: weigh(texts[at] ?? new Set()) }))
		.sort((a, b) => b.score - a.score);
	const best = scored[0]?.score ?? 0;
	if (best === 0 || best < weigh(questionWords) * minQuestionShare) return "";
	const sentences = scored
		.filter(({ score }) => score >= best * minShareOfBest)
		.slice(0, maxSentences)
		.map(({ item }) => ({ ref: item.ref, ...bestSentence(item, weigh) }));
	const bestScore = Math.max(...sentences.map(({ score }) => score));
	return sentences
		.filter(({ text, score }) => text && score >= bestScore * minShareOfBest)
		.map(({ text, ref }) => cite(text, ref))
		.join("\n");
}

const tagsOnly = /^(?:#\S+\s*)+$/;

function bestSentence(item: QuotedItem, weigh: (words: Set<string>) => number) {
	const [best] = passagesOf(item)
		.flatMap((passage) => splitSentences(passage))
		.filter((sentence) => !tagsOnly.test(sentence))
		.map((sentence) => ({
			text: sentence,
			score: weigh(contentWords(sentence)),
		}))
		.sort((a, b) => b.score - a.score);
	return best ?? { text: "", score: 0 };
}
