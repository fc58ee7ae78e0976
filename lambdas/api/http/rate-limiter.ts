import { AppError, accountDeleted } from "#core/errors.ts";
import type { Refusal, Slot, Taken } from "#core/limits/bucket.ts";
import { type Limits, type Quota, quotaOf, type RouteClass } from "#core/limits/limits.ts";
import type { DeletedAccounts, RateLimits } from "#core/ports/index.ts";
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
	take(userId: string, charge: Charge): Promise<{ quota: Quota; taken: Taken } | null>;
	/**
	 * Returns the refusal that this process remembers; null where only `take` knows.
	 * @throws AppError `account_deleted`
	 */
	refusal(userId: string, charge: Charge): Promise<{ quota: Quota; taken: Refusal } | null>;
	release(userId: string, quota: Quota, slot: Slot): Promise<void>;
}

/** After a failure the table is left alone: a request must not wait for a table that is away. */
const restMs = 5_000;

/** The buckets also tell, without a further call, that a person deleted the account; where they are away the database does. */
export function rateLimiter(
	rateLimits: RateLimits,
	deletedAccounts: Pick<DeletedAccounts, "isDeleted">,
	limits: Limits,
): RateLimiter {
	let restsUntil = 0;
	return {
		async take(userId, { routeClass, units = 1 }) {
			let error: unknown;
			if (Date.now() >= restsUntil) {
				const quota = quotaOf(limits, routeClass);
				try {
					return { quota, taken: await rateLimits.take(userId, quota, units) };
				} catch (failure) {
					if (failure instanceof AppError) throw failure;
					error = failure;
					restsUntil = Date.now() + restMs;
				}
			}
			log.error("a request passes without a limit", { error }, { metrics: { UnlimitedRequests: 1 } });
			if (await deletedAccounts.isDeleted(userId)) throw accountDeleted();
			return null;
		},
		async refusal(userId, { routeClass, units = 1 }) {
			const quota = quotaOf(limits, routeClass);
			const taken = await rateLimits.refusal(userId, quota, units);
			return taken && { quota, taken };
		},
		async release(userId, quota, slot) {
			// The slot ends by itself.
			await rateLimits.release(userId, quota, slot).catch((error) => log.warn("a slot was not freed", { error }));
		},
	};
}
