import { once } from "../once.ts";
import type { ChatRequest, ConversationSteps, Ports } from "../ports/index.ts";
import { searchTools } from "../search/search-tools.ts";
import { callModel, refusedCall, runToolCalls } from "./agent.ts";
import { answerRefused, quoteHits } from "./answer-question.ts";
import { verifyGrowing } from "./cited-answer.ts";
import { conclude, concludeWithAnswer, concludeWithBest } from "./conclude-turn.ts";
import {
	beginTurn,
	type Conversation,
	conversationFrom,
	maxTurns,
	mergeKnown,
	pendingToolCalls,
	type TurnInput,
} from "./conversation.ts";
import { toPromptMessages } from "./conversation-prompt.ts";
import { listCategories, webSearchTool } from "./conversation-tools.ts";
import { itemTools, totalIn } from "./item-tools.ts";
import { redactUnlisted } from "./redact.ts";
import { summarize } from "./summarize.ts";
import type { RunnableTool } from "./tools.ts";
import { describeToolCall } from "./turn-activity.ts";

const maxModelCalls = 6;
const maxToolCalls = 8;
const maxOutputTokens = 2_000;
/**
 * Characters of an answer, several for each of the tokens: not every model server keeps to `maxOutputTokens`, and an
 * item of the history holds less than 400 KB.
 */
export const maxAnswerLength = 20_000;
const maxReasoningLength = 2_000;
const maxSummaryMs = 6_000;

const modelCallLimit = `I stopped after ${maxModelCalls} model calls`;
const toolCallLimit = `I stopped after ${maxToolCalls} tool calls`;

export type ConversationPorts = Pick<
	Ports,
	"search" | "embedder" | "vectorIndex" | "items" | "chat" | "webSearch" | "sessions" | "redactions" | "profiles"
>;

/** Creates the steps of one turn of a person's session, which ends before the deadline. */
export function conversationSteps(
	ports: ConversationPorts,
	userId: string,
	{
		sessionId,
		limits,
		deadline,
		signal,
		onVerified,
	}: { sessionId: string; limits: TurnInput["limits"]; onVerified?: ((text: string) => void) | undefined } & Pick<
		ChatRequest,
		"deadline" | "signal"
	>,
): ConversationSteps {
	const profile = once(() => ports.profiles.find(userId));
	const timeZone = async () => (await profile()).timeZone ?? undefined;
	const { tools: searching, seen } = searchTools(ports, userId, limits, timeZone);
	const listing = itemTools(ports, userId, limits, seen, timeZone);
	const collectionTools = [...searching, ...listing, listCategories(ports, userId)];
	let recalled: Promise<void> | undefined;

	/** Lets the model cite and read again the items of earlier turns, and of this one before a crash, and state its totals. */
	async function recall({ known, messages }: Conversation): Promise<void> {
		const quoted = await quoteHits(ports, userId, known, seen.refs);
		for (const hit of known) {
			if (quoted.has(hit.itemId)) seen.hits.set(hit.itemId, hit);
		}
		for (const [itemId, item] of quoted) seen.quoted.set(itemId, item);
		for (const { role, text } of messages) {
			const total = role === "tool" ? totalIn(text) : null;
			if (total !== null) seen.totals.add(total);
		}
	}

	/** Tells if the state may quote an item that was deleted or is in the trash. */
	async function knowsUnlisted({ known = [] }: Partial<Conversation>): Promise<boolean> {
		const ids = known.map(({ itemId }) => itemId);
		return ids.length > 0 && (await ports.items.listed(userId, ids)).length < ids.length;
	}

	/** Builds the state of earlier turns from the history, without what it has about unlisted items. */
	async function remember(): Promise<Partial<Conversation>> {
		// The last message is the question of this turn.
		const history = await ports.sessions.history(userId, sessionId, { limit: 2 * maxTurns + 1 });
		return conversationFrom(await redactUnlisted(ports, userId, history?.messages ?? []), seen.refs);
	}

	async function toolsFor(conversation: Conversation): Promise<RunnableTool[]> {
		const web = webSearchTool(ports, {
			question: conversation.turn.question,
			userTexts: conversation.messages.flatMap(({ role, text }) => (role === "user" ? [text] : [])),
			deadline,
		});
		return web && (await ports.webSearch.isEnabled()) ? [...collectionTools, web] : collectionTools;
	}

	return {
		async begin(earlier, input) {
			// The state may quote an item that was deleted since: a redaction removes states only once no turn runs.
			const isStale = (await ports.redactions.isPending(userId)) || (await knowsUnlisted(earlier));
			if (earlier.turn?.number === input.number && !isStale) return {};
			const isForgotten = input.number > 1 && (isStale || !earlier.turn);
			const { conversation, dropped } = beginTurn(isForgotten ? await remember() : isStale ? {} : earlier, input);
			if (dropped.length === 0) return conversation;
			const { summary, usage } = await summarize(ports, conversation.summary, dropped, {
				deadline: new Date(Math.min(deadline.getTime(), Date.now() + maxSummaryMs)),
				signal,
			});
			conversation.turn.usage.push(...usage);
			conversation.turn.modelCalls += usage.length;
			return { ...conversation, summary };
		},

		async callModel(conversation) {
			recalled ??= recall(conversation);
			await recalled;
			const { messages, shown } = conversation;
			const mustAnswer =
				conversation.turn.modelCalls === maxModelCalls - 1 || conversation.turn.toolCalls >= maxToolCalls;
			const call = await callModel(ports.chat, conversation.turn, {
				messages: toPromptMessages(
					conversation,
					shown.flatMap(({ itemId }) => seen.quoted.get(itemId) ?? []),
					await profile(),
				),
				tools: await toolsFor(conversation),
				toolChoice: mustAnswer ? "none" : "auto",
				maxModelCalls,
				maxOutputTokens,
				deadline,
				signal,
				onText: onVerified && verifyGrowing(seen.refs, seen.quoted, onVerified, seen.totals),
			});
			if (call.ended !== "answered") {
				const { turn } = conversation;
				// Without anything to show the failure is the answer, and the question can be asked again.
				if (call.ended === "failed" && turn.searches.flat().length === 0) {
					throw call.error;
				}
				const reason =
					call.ended === "failed"
						? `I stopped: ${call.reason.replace(/\.$/, "")}`
						: call.ended === "out_of_time"
							? "I ran out of time"
							: modelCallLimit;
				return concludeWithBest(conversation, turn, seen, reason);
			}
			const { answer, turn } = call;
			if (answer.stopReason === "refused") {
				return conclude(conversation, turn, seen, { text: answerRefused });
			}
			const { toolCalls } = answer.message;
			const text = truncate(answer.message.text, maxAnswerLength);
			if (toolCalls.length > 0 && !mustAnswer) {
				const thought = truncate(text.trim(), maxReasoningLength);
				const reasoning = thought ? [...turn.reasoning, thought] : turn.reasoning;
				return {
					messages: [...messages, { ...answer.message, text }],
					turn: { ...turn, reasoning },
				};
			}
			if (toolCalls.length > 0 && !text.trim()) {
				const limit = turn.toolCalls >= maxToolCalls ? toolCallLimit : modelCallLimit;
				return concludeWithBest(conversation, turn, seen, limit);
			}
			const isCutOff = answer.stopReason === "cut_off" || text.length < answer.message.text.length;
			return concludeWithAnswer(conversation, turn, seen, { text, isCutOff });
		},

		async runTools(conversation) {
			recalled ??= recall(conversation);
			await recalled;
			const calls = pendingToolCalls(conversation);
			const searchesBefore = seen.searches.length;
			const { results, turn } = await runToolCalls(await toolsFor(conversation), conversation.turn, calls, {
				maxCalls: maxToolCalls - conversation.turn.toolCalls,
				whyNoMore: `at most ${maxToolCalls} tool calls a turn`,
				deadline,
			});
			return {
				messages: [...conversation.messages, ...results],
				known: mergeKnown(conversation.known, seen.hits.values()),
				turn: {
					...turn,
					searches: [...turn.searches, ...seen.searches.slice(searchesBefore)],
					notices: [...new Set([...turn.notices, ...seen.notices])],
					reasoning: [
						...turn.reasoning,
						...calls.map((call, index) => refusedCall(call, results[index]) ?? describeToolCall(call)),
					],
				},
			};
		},

		next(conversation) {
			if (conversation.turn.answer) return null;
			return pendingToolCalls(conversation).length > 0 ? "runTools" : "callModel";
		},
	};
}

const truncate = (text: string, maxLength: number) => text.slice(0, maxLength).toWellFormed();
