import { once } from "#core/once.ts";

/** A port that has only asynchronous calls, so that nothing of it is needed before the first. */
type AsyncCalls<T> = {
	[K in keyof T]: (...args: never[]) => Promise<unknown>;
};

/**
 * Returns a port whose implementation is loaded at its first call: a database driver or an SDK must not delay
 * answers that do without it.
 */
export function lazyPort<T extends AsyncCalls<T>>(load: () => Promise<T>): T {
	const loaded = once(load);
	return new Proxy({} as T, {
		get(_, name) {
			// A promise that resolves to a port reads its `then`.
			if (name === "then" || typeof name === "symbol") return undefined;
			return async (...args: never[]) => {
				const port = await loaded();
				return port[name as keyof T](...args);
			};
		},
	});
}
