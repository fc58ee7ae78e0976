import { randomUUID } from "node:crypto";
import { OpenAPIHono } from "@hono/zod-openapi";
import type { Ports } from "#core/ports/index.ts";
import { recordTokenUsage } from "#lambda-kit/token-usage.ts";
import { answerError } from "./answer-error.ts";
import type { ApiEnv, ReplayPorts } from "./api-env.ts";
import type { Authenticate } from "./authenticate.ts";
import { describeErrors } from "./error-responses.ts";
import { invalidFields } from "./invalid-fields.ts";
import type { RateLimiter } from "./rate-limiter.ts";
import { limitBody } from "./request-sizes.ts";
import type { Api } from "./routing.ts";

/** Makes an application to which a module adds its routes: it validates their requests and answers their errors. */
export function createSubApp(
	authenticate: Authenticate,
	limiter: RateLimiter,
	ports: ReplayPorts & Pick<Ports, "usage">,
	maxJsonBytes: number,
): Api {
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
		c.set("replay", ports);
		await recordTokenUsage(
			ports,
			() => c.get("userId"),
			() => next(),
		);
		c.env.identified?.(c.get("userId"));
	});

	app.use(limitBody(maxJsonBytes));

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
