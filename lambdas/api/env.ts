import { chatEnv, databaseEnv, embeddingEnv } from "#lambda-kit/env.ts";

export const apiEnv = [
	...databaseEnv,
	...embeddingEnv,
	...chatEnv,
	"ENVIRONMENT",
	"VERSION",
	"GIT_SHA",
	"BUCKET_NAME",
	"EVENT_BUS_NAME",
	"CHECKPOINT_TABLE_NAME",
	"TAVILY_KEY_PARAMETER",
	"LANGSMITH_KEY_PARAMETER",
	"TRACE_INPUTS",
	"TRACE_OUTPUTS",
	"TOKEN_ISSUER",
	"JWKS_URL",
	"USER_POOL_CLIENT_ID",
] as const;
