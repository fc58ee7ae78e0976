import OpenAI from "openai";
import type { ProviderSettings, ProviderUse } from "../provider.ts";
import { sdkCall, streamedOrWhole } from "../sdk-call.ts";
import { readCompletion } from "./streamed-completion.ts";

/**
 * Returns a function that calls an OpenAI model by the Chat Completions API: unlike the Responses API it stores
 * nothing by default.
 */
export const callOpenai = (settings: ProviderSettings, use: ProviderUse) =>
	sdkCall("openai", settings, use, {
		async send(options, request: OpenAI.ChatCompletionCreateParamsNonStreaming, signal, onText) {
			const { chat } = new OpenAI({ ...options, organization: null, project: null });
			const streamed = { ...request, stream: true, stream_options: { include_usage: true } } as const;
			const completion = onText
				? await streamedOrWhole(await chat.completions.create(streamed, { signal }).withResponse(), (chunks) =>
						readCompletion(chunks, onText),
					)
				: await chat.completions.create(request, { signal });
			// A proxy's page comes through as text.
			if (!Array.isArray(completion.choices)) throw new Error("no completion");
			return completion;
		},
		tokensOf: ({ usage }) => ({ input: usage?.prompt_tokens, output: usage?.completion_tokens }),
	});

/**
 * Returns what a request says in other words to a compatible server than to OpenAI: strict ones refuse what they do not
 * know, and Ollama ignores a limit of another name.
 */
export function dialectOf({ server }: ProviderSettings) {
	return {
		systemRole: server ? ("system" as const) : ("developer" as const),
		maxTokens: (tokens: number) => (server ? { max_tokens: tokens } : { max_completion_tokens: tokens }),
	};
}

/** Returns why the model stopped, in the terms that all providers share. */
export function stopReasonOf({ choices: [choice] }: OpenAI.ChatCompletion): "refused" | "cut_off" | "complete" {
	if (choice?.message.refusal || choice?.finish_reason === "content_filter") {
		return "refused";
	}
	return choice?.finish_reason === "length" ? "cut_off" : "complete";
}
