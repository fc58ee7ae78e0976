import { databaseEnv } from "#lambda-kit/env.ts";

export const imageProcessorEnv = [
	...databaseEnv,
	"ENVIRONMENT",
	"BUCKET_NAME",
	"EVENT_BUS_NAME",
	"QUEUE_URL",
] as const;
