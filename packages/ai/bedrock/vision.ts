import type { Vision } from "#core/ports/index.ts";
import { descriptionSchema, imageFacts, visionInstructions } from "../image-prompt.ts";
import type { SettingsOf } from "../provider.ts";
import { maxOutputTokens, visionModel, visionUse } from "../vision-model.ts";
import { converse } from "./client.ts";

const schema = JSON.stringify(descriptionSchema);

/** Returns vision models on Amazon Bedrock. */
export function connect(settings: SettingsOf<"bedrock">): Vision {
	const call = converse(visionUse, settings);
	return visionModel("bedrock", settings.model, async (request, model, repair) => {
		const { text, ended, usage, id } = await call(
			{
				modelId: model,
				inferenceConfig: { maxTokens: maxOutputTokens },
				messages: [
					{
						role: "user",
						content: [{ image: { format: "jpeg", source: { bytes: request.image } } }, { text: imageFacts(request) }],
					},
					...(repair
						? [
								// An empty turn is refused.
								{ role: "assistant" as const, content: [{ text: repair.answer.trim() || "{}" }] },
								{ role: "user" as const, content: [{ text: repair.request }] },
							]
						: []),
				],
				...(enforcesSchemas(model)
					? {
							system: [{ text: visionInstructions }],
							outputConfig: {
								textFormat: {
									type: "json_schema",
									structure: { jsonSchema: { name: "image_description", schema } },
								},
							},
						}
					: {
							system: [{ text: `${visionInstructions}\n\nThe schema, without a fence around your answer: ${schema}` }],
						}),
			},
			request,
		);
		return {
			text: enforcesSchemas(model) ? text : withoutFence(text),
			ended,
			inputTokens: usage?.inputTokens ?? 0,
			outputTokens: usage?.outputTokens ?? 0,
			id,
		};
	});
}

/** Tells Claude from models of others, such as Amazon's Nova, of which Bedrock refuses a request with a schema. */
const enforcesSchemas = (model: string) => /(^|\.)anthropic\./.test(model);

/** Takes an answer out of the Markdown fence in which models put JSON, asked or not. */
const withoutFence = (text: string) => /^\s*```(?:json)?\s*\n(.*)\n\s*```\s*$/s.exec(text)?.[1] ?? text;
