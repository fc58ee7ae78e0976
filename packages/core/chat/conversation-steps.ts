import { beforeDeadline } from "../before-deadline.ts";
import { AppError } from "../errors.ts";
import type {
	ChatAnswer,
	ConversationSteps,
	Hit,
	Ports,
	ToolCall,
} from "../ports/index.ts";
import { fuseSearches } from "../search/agent-results.ts";
import { searchTools } from "../search/search-tools.ts";
import {
	modelFailureReason,
	noAnswer,
	nothingFound,
	quoteHits,
	verifyCitations,
} from "./answer-question.ts";
import {
	beginTurn,
	type Conversation,
	mergeKnown,
	nextShown,
	pendingToolCalls,
	type Turn,
	type TurnInput,
} from "./conversation.ts";
import { toPromptMessages } from "./conversation-prompt.ts";
import { listCategories, webSearchTool } from "./conversation-tools.ts";
import { summarize } from "./summarize.ts";
import { type RunnableTool, runTool, type ToolResult } from "./tools.ts";

export const maxModelCalls = 6;
export const maxToolCalls = 8;
/** With less time left a model is not asked again. */
const minCallMs = 2_000;
const maxOutputTokens = 2_000;
/**
 * Characters, several for each of the tokens. Not every server of a model keeps to these, and no item of the history
 * holds 400 KB.
 */
export const maxAnswer = 20_000;
const maxThought = 2_000;
const maxSummaryMs = 6_000;

export type StepPorts = Pick<
	Ports,
	| "search"
	| "embedder"
	| "vectorIndex"
	| "analyses"
	| "items"
	| "chat"
	| "webSearch"
>;

/** The steps of one person's turn, which ends before the deadline. */
export function conversationSteps(
	ports: StepPorts,
	userId: string,
	{ limits, deadline }: { limits: TurnInput["limits"]; deadline: Date },
): ConversationSteps {
	const kit = searchTools(ports, userId, limits);
	const { seen } = kit;
	const ownTools = [...kit.tools, listCategories(ports, userId)];
	let recalled: Promise<void> | undefined;

	/** Items of earlier turns, and of this one before its process died, can be cited and read again. */
	async function recall({ known }: Conversation): Promise<void> {
		const quoted = await quoteHits(ports, userId, known, seen.refs);
		for (const hit of known) {
			if (quoted.has(hit.itemId)) seen.hits.set(hit.itemId, hit);
		}
		for (const [itemId, item] of quoted) seen.quoted.set(itemId, item);
	}

	/** What the model may ask for in this turn. */
	async function toolsFor(now: Conversation): Promise<RunnableTool[]> {
		const web = webSearchTool(ports, {
			question: now.turn.question,
			said: now.messages.flatMap(({ role, text }) =>
				role === "user" ? [text] : [],
			),
			deadline,
		});
		return web && (await ports.webSearch.isEnabled())
			? [...ownTools, web]
			: ownTools;
	}

	return {
		async begin(earlier, asked) {
			if (earlier.turn?.number === asked.number) return {};
			const { conversation, dropped } = beginTurn(earlier, asked);
			if (dropped.length === 0) return conversation;
			const { summary, usage } = await summarize(
				ports,
				conversation.summary,
				dropped,
				new Date(Math.min(deadline.getTime(), Date.now() + maxSummaryMs)),
			);
			conversation.turn.usage.push(...usage);
			conversation.turn.modelCalls += usage.length;
			return { ...conversation, summary };
		},

		async callModel(now) {
			recalled ??= recall(now);
			await recalled;
			const { turn } = now;
			if (turn.modelCalls >= maxModelCalls) {
				return stopped(now, `I stopped after ${maxModelCalls} model calls`);
			}
			if (deadline.getTime() - Date.now() < minCallMs) {
				return stopped(now, "I ran out of time");
			}
			const isLast =
				turn.modelCalls === maxModelCalls - 1 || turn.toolCalls >= maxToolCalls;
			let said: ChatAnswer;
			try {
				said = await ports.chat.answer({
					messages: toPromptMessages(
						now,
						now.shown.flatMap(({ itemId }) => seen.quoted.get(itemId) ?? []),
					),
					tools: await toolsFor(now),
					toolChoice: isLast ? "none" : "auto",
					maxOutputTokens,
					deadline,
				});
			} catch (error) {
				const why = modelFailureReason(error);
				// With nothing to show the failure is the answer, and the question can be asked again.
				if (turn.searches.flat().length === 0) throw error;
				return stopped(now, `I stopped: ${why.replace(/\.$/, "")}`);
			}
			const asked: Turn = {
				...turn,
				modelCalls: turn.modelCalls + 1,
				traceId: said.traceId,
				usage: [...turn.usage, said.usage],
			};
			if (said.stopReason === "refused") {
				return concluded(now, asked, "The model refused to answer.", []);
			}
			const { toolCalls } = said.message;
			const text = firstOf(said.message.text, maxAnswer);
			if (toolCalls.length > 0 && !isLast) {
				const thought = firstOf(text.trim(), maxThought);
				const reasoning = thought
					? [...asked.reasoning, thought]
					: asked.reasoning;
				return {
					messages: [...now.messages, { ...said.message, text }],
					turn: { ...asked, reasoning },
				};
			}
			if (toolCalls.length > 0 && !text.trim()) {
				const { toolCalls: used } = turn;
				return stopped(
					{ ...now, turn: asked },
					used >= maxToolCalls
						? `I stopped after ${maxToolCalls} tool calls`
						: `I stopped after ${maxModelCalls} model calls`,
				);
			}
			const isCutOff =
				said.stopReason === "cut_off" || text.length < said.message.text.length;
			return answered(now, asked, text, isCutOff);
		},

		async runTools(now) {
			recalled ??= recall(now);
			await recalled;
			const { turn } = now;
			const calls = pendingToolCalls(now);
			const room = maxToolCalls - turn.toolCalls;
			const tools = await toolsFor(now);
			const searchesBefore = seen.searches.length;
			const results = await Promise.all(
				calls.map(async (call, at) => {
					if (at >= room) {
						return refused(call, `at most ${maxToolCalls} tool calls a turn`);
					}
					return (
						(await beforeDeadline(deadline, runTool(tools, call))) ??
						refused(call, "there was no time left")
					);
				}),
			);
			const names = calls
				.map(({ name }) => name)
				.filter((name) => tools.some((tool) => tool.name === name));
			return {
				messages: [...now.messages, ...results],
				known: mergeKnown(now.known, seen.hits.values()),
				turn: {
					...turn,
					toolCalls: turn.toolCalls + calls.length,
					searches: [...turn.searches, ...seen.searches.slice(searchesBefore)],
					notices: [...new Set([...turn.notices, ...seen.notices])],
					toolsUsed: [...new Set([...turn.toolsUsed, ...names])],
					reasoning: [
						...turn.reasoning,
						...calls.map((call, at) => done(call, results[at])),
					],
				},
			};
		},

		next(now) {
			if (now.turn.answer) return null;
			return pendingToolCalls(now).length > 0 ? "runTools" : "callModel";
		},
	};

	/** The model's own words, without what no item supports. */
	function answered(
		now: Conversation,
		turn: Turn,
		written: string,
		isCutOff: boolean,
	): Partial<Conversation> {
		const answer = verifyCitations(written, {
			question: turn.question,
			items: seen.quoted,
			refs: seen.refs,
		});
		const wasShown = turn.searches.flat().length > 0;
		const cutOff = isCutOff ? ["The answer was too long and ends early."] : [];
		if (answer.text) {
			const cited = [...new Set(answer.citations.map(({ itemId }) => itemId))];
			const items = cited.flatMap((itemId) => seen.hits.get(itemId) ?? []);
			return concluded(now, turn, answer.text, items, cutOff);
		}
		// Words that name no item claim nothing of one: a greeting, a question back, "nothing fits".
		const namesItems = /\[[^\]]*\]/.test(written);
		if (written.includes(noAnswer)) {
			const why = wasShown ? answer.reason : nothingFound;
			return concluded(now, turn, why ?? nothingFound, [], cutOff);
		}
		if (written.trim() && !namesItems) {
			return concluded(now, turn, written.trim(), [], cutOff);
		}
		if (wasShown) {
			return stopped(
				{ ...now, turn },
				"The model's answer was not supported by any item, so it was dropped",
			);
		}
		return concluded(
			now,
			turn,
			answer.reason ?? "The model wrote no answer.",
			[],
		);
	}

	/** The best that was found until now, and why it is no more. */
	function stopped(now: Conversation, why: string): Partial<Conversation> {
		const found = fuseSearches(now.turn.searches)
			.slice(0, limits.topK)
			.flatMap((itemId) => seen.hits.get(itemId) ?? []);
		const text =
			found.length > 0
				? `${why}. The best of what I found until then:\n${found.map(({ headline, itemId }) => `- ${headline.replaceAll(/[[\]]/g, "")} [${itemId}]`).join("\n")}`
				: `${why}, and had found nothing until then.`;
		return concluded(now, now.turn, text, found);
	}

	function concluded(
		now: Conversation,
		turn: Turn,
		text: string,
		items: Hit[],
		notices: string[] = [],
	): Partial<Conversation> {
		const told = [text, ...turn.notices, ...notices].join("\n\n");
		const short = items.reduce(
			(all, { itemId }) => all.replaceAll(itemId, seen.refs.refFor(itemId)),
			told,
		);
		return {
			messages: [
				...now.messages,
				{ role: "assistant", text: short, toolCalls: [] },
			],
			shown: nextShown(now.shown, items),
			known: mergeKnown(now.known, items),
			turn: { ...turn, answer: { text: told, items } },
		};
	}
}

const firstOf = (text: string, most: number) =>
	text.slice(0, most).toWellFormed();

const refused = ({ id }: ToolCall, why: string): ToolResult => ({
	role: "tool",
	callId: id,
	text: `Refused: ${why}.`,
	failed: true,
});

/** A step for the person: what was asked, and what came of it. */
function done(call: ToolCall, result: ToolResult | undefined): string {
	if (result?.failed) {
		return `${call.name.slice(0, 64)} was refused: ${result.text.replace(/^Refused: /, "").slice(0, 300)}`;
	}
	return describeToolCall(call);
}

/** What a tool call does, for the person. */
export function describeToolCall({ name, input }: ToolCall): string {
	const { query, item, mode } = input ?? {};
	switch (name) {
		case "search_collection": {
			const by = mode === "words" || mode === "meaning" ? ` by ${mode}` : "";
			return `Searched${by} for ${JSON.stringify(query)}.`;
		}
		case "get_item":
			return `Read item ${String(item)}.`;
		case "web_search":
			return `Searched the web for ${JSON.stringify(query)}.`;
		case "list_categories":
			return "Looked at the categories.";
		default:
			return `Used ${name}.`;
	}
}

/** What a turn under way is doing now. */
export function activityOf(
	now: Conversation,
): "searching" | "reading" | "answering" {
	const [call] = pendingToolCalls(now);
	if (!call) return "answering";
	return /search/.test(call.name) ? "searching" : "reading";
}

/** @throws AppError where the steps ended without an answer, which no conversation should */
export function answerOf({ turn }: Conversation): NonNullable<Turn["answer"]> {
	if (turn.answer) return turn.answer;
	throw new AppError("timed_out", "The turn ended without an answer.");
}
