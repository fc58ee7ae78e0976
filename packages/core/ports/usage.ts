import type { TokenUsage } from "../items/analysis.ts";

/** The answered calls of one model on one day of UTC. */
export interface UsageOfDay {
	/** As `2026-03-01`. */
	day: string;
	provider: string;
	model: string;
	calls: number;
	inputTokens: number;
	outputTokens: number;
	/** US dollars of the calls whose price is known. */
	costUsd: number;
	/** The calls whose price is not known. */
	unpricedCalls: number;
}

/** A person's use of the service. */
export interface Usage {
	/** Adds calls to today's; nothing once the account is deleted. */
	record(userId: string, calls: TokenUsage[]): Promise<void>;
	/** Returns the days from the first to the last, both included: the latest first, then by provider and model. */
	days(userId: string, range: { from: string; to: string }): Promise<UsageOfDay[]>;
	/** Counts the items whose bytes are stored, those in the trash included, and their bytes. */
	stored(userId: string): Promise<{ items: number; bytes: number }>;
}
