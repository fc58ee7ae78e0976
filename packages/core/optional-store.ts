import { StoreRest } from "./store-rest.ts";

/** Asks a store that an answer can do without. @returns null where it did not answer, or rests after a failure */
export type OptionalStore = <T>(ask: () => Promise<T>) => Promise<T | null>;

/** @param onFailure is told why the store did not answer */
export function optionalStore(onFailure: (error: unknown) => void, now?: () => number): OptionalStore {
	const rest = new StoreRest(now);
	return async (ask) => {
		if (rest.isOn) return null;
		try {
			return await ask();
		} catch (error) {
			rest.begin();
			onFailure(error);
			return null;
		}
	};
}
