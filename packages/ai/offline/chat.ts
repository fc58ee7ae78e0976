import { noAnswer } from "#core/answer-question.ts";
import { ModelFailure } from "#core/errors.ts";
import type { Chat, ChatMessage, ChatRequest, ToolCall } from "#core/ports.ts";
import { type QuotedItem, readQuotedItems } from "#core/quoted-items.ts";
import { extract } from "./extract.ts";
import { type PlannedSearch, planSearches } from "./plan-searches.ts";

const model = "extractive-1";

/**
 * Talks without any model: searches for what is asked and for its parts, and answers with sentences of the items
 * found. The same conversation gets the same answer.
 */
export function offlineChat(): Chat {
	return {
		async answer(request) {
			if (request.model && request.model !== model) {
				throw unknownModel(request.model);
			}
			const { text, toolCalls } = reply(request);
			return {
				message: { role: "assistant", text, toolCalls },
				ended: toolCalls.length > 0 ? "tools" : "complete",
				provider: "offline",
				model,
				traceId: null,
				usage: {
					provider: "offline",
					model,
					inputTokens: 0,
					outputTokens: 0,
					costUsd: 0,
				},
			};
		},
	};
}

/** What is said next: a search that is still to be made, else the results. */
function reply({ messages, tools = [], toolChoice }: ChatRequest): {
	text: string;
	toolCalls: ToolCall[];
} {
	const turn = messages.slice(
		messages.findLastIndex(({ role }) => role === "user"),
	);
	const question = questionOf(turn[0]);
	const items = itemsIn(turn);
	const offered = (name: string) => tools.some((tool) => tool.name === name);
	if (offered("search_collection") && toolChoice !== "none") {
		const done = searchesIn(turn);
		const next = planSearches(question, done, items.length);
		if (next.length > 0) {
			return {
				text: "",
				toolCalls: next.map((input, at) => ({
					id: `offline_${messages.length}_${at}`,
					name: "search_collection",
					input: { ...input },
				})),
			};
		}
	}
	const answer = extract(question, items) || noAnswer;
	if (!offered("give_results")) return { text: answer, toolCalls: [] };
	const input = { items: items.map(({ ref }) => ref), answer };
	return {
		text: "",
		toolCalls: [
			{ id: `offline_${messages.length}`, name: "give_results", input },
		],
	};
}

/** What a person asks: quoted beside items, or all they said. */
function questionOf(message: ChatMessage | undefined): string {
	const text = message?.text ?? "";
	const [, quoted] = /^<question>(.*)<\/question>$/m.exec(text) ?? [];
	return quoted ? JSON.parse(quoted) : text;
}

/** Every item shown in this turn, those of the first search before those of later ones. */
function itemsIn(turn: ChatMessage[]): QuotedItem[] {
	const byRef = new Map<string, QuotedItem>();
	for (const { role, text } of turn) {
		if (role === "assistant" || role === "system") continue;
		for (const item of readQuotedItems(text)) byRef.set(item.ref, item);
	}
	return [...byRef.values()];
}

function searchesIn(turn: ChatMessage[]): PlannedSearch[] {
	const asked = turn.flatMap((message) =>
		message.role === "assistant" ? message.toolCalls : [],
	);
	const done = asked.map(({ input }) => input as unknown as PlannedSearch);
	// With a quoted question came what the first search found for it.
	const isFirstDone = /^<question>/.test(turn[0]?.text ?? "");
	return isFirstDone
		? [{ query: questionOf(turn[0]), mode: "both" }, ...done]
		: done;
}

function unknownModel(named: string): ModelFailure {
	return new ModelFailure(
		"model_not_found",
		`The provider offline has no model "${named}": name one as provider/model, leave it out, or change chatProvider in cdk.json.`,
	);
}
