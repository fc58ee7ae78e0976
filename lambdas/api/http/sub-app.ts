import { randomUUID } from "node:crypto";
import { OpenAPIHono } from "@hono/zod-openapi";
import { bodyLimit } from "hono/body-limit";
import { AppError } from "#core/errors.ts";
import { answerError } from "./answer-error.ts";
import type { ApiEnv } from "./api-env.ts";
import type { Authenticate } from "./authenticate.ts";
import { describeErrors } from "./error-responses.ts";
import type { Limiter } from "./limiter.ts";
import { type Api, invalidFields } from "./routing.ts";

/** JSON bodies here are a few hundred bytes; multipart is bounded by the gateway and by `uploadItem`. */
const maxJsonBytes = 64 * 1024;

/** Makes an application to which a module adds its routes: it validates their requests and answers their errors. */
export function createSubApp(authenticate: Authenticate, limiter: Limiter): Api {
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
		c.set("limiter", limiter);
		await next();
		c.env.identified?.(c.get("userId"));
	});

	const limitJson = bodyLimit({
		maxSize: maxJsonBytes,
		onError: () => {
			throw new AppError("request_too_large", `The body has more than ${maxJsonBytes} bytes, which is the limit.`);
		},
	});
	app.use((c, next) => {
		const isForm = c.req.header("content-type")?.startsWith("multipart/");
		return isForm ? next() : limitJson(c, next);
	});

	app.openAPIRegistry.registerComponent("securitySchemes", "bearer", {
		type: "http",
		scheme: "bearer",
		bearerFormat: "JWT",
		description: "A Cognito ID or access token.",
	});
	describeErrors(app);
	app.onError(answerError);
	return app;
}
