import type { QuotaChanges } from "#core/limits/tiers.ts";
import type { OwnQuotas } from "#core/ports/index.ts";

/** Own quotas in memory. */
export function fakeOwnQuotas(): OwnQuotas {
	const all = new Map<string, QuotaChanges>();
	return {
		find: async (userId) => structuredClone(all.get(userId) ?? {}),
		async set(userId, changes) {
			if (Object.keys(changes).length === 0) all.delete(userId);
			else all.set(userId, structuredClone(changes));
		},
	};
}
