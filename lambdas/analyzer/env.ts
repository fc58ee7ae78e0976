import { databaseEnv } from "#lambda-kit/env.ts";

export const analyzerEnv = [
	...databaseEnv,
	"ENVIRONMENT",
	"BUCKET_NAME",
	"EVENT_BUS_NAME",
	"QUEUE_URL",
	"VISION_PROVIDER",
	"ANTHROPIC_MODEL",
	"ANTHROPIC_KEY_PARAMETER",
	"OPENAI_MODEL",
	"OPENAI_KEY_PARAMETER",
] as const;
