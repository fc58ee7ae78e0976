import type { Hit } from "../ports/index.ts";
import { fuseSearches } from "../search/agent-results.ts";
import type { SeenItems } from "../search/search-tools.ts";
import { answerEmpty, noAnswer, nothingFound, verifyCitations } from "./answer-question.ts";
import { uncitedItems } from "./cited-answer.ts";
import { type Conversation, mergeKnown, nextShown, type Turn, withRefsOf } from "./conversation.ts";

/** The changes by which a turn ends. */
type Conclusion = Pick<Conversation, "messages" | "shown" | "known" | "turn">;

/** Ends the turn with the given text and the items it shows. The model reads short refs in place of item ids. */
export function conclude(
	conversation: Conversation,
	turn: Turn,
	seen: SeenItems,
	{
		text,
		items = [],
		unnamedItems = [],
		notices = [],
	}: { text: string; items?: Hit[]; unnamedItems?: string[]; notices?: string[] },
): Conclusion {
	const fullText = [text, ...turn.notices, ...notices].join("\n\n");
	const withRefs = withRefsOf(items, fullText, seen.refs);
	return {
		messages: [...conversation.messages, { role: "assistant", text: withRefs, toolCalls: [] }],
		shown: nextShown(conversation.shown, items),
		known: mergeKnown(conversation.known, items),
		turn: { ...turn, answer: { text: fullText, items, unnamedItems } },
	};
}

/** Ends the turn with the model's text, without the sentences that no item supports. */
export function concludeWithAnswer(
	conversation: Conversation,
	turn: Turn,
	seen: SeenItems,
	{ text, isCutOff }: { text: string; isCutOff: boolean },
): Conclusion {
	const answer = verifyCitations(text, {
		question: turn.question,
		items: seen.quoted,
		refs: seen.refs,
		totals: seen.totals,
	});
	const notices = isCutOff ? ["The answer was too long and ends early."] : [];
	const end = (ending: Parameters<typeof conclude>[3]) => conclude(conversation, turn, seen, ending);
	const citesItems = answer.citations.length > 0 || /\[[^\]]*\]/.test(text);
	if (answer.text && citesItems) {
		const cited = [...new Set(answer.citations.map(({ itemId }) => itemId))];
		const items = cited.flatMap((itemId) => seen.hits.get(itemId) ?? []);
		const unnamedItems = uncitedItems(answer.counts.join("\n"), seen.quoted);
		return end({ text: answer.text, items, unnamedItems, notices });
	}
	const foundItems = turn.searches.flat().length > 0;
	if (text.includes(noAnswer)) {
		const reason = (foundItems && answer.reason) || nothingFound;
		return end({ text: reason, notices });
	}
	// A greeting, a question back or "nothing fits" cites no item, and so needs none to support it.
	if (text.trim() && !citesItems) {
		return end({ text: text.trim(), unnamedItems: uncitedItems(text, seen.quoted), notices });
	}
	if (foundItems) {
		return concludeWithBest(
			conversation,
			turn,
			seen,
			"The model's answer was not supported by any item, so it was dropped",
		);
	}
	return end({ text: answer.reason ?? answerEmpty });
}

/** Ends the turn with the best items of its searches, and the reason why there is no more. */
export function concludeWithBest(conversation: Conversation, turn: Turn, seen: SeenItems, reason: string): Conclusion {
	const items = fuseSearches(turn.searches)
		.slice(0, turn.limits.topK)
		.flatMap((itemId) => seen.hits.get(itemId) ?? []);
	const lines = items.map(({ headline, itemId }) => `- ${headline.replaceAll(/[[\]\s]+/g, " ").trim()} [${itemId}]`);
	const text =
		items.length > 0
			? `${reason}. The best of what I found until then:\n${lines.join("\n")}`
			: `${reason}, and had found nothing until then.`;
	return conclude(conversation, turn, seen, { text, items });
}
