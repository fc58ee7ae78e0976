import { PermanentFailure, usageOf, withUsage } from "#core/errors.ts";
import type { ModelUsage } from "#core/items/analysis.ts";
import type { Vision, VisionRequest } from "#core/ports/index.ts";
import { readDescription, repairRequest } from "./image-prompt.ts";
import { costUsd } from "./prices.ts";
import type { ProviderUse } from "./provider.ts";
import { type ProviderName, providers } from "./providers.ts";

/** An answer that could not be used, and the request that follows it. */
interface Repair {
	answer: string;
	request: string;
}

/** A model's answer in the terms that all providers share. */
interface ModelAnswer {
	text: string;
	ended: "complete" | "cut_off" | "refused";
	inputTokens: number;
	outputTokens: number;
	/** The provider's id of the call. */
	id: string | null;
}

/** One call of a provider's model. */
type CallModel = (request: VisionRequest, model: string, repair: Repair | null) => Promise<ModelAnswer>;

/** Limits the tokens of an answer, the model's thinking included. A page full of text needs about 6,000. */
export const maxOutputTokens = 16_000;

export const visionUse: ProviderUse = {
	capability: "vision",
	unavailable: "vision_unavailable",
	isQuoted: true,
	// A description takes 5 to 40 s.
	maxRequestMs: 90_000,
};

/** Describes images by a model that is called over a network: at most twice an image, the second time to repair the first answer. */
export function visionModel(provider: ProviderName, defaultModel: string, call: CallModel): Vision {
	const { label } = providers[provider];
	return {
		async describe(request) {
			const model = request.model ?? defaultModel;
			const usage: ModelUsage[] = [];
			let repair: Repair | null = null;
			let complaint = "";
			for (const purpose of ["vision", "repair"] as const) {
				const answer: ModelAnswer = await call(request, model, repair).catch((error) => {
					throw withUsage(error, [...usage, ...usageOf(error)]);
				});
				const { inputTokens, outputTokens } = answer;
				usage.push({
					purpose,
					provider,
					model,
					inputTokens,
					outputTokens,
					costUsd: costUsd(model, inputTokens, outputTokens),
				});
				if (answer.ended === "refused") {
					throw new PermanentFailure(
						{
							code: "vision_refused",
							detail: `${label} refused to describe this image: have it described by another provider.`,
						},
						undefined,
						usage,
					);
				}
				const parsed =
					answer.ended === "cut_off"
						? {
								complaint: `It was cut off at ${maxOutputTokens} tokens. Leave out what matters least, and shorten extracted_text to 100 lines.`,
							}
						: readDescription(answer.text);
				if ("description" in parsed) {
					return {
						description: parsed.description,
						provider,
						model,
						traceId: answer.id,
						usage,
					};
				}
				complaint = parsed.complaint;
				repair = { answer: answer.text, request: repairRequest(complaint) };
			}
			throw new PermanentFailure(
				{
					code: "vision_answer_invalid",
					detail: `${label} described this image twice in a form that cannot be used: have it described by another provider or model.`,
				},
				new Error(complaint),
				usage,
			);
		},
	};
}
