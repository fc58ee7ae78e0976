import { type CountedUse, countedUses, dayOf, exceededPeriod, type PerPeriod } from "#core/limits/quotas.ts";
import type { Clock, QuotaCounts } from "#core/ports/index.ts";

/** Counts in memory, on the clock of a test. */
export function fakeQuotaCounts(clock: Clock): QuotaCounts {
	const counts = new Map<string, number>();
	const keysOf = (userId: string, use: CountedUse, day: string) => ({
		day: `${userId}#${use}#${day}`,
		month: `${userId}#${use}#${day.slice(0, 7)}`,
	});
	const usedOf = (userId: string, use: CountedUse, day: string): PerPeriod => {
		const keys = keysOf(userId, use, day);
		return { day: counts.get(keys.day) ?? 0, month: counts.get(keys.month) ?? 0 };
	};
	const add = (userId: string, use: CountedUse, day: string, number: number) => {
		for (const key of Object.values(keysOf(userId, use, day))) counts.set(key, (counts.get(key) ?? 0) + number);
	};
	return {
		async take(userId, use, quota) {
			const at = clock.now();
			const day = dayOf(at);
			const used = usedOf(userId, use, day);
			const period = exceededPeriod(used, quota);
			if (period) return { allowed: false, period, used: used[period], at };
			add(userId, use, day, 1);
			return { allowed: true, day };
		},
		async putBack(userId, use, day) {
			if (usedOf(userId, use, day).day > 0) add(userId, use, day, -1);
		},
		async used(userId) {
			const at = clock.now();
			const uses = Object.fromEntries(countedUses.map((use) => [use, usedOf(userId, use, dayOf(at))]));
			return { at, uses: uses as Record<CountedUse, PerPeriod> };
		},
	};
}
