import { randomUUID } from "node:crypto";
import { Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import { routePath } from "hono/route";
import { timeout } from "hono/timeout";
import { AppError } from "#core/errors.ts";
import type { Limits } from "#core/limits/limits.ts";
import { once } from "#core/once.ts";
import type { Ports } from "#core/ports/index.ts";
import { hashUser, log } from "#lambda-kit/log.ts";
import { problemResponse } from "#lambda-kit/problem.ts";
import { answerError } from "./http/answer-error.ts";
import type { ApiEnv } from "./http/api-env.ts";
import type { Authenticate } from "./http/authenticate.ts";
import { rateLimiter } from "./http/rate-limiter.ts";
import { limitHead } from "./http/request-sizes.ts";
import type { Api } from "./http/routing.ts";
import { createSubApp } from "./http/sub-app.ts";
import type { Deployment } from "./routes/public.ts";
import { allRoutes, type RouteModule } from "./routes/table.ts";

/** The ports that routes use. */
export type ApiPorts = Pick<
	Ports,
	| "items"
	| "edits"
	| "tags"
	| "requests"
	| "redactions"
	| "rateLimits"
	| "idempotencyKeys"
	| "outbox"
	| "events"
	| "analyses"
	| "albums"
	| "jobs"
	| "golden"
	| "search"
	| "searchIndex"
	| "searchSettings"
	| "similar"
	| "vectorIndex"
	| "objects"
	| "embedder"
	| "chat"
	| "sessions"
	| "turns"
	| "webSearch"
	| "health"
	| "profiles"
	| "usage"
	| "userPool"
	| "shares"
	| "webhooks"
	| "deletedAccounts"
>;

interface ApiOptions {
	ports: ApiPorts;
	authenticate: Authenticate;
	deployment: Deployment;
	limits: Limits;
	/** The gateway ends a request at 30 seconds without a body. @default 26 seconds */
	maxAnswerMs?: number;
	/** Limits the wait for another function; after it the API answers 202 with the request's address. @default 20 seconds */
	maxWaitMs?: number;
}

/** The HTTP API, from request to response. */
export function createApi(options: ApiOptions): Hono<ApiEnv> {
	const { authenticate, ports, limits, maxAnswerMs = 26_000 } = options;
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

	const modules = routeModules(options, () => subAppWith(Object.keys(modules) as RouteModule[]));
	const subAppWith = async (names: RouteModule[]): Promise<Api> => {
		const subApp = createSubApp(authenticate, limiter, ports);
		for (const name of names) (await modules[name]())(subApp);
		return subApp;
	};
	const subApps = new Map<RouteModule, () => Promise<Api>>();
	for (const { method, path, module } of allRoutes) {
		const subApp = subApps.get(module) ?? once(() => subAppWith([module]));
		subApps.set(module, subApp);
		app.on(method, path.replaceAll(/\{(\w+)\}/g, ":$1"), async (c) =>
			(await subApp()).fetch(c.req.raw, {
				requestId: c.get("requestId"),
				identified: (userId) => c.set("userId", userId),
			}),
		);
	}

	app.notFound((c) =>
		problemResponse(
			"route_not_found",
			`There is no ${c.req.method} ${c.req.path.slice(0, 200)}: /docs has what there is.`,
			{ requestId: c.get("requestId") },
		),
	);
	app.onError(answerError);
	return app;
}

/**
 * Loads each module of routes at the first request for it: making the schemas of all of them takes a cold start
 * longer than answering, and a request needs those of one.
 */
function routeModules(
	{ ports, deployment, limits, maxWaitMs = 20_000 }: ApiOptions,
	/** An application with all routes. */
	whole: () => Promise<Api>,
): Record<RouteModule, () => Promise<(app: Api) => void>> {
	return {
		public: async () => {
			const { publicRoutes } = await import("./routes/public.ts");
			return (app) => publicRoutes(app, ports, deployment, whole);
		},
		items: async () => {
			const { itemRoutes } = await import("./routes/items.ts");
			return (app) => itemRoutes(app, ports);
		},
		edits: async () => {
			const { editRoutes } = await import("./routes/edits.ts");
			return (app) => editRoutes(app, ports);
		},
		tags: async () => {
			const { tagRoutes } = await import("./routes/tags.ts");
			return (app) => tagRoutes(app, ports);
		},
		"item-lists": async () => {
			const { itemListRoutes } = await import("./routes/item-lists.ts");
			return (app) => itemListRoutes(app, ports);
		},
		uploads: async () => {
			const { uploadRoutes } = await import("./routes/uploads.ts");
			return (app) => uploadRoutes(app, ports, limits);
		},
		analyses: async () => {
			const { analysisRoutes } = await import("./routes/analyses.ts");
			return (app) => analysisRoutes(app, ports);
		},
		requests: async () => {
			const { requestRoutes } = await import("./routes/requests.ts");
			return (app) => requestRoutes(app, ports, { maxWaitMs });
		},
		albums: async () => {
			const { albumRoutes } = await import("./routes/albums.ts");
			return (app) => albumRoutes(app, ports);
		},
		jobs: async () => {
			const { jobRoutes } = await import("./routes/jobs.ts");
			return (app) => jobRoutes(app, ports, limits);
		},
		images: async () => {
			const { imageRoutes } = await import("./routes/images.ts");
			return (app) => imageRoutes(app, ports);
		},
		golden: async () => {
			const { goldenRoutes } = await import("./routes/golden.ts");
			return (app) => goldenRoutes(app, ports);
		},
		text: async () => {
			const { textRoutes } = await import("./routes/text.ts");
			return (app) => textRoutes(app, ports);
		},
		search: async () => {
			const { searchRoutes } = await import("./routes/search.ts");
			return (app) => searchRoutes(app, ports);
		},
		chat: async () => {
			const { chatRoutes } = await import("./routes/chat.ts");
			return (app) => chatRoutes(app, ports);
		},
		"search-config": async () => {
			const { searchConfigRoutes } = await import("./routes/search-config.ts");
			return (app) => searchConfigRoutes(app, ports);
		},
		similar: async () => {
			const { similarRoutes } = await import("./routes/similar.ts");
			return (app) => similarRoutes(app, ports);
		},
		"vector-index": async () => {
			const { vectorIndexRoutes } = await import("./routes/vector-index.ts");
			return (app) => vectorIndexRoutes(app, ports);
		},
		me: async () => {
			const { meRoutes } = await import("./routes/me.ts");
			return (app) => meRoutes(app, ports, limits);
		},
		usage: async () => {
			const { usageRoutes } = await import("./routes/usage.ts");
			return (app) => usageRoutes(app, ports);
		},
		account: async () => {
			const { accountRoutes } = await import("./routes/account.ts");
			return (app) => accountRoutes(app, ports);
		},
		shares: async () => {
			const { shareRoutes } = await import("./routes/shares.ts");
			return (app) => shareRoutes(app, ports);
		},
		webhooks: async () => {
			const { webhookRoutes } = await import("./routes/webhooks.ts");
			return (app) => webhookRoutes(app, ports);
		},
		"share-pages": async () => {
			const { sharePageRoutes } = await import("./routes/share-pages.ts");
			return (app) => sharePageRoutes(app, ports);
		},
	};
}
