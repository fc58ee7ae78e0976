import type { Refusal, Slot, Taken } from "../limits/bucket.ts";
import type { RateLimit } from "../limits/limits.ts";

/** Every person's buckets, one for each class of routes. */
export interface RateLimits {
	/**
	 * Takes the units of a request, and a slot where the class has them; nothing where it is refused.
	 * @throws AppError `account_deleted` once the person's buckets were closed
	 */
	take(userId: string, limit: RateLimit, units: number): Promise<Taken>;
	/**
	 * Returns the refusal that `take` would answer by what this process remembers; null where only `take` knows. It asks
	 * nothing outside of the process.
	 * @throws AppError `account_deleted`
	 */
	refusal(userId: string, limit: RateLimit, units: number): Promise<Refusal | null>;
	/** Puts back the units of a request that shall not count. */
	putBack(userId: string, limit: RateLimit, units: number): Promise<void>;
	/** Frees the slot of a request that has ended. */
	release(userId: string, limit: RateLimit, slot: Slot): Promise<void>;
	/** Closes a person's buckets of every class, at least until then: their tokens are good for nothing more. */
	close(userId: string, until: Date): Promise<void>;
	/** Removes a person's buckets. */
	forget(userId: string): Promise<void>;
}
