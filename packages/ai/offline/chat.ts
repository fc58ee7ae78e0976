import { noAnswer } from "#core/chat/answer-question.ts";
import { readShown } from "#core/chat/conversation-prompt.ts";
import { type QuotedItem, readQuotedItems } from "#core/chat/quoted-items.ts";
import { ModelFailure } from "#core/errors.ts";
import type { Chat, ChatMessage, ChatRequest, ToolCall } from "#core/ports/index.ts";
import { extract } from "./extract.ts";
import { type PlannedSearch, planSearches, withoutFraming } from "./plan-searches.ts";
import { describeItem, listItems, type Reference, referBack } from "./refer-back.ts";

const model = "extractive-1";

/**
 * Returns a chat without any model: it searches for the question and for its parts, and answers with sentences of
 * the items found. The same conversation gets the same answer.
 */
export function offlineChat(): Chat {
	return {
		async answer(request) {
			if (request.model && request.model !== model) {
				throw new ModelFailure("model_gone", `The provider offline has no model "${request.model}".`);
			}
			const { text, toolCalls } = reply(request);
			return {
				message: { role: "assistant", text, toolCalls },
				stopReason: toolCalls.length > 0 ? "tools" : "complete",
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

/** Returns the next message: a search that is still to be made, else the results. */
function reply({ messages, tools = [], toolChoice }: ChatRequest): {
	text: string;
	toolCalls: ToolCall[];
} {
	const turn = messages.slice(messages.findLastIndex(({ role }) => role === "user"));
	const { question: message, shown } = readShown(turn[0]?.text ?? "");
	const question = questionOf(message);
	const items = itemsIn(turn);
	const hasTool = (name: string) => tools.some((tool) => tool.name === name);
	const mayCall = toolChoice !== "none";
	if (hasTool("get_item")) {
		const before = messages.slice(0, messages.length - turn.length);
		const reference = referBack(question, shown, refsIn(before.at(-1)?.text));
		if (reference) {
			const id = `offline_${messages.length}`;
			return toReference(reference, items, mayCall ? id : null);
		}
	}
	if (hasTool("search_collection") && mayCall) {
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
	const answer =
		extract(question, items) || (hasTool("get_item") && extract(withoutFraming(question), items)) || noAnswer;
	if (!hasTool("give_results")) return { text: answer, toolCalls: [] };
	const input = { items: items.map(({ ref }) => ref), answer };
	return {
		text: "",
		toolCalls: [{ id: `offline_${messages.length}`, name: "give_results", input }],
	};
}

const refsIn = (text = "") => [...text.matchAll(/\[([^[\]]+)\]/g)].flatMap(([, refs = ""]) => refs.split(/[\s,]+/));

/** Answers about items that were shown before: about a single one after reading it in full. */
function toReference(
	reference: Reference,
	read: QuotedItem[],
	/** For a call of a tool; null if none may be made. */
	id: string | null,
): { text: string; toolCalls: ToolCall[] } {
	if ("problem" in reference) return { text: reference.problem, toolCalls: [] };
	if ("items" in reference) {
		return { text: listItems(reference.items), toolCalls: [] };
	}
	const { item: shownItem, request } = reference;
	const whole = read.find(({ ref }) => ref === shownItem.ref);
	if (!whole && id) {
		const input = { item: shownItem.ref };
		return { text: "", toolCalls: [{ id, name: "get_item", input }] };
	}
	const item = whole ?? shownItem;
	const text = request
		? extract(request, [item]) || `I read nothing about ${JSON.stringify(request)} in that item.`
		: describeItem(item);
	return { text, toolCalls: [] };
}

/** Returns the question that stands quoted beside items, or the whole message. */
function questionOf(text: string): string {
	const [, quoted] = /^<question>(.*)<\/question>$/m.exec(text) ?? [];
	return quoted ? JSON.parse(quoted) : text;
}

/** Returns every item shown in this turn, those of the first search before those of later ones. */
function itemsIn(turn: ChatMessage[]): QuotedItem[] {
	const byRef = new Map<string, QuotedItem>();
	for (const { role, text } of turn) {
		if (role === "assistant" || role === "system") continue;
		const itemsText = role === "user" ? readShown(text).question : text;
		for (const item of readQuotedItems(itemsText)) byRef.set(item.ref, item);
	}
	return [...byRef.values()];
}

function searchesIn(turn: ChatMessage[]): PlannedSearch[] {
	const calls = turn.flatMap((message) => (message.role === "assistant" ? message.toolCalls : []));
	const done = calls.map(({ input }) => input as unknown as PlannedSearch);
	// With a quoted question came what the first search found for it.
	const isFirstDone = /^<question>/.test(turn[0]?.text ?? "");
	return isFirstDone ? [{ query: questionOf(turn[0]?.text ?? ""), mode: "both" }, ...done] : done;
}
