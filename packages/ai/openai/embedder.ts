import OpenAI from "openai";
import { ModelFailure } from "#core/errors.ts";
import type { ModelUsage } from "#core/items/analysis.ts";
import { type Embedder, embeddingDimensions } from "#core/ports/index.ts";
import { costUsd } from "../prices.ts";
import type { ProviderSettings, ProviderUse } from "../provider.ts";
import { modelSetting } from "../providers.ts";
import { sdkCall } from "../sdk-call.ts";
import { storedVector } from "../stored-vector.ts";

const use: ProviderUse = {
	capability: "embedding",
	unavailable: "embedding_unavailable",
	// An embedding takes a fraction of a second.
	maxRequestMs: 15_000,
};

/** Returns an embedding model of OpenAI, or of a compatible server with at most our dimensions. */
export function connect(settings: ProviderSettings): Embedder {
	const { model, server } = settings;
	const setting = server ? "openaiServer.models.embedding" : modelSetting("embedding", "openai");
	const call = sdkCall("openai", settings, use, {
		async send(options, request: OpenAI.EmbeddingCreateParams, signal) {
			const client = new OpenAI({ ...options, organization: null, project: null });
			const answer = await client.embeddings.create(request, { signal });
			// A proxy's page comes through as text.
			if (!Array.isArray(answer.data)) throw new Error("no embeddings");
			return answer;
		},
		tokensOf: ({ usage }) => ({ input: usage?.prompt_tokens }),
	});
	return {
		model,
		// Not fitted: there were no queries with such a model's vectors.
		fusionWeights: { vector: 0.5, text: 0.5 },
		answerabilityThreshold: 0,
		exhaustive: false,
		async embed(texts, _inputType, { deadline }) {
			if (texts.length === 0) return { vectors: [], usage: [] };
			const request: OpenAI.EmbeddingCreateParams = {
				model,
				// An empty text is refused; a text without words still needs a vector.
				input: texts.map((text) => text || "-"),
				// The SDK's own is base64, which few compatible servers answer.
				encoding_format: "float",
				// vLLM refuses it for models that were not trained to be shortened.
				...(!server && { dimensions: embeddingDimensions }),
			};
			const answer = await call(request, deadline);
			const tokens = answer.usage?.prompt_tokens ?? 0;
			const usage: ModelUsage[] = [
				{
					purpose: "embedding",
					provider: "openai",
					model,
					inputTokens: tokens,
					outputTokens: 0,
					costUsd: costUsd(model, tokens, 0),
				},
			];
			const vectors = texts.map((_, at) => {
				const numbers: unknown = answer.data.find(({ index }) => index === at)?.embedding;
				if (!Array.isArray(numbers)) return "no vector for a text";
				return numbers.every((value) => typeof value === "number")
					? storedVector(numbers)
					: "a vector that is not of numbers";
			});
			const wrong = vectors.find((vector) => typeof vector === "string");
			if (wrong) {
				throw new ModelFailure(
					"embedding_unavailable",
					`The embedding model ${model} answered ${wrong}: where that stays so, change ${setting} in cdk.json.`,
					{ usage },
				);
			}
			return { vectors: vectors as Float32Array[], usage };
		},
	};
}
