import type { Clock, VerificationCache } from "#core/ports/index.ts";

/** A cache in memory, on the clock of a test. */
export function fakeVerificationCache(clock: Clock): VerificationCache {
	const people = new Map<string, Map<string, { verificationId: string; expires: number }>>();
	const now = () => clock.now().getTime();
	return {
		async find(userId, key) {
			const found = people.get(userId)?.get(key);
			return found && found.expires > now() ? found.verificationId : null;
		},
		async keep(userId, key, verificationId, seconds) {
			const kept = people.get(userId) ?? new Map();
			people.set(userId, kept.set(key, { verificationId, expires: now() + seconds * 1_000 }));
		},
		async forgetAll(userId) {
			people.delete(userId);
		},
	};
}
