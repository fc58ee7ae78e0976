export interface UsageDay {
	day: string;
	calls: number;
}

/** Adds up models and providers of a day. Days without calls are included. */
export function byDay<Day extends UsageDay>({
	from,
	to,
	days,
}: {
	from: string;
	to: string;
	days: readonly Day[];
}): UsageDay[] {
	const sums = new Map<string, UsageDay>();
	for (let at = Date.parse(from); at <= Date.parse(to); at += 86_400_000) {
		const day = new Date(at).toISOString().slice(0, 10);
		sums.set(day, { day, calls: 0 });
	}
	for (const { day, calls } of days) {
		const sum = sums.get(day);
		if (sum) sum.calls += calls;
	}
	return [...sums.values()];
}
