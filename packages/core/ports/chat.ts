import type { TokenUsage } from "../items/analysis.ts";

/**
 * One message of a conversation, all of it text: image bytes never enter one. The results of an assistant's tool calls
 * follow it before any other message.
 */
export type ChatMessage =
	/** The instructions; only the first message. */
	| { role: "system"; text: string }
	| { role: "user"; text: string }
	| AssistantMessage
	| {
			role: "tool";
			/** The id of the tool call. */
			callId: string;
			text: string;
			/** The tool call failed; the text says why. */
			failed?: boolean;
	  };

export interface AssistantMessage {
	role: "assistant";
	text: string;
	toolCalls: ToolCall[];
	/**
	 * The provider's own JSON of the answer: a reasoning model requires its reasoning back, unchanged, with the results
	 * of its tool calls. Only the same provider reads it, and only until the next user message.
	 */
	providerContent?: { provider: string; model: string; content: unknown };
}

export interface ToolCall {
	/** Unique in the conversation. */
	id: string;
	name: string;
	/** Null where the model's input is not a JSON object: the result must then say so. */
	input: Record<string, unknown> | null;
}

/** A tool that a model may call. The caller of the model runs it, or refuses to. */
export interface ChatTool {
	/** Letters, digits, `_` and `-`, at most 64. */
	name: string;
	description: string;
	/** JSON Schema of the input: an object. Providers do not enforce it. */
	inputSchema: Record<string, unknown>;
}

export interface ChatRequest {
	messages: ChatMessage[];
	/** @default none */
	tools?: ChatTool[];
	/** `none`: the model knows the tools and must answer in text. @default "auto" */
	toolChoice?: "auto" | "none";
	/**
	 * A model of the environment's provider, `provider/model`, or a provider for its default model.
	 * @default the environment's provider and its model
	 */
	model?: string | undefined;
	/** Includes reasoning. @default 4,000 */
	maxOutputTokens?: number;
	/** The call, with its waits and retries, ends before it. */
	deadline: Date;
	/** Ends the call, and its request to the provider, when nobody waits for the answer any more. */
	signal?: AbortSignal | undefined;
	/**
	 * Gets the text that the model has written, as often as it grows; shorter again where a request is sent again. A
	 * provider that does not stream never calls it.
	 */
	onText?: ((text: string) => void) | undefined;
}

/** A model's answer to one call. */
export interface ChatAnswer {
	/** To be appended to the conversation as it is. */
	message: AssistantMessage;
	/** `tools`: the model waits for the results of its tool calls. */
	stopReason: "complete" | "tools" | "cut_off" | "refused";
	provider: string;
	model: string;
	/** The provider's id of the call. */
	traceId: string | null;
	usage: TokenUsage;
}

/** Chat models. */
export interface Chat {
	/**
	 * Calls the model once; a request that an overloaded provider refuses is sent up to three times.
	 * @throws ModelFailure `provider_not_configured`, `model_gone`, `chat_unavailable`; of a model that the request
	 * names `provider_not_available`, `model_not_found`; the signal's reason
	 */
	answer(request: ChatRequest): Promise<ChatAnswer>;
}
