import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { AppError } from "#core/errors.ts";
import type { Refusal, Remaining } from "#core/limits/bucket.ts";
import type { RateLimit } from "#core/limits/limits.ts";
import { problemResponse } from "#lambda-kit/problem.ts";
import type { GuardedRoute } from "../routes/table.ts";
import type { ApiEnv } from "./api-env.ts";
import type { Charge } from "./rate-limiter.ts";

type LimitedRoute = Pick<GuardedRoute, "limit" | "afterDeletion" | "streamed">;
type ChargeOf = (body: unknown) => Charge;

/**
 * Lets a request through while its user has room for it, and says on every answer how much is left. It follows
 * authentication.
 * @param chargeOf what a request with this JSON body takes, where that is not one request of the route's class
 */
export function limitRate(route: LimitedRoute, chargeOf: ChargeOf = () => ({ routeClass: route.limit })) {
	return route.streamed ? limitStream(chargeOf) : limitAnswer(route, chargeOf);
}

function limitAnswer({ afterDeletion }: LimitedRoute, chargeOf: ChargeOf) {
	return createMiddleware<ApiEnv>(async (c, next) => {
		const limiter = c.get("limiter");
		const userId = c.get("userId");
		const answer = await limiter.take(userId, chargeOf(await jsonOf(c))).catch((error) => {
			if (afterDeletion && error instanceof AppError && error.code === "account_deleted") return null;
			throw error;
		});
		if (!answer) return next();
		const { limit, taken } = answer;
		if (!taken.allowed) return refuse(c, limit, taken);
		try {
			await next();
		} finally {
			if (taken.slot) await limiter.release(userId, limit, taken.slot);
		}
		for (const [name, value] of rateLimitHeaders(limit, taken)) c.header(name, value);
	});
}

/**
 * Lets a stream begin before the table has counted it, which takes as long as everything else before the first event.
 * A refusal that this process remembers is an answer with its status; another ends the stream.
 */
function limitStream(chargeOf: ChargeOf) {
	return createMiddleware<ApiEnv>(async (c, next) => {
		const limiter = c.get("limiter");
		const userId = c.get("userId");
		const charge = chargeOf(await jsonOf(c));
		const known = await limiter.refusal(userId, charge);
		if (known) return refuse(c, known.limit, known.taken);
		c.set("admit", async () => {
			const { limit, taken } = (await limiter.take(userId, charge)) ?? {};
			if (!limit || !taken) return async () => {};
			if (taken.allowed) {
				return async () => {
					if (taken.slot) await limiter.release(userId, limit, taken.slot);
				};
			}
			const { retryAfterSeconds } = taken;
			throw new AppError("rate_limited", describeRefusal(limit, taken), { retryAfterSeconds });
		});
		await next();
	});
}

function refuse(c: Context<ApiEnv>, limit: RateLimit, taken: Refusal): Response {
	const refusal = problemResponse("rate_limited", describeRefusal(limit, taken), {
		requestId: c.get("requestId"),
		retryAfterSeconds: taken.retryAfterSeconds,
	});
	for (const [name, value] of rateLimitHeaders(limit, taken)) refusal.headers.set(name, value);
	return refusal;
}

/** A body that is not JSON is refused later, by the route's schema. */
async function jsonOf(c: Context): Promise<unknown> {
	if (!c.req.header("content-type")?.includes("json")) return null;
	return c.req.json().catch(() => null);
}

function describeRefusal(
	{ routeClass, perMinute, parallel }: RateLimit,
	{ exceeded, retryAfterSeconds }: Refusal,
): string {
	const wait = `send this one again in ${retryAfterSeconds} ${retryAfterSeconds === 1 ? "second" : "seconds"}.`;
	return exceeded === "rate"
		? `You may send ${perMinute} requests of the class ${routeClass} a minute, and sent more: ${wait}`
		: `You may run ${parallel} requests of the class ${routeClass} at the same time, and as many are running: ${wait}`;
}

/** The fields of draft-ietf-httpapi-ratelimit-headers-11. */
function rateLimitHeaders(
	{ routeClass, perMinute, parallel }: RateLimit,
	{ remaining, secondsToNext, freeSlots }: Remaining,
): [name: string, value: string][] {
	const policies = [`"${routeClass}";q=${perMinute};w=60`];
	const serviceLimits = [`"${routeClass}";r=${remaining};t=${secondsToNext}`];
	if (parallel !== null) {
		policies.push(`"${routeClass}-parallel";q=${parallel};qu="concurrent-requests"`);
		serviceLimits.push(`"${routeClass}-parallel";r=${freeSlots}`);
	}
	return [
		["ratelimit-policy", policies.join(", ")],
		["ratelimit", serviceLimits.join(", ")],
	];
}
