import { noAnswer } from "#core/chat/answer-question.ts";
import { readQuotedItems } from "#core/chat/quoted-items.ts";
import type { Chat } from "#core/ports/index.ts";
import { hasFact } from "./facts.ts";
import type { AskedQuestion } from "./questions.ts";

/**
 * Creates a chat that answers as its instructions say, with the line of a quoted item that has the fact, and knows nothing
 * else: what it cannot answer, no model could from the same prompt.
 */
export function obedientChat({ facts }: AskedQuestion): Chat {
	return {
		async answer({ messages }) {
			const items = readQuotedItems(messages.at(-1)?.text ?? "");
			const sentences = facts.map((forms) => {
				for (const { ref, extractedText, summary, headline } of items) {
					const line = [...extractedText.split("\n"), summary, headline].find((text) => hasFact(text, forms));
					if (line !== undefined) return `${line.replaceAll(/[[\]]/g, "").replace(/\.$/, "")} [${ref}].`;
				}
				return null;
			});
			const isComplete = sentences.length > 0 && !sentences.includes(null);
			return {
				message: { role: "assistant", text: isComplete ? sentences.join(" ") : noAnswer, toolCalls: [] },
				stopReason: "complete",
				provider: "stub",
				model: "obedient",
				traceId: null,
				usage: { provider: "stub", model: "obedient", inputTokens: 0, outputTokens: 0, costUsd: 0 },
			};
		},
	};
}
