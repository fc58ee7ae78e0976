import OpenAI from "openai";
import { callProvider, type Provider, type ProviderSettings, type ProviderUse } from "../provider.ts";
import { providers } from "../providers.ts";

/** Calls an OpenAI model within the deadline. */
export type CallOpenai = (
	request: OpenAI.ChatCompletionCreateParamsNonStreaming,
	deadline: Date,
) => Promise<OpenAI.ChatCompletion>;

/** Uses the Chat Completions API: unlike the Responses API it stores nothing by default. */
export function callOpenai(
	{ key, baseUrl = providers.openai.baseUrl }: ProviderSettings,
	use: ProviderUse,
): CallOpenai {
	const provider: Provider = { ...use, name: "openai", key, isUnknownModel: (status) => status === 404 };
	return (request, deadline) =>
		callProvider(
			provider,
			request.model,
			deadline,
			async (apiKey, signal) => {
				const completion = await new OpenAI({
					apiKey,
					organization: null,
					project: null,
					baseURL: baseUrl,
					maxRetries: 0,
					timeout: use.maxRequestMs,
					logLevel: "off",
				}).chat.completions.create(request, { signal });
				// A proxy's page comes through as text.
				if (!Array.isArray(completion.choices)) throw new Error("no completion");
				return completion;
			},
			({ usage }) => ({ input: usage?.prompt_tokens, output: usage?.completion_tokens }),
		);
}

/** Returns why the model stopped, in the terms that all providers share. */
export function stopReasonOf({ choices: [choice] }: OpenAI.ChatCompletion): "refused" | "cut_off" | "complete" {
	if (choice?.message.refusal || choice?.finish_reason === "content_filter") {
		return "refused";
	}
	return choice?.finish_reason === "length" ? "cut_off" : "complete";
}
