import type { Vision } from "#core/ports/index.ts";
import { askedVision, maxOutputTokens, visionUse } from "../vision-model.ts";
import {
	descriptionSchema,
	imageFacts,
	visionInstructions,
} from "../image-prompt.ts";
import type { ProviderSettings } from "../provider.ts";
import { askClaude, endOf, textOf } from "./client.ts";

/** Claude models that describe images. */
export function anthropicVision(settings: ProviderSettings): Vision {
	const ask = askClaude(settings, visionUse);
	return askedVision(
		"anthropic",
		settings.model,
		async (request, model, repair) => {
			const message = await ask(
				{
					model,
					max_tokens: maxOutputTokens,
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
				request.deadline,
			);
			return {
				text: textOf(message),
				ended: endOf(message),
				inputTokens: message.usage.input_tokens,
				outputTokens: message.usage.output_tokens,
				id: message.id,
			};
		},
	);
}
