import { AppError, accountDeleted } from "#core/errors.ts";
import type { Refusal, Slot, Taken } from "#core/limits/bucket.ts";
import { type Limits, type RateLimit, type RouteClass, rateLimitOf } from "#core/limits/limits.ts";
import type { DeletedAccounts, RateLimits } from "#core/ports/index.ts";
import { StoreRest } from "#core/store-rest.ts";
import { log } from "#lambda-kit/log.ts";

/** The units that a request takes from one of its user's buckets. */
export interface Charge {
	routeClass: RouteClass;
	/** @default 1 */
	units?: number;
}

/** Takes requests from buckets; a request passes where the buckets' table does not answer. */
export interface RateLimiter {
	/**
	 * @returns null where the request passes without a limit
	 * @throws AppError `account_deleted`
	 */
	take(userId: string, charge: Charge): Promise<{ limit: RateLimit; taken: Taken } | null>;
	/**
	 * Returns the refusal that this process remembers; null where only `take` knows.
	 * @throws AppError `account_deleted`
	 */
	refusal(userId: string, charge: Charge): Promise<{ limit: RateLimit; taken: Refusal } | null>;
	release(userId: string, limit: RateLimit, slot: Slot): Promise<void>;
}

/** The buckets also tell, without a further call, that a person deleted the account; where they are away the database does. */
export function rateLimiter(
	rateLimits: RateLimits,
	deletedAccounts: Pick<DeletedAccounts, "isDeleted">,
	limits: Limits,
): RateLimiter {
	const rest = new StoreRest();
	return {
		async take(userId, { routeClass, units = 1 }) {
			let error: unknown;
			if (!rest.isOn) {
				const limit = rateLimitOf(limits, routeClass);
				try {
					return { limit, taken: await rateLimits.take(userId, limit, units) };
				} catch (failure) {
					if (failure instanceof AppError) throw failure;
					error = failure;
					rest.begin();
				}
			}
			log.error("a request passes without a limit", { error }, { metrics: { UnlimitedRequests: 1 } });
			if (await deletedAccounts.isDeleted(userId)) throw accountDeleted();
			return null;
		},
		async refusal(userId, { routeClass, units = 1 }) {
			const limit = rateLimitOf(limits, routeClass);
			const taken = await rateLimits.refusal(userId, limit, units);
			return taken && { limit, taken };
		},
		async release(userId, limit, slot) {
			// The slot ends by itself.
			await rateLimits.release(userId, limit, slot).catch((error) => log.warn("a slot was not freed", { error }));
		},
	};
}
