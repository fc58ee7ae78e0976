import type { ContentBlock, ConverseCommandInput, Message, ToolResultBlock } from "@aws-sdk/client-bedrock-runtime";
import type { AssistantMessage, Chat, ChatMessage } from "#core/ports/index.ts";
import { chatModel, chatUse, ownContentReader, parseToolInput, systemPrompt } from "../chat-model.ts";
import type { SettingsOf } from "../provider.ts";
import { converse } from "./client.ts";

/** Returns chat models on Amazon Bedrock. */
export function connect(settings: SettingsOf<"bedrock">): Chat {
	const call = converse(chatUse, settings);
	return chatModel("bedrock", settings.model, async (request, model) => {
		const { messages, tools = [], toolChoice = "auto" } = request;
		const system = systemPrompt(messages);
		const input = {
			modelId: model,
			...(system && { system: [{ text: system }] }),
			messages: toMessages(messages, model),
			inferenceConfig: { maxTokens: request.maxOutputTokens },
			// There is no choice "none": a conversation with tool calls needs its tools, others do without.
			...(tools.length > 0 &&
				(toolChoice === "auto" || hasToolCalls(messages)) && {
					toolConfig: {
						tools: tools.map(({ name, description, inputSchema }) => ({
							toolSpec: {
								name,
								description,
								inputSchema: { json: inputSchema },
							},
						})) as NonNullable<ConverseCommandInput["toolConfig"]>["tools"],
					},
				}),
		};
		const { content, text, ended, usage, id } = await call(input, request);
		return {
			text,
			ended,
			toolCalls: content.flatMap(({ toolUse }) =>
				toolUse
					? [
							{
								id: toolUse.toolUseId ?? "",
								name: toolUse.name ?? "",
								input: parseToolInput(toolUse.input),
							},
						]
					: [],
			),
			providerContent: hasThoughts(content) ? content : null,
			inputTokens: usage?.inputTokens ?? 0,
			outputTokens: usage?.outputTokens ?? 0,
			id,
		};
	});
}

const hasToolCalls = (messages: ChatMessage[]) =>
	messages.some((message) => message.role === "assistant" && message.toolCalls.length > 0);

/** Redacted thoughts are bytes, which a conversation does not hold. */
const hasThoughts = (content: ContentBlock[]) =>
	content.some(({ reasoningContent }) => reasoningContent) &&
	!content.some(({ reasoningContent }) => reasoningContent?.redactedContent);

/** Converts a conversation to Converse's form: all tool results of one answer are one user message. */
function toMessages(messages: ChatMessage[], model: string): Message[] {
	const ownContent = ownContentReader<ContentBlock[]>("bedrock", model, messages);
	const turns: (Message & { content: ContentBlock[] })[] = [];
	const add = (role: "user" | "assistant", content: ContentBlock[]) => {
		const last = turns.at(-1);
		// Roles must alternate, and an empty turn is refused.
		if (last?.role === role) last.content.push(...content);
		else if (content.length > 0) turns.push({ role, content });
	};
	for (const message of messages) {
		if (message.role === "tool") {
			const toolResult: ToolResultBlock = {
				toolUseId: message.callId,
				content: [{ text: message.text }],
				...(message.failed && { status: "error" }),
			};
			add("user", [{ toolResult }]);
		} else if (message.role === "user") {
			add("user", [{ text: message.text }]);
		} else if (message.role === "assistant") {
			add("assistant", [...(ownContent(message) ?? toBlocks(message))]);
		}
	}
	return turns;
}

function toBlocks({ text, toolCalls }: AssistantMessage): ContentBlock[] {
	return [
		...(text.trim() ? [{ text: text.trim() }] : []),
		...toolCalls.map(({ id, name, input }) => ({
			toolUse: {
				toolUseId: id,
				name,
				input: (input ?? {}) as ContentBlock.ToolUseMember["toolUse"]["input"],
			},
		})),
	];
}
