/** The uses that count by day and month: messages to chats, verifications, and uploads of new items. */
export const countedUses = ["messages", "verifications", "uploads"] as const;
export type CountedUse = (typeof countedUses)[number];

/** The periods of UTC in which uses count. */
export const periods = ["day", "month"] as const;
export type Period = (typeof periods)[number];

/** A number for each period: of uses, or the maximum of them. */
export type PerPeriod = Readonly<Record<Period, number>>;

/** The maximum of each use in each period. */
export type UseQuotas = Readonly<Record<CountedUse, PerPeriod>>;

/** A quota of which nothing is left. */
export interface ExceededQuota {
	use: CountedUse;
	period: Period;
	limit: number;
	used: number;
	resetsAt: Date;
}

/** A use in the sentences that people read. */
export const useNouns: Record<CountedUse, string> = {
	messages: "messages to chats",
	verifications: "verifications",
	uploads: "uploads",
};

/** Returns the day of a time, as `2026-12-03`. */
export const dayOf = (at: Date) => at.toISOString().slice(0, 10);

/** Returns the end of the period that a time is in. */
export function endOf(period: Period, at: Date): Date {
	const [year, month] = [at.getUTCFullYear(), at.getUTCMonth()];
	return new Date(period === "day" ? Date.UTC(year, month, at.getUTCDate() + 1) : Date.UTC(year, month + 1));
}

/** Returns the period whose quota is used up; of both the month, which ends later. */
export const exceededPeriod = (used: PerPeriod, quota: PerPeriod): Period | undefined =>
	periods.findLast((period) => used[period] >= quota[period]);
