import { accountDeleted } from "#core/errors.ts";
import { type Bucket, costMs, fullBucket, takeFrom } from "#core/limits/bucket.ts";
import type { RateLimit } from "#core/limits/limits.ts";
import type { Clock, RateLimits } from "#core/ports/index.ts";

/** Buckets in memory, on the clock of a test. */
export function fakeRateLimits(clock: Clock): RateLimits {
	const buckets = new Map<string, Bucket>();
	const closed = new Set<string>();
	const keyOf = (userId: string, { routeClass }: RateLimit) => `${userId}#${routeClass}`;
	return {
		async take(userId, limit, units) {
			if (closed.has(userId)) throw accountDeleted();
			const key = keyOf(userId, limit);
			const { taken, bucket } = takeFrom(buckets.get(key) ?? fullBucket, limit, units, clock.now().getTime());
			buckets.set(key, bucket);
			return taken;
		},
		async refusal(userId, limit, units) {
			if (closed.has(userId)) throw accountDeleted();
			const { taken } = takeFrom(buckets.get(keyOf(userId, limit)) ?? fullBucket, limit, units, clock.now().getTime());
			return taken.allowed ? null : taken;
		},
		async putBack(userId, limit, units) {
			const { fullAt, slots } = buckets.get(keyOf(userId, limit)) ?? fullBucket;
			buckets.set(keyOf(userId, limit), { fullAt: fullAt - costMs(limit, units), slots });
		},
		async release(userId, limit, { number, ends }) {
			const key = keyOf(userId, limit);
			const { fullAt, slots } = buckets.get(key) ?? fullBucket;
			if (slots[number] === ends) buckets.set(key, { fullAt, slots: { ...slots, [number]: 0 } });
		},
		async close(userId) {
			closed.add(userId);
		},
		async forget(userId) {
			closed.delete(userId);
			for (const key of buckets.keys()) {
				if (key.startsWith(`${userId}#`)) buckets.delete(key);
			}
		},
	};
}
