import { ModelFailure } from "#core/errors.ts";
import type { ModelUsage } from "#core/items/analysis.ts";
import { type Embedder, embeddingDimensions } from "#core/ports/index.ts";
import { costUsd } from "../prices.ts";
import { callProvider, type Provider, type ProviderSettings } from "../provider.ts";
import { modelSetting, providers } from "../providers.ts";

/** An embedding takes a fraction of a second. */
const maxRequestMs = 15_000;

/** Returns Voyage's embedding model. The SDK is loaded by the first call. */
export function connect({ key, model, baseUrl = providers.voyage.baseUrl, breaker }: ProviderSettings): Embedder {
	const provider: Provider = {
		name: "voyage",
		capability: "embedding",
		key,
		breaker,
		unavailable: "embedding_unavailable",
		maxRequestMs,
		// Voyage answers 400: "Model x is not supported. Supported models are ...".
		isUnknownModel: (status, message) => status === 404 || (status === 400 && /model .*not supported/i.test(message)),
	};
	return {
		model,
		fusionWeights: { vector: 0.7, text: 0.3 },
		answerabilityThreshold: 0,
		exhaustive: false,
		async embed(texts, inputType, { deadline }) {
			if (texts.length === 0) return { vectors: [], usage: [] };
			const { VoyageAIClient } = await import("voyageai");
			const answer = await callProvider(
				provider,
				model,
				deadline,
				(apiKey, abortSignal) =>
					new VoyageAIClient({ apiKey, baseUrl }).embed(
						{
							// An empty text is refused; a text without words still needs a vector.
							input: texts.map((text) => text || "-"),
							model,
							inputType,
							truncation: true,
							outputDimension: embeddingDimensions,
						},
						{
							abortSignal,
							maxRetries: 0,
							timeoutInSeconds: maxRequestMs / 1000,
						},
					),
				({ usage }) => ({ input: usage?.totalTokens }),
			);
			const tokens = answer.usage?.totalTokens ?? 0;
			const usage: ModelUsage[] = [
				{
					purpose: "embedding",
					provider: "voyage",
					model,
					inputTokens: tokens,
					outputTokens: 0,
					costUsd: costUsd(model, tokens, 0),
				},
			];
			const vectors = texts.map((_, at) => unitVector(answer.data?.find(({ index }) => index === at)?.embedding));
			const wrong = vectors.find((vector) => typeof vector === "string");
			if (wrong) {
				throw new ModelFailure(
					"embedding_unavailable",
					`Voyage's model ${model} answered ${wrong}: where that stays so, change ${modelSetting("embedding", "voyage")} in cdk.json.`,
					{ usage },
				);
			}
			return { vectors: vectors as Float32Array[], usage };
		},
	};
}

/** Returns the vector at length 1, or what is wrong with it: one wrong number would spoil an item for good. */
function unitVector(numbers: unknown): Float32Array | string {
	if (!Array.isArray(numbers)) return "no vector for a text";
	if (numbers.length !== embeddingDimensions) {
		return `a vector of ${numbers.length} numbers where ${embeddingDimensions} are needed`;
	}
	const vector = Float32Array.from(numbers);
	const length = Math.hypot(...vector);
	const isWhole = numbers.every((value) => typeof value === "number") && Number.isFinite(length) && length > 0;
	return isWhole ? vector.map((value) => value / length) : "a vector that is not of finite numbers";
}
