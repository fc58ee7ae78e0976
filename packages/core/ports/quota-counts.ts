import type { CountedUse, Period, PerPeriod } from "../limits/quotas.ts";

/** One use of a quota: counted in its day, or refused at a time since nothing was left of the period. */
export type TakenUse = { allowed: true; day: string } | { allowed: false; period: Period; used: number; at: Date };

/** Counts each person's uses by day and month of UTC. */
export interface QuotaCounts {
	/** Counts a use in both periods, or in none where one has no room. */
	take(userId: string, use: CountedUse, quota: PerPeriod): Promise<TakenUse>;
	/** Takes back a use that was counted on a day. */
	putBack(userId: string, use: CountedUse, day: string): Promise<void>;
	/** Returns the uses of the present periods. */
	used(userId: string): Promise<{ at: Date; uses: Record<CountedUse, PerPeriod> }>;
}
