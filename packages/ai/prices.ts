/** When the table was last compared with the providers' price lists. Prices are the owner's to check. */
export const pricesAsOf = "2026-11-20";

interface Price {
	/** US dollars per million tokens. */
	input: number;
	output: number;
	/** With more input tokens another price holds, which is not in the table. */
	upToInputTokens?: number;
}

/** List prices by model. A model that is missing here costs an unknown amount, never a guessed one. */
const prices = new Map<string, Price>(
	Object.entries({
		// platform.claude.com/docs/en/models
		"claude-haiku-5-5": { input: 0.1, output: 0.5, upToInputTokens: 100_000 },
		"claude-sonnet-5-5": { input: 2, output: 10 },
		"claude-opus-5-5": { input: 4, output: 20 },
		// platform.openai.com/docs/pricing
		"gpt-5.4-mini": { input: 0.75, output: 4.5 },
		"gpt-5.4-nano": { input: 0.2, output: 1.25 },
		// docs.voyageai.com/docs/pricing
		"voyage-3.5-lite": { input: 0.02, output: 0 },
		"voyage-4-lite": { input: 0.02, output: 0 },
	}),
);

/** What a call cost in US dollars; null where the price is not known. */
export function costUsd(
	model: string,
	inputTokens: number,
	outputTokens: number,
): number | null {
	// A dated snapshot costs what its model costs.
	const price = prices.get(model.replace(/-\d{4}-?\d{2}-?\d{2}$/, ""));
	if (!price || inputTokens > (price.upToInputTokens ?? Infinity)) return null;
	const cost = inputTokens * price.input + outputTokens * price.output;
	return Number((cost / 1_000_000).toFixed(9));
}
