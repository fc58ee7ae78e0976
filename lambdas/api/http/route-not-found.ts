import type { Context } from "hono";
import { problemResponse } from "#lambda-kit/problem.ts";
import type { ApiEnv } from "./api-env.ts";

/** Answers a request to a route that is not there, or of which its caller may know nothing. */
export const routeNotFound = (c: Context<ApiEnv>): Response =>
	problemResponse(
		"route_not_found",
		`There is no ${c.req.method} ${c.req.path.slice(0, 200)}: /docs has what there is.`,
		{ requestId: c.get("requestId") },
	);
