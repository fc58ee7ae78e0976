import type { TokenUsage } from "../items/analysis.ts";
import type { ChatMessage, ToolCall } from "../ports/chat.ts";
import type { Hit, SearchLimits } from "../ports/search.ts";

/** What a person asks of one turn. */
export interface TurnInput {
	/** Of the turn, from 1. */
	number: number;
	question: string;
	limits: SearchLimits;
}

/**
 * What a conversation remembers between steps: a window of bounded size, all of it JSON. The whole of what was said
 * is in the session's history.
 */
export interface Conversation {
	/** Earlier turns as question and answer, then the turn under way with its tool calls and results. */
	messages: ChatMessage[];
	/** What was said before the window. */
	summary: string;
	/** The items of the last answer, in the order in which it showed them: "the second one" is one of these. */
	shown: Hit[];
	/** Items that the model may still speak of; those it saw last come last. */
	known: Hit[];
	turn: Turn;
}

/** One turn, as far as it has come. */
export interface Turn extends TurnInput {
	modelCalls: number;
	toolCalls: number;
	/** The ids that each search found, best first. */
	searches: string[][];
	notices: string[];
	toolsUsed: string[];
	reasoning: string[];
	traceId: string | null;
	usage: TokenUsage[];
	/** What the person is answered; null while the turn is under way. */
	answer: { text: string; items: Hit[] } | null;
}

/** Turns that a window keeps word for word. */
const maxTurns = 8;
/** Characters of a window's earlier turns: 4,000 tokens. */
const maxCharacters = 16_000;
/** One long answer must not push everything else out. */
const maxExchangeLength = 2_000;
const maxKnown = 40;

const unanswered = "I could not answer that.";

/** A question and its answer, without what was done between them. */
export interface Exchange {
	question: string;
	answer: string;
}

/**
 * Begins a turn. What earlier turns searched and read is forgotten, their questions and answers are kept; where these
 * are too many, the older half is `dropped`, for the summary. A turn that broke off is closed: no tool call stays
 * without its result.
 */
export function beginTurn(
	before: Partial<Conversation>,
	asked: TurnInput,
): { conversation: Conversation; dropped: Exchange[] } {
	const exchanges = exchangesIn(before.messages ?? []);
	const isLong =
		exchanges.length > maxTurns || lengthOf(exchanges) > maxCharacters;
	const kept = isLong ? exchanges.slice(-maxTurns / 2) : exchanges;
	return {
		dropped: exchanges.slice(0, exchanges.length - kept.length),
		conversation: {
			messages: [
				...kept.flatMap(({ question, answer }): ChatMessage[] => [
					{ role: "user", text: question },
					{ role: "assistant", text: answer, toolCalls: [] },
				]),
				{ role: "user", text: asked.question },
			],
			summary: before.summary ?? "",
			shown: before.shown ?? [],
			known: before.known ?? [],
			turn: {
				...asked,
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

function exchangesIn(messages: ChatMessage[]): Exchange[] {
	const exchanges: Exchange[] = [];
	for (const message of messages) {
		const last = exchanges.at(-1);
		if (message.role === "user") {
			exchanges.push({
				question: truncate(message.text),
				answer: unanswered,
			});
		} else if (
			last &&
			message.role === "assistant" &&
			message.toolCalls.length === 0
		) {
			last.answer = truncate(message.text);
		}
	}
	return exchanges;
}

const lengthOf = (exchanges: Exchange[]) =>
	exchanges.reduce(
		(sum, { question, answer }) => sum + question.length + answer.length,
		0,
	);

const truncate = (text: string) =>
	text.length <= maxExchangeLength
		? text
		: `${text.slice(0, maxExchangeLength).toWellFormed()}…`;

/** What a model asked for in the last message and was not given yet. */
export function pendingToolCalls({ messages }: Conversation): ToolCall[] {
	const last = messages.at(-1);
	return last?.role === "assistant" ? last.toolCalls : [];
}

/** The items a model may speak of, with those it has just seen. */
export function mergeKnown(known: Hit[], seen: Iterable<Hit>): Hit[] {
	const byId = new Map(known.map((hit) => [hit.itemId, hit]));
	for (const hit of seen) {
		byId.delete(hit.itemId);
		byId.set(hit.itemId, hit);
	}
	return [...byId.values()].slice(-maxKnown);
}

/**
 * The list that "the second one" counts in: that of the last answer, unless that spoke of none, or of one item of the
 * list before.
 */
export function nextShown(before: Hit[], items: Hit[]): Hit[] {
	const [first, ...others] = items;
	if (!first) return before;
	const isOfBefore = before.some(({ itemId }) => itemId === first.itemId);
	return others.length === 0 && isOfBefore ? before : items;
}

const maxSummary = 2_000;

/** The summary where no model writes one: what was asked, the latest last, as far as there is room. */
export function digestExchanges(summary: string, dropped: Exchange[]): string {
	const lines = dropped.map(
		({ question, answer }) =>
			`Asked: ${question.slice(0, 200)} Answered: ${answer.slice(0, 200)}`,
	);
	return [summary, ...lines]
		.join("\n")
		.slice(-maxSummary)
		.toWellFormed()
		.trim();
}
