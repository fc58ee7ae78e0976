/** After a failure the store is left alone: nothing must wait for a store that is away. */
const restMs = 5_000;

/**
 * Returns a function that asks a store which an answer can do without.
 * @param onFailure is told why the store did not answer
 * @returns null where it did not, and within five seconds after that
 */
export function optionalStore(
	onFailure: (error: unknown) => void,
	now: () => number = Date.now,
): <T>(ask: () => Promise<T>) => Promise<T | null> {
	let restsUntil = 0;
	return async (ask) => {
		if (now() < restsUntil) return null;
		try {
			return await ask();
		} catch (error) {
			restsUntil = now() + restMs;
			onFailure(error);
			return null;
		}
	};
}
