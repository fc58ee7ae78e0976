import { databaseEnv } from "#lambda-kit/env.ts";

export const analyzerEnv = [
	...databaseEnv,
	"ENVIRONMENT",
	"BUCKET_NAME",
	"EVENT_BUS_NAME",
	"QUEUE_URL",
	"VISION_PROVIDER",
] as const;
