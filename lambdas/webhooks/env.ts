import { variablesIn } from "#lambda-kit/env.ts";

export const webhooksEnv = [
	...variablesIn("environment", "database", "queue"),
	/** `allowed` in environment `local` alone: receivers on this machine. */
	"LOOPBACK_RECEIVERS",
] as const;
