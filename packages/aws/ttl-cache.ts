/** A replaced key or password is noticed by its refusal; this bounds how long one, or the lack of one, is kept. */
const milliseconds = 5 * 60_000;

/** Reads by name, and keeps what was read for five minutes; failures are not kept. `fresh` reads anew. */
export function ttlCache<T>(
	read: (name: string) => Promise<T>,
): (name: string, options?: { fresh?: boolean }) => Promise<T> {
	const cached = new Map<string, { readAt: number; value: Promise<T> }>();
	return async (name, { fresh = false } = {}) => {
		const known = cached.get(name);
		if (known && !fresh && Date.now() - known.readAt < milliseconds) {
			return known.value;
		}
		const value = read(name);
		cached.set(name, { readAt: Date.now(), value });
		value.catch(() => {
			if (cached.get(name)?.value === value) cached.delete(name);
		});
		return value;
	};
}
