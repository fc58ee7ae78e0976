import type {
	AssistantMessage,
	Chat,
	ChatAnswer,
	ChatMessage,
	ChatRequest,
	ToolCall,
} from "#core/ports/index.ts";
import { costUsd } from "./prices.ts";
import type { ProviderUse } from "./provider.ts";
import type { ProviderName } from "./providers.ts";

/** What a model said, in the words that all providers share. */
export interface Said {
	text: string;
	toolCalls: ToolCall[];
	ended: "complete" | "cut_off" | "refused";
	/** The answer as the provider wrote it, as JSON, where the provider wants it back. @default null */
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

/** A chat with a model that is asked over a network. */
export function askedChat(
	provider: ProviderName,
	defaultModel: string,
	ask: (
		request: ChatRequest & { maxOutputTokens: number },
		model: string,
	) => Promise<Said>,
): Chat {
	return {
		async answer(request): Promise<ChatAnswer> {
			const model = request.model ?? defaultModel;
			const said = await ask({ maxOutputTokens, ...request }, model);
			const { text, toolCalls, ended, inputTokens, outputTokens } = said;
			const message: AssistantMessage = { role: "assistant", text, toolCalls };
			if (said.providerContent) {
				message.providerContent = {
					provider,
					model,
					content: said.providerContent,
				};
			}
			return {
				message,
				stopReason:
					ended === "complete" && toolCalls.length > 0 ? "tools" : ended,
				provider,
				model,
				traceId: said.id,
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

/** What the model is told before everything else. */
export function instructionsOf(messages: ChatMessage[]): string {
	return messages
		.flatMap((message) => (message.role === "system" ? [message.text] : []))
		.join("\n\n");
}

/**
 * An answer as its provider wrote it, where that provider is to get it back. Thoughts of earlier turns stay out:
 * they are bound to everything before them, which a trimmed conversation no longer has.
 */
export function writtenBy<Content>(
	provider: string,
	model: string,
	messages: ChatMessage[],
): (message: AssistantMessage) => Content | null {
	const turn = messages.findLastIndex(({ role }) => role === "user");
	return (message) => {
		const { providerContent } = message;
		return providerContent?.provider === provider &&
			providerContent.model === model &&
			messages.indexOf(message) > turn
			? (providerContent.content as Content)
			: null;
	};
}

/** A tool's input as a model wrote it; null where that is no JSON object. */
export function readInput(written: unknown): ToolCall["input"] {
	let input = written;
	if (typeof written === "string") {
		try {
			input = JSON.parse(written || "{}");
		} catch {
			return null;
		}
	}
	return typeof input === "object" && input !== null && !Array.isArray(input)
		? (input as Record<string, unknown>)
		: null;
}
