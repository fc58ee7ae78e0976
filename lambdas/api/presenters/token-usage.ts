import { z } from "@hono/zod-openapi";
import type { TokenUsage } from "#core/items/analysis.ts";

/** The tokens and the cost of one answered model call in a response. */
export const tokenUsageSchema = z.object({
	provider: z.string(),
	model: z.string(),
	input_tokens: z.int(),
	output_tokens: z.int(),
	cost_usd: z.number().nullable().openapi({ description: "Null where the model's price is not known." }),
});

/** Converts a model call's usage to the form that clients see. */
export function presentTokenUsage(call: TokenUsage): z.infer<typeof tokenUsageSchema> {
	return {
		provider: call.provider,
		model: call.model,
		input_tokens: call.inputTokens,
		output_tokens: call.outputTokens,
		cost_usd: call.costUsd,
	};
}
