import type { UseQuotas } from "./quotas.ts";
import { changedQuotas, type QuotaChanges, type Tier, tierOf } from "./tiers.ts";

/**
 * The classes of routes, each with a limit of its own. An `expensive` route calls models or waits for other functions. `share`
 * counts what visitors ask of a person's public pages.
 */
export const routeClasses = ["read", "write", "upload", "search", "expensive", "share"] as const;
export type RouteClass = (typeof routeClasses)[number];

/** The limits of each user. */
export interface Limits {
	/** The requests of each class in a minute, all of which may come at once. */
	readonly requestsPerMinute: Readonly<Record<RouteClass, number>>;
	/** The expensive requests that run at the same time. */
	readonly parallelExpensive: number;
	/** The announced uploads whose images have not arrived. */
	readonly pendingUploads: number;
	/** The maximum of each use in a day and in a month. */
	readonly quotas: UseQuotas;
	/** The changes to the quotas for the people of each tier. */
	readonly tiers: Readonly<Record<Tier, QuotaChanges>>;
}

/** The limits of one class, or of guesses of the password of one share. */
export interface RateLimit {
	routeClass: RouteClass | `guess#${string}`;
	perMinute: number;
	/** The requests that may come at once. @default those of a minute */
	burst?: number;
	/** The requests that run at the same time; null where nothing bounds them. */
	parallel: number | null;
}

export function rateLimitOf(limits: Limits, routeClass: RouteClass): RateLimit {
	return {
		routeClass,
		perMinute: limits.requestsPerMinute[routeClass],
		parallel: routeClass === "expensive" ? limits.parallelExpensive : null,
	};
}

/** Returns the quotas of a person who is in these groups of the user pool. */
export const quotasOf = ({ quotas, tiers }: Pick<Limits, "quotas" | "tiers">, groups: readonly string[]): UseQuotas =>
	changedQuotas(quotas, tiers[tierOf(groups)]);
