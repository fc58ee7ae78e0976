import type { AssistantMessage, Chat, ChatAnswer, ChatMessage, ChatRequest, ToolCall } from "#core/ports/index.ts";
import { costUsd } from "./prices.ts";
import type { ProviderUse } from "./provider.ts";
import type { ProviderName } from "./providers.ts";

/** A model's reply in the terms that all providers share. */
interface ModelReply {
	text: string;
	toolCalls: ToolCall[];
	ended: "complete" | "cut_off" | "refused";
	/** The reply in the provider's own JSON, where the provider wants it back. @default null */
	providerContent?: unknown;
	inputTokens: number;
	outputTokens: number;
	/** The provider's id of the call. */
	id: string | null;
}

export const chatUse: ProviderUse = {
	capability: "chat",
	unavailable: "chat_unavailable",
	afterwards: "ask again in a while",
	// A person waits: the api answers within 26 s whatever happens.
	maxRequestMs: 20_000,
};

const maxOutputTokens = 4_000;

/** Returns a chat whose model is called over a network. */
export function chatModel(
	provider: ProviderName,
	defaultModel: string,
	call: (request: ChatRequest & { maxOutputTokens: number }, model: string) => Promise<ModelReply>,
): Chat {
	return {
		async answer(request): Promise<ChatAnswer> {
			const model = request.model ?? defaultModel;
			const reply = await call({ maxOutputTokens, ...request }, model);
			const { text, toolCalls, ended, inputTokens, outputTokens } = reply;
			const message: AssistantMessage = { role: "assistant", text, toolCalls };
			if (reply.providerContent) {
				message.providerContent = {
					provider,
					model,
					content: reply.providerContent,
				};
			}
			return {
				message,
				stopReason: ended === "complete" && toolCalls.length > 0 ? "tools" : ended,
				provider,
				model,
				traceId: reply.id,
				usage: {
					provider,
					model,
					inputTokens,
					outputTokens,
					costUsd: costUsd(model, inputTokens, outputTokens),
				},
			};
		},
	};
}

/** Returns the system messages as one text. */
export function systemPrompt(messages: ChatMessage[]): string {
	return messages.flatMap((message) => (message.role === "system" ? [message.text] : [])).join("\n\n");
}

/**
 * Returns a reader of the provider's own content of a message; null if another wrote it. Thoughts of earlier
 * turns stay out: they are bound to everything before them, which a trimmed conversation no longer has.
 */
export function ownContentReader<Content>(
	provider: string,
	model: string,
	messages: ChatMessage[],
): (message: AssistantMessage) => Content | null {
	const turn = messages.findLastIndex(({ role }) => role === "user");
	return (message) => {
		const { providerContent } = message;
		return providerContent?.provider === provider && providerContent.model === model && messages.indexOf(message) > turn
			? (providerContent.content as Content)
			: null;
	};
}

/** Parses a tool's input as a model wrote it; null if that is no JSON object. */
export function parseToolInput(raw: unknown): ToolCall["input"] {
	let input = raw;
	if (typeof raw === "string") {
		try {
			input = JSON.parse(raw || "{}");
		} catch {
			return null;
		}
	}
	return typeof input === "object" && input !== null && !Array.isArray(input)
		? (input as Record<string, unknown>)
		: null;
}
