import { AppError } from "../errors.ts";
import type { Ports } from "../ports/index.ts";
import { type Limits, quotasOf } from "./limits.ts";
import type { CountedUse, UseQuotas } from "./quotas.ts";
import { changedQuotas, ownQuotasGroup, type QuotaChanges } from "./tiers.ts";

/** A changed quota holds after so long. */
const knownMs = 60_000;
const maxKnown = 1_000;

/** Returns the quotas that bound a use of a person in these groups. */
export type PersonsQuotas = (
	userId: string,
	groups: readonly string[],
	/** Null where the quotas are only shown. */
	use: CountedUse | null,
) => Promise<UseQuotas>;

/**
 * Adds to a tier's quotas those of a person of the group, which a sandbox looks up once a minute. Where they are away,
 * uploads are bounded by the tier's, and nothing else is done: a person's own quota may be the smaller one.
 */
export function personsQuotas(
	{ ownQuotas }: Pick<Ports, "ownQuotas">,
	limits: Pick<Limits, "quotas" | "tiers">,
	now: () => number = Date.now,
): PersonsQuotas {
	const known = new Map<string, { until: number; changes: Promise<QuotaChanges> }>();
	function changesOf(userId: string): Promise<QuotaChanges> {
		const found = known.get(userId);
		if (found && found.until > now()) return found.changes;
		const changes = ownQuotas.find(userId);
		known.delete(userId);
		known.set(userId, { until: now() + knownMs, changes });
		changes.catch(() => {
			if (known.get(userId)?.changes === changes) known.delete(userId);
		});
		const [oldest] = known.keys();
		if (known.size > maxKnown && oldest !== undefined) known.delete(oldest);
		return changes;
	}
	return async (userId, groups, use) => {
		const ofTier = quotasOf(limits, groups);
		if (!groups.includes(ownQuotasGroup)) return ofTier;
		try {
			return changedQuotas(ofTier, await changesOf(userId));
		} catch (cause) {
			if (use === "uploads") return ofTier;
			throw new AppError("quota_unavailable", "Nobody can say how much of your quota is left: try again in a while.", {
				cause,
			});
		}
	};
}
