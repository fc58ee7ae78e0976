/** Limits how long a value, or its absence, is cached. A refusal shows a replaced key or password earlier. */
const ttlMs = 5 * 60_000;

/** Reads by name and caches each value for five minutes; failures are not cached. `fresh` bypasses the cache. */
export function ttlCache<T>(
	read: (name: string) => Promise<T>,
): (name: string, options?: { fresh?: boolean }) => Promise<T> {
	const cached = new Map<string, { readAt: number; value: Promise<T> }>();
	return async (name, { fresh = false } = {}) => {
		const entry = cached.get(name);
		if (entry && !fresh && Date.now() - entry.readAt < ttlMs) {
			return entry.value;
		}
		const value = read(name);
		cached.set(name, { readAt: Date.now(), value });
		value.catch(() => {
			if (cached.get(name)?.value === value) cached.delete(name);
		});
		return value;
	};
}
