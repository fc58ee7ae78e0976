import { readEnv } from "#lambda-kit/env.ts";
import { httpHandler } from "#lambda-kit/http-handler.ts";
import { observeModels } from "#lambda-kit/observe-models.ts";
import { createApi } from "./app.ts";
import { connect } from "./connect.ts";
import { apiEnv } from "./env.ts";
import { cognitoAuthenticate } from "./http/authenticate.ts";

const env = readEnv(apiEnv);

const api = createApi({
	ports: observeModels(await connect(env)),
	authenticate: cognitoAuthenticate({
		issuer: env.TOKEN_ISSUER,
		jwksUrl: env.JWKS_URL,
		clientIds: env.USER_POOL_CLIENT_IDS.split(","),
		environment: env.ENVIRONMENT,
	}),
	limits: JSON.parse(env.LIMITS),
	deployment: {
		environment: env.ENVIRONMENT,
		version: env.VERSION,
		gitSha: env.GIT_SHA,
	},
});

// The first request builds the router and warms the code: 20 ms that belong to the sandbox's start.
await api.fetch(new Request("https://start/version"), { requestId: "start" });

export const handler = httpHandler(api.fetch);
