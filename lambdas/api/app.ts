import { randomUUID } from "node:crypto";
import { OpenAPIHono } from "@hono/zod-openapi";
import { HTTPException } from "hono/http-exception";
import { routePath } from "hono/route";
import { AppError } from "#core/errors.ts";
import type { Ports } from "#core/ports.ts";
import { hashUser, log } from "#lambda-kit/log.ts";
import { type ProblemCode, problemResponse } from "#lambda-kit/problem.ts";
import type { Authenticate } from "./authenticate.ts";
import { analysisRoutes } from "./routes/analyses.ts";
import { imageRoutes } from "./routes/images.ts";
import { itemRoutes } from "./routes/items.ts";
import { type Deployment, publicRoutes } from "./routes/public.ts";
import { requestRoutes } from "./routes/requests.ts";
import { searchRoutes } from "./routes/search.ts";
import { uploadRoutes } from "./routes/uploads.ts";
import { vectorIndexRoutes } from "./routes/vector-index.ts";
import { type Api, type ApiEnv, invalidFields } from "./routing.ts";

/** The ports the API's routes need. */
export type ApiPorts = Pick<
	Ports,
	| "items"
	| "requests"
	| "outbox"
	| "events"
	| "analyses"
	| "search"
	| "vectorIndex"
	| "objects"
	| "embedder"
	| "health"
>;

interface ApiOptions {
	ports: ApiPorts;
	authenticate: Authenticate;
	deployment: Deployment;
	/** The gateway gives up, mutely, at 30 seconds. @default 26 seconds */
	longestAnswerMs?: number;
	/** For work of another function; after that the answer is where to ask for it. @default 20 seconds */
	longestWaitMs?: number;
}

/** JSON bodies here are a few hundred bytes; multipart is bounded by the gateway and by `uploadItem`. */
const longestJson = 64 * 1024;

/** The HTTP API, from request to response. */
export function createApi({
	ports,
	authenticate,
	deployment,
	longestAnswerMs = 26_000,
	longestWaitMs = 20_000,
}: ApiOptions): Api {
	const app = new OpenAPIHono<ApiEnv>({
		defaultHook: (result) => {
			if (!result.success) {
				throw invalidFields(result.target, result.error.issues);
			}
		},
	});

	app.use(async (c, next) => {
		const started = performance.now();
		c.set("requestId", c.env?.requestId ?? randomUUID());
		c.set("authenticate", authenticate);
		await next();
		c.header("x-content-type-options", "nosniff");
		const userId = c.get("userId");
		log.info("request", {
			request_id: c.get("requestId"),
			method: c.req.method,
			// The pattern: an address may hold what does not belong in a log.
			route: routePath(c, -1),
			status: c.res.status,
			user: userId && hashUser(userId),
			duration_ms: Math.round(performance.now() - started),
		});
	});

	app.use(async (_, next) => {
		let timer: NodeJS.Timeout | undefined;
		const timeout = new Promise<never>((_, reject) => {
			timer = setTimeout(
				() =>
					reject(
						new AppError(
							"timed_out",
							`No answer was ready after ${longestAnswerMs / 1_000} seconds: try again.`,
						),
					),
				longestAnswerMs,
			);
		});
		try {
			await Promise.race([next(), timeout]);
		} finally {
			clearTimeout(timer);
		}
	});

	app.use(async (c, next) => {
		const isForm = c.req.header("content-type")?.startsWith("multipart/");
		if (c.req.raw.body && !isForm) {
			const { byteLength } = await c.req.arrayBuffer();
			if (byteLength > longestJson) {
				throw new AppError(
					"request_too_large",
					`The body has ${byteLength} bytes and may have ${longestJson}.`,
				);
			}
		}
		await next();
	});

	app.openAPIRegistry.registerComponent("securitySchemes", "bearer", {
		type: "http",
		scheme: "bearer",
		bearerFormat: "JWT",
		description: "A Cognito ID or access token.",
	});
	publicRoutes(app, ports, deployment);
	itemRoutes(app, ports);
	uploadRoutes(app, ports);
	analysisRoutes(app, ports);
	requestRoutes(app, ports, { longestWaitMs });
	imageRoutes(app, ports);
	searchRoutes(app, ports);
	vectorIndexRoutes(app, ports);

	app.notFound((c) =>
		problemResponse(
			"route_not_found",
			`There is no ${c.req.method} ${c.req.path.slice(0, 200)}: /docs has what there is.`,
			{ requestId: c.get("requestId") },
		),
	);
	app.onError((error, c) => {
		const requestId = c.get("requestId");
		const { code, detail, errors } = describe(error);
		const answer = problemResponse(code, detail, { requestId, errors });
		if (answer.status >= 500) {
			log.error("request failed", { error, request_id: requestId });
		}
		return answer;
	});
	return app;
}

function describe(error: unknown): {
	code: ProblemCode;
	detail: string;
	errors?: AppError["fields"];
} {
	if (error instanceof AppError) {
		return { code: error.code, detail: error.message, errors: error.fields };
	}
	if (error instanceof HTTPException && error.status === 415) {
		return {
			code: "unsupported_media_type",
			detail:
				"The body has another content type than this call takes: send JSON as application/json, a file as multipart/form-data.",
		};
	}
	if (error instanceof HTTPException && error.status === 400) {
		return {
			code: "invalid_request",
			detail: "The body cannot be read: it is not the JSON or form it says.",
		};
	}
	return {
		code: "internal_error",
		detail: "Something failed on our side; the log has it under this id.",
	};
}
