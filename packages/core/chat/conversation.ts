import type { TokenUsage } from "../items/analysis.ts";
import type { ItemRefs } from "../items/item-refs.ts";
import type { ChatMessage, ToolCall } from "../ports/chat.ts";
import type { Hit, SearchLimits } from "../ports/search.ts";
import type { SessionMessage } from "../ports/sessions.ts";

export interface TurnInput {
	/** The turn's number in its session, from 1. */
	number: number;
	question: string;
	limits: SearchLimits;
}

/** The state of a conversation between two steps: JSON of bounded size. The session's history has the whole text. */
export interface Conversation {
	/** Earlier turns as question and answer, then the turn under way with its tool calls and results. */
	messages: ChatMessage[];
	/** Summarizes the turns that no longer fit `messages`. */
	summary: string;
	/** The items of the last answer, in its order: "the second one" is one of these. */
	shown: Hit[];
	/** The items that the model may cite; the latest seen come last. */
	known: Hit[];
	turn: Turn;
}

/** Counts and records what an agent did so far in one turn. */
export interface AgentTurn {
	modelCalls: number;
	toolCalls: number;
	/** Names, in the order of first use. */
	toolsUsed: string[];
	/** One sentence a step, for the person. */
	reasoning: string[];
	/** The provider's id of the last call. */
	traceId: string | null;
	/** One entry for each call that was answered. */
	usage: TokenUsage[];
}

export interface Turn extends TurnInput, AgentTurn {
	/** The item ids of each search, best first. */
	searches: string[][];
	notices: string[];
	/** Null while the turn is under way. */
	answer: { text: string; items: Hit[]; unnamedItems: string[] } | null;
}

export const maxTurns = 8;
/** Characters of the earlier turns: 4,000 tokens. */
const maxCharacters = 16_000;
/** Characters of a question or an answer: one long answer must not push everything else out. */
const maxTextLength = 2_000;
const maxKnownItems = 40;

const noAnswerYet = "I could not answer that.";

/** A question and its answer, without the tool calls between them. */
export interface Exchange {
	question: string;
	answer: string;
}

/**
 * Begins a turn: keeps the questions and answers of earlier turns, without their tool calls. Where they are too many
 * or too long, the older half is returned as `dropped`, to be summarized. A turn that broke off gets an answer, so
 * that no tool call stays without its result; its question is left out where it is asked again.
 */
export function beginTurn(
	earlier: Partial<Conversation>,
	input: TurnInput,
): { conversation: Conversation; dropped: Exchange[] } {
	const isRetried = ({ question, answer }: Exchange) => answer === noAnswerYet && question === truncate(input.question);
	const exchanges = exchangesIn(earlier.messages ?? []).filter((exchange) => !isRetried(exchange));
	const isLong = exchanges.length > maxTurns || lengthOf(exchanges) > maxCharacters;
	const recent = isLong ? exchanges.slice(-maxTurns / 2) : exchanges;
	return {
		dropped: exchanges.slice(0, exchanges.length - recent.length),
		conversation: {
			messages: [
				...recent.flatMap(({ question, answer }): ChatMessage[] => [
					{ role: "user", text: question },
					{ role: "assistant", text: answer, toolCalls: [] },
				]),
				{ role: "user", text: input.question },
			],
			summary: earlier.summary ?? "",
			shown: earlier.shown ?? [],
			known: earlier.known ?? [],
			turn: {
				...input,
				modelCalls: 0,
				toolCalls: 0,
				searches: [],
				notices: [],
				toolsUsed: [],
				reasoning: [],
				traceId: null,
				usage: [],
				answer: null,
			},
		},
	};
}

/** Builds from the history what a turn needs of earlier ones. The model reads short refs in place of item ids. */
export function conversationFrom(history: SessionMessage[], refs: ItemRefs): Partial<Conversation> {
	const conversation = { messages: [] as ChatMessage[], summary: "", shown: [] as Hit[], known: [] as Hit[] };
	for (const { role, text, items } of history) {
		const existing = items.filter(({ deleted }) => !deleted);
		conversation.shown = nextShown(conversation.shown, existing);
		conversation.known = mergeKnown(conversation.known, existing);
		const withRefs = withRefsOf(existing, text, refs);
		conversation.messages.push(role === "user" ? { role, text } : { role, text: withRefs, toolCalls: [] });
	}
	return conversation;
}

export const withRefsOf = (items: Hit[], text: string, refs: ItemRefs): string =>
	items.reduce((all, { itemId }) => all.replaceAll(itemId, refs.refFor(itemId)), text);

function exchangesIn(messages: ChatMessage[]): Exchange[] {
	const exchanges: Exchange[] = [];
	for (const message of messages) {
		const last = exchanges.at(-1);
		if (message.role === "user") {
			exchanges.push({
				question: truncate(message.text),
				answer: noAnswerYet,
			});
		} else if (last && message.role === "assistant" && message.toolCalls.length === 0) {
			last.answer = truncate(message.text);
		}
	}
	return exchanges;
}

const lengthOf = (exchanges: Exchange[]) =>
	exchanges.reduce((sum, { question, answer }) => sum + question.length + answer.length, 0);

const truncate = (text: string) =>
	text.length <= maxTextLength ? text : `${text.slice(0, maxTextLength).toWellFormed()}…`;

/** Returns the tool calls of the last message, which have no result yet. */
export function pendingToolCalls({ messages }: Pick<Conversation, "messages">): ToolCall[] {
	const last = messages.at(-1);
	return last?.role === "assistant" ? last.toolCalls : [];
}

/** Adds the items just seen to those that the model may cite, and drops the oldest beyond the limit. */
export function mergeKnown(known: Hit[], seen: Iterable<Hit>): Hit[] {
	const byId = new Map(known.map((hit) => [hit.itemId, hit]));
	for (const hit of seen) {
		byId.delete(hit.itemId);
		byId.set(hit.itemId, hit);
	}
	return [...byId.values()].slice(-maxKnownItems);
}

/**
 * Returns the list that "the second one" counts in: the items of the new answer. An answer without items, or about
 * one item of the previous list, keeps the previous list.
 */
export function nextShown(previous: Hit[], items: Hit[]): Hit[] {
	const [first, ...rest] = items;
	if (!first) return previous;
	const wasShown = previous.some(({ itemId }) => itemId === first.itemId);
	return rest.length === 0 && wasShown ? previous : items;
}

const maxSummaryLength = 2_000;

/** Summarizes exchanges without a model: the beginning of each text, the latest last, as far as there is room. */
export function digestExchanges(summary: string, dropped: Exchange[]): string {
	const lines = dropped.map(
		({ question, answer }) => `Asked: ${question.slice(0, 200)} Answered: ${answer.slice(0, 200)}`,
	);
	return [summary, ...lines].join("\n").slice(-maxSummaryLength).toWellFormed().trim();
}
