import type { QuotedItem } from "#core/chat/quoted-items.ts";
import { analyzeQuestion } from "#text/question.ts";
import { answerFact } from "./answer-fact.ts";
import { describeWords } from "./describe-words.ts";

/** Answers a question with the fact that it asks for, and words to search for with sentences about them; else empty. */
export function extract(text: string, items: QuotedItem[]): string {
	const question = analyzeQuestion(text);
	return question ? answerFact(text, question, items) : describeWords(text, items);
}
