import { databaseEnv } from "#lambda-kit/env.ts";
import { providerEnv } from "#lambda-kit/provider-env.ts";

export const apiEnv = [
	...databaseEnv,
	...providerEnv("embedding"),
	...providerEnv("chat"),
	...providerEnv("webSearch"),
	...providerEnv("tracing"),
	"ENVIRONMENT",
	"VERSION",
	"GIT_SHA",
	"BUCKET_NAME",
	"EVENT_BUS_NAME",
	"CHECKPOINT_TABLE_NAME",
	"TRACE_INPUTS",
	"TRACE_OUTPUTS",
	"TOKEN_ISSUER",
	"JWKS_URL",
	"USER_POOL_CLIENT_ID",
] as const;
