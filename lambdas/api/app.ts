import { randomUUID } from "node:crypto";
import { Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import { routePath } from "hono/route";
import { timeout } from "hono/timeout";
import { AppError } from "#core/errors.ts";
import type { Limits } from "#core/limits/limits.ts";
import { personsQuotas } from "#core/limits/persons-quotas.ts";
import { once } from "#core/once.ts";
import { hashUser, log } from "#lambda-kit/log.ts";
import { answerError } from "./http/answer-error.ts";
import type { ApiEnv } from "./http/api-env.ts";
import type { Authenticate } from "./http/authenticate.ts";
import { rateLimiter } from "./http/rate-limiter.ts";
import { limitHead, maxSizes } from "./http/request-sizes.ts";
import type { ApiPorts, Deployment, RegisterRoutes, RouteSettings, SignIn, Stripe } from "./http/route-module.ts";
import { routeNotFound } from "./http/route-not-found.ts";
import type { Api } from "./http/routing.ts";
import { createSubApp } from "./http/sub-app.ts";
import { allRoutes, type Route, streamedRoutes } from "./routes/table.ts";

interface ApiOptions {
	ports: ApiPorts;
	authenticate: Authenticate;
	deployment: Deployment;
	limits: Limits;
	verificationCacheMinutes: number;
	/** Web pages that may call the API. */
	origins: readonly string[];
	signIn: SignIn;
	/** @default null: nobody pays here */
	stripe?: Stripe | null;
	/** @default the routes of the HTTP API */
	served?: readonly Route[];
	/** The gateway ends a request at 30 seconds without a body. @default 26 seconds */
	maxAnswerMs?: number;
	/** Limits the wait for another function; after it the API answers 202 with the request's address. @default 20 seconds */
	maxWaitMs?: number;
}

/** The HTTP API, or the one of streams, from request to response. */
export function createApi({
	authenticate,
	ports,
	deployment,
	limits,
	verificationCacheMinutes,
	origins,
	signIn,
	stripe = null,
	served = allRoutes,
	maxAnswerMs = 26_000,
	maxWaitMs = 20_000,
}: ApiOptions): Hono<ApiEnv> {
	const limiter = rateLimiter(ports.rateLimits, ports.deletedAccounts, limits);
	const app = new Hono<ApiEnv>();

	app.use(async (c, next) => {
		const started = performance.now();
		c.set("requestId", c.env?.requestId ?? randomUUID());
		await next();
		const userId = c.get("userId");
		log.info("request", {
			request_id: c.get("requestId"),
			method: c.req.method,
			// The pattern: an address may hold what must not be logged.
			route: routePath(c, -1),
			status: c.res.status,
			user: userId && hashUser(userId),
			duration_ms: Math.round(performance.now() - started),
		});
	});

	app.use(limitHead);
	app.use(
		timeout(maxAnswerMs, () => {
			const cause = new AppError("timed_out", `No answer was ready after ${maxAnswerMs / 1_000} seconds: try again.`);
			return new HTTPException(504, { cause });
		}),
	);

	const every = [...allRoutes, ...streamedRoutes];
	const modules = [...new Set(every.map(({ module }) => module))];
	const subAppWith = async (modules: string[]): Promise<Api> => {
		const sizes = every.flatMap((route) =>
			modules.includes(route.module) && "maxJsonBytes" in route ? (route.maxJsonBytes ?? []) : [],
		);
		const subApp = createSubApp(authenticate, limiter, ports, Math.max(maxSizes.jsonBytes, ...sizes));
		for (const module of modules) (await registerRoutes(module))(subApp, ports, settings);
		return subApp;
	};
	const settings: RouteSettings = {
		deployment,
		limits,
		personsQuotas: personsQuotas(ports, limits),
		verificationCacheMinutes,
		maxAnswerMs,
		maxWaitMs,
		origins,
		signIn,
		stripe,
		answer: (request, context) => app.fetch(request, context),
		wholeApi: () => subAppWith(modules),
	};
	const subApps = new Map<string, () => Promise<Api>>();
	for (const { method, path, module } of served) {
		const subApp = subApps.get(module) ?? once(() => subAppWith([module]));
		subApps.set(module, subApp);
		app.on(method, path.replaceAll(/\{(\w+)\}/g, ":$1"), async (c) =>
			(await subApp()).fetch(c.req.raw, {
				requestId: c.get("requestId"),
				identified: (userId) => c.set("userId", userId),
			}),
		);
	}

	app.notFound(routeNotFound);
	app.onError(answerError);
	return app;
}

/**
 * Loads a module of routes at the first request for it: making the schemas of all of them takes a cold start longer
 * than answering, and a request needs those of one. The bundler makes a chunk of each file of the folder.
 */
async function registerRoutes(module: string): Promise<RegisterRoutes> {
	const { register } = (await import(`./routes/${module}.ts`)) as { register: RegisterRoutes };
	return register;
}
