import { randomUUID } from "node:crypto";
import { OpenAPIHono } from "@hono/zod-openapi";
import { AppError } from "#core/errors.ts";
import { answerError } from "./answer-error.ts";
import type { Authenticate } from "./authenticate.ts";
import { type Api, type ApiEnv, invalidFields } from "./routing.ts";

/** JSON bodies here are a few hundred bytes; multipart is bounded by the gateway and by `uploadItem`. */
const maxJson = 64 * 1024;

/** Makes an application to which a module adds its routes: it validates their requests and answers their errors. */
export function createSubApp(authenticate: Authenticate): Api {
	const app = new OpenAPIHono<ApiEnv>({
		defaultHook: (result) => {
			if (!result.success) {
				throw invalidFields(result.target, result.error.issues);
			}
		},
	});

	app.use(async (c, next) => {
		c.set("requestId", c.env.requestId ?? randomUUID());
		c.set("authenticate", authenticate);
		await next();
		c.env.identified?.(c.get("userId"));
	});

	app.use(async (c, next) => {
		const isForm = c.req.header("content-type")?.startsWith("multipart/");
		if (c.req.raw.body && !isForm) {
			const { byteLength } = await c.req.arrayBuffer();
			if (byteLength > maxJson) {
				throw new AppError(
					"request_too_large",
					`The body has ${byteLength} bytes and may have ${maxJson}.`,
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
	app.onError(answerError);
	return app;
}
