import { databaseEnv } from "#lambda-kit/env.ts";

export const cleanupEnv = [
	...databaseEnv,
	"ENVIRONMENT",
	"BUCKET_NAME",
	"EVENT_BUS_NAME",
] as const;
