import type { Slot, Taken } from "../limits/bucket.ts";
import type { Quota } from "../limits/limits.ts";

/** Every person's buckets, one for each class of routes. */
export interface RateLimits {
	/** Takes the units of a request, and a slot where the class has them; nothing where it is refused. */
	take(userId: string, quota: Quota, units: number): Promise<Taken>;
	/** Frees the slot of a request that has ended. */
	release(userId: string, quota: Quota, slot: Slot): Promise<void>;
}
