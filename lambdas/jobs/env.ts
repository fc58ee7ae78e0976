import { variablesIn } from "#lambda-kit/env.ts";

export const jobsEnv = [
	...variablesIn("environment", "database", "bucket", "bus", "checkpoints", "queue"),
	/** Each person's, as JSON: a job takes from them what its work would take. */
	"LIMITS",
] as const;
