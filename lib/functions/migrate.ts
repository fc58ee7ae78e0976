import type { Construct } from "constructs";
import type { Env } from "#lambda-kit/env.ts";
import { migrateEnv } from "#lambdas/migrate/env.ts";
import { type FunctionNetwork, NodeFunction } from "../constructs/node-function.ts";
import type { Environment } from "../environments.ts";

interface MigrateFunctionProps {
	environment: Environment;
	bundle: string;
	network: FunctionNetwork | undefined;
	variables: Omit<Env<typeof migrateEnv>, "ENVIRONMENT">;
}

/** Creates both roles as the master, gives them their passwords, then migrates as its own role. */
export function migrateFunction(
	scope: Construct,
	{ environment, bundle, network, variables }: MigrateFunctionProps,
): NodeFunction {
	return new NodeFunction(scope, "Migrate", "migrate", {
		environment,
		bundle,
		contract: migrateEnv,
		variables: { ...variables, ENVIRONMENT: environment.name },
		network,
	}).allow(
		["secretsmanager:GetSecretValue"],
		[variables.MASTER_SECRET_ARN, variables.APPLICATION_SECRET_ARN, variables.MIGRATION_SECRET_ARN],
	); // reads all three logins
}
