import { databaseEnv } from "#lambda-kit/env.ts";
import { providerEnv } from "#lambda-kit/provider-env.ts";

export const analyzerEnv = [
	...databaseEnv,
	...providerEnv("vision"),
	"ENVIRONMENT",
	"BUCKET_NAME",
	"EVENT_BUS_NAME",
	"QUEUE_URL",
] as const;
