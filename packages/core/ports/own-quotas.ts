import type { QuotaChanges } from "../limits/tiers.ts";

/** The quotas that administrators gave to a person, in place of the tier's. */
export interface OwnQuotas {
	/** Returns the changes to the tier's quotas; none where nobody made any. */
	find(userId: string): Promise<QuotaChanges>;
	/** Replaces them. */
	set(userId: string, changes: QuotaChanges): Promise<void>;
}
