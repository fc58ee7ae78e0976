import { variablesIn } from "#lambda-kit/env.ts";

export const apiEnv = [
	...variablesIn(
		"environment",
		"database",
		"bucket",
		"bus",
		"checkpoints",
		"embedding",
		"chat",
		"webSearch",
		"tracing",
	),
	"VERSION",
	"GIT_SHA",
	"TRACE_INPUTS",
	"TRACE_OUTPUTS",
	"TOKEN_ISSUER",
	"JWKS_URL",
	"USER_POOL_CLIENT_ID",
] as const;
