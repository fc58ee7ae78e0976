import type { Vision } from "#core/ports/index.ts";
import { descriptionSchema, imageFacts, visionInstructions } from "../image-prompt.ts";
import type { ProviderSettings } from "../provider.ts";
import { maxOutputTokens, visionModel, visionUse } from "../vision-model.ts";
import { callOpenai, dialectOf, stopReasonOf } from "./client.ts";

/** Returns OpenAI's vision models. */
export function connect(settings: ProviderSettings): Vision {
	const call = callOpenai(settings, visionUse);
	const { systemRole, maxTokens } = dialectOf(settings);
	return visionModel("openai", settings.model, async (request, model, repair) => {
		const image = Buffer.from(request.image).toString("base64");
		const completion = await call(
			{
				model,
				...maxTokens(maxOutputTokens),
				messages: [
					{ role: systemRole, content: visionInstructions },
					{
						role: "user",
						content: [
							{
								type: "image_url",
								image_url: {
									url: `data:image/jpeg;base64,${image}`,
									...(!settings.server && { detail: "high" as const }),
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
			ended: stopReasonOf(completion),
			inputTokens: completion.usage?.prompt_tokens ?? 0,
			outputTokens: completion.usage?.completion_tokens ?? 0,
			id: completion.id,
		};
	});
}
