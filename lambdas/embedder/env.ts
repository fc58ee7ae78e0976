import { databaseEnv } from "#lambda-kit/env.ts";

export const embedderEnv = [
	...databaseEnv,
	"ENVIRONMENT",
	"EVENT_BUS_NAME",
	"QUEUE_URL",
	"EMBEDDING_PROVIDER",
] as const;
