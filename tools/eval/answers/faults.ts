import type { Answer } from "#core/chat/answer-question.ts";
import { splitSentences } from "#text/sentences.ts";
import { hasFact } from "./facts.ts";
import type { AskedQuestion } from "./questions.ts";

const citation = /\s?\[[0-9a-f-]{36}(?:, [0-9a-f-]{36})*\]/g;

/** Returns what is wrong with an answer; nothing where it is right. */
export function faultsOf(
	{ facts, items }: AskedQuestion,
	{ text, citations }: Pick<Answer, "text" | "citations">,
	/** The set's id of an item. */
	datasetId: (itemId: string) => string,
): string[] {
	if (facts.length === 0) return text === null ? [] : ["answers what the collection does not say"];
	if (text === null) return ["has no answer"];
	const words = text.replaceAll(citation, "");
	const cited = new Set(citations.map(({ itemId }) => datasetId(itemId)));
	return [
		...facts.filter((forms) => !hasFact(words, forms)).map((forms) => `lacks ${forms.join(" or ")}`),
		...[...cited].filter((id) => !items.includes(id)).map((id) => `cites ${id}`),
		...splitSentences(text)
			.filter((sentence) => !sentence.match(citation))
			.map((sentence) => `cites nothing for "${sentence}"`),
	];
}
