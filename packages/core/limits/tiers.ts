import { type CountedUse, type PerPeriod, periods, type UseQuotas } from "./quotas.ts";

/** The tiers of people, the lowest first. Each but `free` is a group of the user pool. */
export const tiers = ["free", "pro", "team"] as const;
export type Tier = (typeof tiers)[number];

/** The groups of the user pool that stand for tiers. */
export const tierGroups = tiers.filter((tier) => tier !== "free");

/**
 * The group of the user pool whose people have quotas of their own. The token names it, so that nothing is looked up for
 * all others.
 */
export const ownQuotasGroup = "own-quotas";

/** Changes to some quotas. */
export type QuotaChanges = Readonly<Partial<Record<CountedUse, Partial<PerPeriod> | undefined>>>;

/** Returns the highest tier among a person's groups. */
export const tierOf = (groups: readonly string[]): Tier => tiers.findLast((tier) => groups.includes(tier)) ?? "free";

/** Returns quotas with their changes. */
export function changedQuotas(quotas: UseQuotas, changes: QuotaChanges): UseQuotas {
	const changed = (Object.keys(quotas) as CountedUse[]).map((use) => [
		use,
		Object.fromEntries(periods.map((period) => [period, changes[use]?.[period] ?? quotas[use][period]])),
	]);
	return Object.fromEntries(changed);
}
