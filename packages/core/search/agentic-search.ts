import {
	addToolsUsed,
	callModel,
	type ModelCall,
	refusedCall,
	reporting,
	runAgent,
	runToolCalls,
} from "../chat/agent.ts";
import {
	type Answer,
	answerRules,
	nothingFound,
	questionPrompt,
	unanswered,
	verifyCitations,
} from "../chat/answer-question.ts";
import { type AgentTurn, pendingToolCalls } from "../chat/conversation.ts";
import { listCategories } from "../chat/conversation-tools.ts";
import { itemTools } from "../chat/item-tools.ts";
import { quoteRules, readQuotedItems } from "../chat/quoted-items.ts";
import type { ToolResult } from "../chat/tools.ts";
import { describeToolCall } from "../chat/turn-activity.ts";
import { aboutPerson } from "../people/about-person.ts";
import type { Profile } from "../people/profile.ts";
import type { AgentSteps, ChatMessage, Hit, Ports, SearchLimits, ToolCall } from "../ports/index.ts";
import { type AgentOutcome, fuseSearches, giveResults, rankHits, readOutcome } from "./agent-results.ts";
import { type SeenItems, searchTools } from "./search-tools.ts";

interface AgenticSearchResult {
	/** The agent's choice, in its order. */
	hits: Hit[];
	notices: string[];
	answer: Answer;
	/** One sentence a step. */
	reasoning: string[];
	/** Names, in the order of first use. */
	toolsUsed: string[];
	/** Milliseconds until the last search had its results. */
	retrievalMs: number;
}

const maxModelCalls = 4;
/** More tool calls in one answer of the model are refused. */
const maxToolCallsAtOnce = 4;
const maxOutputTokens = 3_000;

const instructions = `You find, among the images that a person keeps, those that their request is about. A first search for the whole request is already done. Search again only where that can find more: for the parts of a compound request, in other words, by other modes, in a category. The latest ones, or those of some days, are found by list_items, and how many there are by count_items. When you know enough, call give_results; you may be asked ${maxModelCalls} times in all.

For the answer in give_results: ${answerRules} A sentence that only says how many there are, as count_items or list_items told, needs no ref.

${quoteRules}`;

interface SearchRun {
	messages: ChatMessage[];
	turn: AgentTurn;
	/** The model that answered last, as `provider/model`. */
	model: string | null;
	retrievalMs: number;
	/** The agent's result, or the sentence that says why it has none; null while it is at work. */
	end: AgentOutcome | string | null;
}

/**
 * Finds items by a model that may search several times. It ends within four model calls and before the deadline;
 * when either runs out, or the model fails, the best items of its searches are the result, and the notices say so.
 * @throws ModelFailure `model_gone`, and of a model that the request names `provider_not_available`, `model_not_found`
 */
export async function agenticSearch(
	ports: Pick<Ports, "search" | "embedder" | "vectorIndex" | "items" | "chat">,
	userId: string,
	{
		question,
		model,
		deadline,
		person = { timeZone: null, language: null },
		signal,
		onStep = () => {},
		...limits
	}: SearchLimits & {
		question: string;
		/** Where the person is, which relative dates depend on. @default UTC */
		person?: Pick<Profile, "timeZone" | "language">;
		/** As in `ChatRequest.model`. */
		model?: string;
		deadline: Date;
		/** As in `ChatRequest.signal`. */
		signal?: AbortSignal | undefined;
		/** Gets each sentence of the reasoning as it comes. */
		onStep?: ((text: string) => void) | undefined;
	},
): Promise<AgenticSearchResult> {
	const started = performance.now();
	const timeZone = async () => person.timeZone ?? undefined;
	const collection = searchTools(ports, userId, limits, timeZone);
	const { seen } = collection;
	const listing = itemTools(ports, userId, limits, seen, timeZone);
	const tools = [...collection.tools, ...listing, listCategories(ports, userId), giveResults];
	const first = await collection.search(question);
	const quoted = first.flatMap(({ itemId }) => seen.quoted.get(itemId) ?? []);

	const steps: AgentSteps<SearchRun> = {
		async callModel(run) {
			const call = await callModel(ports.chat, run.turn, {
				messages: run.messages,
				tools,
				model,
				maxModelCalls,
				maxOutputTokens,
				deadline,
				signal,
			});
			if (call.ended !== "answered") return { end: explainEnd(call) };
			const { answer } = call;
			const answered = {
				turn: call.turn,
				model: `${answer.provider}/${answer.model}`,
			};
			if (answer.stopReason === "refused") {
				return { ...answered, end: "The model refused to go on." };
			}
			const { text, toolCalls } = answer.message;
			const thought = toolCalls.length > 0 ? text.trim() : "";
			return {
				...answered,
				messages: [...run.messages, answer.message],
				turn: {
					...call.turn,
					toolsUsed: addToolsUsed(call.turn.toolsUsed, tools, toolCalls),
					reasoning: thought ? [...call.turn.reasoning, thought] : call.turn.reasoning,
				},
				end: readOutcome(answer, seen),
			};
		},

		async runTools(run) {
			const calls = pendingToolCalls(run);
			const { results, turn } = await runToolCalls(tools, run.turn, calls, {
				maxCalls: maxToolCallsAtOnce,
				whyNoMore: `at most ${maxToolCallsAtOnce} tools at a time`,
				deadline,
			});
			const summaries = calls.map((call, index) => toolSummary(call, results[index]));
			const last = results.at(-1);
			if (last && turn.modelCalls === maxModelCalls - 1) {
				last.text += "\nNo search is left: call give_results now.";
			}
			return {
				messages: [...run.messages, ...results],
				turn: { ...turn, reasoning: [...turn.reasoning, ...summaries] },
				retrievalMs: performance.now() - started,
			};
		},

		next(run) {
			if (run.end !== null) return null;
			return pendingToolCalls(run).length > 0 ? "runTools" : "callModel";
		},
	};

	const begun = describeSearch(question, "both", first.length);
	onStep(begun);
	const run = await runAgent(reporting<SearchRun, typeof steps>(steps, onStep), {
		messages: [
			{ role: "system", text: `${instructions}\n\n${aboutPerson(person, new Date())}` },
			{ role: "user", text: questionPrompt(question, quoted) },
		],
		turn: {
			modelCalls: 0,
			toolCalls: 0,
			toolsUsed: ["search_collection"],
			reasoning: [begun],
			traceId: null,
			usage: [],
		},
		model: null,
		retrievalMs: performance.now() - started,
		end: null,
	});

	const end = run.end ?? outOfTime;
	const notices = [...seen.notices];
	if (typeof end === "string") {
		notices.push(`${end} These are the best of what was found until then.`);
	} else if (end.isInvented) {
		notices.push("The agent named only items that no search found: these are the best of its searches.");
	}
	const itemIds = typeof end === "string" ? fuseSearches(seen.searches) : end.itemIds;
	const hits = rankHits(itemIds, seen).slice(0, limits.topK);
	if (hits.length === 0 && seen.emptyReason) notices.push(seen.emptyReason);
	const { reasoning, toolsUsed, traceId, usage } = run.turn;
	return {
		hits,
		notices,
		answer: {
			...readAnswer(end, question, seen),
			model: run.model,
			traceId,
			usage,
		},
		reasoning,
		toolsUsed,
		retrievalMs: run.retrievalMs,
	};
}

const outOfTime = "The agent was not done when its time was over.";

function explainEnd(call: Exclude<ModelCall<AgentTurn>, { ended: "answered" }>): string {
	switch (call.ended) {
		case "max_model_calls":
			return `The agent was not done after ${maxModelCalls} model calls.`;
		case "out_of_time":
			return outOfTime;
		case "failed":
			return call.reason;
	}
}

/** Returns the supported part of the agent's answer, or the reason why there is none. */
function readAnswer(end: AgentOutcome | string, question: string, seen: SeenItems): Answer {
	if (typeof end === "string") return unanswered(end);
	const answer = verifyCitations(end.answer, {
		question,
		items: seen.quoted,
		refs: seen.refs,
		totals: seen.totals,
	});
	return answer.text === null && seen.hits.size === 0 ? unanswered(nothingFound) : answer;
}

/** Says for the person what a tool was called with, and what came of it. */
function toolSummary(call: ToolCall, result: ToolResult | undefined): string {
	const refused = refusedCall(call, result);
	if (refused) return refused;
	const found = result ? readQuotedItems(result.text).length : 0;
	const { query, mode = "both" } = call.input ?? {};
	return call.name === "search_collection"
		? describeSearch(String(query), String(mode), found)
		: describeToolCall(call);
}

function describeSearch(query: string, mode: string, found: number): string {
	const how = mode === "both" ? "words and meaning" : mode;
	return `Searched by ${how} for ${JSON.stringify(query)}: ${found} found.`;
}
