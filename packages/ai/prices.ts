import { type Price, providers } from "./providers.ts";

const prices = new Map<string, Price>(
	Object.values(providers).flatMap((provider) => Object.entries<Price>(provider.prices)),
);

/** Returns what a call cost in US dollars; null if the model's price is not known. */
export function costUsd(model: string, inputTokens: number, outputTokens: number): number | null {
	// A dated snapshot costs what its model costs.
	const price = prices.get(model.replace(/-\d{4}-?\d{2}-?\d{2}$/, ""));
	if (!price || inputTokens > (price.maxInputTokens ?? Infinity)) return null;
	const cost = inputTokens * price.input + outputTokens * price.output;
	return Number((cost / 1_000_000).toFixed(9));
}
