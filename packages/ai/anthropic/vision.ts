import type { Vision } from "#core/ports/index.ts";
import { descriptionSchema, imageFacts, visionInstructions } from "../image-prompt.ts";
import type { ProviderSettings } from "../provider.ts";
import { maxOutputTokens, visionModel, visionUse } from "../vision-model.ts";
import { callClaude, replyText, stopReasonOf } from "./client.ts";

/** Returns Anthropic's vision models. */
export function connect(settings: ProviderSettings): Vision {
	const call = callClaude(settings, visionUse);
	return visionModel("anthropic", settings.model, async (request, model, repair) => {
		const message = await call(
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
			text: replyText(message),
			ended: stopReasonOf(message),
			inputTokens: message.usage.input_tokens,
			outputTokens: message.usage.output_tokens,
			id: message.id,
		};
	});
}
