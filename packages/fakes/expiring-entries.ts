import type { Clock } from "#core/ports/index.ts";

/** Keeps values by person and key until they expire on the clock of a test. */
export function expiringEntries<Value>(clock: Clock) {
	const people = new Map<string, Map<string, { value: Value; expires: number }>>();
	const now = () => clock.now().getTime();
	return {
		async find(userId: string, key: string): Promise<Value | null> {
			const found = people.get(userId)?.get(key);
			return found && found.expires > now() ? found.value : null;
		},
		async keep(userId: string, key: string, value: Value, seconds: number): Promise<void> {
			const kept = people.get(userId) ?? new Map();
			people.set(userId, kept.set(key, { value, expires: now() + seconds * 1_000 }));
		},
		async forgetAll(userId: string): Promise<void> {
			people.delete(userId);
		},
	};
}
