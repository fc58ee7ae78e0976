import Anthropic from "@anthropic-ai/sdk";
import type { Vision } from "#core/ports.ts";
import {
	askedVision,
	longestVisionRequestMs,
	mostOutputTokens,
} from "./asked-vision.ts";
import {
	descriptionSchema,
	imageFacts,
	visionInstructions,
} from "./image-prompt.ts";
import {
	callProvider,
	type Provider,
	type ProviderSettings,
} from "./provider.ts";

/** Claude models, by the Messages API. */
export function anthropicVision({
	key,
	model: defaultModel,
	baseUrl = "https://api.anthropic.com",
}: ProviderSettings): Vision {
	const provider: Provider = {
		label: "Anthropic",
		key,
		modelSetting: "models.anthropic",
		unavailable: "vision_unavailable",
		longestRequestMs: longestVisionRequestMs,
		isUnknownModel: (status) => status === 404,
	};
	return askedVision(
		{ name: "anthropic", label: provider.label },
		defaultModel,
		(request, model, repair) =>
			callProvider(
				provider,
				model,
				request.deadline,
				async (apiKey, signal) => {
					// Not `messages.parse`: where an answer fails the schema it throws, and with the message go its
					// tokens, which were billed, and the reason why it ended.
					const message = await new Anthropic({
						apiKey,
						authToken: null,
						baseURL: baseUrl,
						maxRetries: 0,
						timeout: longestVisionRequestMs,
						logLevel: "off",
					}).messages.create(
						{
							model,
							max_tokens: mostOutputTokens,
							system: visionInstructions,
							messages: [
								{
									role: "user",
									content: [
										{
											type: "image",
											source: {
												type: "base64",
												media_type: "image/jpeg",
												data: Buffer.from(request.image).toString("base64"),
											},
										},
										{ type: "text", text: imageFacts(request) },
									],
								},
								...(repair
									? [
											// An empty turn is refused.
											{
												role: "assistant" as const,
												content: repair.answer.trim() || "{}",
											},
											{ role: "user" as const, content: repair.request },
										]
									: []),
							],
							output_config: {
								format: { type: "json_schema", schema: descriptionSchema },
							},
						},
						{ signal },
					);
					const { usage, stop_reason: stopped } = message;
					return {
						text: message.content
							.map((block) => (block.type === "text" ? block.text : ""))
							.join(""),
						ended:
							stopped === "refusal"
								? "refused"
								: stopped === "max_tokens" ||
										stopped === "model_context_window_exceeded"
									? "cut_off"
									: "complete",
						inputTokens: usage.input_tokens,
						outputTokens: usage.output_tokens,
						id: message.id,
					};
				},
			),
	);
}
