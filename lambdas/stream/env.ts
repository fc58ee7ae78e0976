import { apiEnv } from "../api/env.ts";

export const streamEnv = [
	...apiEnv,
	/** Web pages that may call, separated by commas: a REST API leaves CORS to the function. */
	"CORS_ORIGINS",
] as const;
