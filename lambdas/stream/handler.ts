import { Hono } from "hono";
import { cors } from "hono/cors";
import { readEnv } from "#lambda-kit/env.ts";
import { streamHandler } from "#lambda-kit/stream-handler.ts";
import type { ApiEnv } from "../api/http/api-env.ts";
import { streamedRoutes } from "../api/routes/table.ts";
import { startApi } from "../api/start-api.ts";
import { streamEnv } from "./env.ts";

const env = readEnv(streamEnv);

const api = await startApi(env, streamedRoutes);

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
