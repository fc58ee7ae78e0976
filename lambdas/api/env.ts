import { databaseEnv } from "#lambda-kit/env.ts";

export const apiEnv = [
	...databaseEnv,
	"ENVIRONMENT",
	"VERSION",
	"GIT_SHA",
	"BUCKET_NAME",
	"TOKEN_ISSUER",
	"JWKS_URL",
	"USER_POOL_CLIENT_ID",
	"EMBEDDING_PROVIDER",
] as const;
