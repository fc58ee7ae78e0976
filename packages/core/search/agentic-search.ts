import { beforeDeadline } from "../before-deadline.ts";
import {
	type Answer,
	answerRules,
	modelFailureReason,
	nothingFound,
	questionPrompt,
	unanswered,
	verifyCitations,
} from "../chat/answer-question.ts";
import { quoteRules, readQuotedItems } from "../chat/quoted-items.ts";
import { runTool, type ToolResult } from "../chat/tools.ts";
import type {
	ChatAnswer,
	ChatMessage,
	Hit,
	Ports,
	SearchLimits,
	ToolCall,
} from "../ports/index.ts";
import {
	fuseSearches,
	giveResults,
	rankHits,
	readOutcome,
	type ToolOutcome,
} from "./agent-results.ts";
import { type SeenItems, searchTools } from "./search-tools.ts";

export interface AgenticSearchResult {
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

const maxModelCalls = 4;
/** More tool calls in one answer of the model are refused. */
const maxToolCalls = 4;
/** With less time left a model is not asked again. */
const minCallMs = 2_000;
const maxOutputTokens = 3_000;

const instructions = `You find, among the images that a person keeps, those that their request is about. A first search for the whole request is already done. Search again only where that can find more: for the parts of a compound request, in other words, by other modes, in a category. When you know enough, call give_results; you may be asked ${maxModelCalls} times in all.

For the answer in give_results: ${answerRules}

${quoteRules}`;

/**
 * Finds items by a model that may search several times. It ends within four model calls and before the deadline;
 * when either runs out, or the model fails, the best that was found is the result, and the notices say so.
 * @throws AppError `model_gone` where the model does not exist
 */
export async function agenticSearch(
	ports: Pick<
		Ports,
		"search" | "embedder" | "vectorIndex" | "analyses" | "items" | "chat"
	>,
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
): Promise<AgenticSearchResult> {
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
			text: questionPrompt(
				question,
				first.flatMap(({ itemId }) => seen.quoted.get(itemId) ?? []),
			),
		},
	];
	const tools = [...kit.tools, giveResults];

	/** Asks the model once and does what it asks for. Null where it wants to go on; text is why it cannot. */
	async function step(): Promise<ToolOutcome | string | null> {
		if (answers.length >= maxModelCalls) {
			return `The agent was not done after ${maxModelCalls} model calls.`;
		}
		if (deadline.getTime() - Date.now() < minCallMs) return outOfTime;
		const answer = await ports.chat
			.answer({ messages, tools, model, maxOutputTokens, deadline })
			.catch(modelFailureReason);
		if (typeof answer === "string") return answer;
		answers.push(answer);
		if (answer.stopReason === "refused") return "The model refused to go on.";
		const { text, toolCalls } = answer.message;
		if (text.trim() && toolCalls.length > 0) reasoning.push(text.trim());
		for (const { name } of toolCalls) {
			if (tools.some((tool) => tool.name === name)) toolsUsed.add(name);
		}
		const outcome = readOutcome(answer, seen);
		if (outcome) return outcome;

		const running = toolCalls.map((call, at) =>
			at < maxToolCalls ? runTool(tools, call) : tooMany(call),
		);
		const results = await beforeDeadline(deadline, Promise.all(running));
		if (!results) return outOfTime;
		retrievalMs = performance.now() - started;
		reasoning.push(
			...toolCalls.map((call, at) => toolSummary(call, results[at])),
		);
		const last = results.at(-1);
		if (last && answers.length === maxModelCalls - 1) {
			last.text += "\nNo search is left: call give_results now.";
		}
		messages.push(answer.message, ...results);
		return null;
	}

	let end: ToolOutcome | string | null = null;
	while (end === null) end = await step();

	const notices = [...seen.notices];
	const asked = { question, seen, answers };
	if (typeof end === "string") {
		notices.push(`${end} These are the best of what was found until then.`);
	} else if (end.isInvented) {
		notices.push(
			"The agent named only items that no search found: these are the best of its searches.",
		);
	}
	const itemIds =
		typeof end === "string" ? fuseSearches(seen.searches) : end.itemIds;
	const hits = rankHits(itemIds, seen).slice(0, limits.topK);
	if (hits.length === 0 && seen.emptyReason) notices.push(seen.emptyReason);
	return {
		hits,
		notices,
		answer: answerOf(end, asked),
		reasoning,
		toolsUsed: [...toolsUsed],
		retrievalMs,
	};
}

const tooMany = ({ id }: ToolCall): ToolResult => ({
	role: "tool",
	callId: id,
	text: `Refused: at most ${maxToolCalls} tools at a time.`,
	failed: true,
});

const outOfTime = "The agent was not done when its time was over.";

/** What is left of the agent's answer, or why there is none. */
function answerOf(
	end: ToolOutcome | string,
	{
		question,
		seen,
		answers,
	}: { question: string; seen: SeenItems; answers: ChatAnswer[] },
): Answer {
	const last = answers.at(-1);
	const answer =
		typeof end === "string"
			? unanswered(end)
			: seen.hits.size === 0
				? unanswered(nothingFound)
				: verifyCitations(end.written, {
						question,
						items: seen.quoted,
						refs: seen.refs,
					});
	return {
		...answer,
		model: last ? `${last.provider}/${last.model}` : null,
		traceId: last?.traceId ?? null,
		usage: answers.map(({ usage }) => usage),
	};
}

/** A step for the person: what was asked, and what came of it. */
function toolSummary(call: ToolCall, result: ToolResult | undefined): string {
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
