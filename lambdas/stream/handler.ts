import { Hono } from "hono";
import { cors } from "hono/cors";
import { readEnv } from "#lambda-kit/env.ts";
import { observeModels } from "#lambda-kit/observe-models.ts";
import { streamHandler } from "#lambda-kit/stream-handler.ts";
import { createApi } from "../api/app.ts";
import { connect } from "../api/connect.ts";
import type { ApiEnv } from "../api/http/api-env.ts";
import { cognitoAuthenticate } from "../api/http/authenticate.ts";
import { streamedRoutes } from "../api/routes/table.ts";
import { streamEnv } from "./env.ts";

const env = readEnv(streamEnv);

const api = createApi({
	ports: observeModels(await connect(env)),
	authenticate: cognitoAuthenticate({
		issuer: env.TOKEN_ISSUER,
		jwksUrl: env.JWKS_URL,
		clientIds: env.USER_POOL_CLIENT_IDS.split(","),
		environment: env.ENVIRONMENT,
	}),
	limits: JSON.parse(env.LIMITS),
	deployment: { environment: env.ENVIRONMENT, version: env.VERSION, gitSha: env.GIT_SHA },
	served: streamedRoutes,
});

const app = new Hono<ApiEnv>()
	.use(
		cors({
			origin: env.CORS_ORIGINS.split(","),
			allowMethods: ["POST"],
			allowHeaders: ["authorization", "content-type", "idempotency-key"],
			exposeHeaders: ["ratelimit", "ratelimit-policy", "retry-after"],
			maxAge: 3_600,
		}),
	)
	.route("/", api);

// The first request builds the router and warms the code, which belongs to the sandbox's start.
await app.fetch(new Request("https://start/search/stream", { method: "POST" }), { requestId: "start" });

export const handler = streamHandler(app.fetch);
