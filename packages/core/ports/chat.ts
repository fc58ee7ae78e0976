import type { TokenUsage } from "../items/analysis.ts";

/**
 * What was said in a conversation, oldest first. All of it is text: image bytes never enter one. Every tool call
 * of an assistant is followed by its result before anything else is said.
 */
export type ChatMessage =
	/** What the model is told; only before everything else. */
	| { role: "system"; text: string }
	| { role: "user"; text: string }
	| AssistantMessage
	| {
			role: "tool";
			/** Whose result it is: the call's id. */
			callId: string;
			text: string;
			/** The tool could not do what was asked; the text says why. */
			failed?: boolean;
	  };

export interface AssistantMessage {
	role: "assistant";
	text: string;
	toolCalls: ToolCall[];
	/**
	 * The answer as its provider wrote it, as JSON: a model that thinks wants its thoughts back, unchanged, with the
	 * results of the tools it called. Only the provider that wrote it reads it, and only until the next user message.
	 */
	providerContent?: { provider: string; model: string; content: unknown };
}

export interface ToolCall {
	/** Unique in the conversation. */
	id: string;
	name: string;
	/** Null where the model wrote something else than a JSON object: the result to give is what is wrong with it. */
	input: Record<string, unknown> | null;
}

/** A tool that a model may ask for. The caller runs it, or refuses to. */
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
	/** `none`: the tools stay known, but the model is to answer in text. @default "auto" */
	toolChoice?: "auto" | "none";
	/**
	 * Whom to ask: a model of the environment's provider, `provider/model`, or a provider for its own.
	 * @default the environment's provider and its model
	 */
	model?: string | undefined;
	/** Thoughts included. @default 4,000 */
	maxOutputTokens?: number;
	/** The answer, or the failure, comes before: waiting and retrying end here. */
	deadline: Date;
}

/** What a model said to one call. */
export interface ChatAnswer {
	/** Also what to append to the conversation. */
	message: AssistantMessage;
	/** `tools`: it waits for the results of its tool calls. */
	stopReason: "complete" | "tools" | "cut_off" | "refused";
	provider: string;
	model: string;
	/** The provider's id of the call. */
	traceId: string | null;
	usage: TokenUsage;
}

/** The models that talk. */
export interface Chat {
	/**
	 * One call, one answer; an overloaded provider is asked up to three times for it.
	 * @throws ModelFailure `provider_not_configured`, `model_not_found`, `chat_unavailable`
	 */
	answer(request: ChatRequest): Promise<ChatAnswer>;
}
