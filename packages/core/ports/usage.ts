import type { TokenUsage } from "../items/analysis.ts";

/** The sum of answered calls. */
export interface Billed {
	calls: number;
	inputTokens: number;
	outputTokens: number;
	/** US dollars of the calls whose price is known. */
	costUsd: number;
	/** The calls whose price is not known. */
	unpricedCalls: number;
}

/** The answered calls of one model on one day of UTC. */
export interface UsageOfDay extends Billed {
	/** As `2026-03-01`. */
	day: string;
	provider: string;
	model: string;
}

/** A day of all people together. */
export interface EverybodysDay extends Billed {
	day: string;
	/** How many of them models were called for. */
	people: number;
}

/** Days of UTC, both included. */
export interface DayRange {
	from: string;
	to: string;
}

export type UsageOfPerson = Billed & { userId: string };

/** A person's use of the service. */
export interface Usage {
	/** Adds calls to today's; nothing once the account is deleted. */
	record(userId: string, calls: TokenUsage[]): Promise<void>;
	/** Returns the days from the first to the last, both included: the latest first, then by provider and model. */
	days(userId: string, range: DayRange): Promise<UsageOfDay[]>;
	/** Counts the items whose bytes are stored, those in the trash included, and their bytes. */
	stored(userId: string): Promise<{ items: number; bytes: number }>;
	/** Sums up everybody's days, the latest first; days without calls are left out. */
	everybody(range: DayRange): Promise<EverybodysDay[]>;
	/**
	 * Lists the people for whom models were called, the most expensive first, then those with most calls.
	 * @param options.cursor of the page before
	 * @throws AppError `invalid_request` where it is none
	 */
	people(
		range: DayRange,
		options: { limit: number; cursor?: string | undefined },
	): Promise<{ people: UsageOfPerson[]; nextCursor: string | null }>;
}
