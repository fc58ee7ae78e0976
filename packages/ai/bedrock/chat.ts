import {
	BedrockRuntimeClient,
	type ContentBlock,
	ConverseCommand,
	type ConverseCommandInput,
	type Message,
	type ToolResultBlock,
} from "@aws-sdk/client-bedrock-runtime";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import type { AssistantMessage, Chat, ChatMessage } from "#core/ports/index.ts";
import { chatModel, chatUse, ownContentReader, parseToolInput, systemPrompt } from "../chat-model.ts";
import { callProvider, type Provider, type SettingsOf } from "../provider.ts";
import { modelSetting } from "../providers.ts";

/** Returns chat models on Amazon Bedrock. The function's role is its access. */
export function connect({ model: defaultModel, baseUrl, breaker }: SettingsOf<"bedrock">): Chat {
	const provider: Provider = {
		...chatUse,
		name: "bedrock",
		breaker,
		key: {
			setting: `${modelSetting("chat", "bedrock")} in cdk.json to a model that the account may use`,
			read: async () => "the role's own",
		},
		isUnknownModel: (status, message, model) =>
			status === 404 ||
			// "The provided model identifier is invalid", and of models that only inference profiles reach.
			(status === 400 && /model identifier|inference profile/i.test(message)) ||
			// The function's role lets in the environment's own model alone.
			(status === 403 && model !== defaultModel),
	};
	const client = new BedrockRuntimeClient({
		endpoint: baseUrl,
		maxAttempts: 1,
		// The SDK's own is HTTP/2, for streams that go both ways.
		requestHandler: new NodeHttpHandler(),
	});
	return chatModel("bedrock", defaultModel, async (request, model) => {
		const { messages, tools = [], toolChoice = "auto" } = request;
		const system = systemPrompt(messages);
		const command = new ConverseCommand({
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
		});
		const { content, stopReason, usage, id } = await callProvider(
			provider,
			model,
			request.deadline,
			async (_, abortSignal) => {
				const answer = await client.send(command, { abortSignal });
				const content = answer.output?.message?.content;
				if (!content) throw new Error("no message");
				return {
					content,
					stopReason: answer.stopReason,
					usage: answer.usage,
					id: answer.$metadata.requestId ?? null,
				};
			},
			({ usage }) => ({
				input: usage?.inputTokens,
				output: usage?.outputTokens,
			}),
			request.signal,
		);
		return {
			text: content.map(({ text }) => text ?? "").join(""),
			ended: stopReasonOf(stopReason),
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

function stopReasonOf(stopReason: string | undefined) {
	switch (stopReason) {
		case "content_filtered":
		case "guardrail_intervened":
		case "refusal":
			return "refused";
		case "max_tokens":
		case "model_context_window_exceeded":
			return "cut_off";
		default:
			return "complete";
	}
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
