import OpenAI from "openai";
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

/** OpenAI's models, by the Chat Completions API: unlike the Responses API it keeps nothing unless asked to. */
export function openaiVision({
	key,
	model: defaultModel,
	baseUrl = "https://api.openai.com/v1",
}: ProviderSettings): Vision {
	const provider: Provider = {
		label: "OpenAI",
		key,
		modelSetting: "models.openai",
		unavailable: "vision_unavailable",
		longestRequestMs: longestVisionRequestMs,
		isUnknownModel: (status) => status === 404,
	};
	return askedVision(
		{ name: "openai", label: provider.label },
		defaultModel,
		(request, model, repair) =>
			callProvider(
				provider,
				model,
				request.deadline,
				async (apiKey, signal) => {
					const image = Buffer.from(request.image).toString("base64");
					const completion = await new OpenAI({
						apiKey,
						organization: null,
						project: null,
						baseURL: baseUrl,
						maxRetries: 0,
						timeout: longestVisionRequestMs,
						logLevel: "off",
					}).chat.completions.create(
						{
							model,
							max_completion_tokens: mostOutputTokens,
							messages: [
								{ role: "developer", content: visionInstructions },
								{
									role: "user",
									content: [
										{
											type: "image_url",
											image_url: {
												url: `data:image/jpeg;base64,${image}`,
												detail: "high",
											},
										},
										{ type: "text", text: imageFacts(request) },
									],
								},
								...(repair
									? [
											{ role: "assistant" as const, content: repair.answer },
											{ role: "user" as const, content: repair.request },
										]
									: []),
							],
							response_format: {
								type: "json_schema",
								json_schema: {
									name: "image_description",
									strict: true,
									schema: descriptionSchema,
								},
							},
						},
						{ signal },
					);
					const [choice] = completion.choices;
					return {
						text: choice?.message.content ?? "",
						ended:
							choice?.message.refusal ||
							choice?.finish_reason === "content_filter"
								? "refused"
								: choice?.finish_reason === "length"
									? "cut_off"
									: "complete",
						inputTokens: completion.usage?.prompt_tokens ?? 0,
						outputTokens: completion.usage?.completion_tokens ?? 0,
						id: completion.id,
					};
				},
			),
	);
}
