import { variablesIn } from "#lambda-kit/env.ts";

export const cleanupEnv = variablesIn("environment", "database", "bucket", "bus", "checkpoints", "userPool");
