import type { Ports } from "#core/ports/index.ts";
import type { RequestContext } from "#lambda-kit/answer-request.ts";
import type { Authenticate } from "./authenticate.ts";
import type { RateLimiter } from "./rate-limiter.ts";

/** Keeps answers, and knows whether what they name still exists. */
export type ReplayPorts = Pick<Ports, "idempotencyKeys"> & { items: Pick<Ports["items"], "existing"> };

/** The context of a route. */
export interface ApiEnv {
	Bindings: Partial<RequestContext> & {
		/** Receives the user of the request, for the log. */
		identified?: (userId: string) => void;
	};
	Variables: {
		requestId: string;
		authenticate: Authenticate;
		limiter: RateLimiter;
		replay: ReplayPorts;
		/** The tenant; only behind `guarded`. */
		userId: string;
		/** The groups that the token names; only behind `guarded`. */
		groups: readonly string[];
		/** The items that the answer holds something of, beside those that its body names in a field. */
		itemsInText?: string[];
		/** The answer holds a secret that nothing stores: no key of its request keeps it. */
		isSecret?: true;
		/**
		 * Takes a stream from its user's limit, and resolves with what gives back its place among those that run at once;
		 * only behind `guarded`, of a streamed route.
		 * @throws AppError `rate_limited`, `account_deleted`
		 */
		admit: () => Promise<() => Promise<void>>;
	};
}
