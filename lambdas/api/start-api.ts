import type { Hono } from "hono";
import { secretTextReader } from "#aws/secrets.ts";
import type { Env } from "#lambda-kit/env.ts";
import { observeModels } from "#lambda-kit/observe-models.ts";
import { createApi } from "./app.ts";
import { connect } from "./connect.ts";
import type { apiEnv } from "./env.ts";
import type { ApiEnv } from "./http/api-env.ts";
import { cognitoAuthenticate } from "./http/authenticate.ts";
import type { Stripe } from "./http/route-module.ts";
import type { Route } from "./routes/table.ts";

/** Makes the API of a function from its variables. @param served the routes. @default those of the HTTP API */
export async function startApi(env: Env<typeof apiEnv>, served?: readonly Route[]): Promise<Hono<ApiEnv>> {
	return createApi({
		ports: observeModels(await connect(env)),
		authenticate: cognitoAuthenticate({
			issuer: env.TOKEN_ISSUER,
			jwksUrl: env.JWKS_URL,
			clientIds: env.USER_POOL_CLIENT_IDS.split(","),
			environment: env.ENVIRONMENT,
		}),
		limits: JSON.parse(env.LIMITS),
		verificationCacheMinutes: Number(env.VERIFICATION_CACHE_MINUTES),
		origins: env.CORS_ORIGINS.split(","),
		signIn: { issuer: env.TOKEN_ISSUER, hostedUrl: env.SIGN_IN_URL === "none" ? null : env.SIGN_IN_URL },
		stripe: env.STRIPE === "none" ? null : stripeFrom(JSON.parse(env.STRIPE)),
		deployment: { environment: env.ENVIRONMENT, version: env.VERSION, gitSha: env.GIT_SHA },
		...(served && { served }),
	});
}

function stripeFrom({ secretName, tiers }: { secretName: string; tiers: Stripe["tiers"] }): Stripe {
	const read = secretTextReader();
	return { tiers, signingSecret: () => read(secretName) };
}
