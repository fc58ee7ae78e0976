import { InvokeModelCommand } from "@aws-sdk/client-bedrock-runtime";
import { z } from "zod";
import { ModelFailure, withUsage } from "#core/errors.ts";
import type { ModelUsage } from "#core/items/analysis.ts";
import { type Embedder, embeddingDimensions } from "#core/ports/index.ts";
import { costUsd } from "../prices.ts";
import { callProvider, type ProviderUse, type SettingsOf } from "../provider.ts";
import { modelSetting } from "../providers.ts";
import { storedVector } from "../stored-vector.ts";
import { bedrockClient, bedrockProvider } from "./client.ts";

const use: ProviderUse = {
	capability: "embedding",
	unavailable: "embedding_unavailable",
	// An embedding takes a fraction of a second.
	maxRequestMs: 15_000,
};

/** Titan embeds one text a request: a verification has dozens. */
const parallelRequests = 8;
/** Titan refuses more, */
const maxCharacters = 50_000;
/** and more than 8,192 tokens, which shorter texts do not have in any script. */
const minShortened = 2_000;

const titanAnswer = z.object({ embedding: z.array(z.number()), inputTextTokenCount: z.number() });

/** Returns a text embedding model of Amazon Titan on Bedrock. */
export function connect(settings: SettingsOf<"bedrock">): Embedder {
	const { model } = settings;
	const provider = bedrockProvider(use, settings);
	const client = bedrockClient(settings);

	async function embedText(text: string, deadline: Date): Promise<z.infer<typeof titanAnswer>> {
		const body = JSON.stringify({
			// An empty text is refused; a text without words still needs a vector.
			inputText: text || "-",
			dimensions: embeddingDimensions,
			normalize: true,
		});
		const command = new InvokeModelCommand({ modelId: model, contentType: "application/json", body });
		try {
			return await callProvider(
				provider,
				model,
				deadline,
				async (_, abortSignal) => {
					const answer = await client.send(command, { abortSignal });
					return titanAnswer.parse(JSON.parse(answer.body.transformToString()));
				},
				({ inputTextTokenCount }) => ({ input: inputTextTokenCount }),
			);
		} catch (error) {
			if (!(error instanceof ModelFailure) || !error.isRequestWrong || text.length <= minShortened) throw error;
			// The beginning tells what a text is about.
			return embedText(text.slice(0, Math.ceil(text.length / 2)), deadline);
		}
	}

	return {
		model,
		// Not fitted: there were no queries with such a model's vectors.
		fusionWeights: { vector: 0.5, text: 0.5 },
		answerabilityThreshold: 0,
		exhaustive: false,
		async embed(texts, _inputType, { deadline }) {
			if (texts.length === 0) return { vectors: [], usage: [] };
			let tokens = 0;
			const usage = (): ModelUsage[] => [
				{
					purpose: "embedding",
					provider: "bedrock",
					model,
					inputTokens: tokens,
					outputTokens: 0,
					costUsd: costUsd(model, tokens, 0),
				},
			];
			const vectors: Float32Array[] = [];
			for (let at = 0; at < texts.length; at += parallelRequests) {
				const calls = texts.slice(at, at + parallelRequests).map(async (text) => {
					const { embedding, inputTextTokenCount } = await embedText(text.slice(0, maxCharacters), deadline);
					tokens += inputTextTokenCount;
					const vector = storedVector(embedding);
					if (typeof vector !== "string") return vector;
					throw new ModelFailure(
						"embedding_unavailable",
						`The embedding model ${model} answered ${vector}: where that stays so, change ${modelSetting("embedding", "bedrock")} in cdk.json.`,
					);
				});
				// All have ended before one's failure is thrown, so that each answer is counted.
				const ended = await Promise.allSettled(calls);
				for (const each of ended) {
					if (each.status === "rejected") throw withUsage(each.reason, tokens > 0 ? usage() : []);
					vectors.push(each.value);
				}
			}
			return { vectors, usage: usage() };
		},
	};
}
