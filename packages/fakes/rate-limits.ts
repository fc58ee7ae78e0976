import { accountDeleted } from "#core/errors.ts";
import { type Bucket, costMs, fullBucket, takeFrom } from "#core/limits/bucket.ts";
import type { Quota } from "#core/limits/limits.ts";
import type { Clock, RateLimits } from "#core/ports/index.ts";

/** Buckets in memory, on the clock of a test. */
export function fakeRateLimits(clock: Clock): RateLimits {
	const buckets = new Map<string, Bucket>();
	const closed = new Set<string>();
	const keyOf = (userId: string, { routeClass }: Quota) => `${userId}#${routeClass}`;
	return {
		async take(userId, quota, units) {
			if (closed.has(userId)) throw accountDeleted();
			const key = keyOf(userId, quota);
			const { taken, bucket } = takeFrom(buckets.get(key) ?? fullBucket, quota, units, clock.now().getTime());
			buckets.set(key, bucket);
			return taken;
		},
		async refusal(userId, quota, units) {
			if (closed.has(userId)) throw accountDeleted();
			const { taken } = takeFrom(buckets.get(keyOf(userId, quota)) ?? fullBucket, quota, units, clock.now().getTime());
			return taken.allowed ? null : taken;
		},
		async putBack(userId, quota, units) {
			const { fullAt, slots } = buckets.get(keyOf(userId, quota)) ?? fullBucket;
			buckets.set(keyOf(userId, quota), { fullAt: fullAt - costMs(quota, units), slots });
		},
		async release(userId, quota, { number, ends }) {
			const key = keyOf(userId, quota);
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
