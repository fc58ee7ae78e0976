import { databaseEnv, embeddingEnv } from "#lambda-kit/env.ts";

export const embedderEnv = [
	...databaseEnv,
	...embeddingEnv,
	"ENVIRONMENT",
	"EVENT_BUS_NAME",
	"QUEUE_URL",
] as const;
