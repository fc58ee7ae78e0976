import { noAnswer } from "#core/chat/answer-question.ts";
import { readShown } from "#core/chat/conversation-prompt.ts";
import { type QuotedItem, readQuotedItems } from "#core/chat/quoted-items.ts";
import { ModelFailure } from "#core/errors.ts";
import { todayIn } from "#core/people/about-person.ts";
import type { Chat, ChatMessage, ChatRequest, ToolCall } from "#core/ports/index.ts";
import { asksForVerdicts, noVerdicts } from "#core/verification/ask-model.ts";
import { converse, fulfil } from "./converse.ts";
import { extract } from "./extract.ts";
import { itemRequest } from "./item-request.ts";
import { type PlannedSearch, planSearches } from "./plan-searches.ts";

const model = "extractive-1";

/**
 * Returns a chat without any model: it searches for the question and for its parts, and answers with lines of the items
 * found. The same conversation gets the same answer.
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

interface Reply {
	text: string;
	toolCalls: ToolCall[];
}

/** Returns the next message: of a conversation, of an agent that searches, or the answer to one question. */
function reply({ messages, tools = [], toolChoice }: ChatRequest): Reply {
	// Code has compared everything that this chat could.
	if (asksForVerdicts(messages)) return { text: noVerdicts, toolCalls: [] };
	const at = messages.findLastIndex(({ role }) => role === "user");
	const [before, turn] = [messages.slice(0, at), messages.slice(at)];
	const hasTool = (name: string) => tools.some((tool) => tool.name === name);
	const mayCall = toolChoice !== "none";
	if (hasTool("list_items") && !hasTool("give_results")) return talk(before, turn, mayCall);
	const question = questionOf(turn[0]?.text ?? "");
	const request = hasTool("list_items") && mayCall ? itemRequest(question, todayOf(before)) : null;
	if (request) {
		const next = fulfil(request, turn.slice(1));
		if ("calls" in next) return calling(messages, next.calls);
		return calling(messages, [{ name: "give_results", input: { items: refsIn(next.text), answer: next.text } }]);
	}
	const items = itemsIn(turn);
	if (hasTool("search_collection") && mayCall) {
		const next = planSearches(question, searchesIn(turn), items.length);
		if (next.length > 0) {
			return calling(
				messages,
				next.map((input) => ({ name: "search_collection", input: { ...input } })),
			);
		}
	}
	const answer = extract(question, items) || noAnswer;
	if (!hasTool("give_results")) return { text: answer, toolCalls: [] };
	return calling(messages, [{ name: "give_results", input: { items: items.map(({ ref }) => ref), answer } }]);
}

function talk(before: ChatMessage[], turn: ChatMessage[], mayCall: boolean): Reply {
	const { question: message, shown } = readShown(turn[0]?.text ?? "");
	const next = converse({
		message,
		shown,
		cited: refsIn(before.findLast(({ role }) => role === "assistant")?.text),
		earlier: before.flatMap(({ role, text }) => (role === "user" ? [text] : [])),
		turn: turn.slice(1),
		now: todayOf(before),
	});
	if ("text" in next) return { text: next.text, toolCalls: [] };
	return mayCall ? calling([...before, ...turn], next.calls) : { text: noAnswer, toolCalls: [] };
}

const calling = (messages: ChatMessage[], calls: Omit<ToolCall, "id">[]): Reply => ({
	text: "",
	toolCalls: calls.map((call, at) => ({ id: `offline_${messages.length}_${at}`, ...call })),
});

/** Today, where the person is. */
const todayOf = ([first]: ChatMessage[]): Date => (first?.role === "system" ? todayIn(first.text) : null) ?? new Date();

const refsIn = (text = "") => [...text.matchAll(/\[([^[\]]+)\]/g)].flatMap(([, refs = ""]) => refs.split(/[\s,]+/));

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
		for (const item of readQuotedItems(text)) byRef.set(item.ref, item);
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
