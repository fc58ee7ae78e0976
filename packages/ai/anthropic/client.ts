import Anthropic from "@anthropic-ai/sdk";
import type { ProviderSettings, ProviderUse } from "../provider.ts";
import { sdkCall, streamedOrWhole } from "../sdk-call.ts";
import { readMessage } from "./streamed-message.ts";

/** Returns a function that calls a Claude model by the Messages API. */
export const callClaude = (settings: ProviderSettings, use: ProviderUse) =>
	sdkCall("anthropic", settings, use, {
		// Not `messages.parse`: where an answer fails the schema it throws, and with the message go its
		// tokens, which were billed, and the reason why it ended.
		async send(options, request: Anthropic.MessageCreateParamsNonStreaming, signal, onText) {
			const { messages } = new Anthropic({ ...options, authToken: null });
			const message = onText
				? await streamedOrWhole(
						await messages.create({ ...request, stream: true }, { signal }).withResponse(),
						(events) => readMessage(events, onText),
					)
				: await messages.create(request, { signal });
			// A proxy's page comes through as text.
			if (!Array.isArray(message.content)) throw new Error("no message");
			return message;
		},
		tokensOf: ({ usage }) => ({ input: usage?.input_tokens, output: usage?.output_tokens }),
	});

/** Returns the text of a reply, without thoughts and tool calls. */
export function replyText({ content }: Anthropic.Message): string {
	return content.map((block) => (block.type === "text" ? block.text : "")).join("");
}

/** Returns why the model stopped, in the terms that all providers share. */
export function stopReasonOf({ stop_reason: reason }: Anthropic.Message): "refused" | "cut_off" | "complete" {
	if (reason === "refusal") return "refused";
	return reason === "max_tokens" || reason === "model_context_window_exceeded" ? "cut_off" : "complete";
}
