import Anthropic from "@anthropic-ai/sdk";
import { callProvider, type Provider, type ProviderSettings, type ProviderUse } from "../provider.ts";
import { providers } from "../providers.ts";

/** Calls a Claude model by the Messages API, within the deadline. */
export type CallClaude = (
	request: Anthropic.MessageCreateParamsNonStreaming,
	deadline: Date,
) => Promise<Anthropic.Message>;

export function callClaude(
	{ key, baseUrl = providers.anthropic.baseUrl }: ProviderSettings,
	use: ProviderUse,
): CallClaude {
	const provider: Provider = { ...use, name: "anthropic", key, isUnknownModel: (status) => status === 404 };
	return (request, deadline) =>
		callProvider(
			provider,
			request.model,
			deadline,
			async (apiKey, signal) => {
				// Not `messages.parse`: where an answer fails the schema it throws, and with the message go its
				// tokens, which were billed, and the reason why it ended.
				const message = await new Anthropic({
					apiKey,
					authToken: null,
					baseURL: baseUrl,
					maxRetries: 0,
					timeout: use.maxRequestMs,
					logLevel: "off",
				}).messages.create(request, { signal });
				// A proxy's page comes through as text.
				if (!Array.isArray(message.content)) throw new Error("no message");
				return message;
			},
			({ usage }) => ({ input: usage?.input_tokens, output: usage?.output_tokens }),
		);
}

/** Returns the text of a reply, without thoughts and tool calls. */
export function replyText({ content }: Anthropic.Message): string {
	return content.map((block) => (block.type === "text" ? block.text : "")).join("");
}

/** Returns why the model stopped, in the terms that all providers share. */
export function stopReasonOf({ stop_reason: reason }: Anthropic.Message): "refused" | "cut_off" | "complete" {
	if (reason === "refusal") return "refused";
	return reason === "max_tokens" || reason === "model_context_window_exceeded" ? "cut_off" : "complete";
}
