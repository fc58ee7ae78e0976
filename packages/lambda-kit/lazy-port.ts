import { once } from "#core/once.ts";

/** A port of asynchronous calls only: nothing of it is needed before the first call. */
type AsyncCalls<T> = {
	[K in keyof T]: (...args: never[]) => Promise<unknown>;
};

/**
 * A port whose implementation is loaded at its first call: a database driver or an SDK must not delay
 * the answers that do without it.
 */
export function lazily<T extends AsyncCalls<T>>(load: () => Promise<T>): T {
	const loaded = once(load);
	return new Proxy({} as T, {
		get(_, name) {
			// A promise resolving to a port asks it for `then`.
			if (name === "then" || typeof name === "symbol") return undefined;
			return async (...args: never[]) => {
				const port = await loaded();
				return port[name as keyof T](...args);
			};
		},
	});
}
