import type { Vision } from "#core/ports/index.ts";
import { askedVision, maxOutputTokens, visionUse } from "../vision-model.ts";
import {
	descriptionSchema,
	imageFacts,
	visionInstructions,
} from "../image-prompt.ts";
import type { ProviderSettings } from "../provider.ts";
import { askOpenai, endOf } from "./client.ts";

/** OpenAI's models that describe images. */
export function openaiVision(settings: ProviderSettings): Vision {
	const ask = askOpenai(settings, visionUse);
	return askedVision(
		"openai",
		settings.model,
		async (request, model, repair) => {
			const image = Buffer.from(request.image).toString("base64");
			const completion = await ask(
				{
					model,
					max_completion_tokens: maxOutputTokens,
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
				request.deadline,
			);
			return {
				text: completion.choices[0]?.message.content ?? "",
				ended: endOf(completion),
				inputTokens: completion.usage?.prompt_tokens ?? 0,
				outputTokens: completion.usage?.completion_tokens ?? 0,
				id: completion.id,
			};
		},
	);
}
