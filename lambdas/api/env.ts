import { variablesIn } from "#lambda-kit/env.ts";

export const apiEnv = [
	...variablesIn(
		"environment",
		"database",
		"bucket",
		"bus",
		"checkpoints",
		"userPool",
		"embedding",
		"chat",
		"webSearch",
		"tracing",
	),
	"VERSION",
	"GIT_SHA",
	"LIMITS",
	"QUERY_CACHE_MINUTES",
	"VERIFICATION_CACHE_MINUTES",
	"TRACE_INPUTS",
	"TRACE_OUTPUTS",
	/** JSON with the name of the secret by which Stripe signs, and the tier of each price; or `none`. */
	"STRIPE",
	/** Web pages that may call, separated by commas. */
	"CORS_ORIGINS",
	/** The hosted pages where people sign in for their agents, or `none`. */
	"SIGN_IN_URL",
	"TOKEN_ISSUER",
	"JWKS_URL",
	/** Separated by commas. */
	"USER_POOL_CLIENT_IDS",
] as const;
