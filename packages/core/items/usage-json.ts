import type { ModelUsage } from "./analysis.ts";

/** A billed call as the database and archives hold it. */
export interface UsageJson {
	purpose: ModelUsage["purpose"];
	provider: string;
	model: string;
	input_tokens: number;
	output_tokens: number;
	cost_usd: number | null;
}

export const usageToJson = (call: ModelUsage): UsageJson => ({
	purpose: call.purpose,
	provider: call.provider,
	model: call.model,
	input_tokens: call.inputTokens,
	output_tokens: call.outputTokens,
	cost_usd: call.costUsd,
});

export const usageFromJson = (call: UsageJson): ModelUsage => ({
	purpose: call.purpose,
	provider: call.provider,
	model: call.model,
	inputTokens: call.input_tokens,
	outputTokens: call.output_tokens,
	costUsd: call.cost_usd,
});
