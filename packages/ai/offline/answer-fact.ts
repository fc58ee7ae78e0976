import { wholeText } from "#core/chat/cited-answer.ts";
import type { QuotedItem } from "#core/chat/quoted-items.ts";
import { lexemesIn } from "#text/document.ts";
import { analyzeQuestion, type Question } from "#text/question.ts";
import { type AskedWord, askedWords, attributeOf, similarityIn, weigher } from "./asked-words.ts";
import { bestPassages, escapeRegExp } from "./best-passages.ts";
import { cite } from "./cite.ts";
import { describeWords } from "./describe-words.ts";

/** An item with a smaller share of what is asked about is about something else. */
const minShare = 0.78;
/** Japanese words are compared by pairs of characters, also by those of two words. */
const minShareOfPairs = 0.6;
/** How much the headline tells of what an item is about, and its place among the items found. */
const headlineWeight = 0.5;
const rankWeight = 0.05;
/** From Oslo to Rome is not from Rome to Oslo. */
const orderWeight = 1;
/** Items that are as good as the best. */
const maxItems = 2;
const tie = 0.08;

/**
 * Answers a question with the passage of an item that has the kind of fact it asks for, near the words it asks about;
 * empty where no item is about all of these, or none has such a fact.
 *
 * @param items best first
 */
export function answerFact(text: string, question: Question, items: QuotedItem[]): string {
	const asked = askedWords(text, question);
	const needed = asked.filter(({ isOptional }) => !isOptional);
	const subjects = needed.length > 0 ? needed : asked;
	if (subjects.length === 0) return "";
	const attribute = attributeOf(text, question, asked);
	const texts = items.map((item) => lexemesIn(wholeText(item)));
	const weights = new Map(asked.map((word) => [word, weightOf(word, texts)]));
	const subjectShare = weigher(subjects, weights);
	const askedShare = weigher(asked, weights);
	const identifiers = subjects.filter(({ word }) => question.kind === "yes_no" && /\p{N}/u.test(word));
	const isAbout = (text: ReadonlySet<string>) =>
		// The number of a claim tells which it is, whatever became of it.
		(identifiers.length > 0 && identifiers.every((word) => similarityIn(word, text) > 0)) ||
		(subjectShare(text) >= (question.language === "ja" ? minShareOfPairs : minShare) &&
			subjects.every((word) => (!word.isName && !attribute.includes(word)) || similarityIn(word, text) > 0));
	const candidates = items
		.map((item, rank) => ({ item, rank, text: texts[rank] ?? new Set<string>() }))
		.filter(({ text }) => isAbout(text))
		.flatMap(({ item, rank, text }) => {
			const known = attribute.filter((word) => similarityIn(word, text) > 0);
			const passages = bestPassages(item, { kind: question.kind, asked, attribute: known, weights });
			const [best] = passages;
			if (!best) return [];
			const about =
				askedShare(text) +
				askedShare(lexemesIn(item.headline)) * headlineWeight +
				orderShare(wholeText(item), subjects) * orderWeight -
				rank * rankWeight;
			return [{ item, passages, score: about + best.score }];
		})
		.sort((a, b) => b.score - a.score);
	const best = candidates[0]?.score ?? 0;
	return candidates
		.filter(({ score }) => score >= best - tie)
		.slice(0, maxItems)
		.flatMap(({ item, passages }) => passages.map(({ text }) => cite(text, item.ref)))
		.join("\n");
}

/** Answers a question about one item with its line that has the fact, or says that it has none. */
export function answerAbout(text: string, item: QuotedItem): string {
	const question = analyzeQuestion(text);
	const lexemes = lexemesIn(wholeText(item));
	const asked = question ? askedWords(text, question) : [];
	const needed = asked.filter(({ isOptional }) => !isOptional);
	const isKnown = needed.length === 0 || needed.some((word) => similarityIn(word, lexemes) > 0);
	if (question && isKnown) {
		const attribute = attributeOf(text, question, asked).filter((word) => similarityIn(word, lexemes) > 0);
		const weights = new Map(asked.map((word) => [word, 1]));
		const passages = bestPassages(item, { kind: question.kind, asked, attribute, weights, isGiven: true });
		if (passages.length > 0) return passages.map(({ text }) => cite(text, item.ref)).join("\n");
	}
	return (!question && describeWords(text, [item])) || "I read nothing about that in this item.";
}

/** Words that few of the items have tell more, those that none has most. */
function weightOf(word: AskedWord, texts: ReadonlySet<string>[]): number {
	const count = texts.filter((text) => similarityIn(word, text) > 0).length;
	return Math.log(1 + texts.length / Math.max(1, count));
}

/** Returns the share of the neighbours among the asked words that follow each other closely in a text, too. */
function orderShare(text: string, asked: AskedWord[]): number {
	const pairs = asked.slice(1).map((word, at) => [asked[at]?.word ?? "", word.word] as const);
	const found = pairs.filter(([before, after]) =>
		new RegExp(`${escapeRegExp(before)}[^\\n]{0,12}?${escapeRegExp(after)}`, "iu").test(text),
	);
	return found.length / (pairs.length || 1);
}
