import { databaseEnv } from "#lambda-kit/env.ts";
import { providerEnv } from "#lambda-kit/provider-env.ts";

export const embedderEnv = [
	...databaseEnv,
	...providerEnv("embedding"),
	"ENVIRONMENT",
	"EVENT_BUS_NAME",
	"QUEUE_URL",
] as const;
