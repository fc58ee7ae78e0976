import { type Bucket, fullBucket, takeFrom } from "#core/limits/bucket.ts";
import type { Quota } from "#core/limits/limits.ts";
import type { Clock, RateLimits } from "#core/ports/index.ts";

/** Buckets in memory, on the clock of a test. */
export function fakeRateLimits(clock: Clock): RateLimits {
	const buckets = new Map<string, Bucket>();
	const keyOf = (userId: string, { routeClass }: Quota) => `${userId}#${routeClass}`;
	return {
		async take(userId, quota, units) {
			const key = keyOf(userId, quota);
			const { taken, bucket } = takeFrom(buckets.get(key) ?? fullBucket, quota, units, clock.now().getTime());
			buckets.set(key, bucket);
			return taken;
		},
		async release(userId, quota, { number, ends }) {
			const key = keyOf(userId, quota);
			const { fullAt, slots } = buckets.get(key) ?? fullBucket;
			if (slots[number] === ends) buckets.set(key, { fullAt, slots: { ...slots, [number]: 0 } });
		},
	};
}
