import { databaseEnv } from "#lambda-kit/env.ts";

export const cleanupEnv = [
	...databaseEnv,
	"ENVIRONMENT",
	"BUCKET_NAME",
	"EVENT_BUS_NAME",
	"CHECKPOINT_TABLE_NAME",
] as const;
