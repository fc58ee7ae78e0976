import { z } from "zod";
import {
	type Answer,
	answerRules,
	checked,
	nothingFound,
	questionAbout,
	unanswered,
	whyModelFailed,
} from "./answer-question.ts";
import type { ChatAnswer, ChatMessage, Hit, Ports, ToolCall } from "./ports.ts";
import { quoteRules, readQuotedItems } from "./quoted-items.ts";
import {
	type SearchLimits,
	type SeenItems,
	searchTools,
} from "./search-tools.ts";
import { defineTool, runTool, type ToolResult } from "./tools.ts";

export interface AgenticFound {
	/** What the agent chose, in its order. */
	hits: Hit[];
	notices: string[];
	answer: Answer;
	/** What was done, step by step, a sentence each. */
	reasoning: string[];
	/** Names, in the order of first use. */
	toolsUsed: string[];
	/** Milliseconds until the last search had its results. */
	retrievalMs: number;
}

const mostModelCalls = 4;
/** More tool calls in one answer of the model are refused. */
const mostToolCalls = 4;
/** With less time left a model is not asked again. */
const shortestCallMs = 2_000;
const mostOutputTokens = 3_000;

const instructions = `You find, among the images that a person keeps, those that their request is about. A first search for the whole request is already done. Search again only where that can find more: for the parts of a compound request, in other words, by other modes, in a category. When you know enough, call give_results; you may be asked ${mostModelCalls} times in all.

For the answer in give_results: ${answerRules}

${quoteRules}`;

const givenResults = z.strictObject({
	items: z
		.array(z.string().max(100))
		.max(200)
		.describe(
			"Refs of all items that fit, best first; empty where none does. Leave out what only shares a word.",
		),
	answer: z
		.string()
		.max(10_000)
		.describe("The answer, each sentence with its refs in brackets."),
});

/** What the agent ends with: its input is the outcome, and it is run only to say what is wrong with that. */
const giveResults = defineTool({
	name: "give_results",
	description:
		"Ends the search: gives the person the items their request is about, and a short answer.",
	input: givenResults,
	run: async () => "Given.",
});

/**
 * Finds items by a model that may search several times. It ends within four model calls and before the deadline;
 * when either runs out, or the model fails, the best that was found is the result, and the notices say so.
 * @throws AppError `model_gone` where the model does not exist
 */
export async function agenticSearch(
	ports: Pick<Ports, "search" | "embedder" | "analyses" | "items" | "chat">,
	userId: string,
	{
		question,
		model,
		deadline,
		...limits
	}: SearchLimits & {
		question: string;
		/** As `ChatRequest.model` says. */
		model?: string;
		deadline: Date;
	},
): Promise<AgenticFound> {
	const started = performance.now();
	const kit = searchTools(ports, userId, limits);
	const { seen } = kit;
	const first = await kit.search(question);
	let retrievalMs = performance.now() - started;
	const reasoning = [searched(question, "both", first.length)];
	const toolsUsed = new Set(["search_collection"]);
	const answers: ChatAnswer[] = [];
	const messages: ChatMessage[] = [
		{ role: "system", text: instructions },
		{
			role: "user",
			text: questionAbout(
				question,
				first.flatMap(({ itemId }) => seen.quoted.get(itemId) ?? []),
			),
		},
	];
	const tools = [...kit.tools, giveResults];
	let outcome: Outcome | null = null;
	let failure: string | null = null;

	while (!outcome && !failure) {
		if (answers.length >= mostModelCalls) {
			failure = `The agent was not done after ${mostModelCalls} model calls.`;
			break;
		}
		if (deadline.getTime() - Date.now() < shortestCallMs) {
			failure = outOfTime;
			break;
		}
		let answer: ChatAnswer;
		try {
			answer = await ports.chat.answer({
				messages,
				tools,
				model,
				mostOutputTokens,
				deadline,
			});
		} catch (error) {
			failure = whyModelFailed(error);
			break;
		}
		answers.push(answer);
		const { text, toolCalls } = answer.message;
		if (text.trim() && toolCalls.length > 0) reasoning.push(text.trim());
		for (const { name } of toolCalls) {
			if (tools.some((tool) => tool.name === name)) toolsUsed.add(name);
		}
		if (answer.ended === "refused") {
			failure = "The model refused to go on.";
			break;
		}
		outcome = outcomeOf(answer, seen);
		if (outcome) break;

		const results = await before(
			deadline,
			Promise.all(
				toolCalls.map((call, at) =>
					at < mostToolCalls ? runTool(tools, call) : tooMany(call),
				),
			),
		);
		if (!results) {
			failure = outOfTime;
			break;
		}
		reasoning.push(...toolCalls.map((call, at) => told(call, results[at])));
		const last = results.at(-1);
		if (last && answers.length === mostModelCalls - 1) {
			last.text += "\nNo search is left: call give_results now.";
		}
		messages.push(answer.message, ...results);
		retrievalMs = performance.now() - started;
	}

	const itemIds = outcome?.itemIds ?? fused(seen.searches);
	const notices = [...seen.notices];
	if (failure) {
		notices.push(`${failure} These are the best of what was found until then.`);
	} else if (outcome?.isInvented) {
		notices.push(
			"The agent named only items that no search found: these are the best of its searches.",
		);
	}
	return {
		hits: ranked(itemIds, seen).slice(0, limits.topK),
		notices,
		answer: answerOf(outcome?.written ?? null, failure, {
			question,
			seen,
			answers,
		}),
		reasoning,
		toolsUsed: [...toolsUsed],
		retrievalMs,
	};
}

const tooMany = ({ id }: ToolCall): ToolResult => ({
	role: "tool",
	callId: id,
	text: `Refused: at most ${mostToolCalls} tools at a time.`,
	failed: true,
});

const outOfTime = "The agent was not done when its time was over.";

interface Outcome {
	/** Best first, only what was seen. */
	itemIds: string[];
	/** The answer as the model wrote it. */
	written: string;
	/** None of the items that the model named was ever shown to it. */
	isInvented: boolean;
}

/** What the model ended with; null where it wants to go on. */
function outcomeOf(
	{ message: { text, toolCalls } }: ChatAnswer,
	seen: SeenItems,
): Outcome | null {
	if (toolCalls.length === 0) {
		return {
			itemIds: fused(seen.searches),
			written: text,
			isInvented: false,
		};
	}
	const given = toolCalls.find(({ name }) => name === giveResults.name);
	const { data } = givenResults.safeParse(given?.input);
	if (!data) return null;
	const itemIds = [
		...new Set(data.items.flatMap((ref) => seen.refs.idOf(ref) ?? [])),
	];
	const isInvented = data.items.length > 0 && itemIds.length === 0;
	return {
		itemIds: isInvented ? fused(seen.searches) : itemIds,
		written: data.answer,
		isInvented,
	};
}

/** As in a hybrid search. */
const rrfK = 15;

/** What all searches found, best first: an item's ranks count as in a hybrid search. */
function fused(searches: string[][]): string[] {
	const scores = new Map<string, number>();
	for (const found of searches) {
		for (const [at, itemId] of found.entries()) {
			const score = scores.get(itemId) ?? 0;
			scores.set(itemId, score + 1 / (rrfK + at + 1));
		}
	}
	return [...scores].sort(([, a], [, b]) => b - a).map(([itemId]) => itemId);
}

/** The hits in this order; their scores are those of the order, as in a hybrid search of one list. */
function ranked(itemIds: string[], { hits }: SeenItems): Hit[] {
	return itemIds
		.flatMap((itemId) => hits.get(itemId) ?? [])
		.map((hit, at) => ({ ...hit, score: 1 / (rrfK + at + 1) }));
}

function answerOf(
	written: string | null,
	failure: string | null,
	{
		question,
		seen,
		answers,
	}: { question: string; seen: SeenItems; answers: ChatAnswer[] },
): Answer {
	const last = answers.at(-1);
	const answer =
		seen.hits.size === 0
			? unanswered(failure ?? nothingFound)
			: written === null
				? unanswered(failure ?? nothingFound)
				: checked(written, { question, items: seen.quoted, refs: seen.refs });
	return {
		...answer,
		model: last ? `${last.provider}/${last.model}` : null,
		traceId: last?.traceId ?? null,
		usage: answers.map(({ usage }) => usage),
	};
}

/** A step for the person: what was asked, and what came of it. */
function told(call: ToolCall, result: ToolResult | undefined): string {
	if (result?.failed) {
		return `${call.name} was refused: ${result.text.slice(0, 300)}`;
	}
	const found = result ? readQuotedItems(result.text).length : 0;
	const { query, mode = "both", item } = call.input ?? {};
	return call.name === "search_collection"
		? searched(String(query), String(mode), found)
		: `Read item ${String(item)}.`;
}

function searched(query: string, mode: string, found: number): string {
	const how = mode === "both" ? "words and meaning" : mode;
	return `Searched by ${how} for ${JSON.stringify(query)}: ${found} found.`;
}

/** What is there before the deadline; null where that passes first. */
async function before<T>(deadline: Date, work: Promise<T>): Promise<T | null> {
	const { promise: timeout, resolve } = Promise.withResolvers<null>();
	const timer = setTimeout(
		() => resolve(null),
		Math.max(0, deadline.getTime() - Date.now()),
	);
	work.catch(() => {}); // nobody listens after the deadline
	try {
		return await Promise.race([work, timeout]);
	} finally {
		clearTimeout(timer);
	}
}
