import type Anthropic from "@anthropic-ai/sdk";
import type { AssistantMessage, Chat, ChatMessage } from "#core/ports/index.ts";
import { chatModel, chatUse, ownContentReader, parseToolInput, systemPrompt } from "../chat-model.ts";
import type { ProviderSettings } from "../provider.ts";
import { callClaude, replyText, stopReasonOf } from "./client.ts";

/** Returns Anthropic's chat models. */
export function connect(settings: ProviderSettings): Chat {
	const call = callClaude(settings, chatUse);
	return chatModel("anthropic", settings.model, async (request, model) => {
		const { messages, tools = [], toolChoice = "auto" } = request;
		const message = await call(
			{
				model,
				max_tokens: request.maxOutputTokens,
				system: systemPrompt(messages),
				messages: toMessages(messages, model),
				...(tools.length > 0 && {
					tools: tools.map(({ name, description, inputSchema }) => ({
						name,
						description,
						input_schema: inputSchema as Anthropic.Tool.InputSchema,
					})),
					tool_choice: { type: toolChoice },
				}),
				...(takesEffort(model) && { output_config: { effort: "low" } }),
			},
			request.deadline,
			request,
		);
		const { content, usage } = message;
		return {
			text: replyText(message),
			ended: stopReasonOf(message),
			toolCalls: content.flatMap((block) =>
				block.type === "tool_use" ? [{ id: block.id, name: block.name, input: parseToolInput(block.input) }] : [],
			),
			providerContent: content.some(({ type }) => type.endsWith("thinking")) ? content : null,
			inputTokens: usage.input_tokens,
			outputTokens: usage.output_tokens,
			id: message.id,
		};
	});
}

/** Limits how long Claude thinks, since a person waits. platform.claude.com/docs/en/build-with-claude/effort lists the models that take it. */
const takesEffort = (model: string) => !/^claude-(3|haiku-4|sonnet-4-5)/.test(model);

/** Converts a conversation to the Messages API's form: all tool results of one answer are one user message. */
function toMessages(messages: ChatMessage[], model: string): Anthropic.MessageParam[] {
	const ownContent = ownContentReader<Anthropic.ContentBlockParam[]>("anthropic", model, messages);
	const turns: Anthropic.MessageParam[] = [];
	let results: Anthropic.ToolResultBlockParam[] | null = null;
	for (const message of messages) {
		if (message.role === "tool") {
			if (!results) {
				results = [];
				turns.push({ role: "user", content: results });
			}
			results.push({
				type: "tool_result",
				tool_use_id: message.callId,
				content: message.text,
				...(message.failed && { is_error: true }),
			});
			continue;
		}
		results = null;
		if (message.role === "user") {
			turns.push({ role: "user", content: message.text });
		} else if (message.role === "assistant") {
			const content = ownContent(message) ?? toBlocks(message);
			// An empty turn is refused.
			if (content.length > 0) turns.push({ role: "assistant", content });
		}
	}
	return turns;
}

function toBlocks({ text, toolCalls }: AssistantMessage) {
	return [
		...(text.trim() ? [{ type: "text" as const, text: text.trim() }] : []),
		...toolCalls.map(({ id, name, input }) => ({ type: "tool_use" as const, id, name, input: input ?? {} })),
	];
}
