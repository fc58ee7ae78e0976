import { z } from "@hono/zod-openapi";
import type { Billed } from "#core/ports/index.ts";

/** The fields of billed calls. */
export const billedFields = {
	calls: z.int().openapi({ description: "Calls that a provider answered, and so billed." }),
	input_tokens: z.int(),
	output_tokens: z.int(),
	cost_usd: z.number().openapi({ description: "At list prices, of the calls whose price is known." }),
	unpriced_calls: z.int().openapi({ description: "Calls of models whose price is not known." }),
};

export const presentBilled = (billed: Billed) => ({
	calls: billed.calls,
	input_tokens: billed.inputTokens,
	output_tokens: billed.outputTokens,
	// A sum of fractions has digits that no price has.
	cost_usd: Number(billed.costUsd.toFixed(9)),
	unpriced_calls: billed.unpricedCalls,
});
