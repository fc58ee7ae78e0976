import type { Reply } from "./server.ts";
import { anthropicWire, bedrockWire, type Ending, openaiCompletion, openaiWire, type Wire } from "./wire.ts";

/** The content of a model's reply. */
interface ReplyContent {
	text?: string;
	toolCalls?: { id: string; name: string; input: unknown }[];
	stopReason?: Ending;
	/** The signed thinking before the reply. */
	thoughts?: string;
}

/** A chat provider's wire format, both ways. Every answer has 2,000 input and 400 output tokens. */
export interface ChatWire extends Pick<Wire, "error" | "unknownModel"> {
	reply(content: ReplyContent): Reply;
	/** The texts of the tool results in a request, in order. */
	resultsIn(body: Body): string[];
}

// biome-ignore lint/suspicious/noExplicitAny: tests read it like the provider
type Body = any;

/** platform.claude.com/docs/en/agents-and-tools/tool-use */
export const anthropicChatWire: ChatWire = {
	...anthropicWire,
	reply: ({ text = "", toolCalls = [], stopReason = "complete", thoughts }) => ({
		status: 200,
		body: {
			id: "msg_013Zva2CMHLNnXjNJJKqJ2EF",
			type: "message",
			role: "assistant",
			model: "claude-sonnet-5-5",
			content: [
				...(thoughts ? [{ type: "thinking", thinking: thoughts, signature: "sig" }] : []),
				...(text ? [{ type: "text", text }] : []),
				...toolCalls.map((call) => ({ type: "tool_use", ...call })),
			],
			stop_reason: {
				complete: toolCalls.length > 0 ? "tool_use" : "end_turn",
				cut_off: "max_tokens",
				refused: "refusal",
			}[stopReason],
			stop_sequence: null,
			usage: { input_tokens: 2_000, output_tokens: 400 },
		},
	}),
	resultsIn: ({ messages }) =>
		messages.flatMap(({ content }: Body) =>
			typeof content === "string"
				? []
				: content.flatMap(({ type, content: text }: Body) => (type === "tool_result" ? [text] : [])),
		),
};

/** platform.openai.com/docs/guides/function-calling */
export const openaiChatWire: ChatWire = {
	...openaiWire,
	reply: ({ text, toolCalls = [], stopReason = "complete" }) => {
		const tool_calls = toolCalls.map(({ id, name, input }) => ({
			id,
			type: "function",
			function: { name, arguments: typeof input === "string" ? input : JSON.stringify(input) },
		}));
		const message = { content: text || null, ...(tool_calls.length > 0 && { tool_calls }) };
		return { status: 200, body: openaiCompletion(message, stopReason) };
	},
	resultsIn: ({ messages }) => messages.flatMap(({ role, content }: Body) => (role === "tool" ? [content] : [])),
};

/** docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html */
export const bedrockChatWire: ChatWire = {
	reply: ({ text = "", toolCalls = [], stopReason = "complete", thoughts }) => ({
		status: 200,
		headers: { "x-amzn-requestid": "8a1b2c3d-0000-4000-8000-000000000001" },
		body: {
			metrics: { latencyMs: 700 },
			output: {
				message: {
					role: "assistant",
					content: [
						...(thoughts ? [{ reasoningContent: { reasoningText: { text: thoughts, signature: "sig" } } }] : []),
						...(text ? [{ text }] : []),
						...toolCalls.map(({ id, ...call }) => ({ toolUse: { toolUseId: id, ...call } })),
					],
				},
			},
			stopReason: {
				complete: toolCalls.length > 0 ? "tool_use" : "end_turn",
				cut_off: "max_tokens",
				refused: "content_filtered",
			}[stopReason],
			usage: { inputTokens: 2_000, outputTokens: 400, totalTokens: 2_400 },
		},
	}),
	error: bedrockWire.error,
	unknownModel: bedrockWire.unknownModel,
	resultsIn: ({ messages }) =>
		messages.flatMap(({ content }: Body) =>
			content.flatMap(({ toolResult }: Body) => (toolResult ? [toolResult.content[0].text] : [])),
		),
};
