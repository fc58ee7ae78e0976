import { createRoute, type OpenAPIHono, type RouteConfig, z } from "@hono/zod-openapi";
import type { Context, MiddlewareHandler, Next } from "hono";
import { createMiddleware } from "hono/factory";
import { AppError } from "#core/errors.ts";
import { adminGroup } from "#core/people/person.ts";
import { type GuardedRoute, type PublicRoute, type Route, routes } from "../routes/table.ts";
import type { ApiEnv } from "./api-env.ts";
import type { Caller } from "./authenticate.ts";
import { failed, idempotencyKey, keyed, notFound, refused, unreadableBody, withHeaders } from "./error-responses.ts";
import { limitRate } from "./rate-limit-middleware.ts";
import type { Charge } from "./rate-limiter.ts";
import { acceptsIdempotencyKey, refuseIdempotencyKey, replayAnswers } from "./replay-answers.ts";
import { routeNotFound } from "./route-not-found.ts";

// Schemas are interpreted: compiling one pays only after thousands of bodies in one sandbox.
z.config({ jitless: true });

export type Api = OpenAPIHono<ApiEnv>;

const requireUser = createMiddleware<ApiEnv>(async (c, next) => {
	const authenticate = c.get("authenticate");
	await admit(c, next, await authenticate(c.req.header("authorization")));
});

const requireAdmin = createMiddleware<ApiEnv>(async (c, next) => {
	const authenticate = c.get("authenticate");
	const caller = await authenticate(c.req.header("authorization")).catch((error) => {
		if (error instanceof AppError && error.code === "unauthorized") return null;
		throw error;
	});
	if (!caller?.groups.includes(adminGroup)) return routeNotFound(c);
	await admit(c, next, caller);
});

async function admit(c: Context<ApiEnv>, next: Next, { userId, groups }: Caller): Promise<void> {
	c.set("userId", userId);
	c.set("groups", groups);
	c.header("cache-control", "private, no-store");
	await next();
}

/** The description of a route; the table has its name, method and path. */
type Details = Omit<RouteConfig, "method" | "path" | "operationId">;

/**
 * Describes a route that serves the token's user.
 * @param chargeOf what a request takes from the user's limits by its JSON body. @default one request of the route's class
 */
export function guarded<const R extends GuardedRoute, const D extends Details>(
	route: R,
	details: D,
	chargeOf?: (body: unknown) => Charge,
) {
	return createRoute({
		...details,
		...identity(route),
		...(acceptsIdempotencyKey(route) && { parameters: [idempotencyKey] }),
		middleware: [
			(route as GuardedRoute).forAdmins ? requireAdmin : requireUser,
			...((route as GuardedRoute).streamed ? [refuseIdempotencyKey] : []),
			limitRate(route, chargeOf),
			...(acceptsIdempotencyKey(route) ? [replayAnswers] : []),
		] as MiddlewareHandler<ApiEnv>[],
		security: [{ bearer: [] }],
		responses: withHeaders(documented(details, acceptsIdempotencyKey(route) ? { ...refused, ...keyed } : refused), {
			isReplayed: acceptsIdempotencyKey(route),
			isStreamed: (route as GuardedRoute).streamed === true,
		}),
	});
}

/** Describes a route that needs no token. */
export function open<const R extends PublicRoute, const D extends Details>(route: R, details: D) {
	return createRoute({
		...details,
		...identity(route),
		security: [],
		responses: documented(details, {}),
	});
}

/** The table's key of a route is its operation's id, which generated clients name their functions after. */
function identity<R extends Route>(route: R) {
	const { method, path } = route;
	const entry = Object.entries(routes).find(([, each]: [string, Route]) => each === route);
	return {
		...(entry && { operationId: entry[0] }),
		method: method.toLowerCase() as Lowercase<R["method"]>,
		path: path as R["path"],
	};
}

/** Adds to a route's own answers every error it may give. Handlers throw those, so the type leaves them out. */
function documented<D extends Details>(details: D, more: object) {
	return {
		...(details.request?.body ? unreadableBody : {}),
		...(details.request?.params ? notFound : {}),
		...more,
		...failed,
		...details.responses,
	} as Answers<D["responses"]>;
}

/** The answers that a handler gives: those that the route describes itself, not by reference. */
type Answers<Responses> = {
	[Status in keyof Responses as Responses[Status] extends { $ref: string } ? never : Status]: Responses[Status];
};

/** A successful JSON answer. */
export function json<S extends z.ZodType>(description: string, schema: S) {
	return { description, content: { "application/json": { schema } } };
}

/** A JSON body. */
export function jsonBody<S extends z.ZodType>(schema: S) {
	return { content: { "application/json": { schema } } };
}

/** Describes a JSON body that a request must have. */
export const requiredBody = <S extends z.ZodType>(schema: S) => ({ required: true as const, ...jsonBody(schema) });

/** The query of a route that takes none: every parameter is refused by name. */
export const noQuery = z.strictObject({});

/** A whole number in a query string. */
export function wholeNumber(min: number, max: number, fallback: number) {
	const error = `Must be a whole number from ${min} to ${max}`;
	return z
		.string()
		.regex(/^\d{1,9}$/, { error })
		.transform(Number)
		.pipe(z.number().min(min, { error }).max(max, { error }))
		.default(fallback)
		.openapi({
			type: "integer",
			minimum: min,
			maximum: max,
			default: fallback,
		});
}

const uuid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;

/** Returns the id of a path in its stored form. @throws the given error where it is no UUID */
export function idOf(value: string, notFound: (id: string) => AppError): string {
	const id = value.toLowerCase();
	if (!uuid.test(id)) throw notFound(value.slice(0, 100));
	return id;
}

export const idParams = z.object({
	id: z.string().openapi({ format: "uuid" }),
});
