import { Rule, RuleTargetInput, Schedule } from "aws-cdk-lib/aws-events";
import { LambdaFunction } from "aws-cdk-lib/aws-events-targets";
import type { Queue } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import type { Env } from "#lambda-kit/env.ts";
import { migrateEnv } from "#lambdas/migrate/env.ts";
import { rotation } from "#lambdas/migrate/schedule.ts";
import { type FunctionNetwork, NodeFunction } from "../constructs/node-function.ts";
import { deadLetterQueue } from "../constructs/queue-worker.ts";
import type { Environment } from "../environments.ts";
import { middleInUtc } from "../hours.ts";

interface MigrateFunctionProps {
	environment: Environment;
	bundle: string;
	network: FunctionNetwork | undefined;
	variables: Omit<Env<typeof migrateEnv>, "ENVIRONMENT">;
}

/**
 * The only function that is the database's master: it creates both roles, migrates as its own, and changes their passwords
 * every month. Returns where its failed rotations go, too.
 */
export function migrateFunction(
	scope: Construct,
	{ environment, bundle, network, variables }: MigrateFunctionProps,
): { migrate: NodeFunction; failedRotations: Queue } {
	const { MASTER_SECRET_ARN, APPLICATION_SECRET_ARN, MIGRATION_SECRET_ARN } = variables;
	const logins = [APPLICATION_SECRET_ARN, MIGRATION_SECRET_ARN];
	const failedRotations = deadLetterQueue(scope, "FailedRotations");
	const migrate: NodeFunction = new NodeFunction(scope, "Migrate", "migrate", {
		environment,
		bundle,
		contract: migrateEnv,
		variables: { ...variables, ENVIRONMENT: environment.name },
		network,
		deadLetters: failedRotations,
	})
		.allow(["secretsmanager:GetSecretValue"], [MASTER_SECRET_ARN, ...logins]) // reads all three logins
		.allow(["secretsmanager:PutSecretValue"], logins) // stores new passwords
		.allow(["sqs:SendMessage"], [failedRotations.queueArn]); // Lambda puts failed runs there with this role
	new Rule(scope, "RotationSchedule", {
		schedule: rotationSchedule(environment),
		targets: [
			new LambdaFunction(migrate.function, {
				event: RuleTargetInput.fromObject(rotation),
				deadLetterQueue: failedRotations,
				retryAttempts: 2,
			}),
		],
	});
	return { migrate, failedRotations };
}

/** Runs once a month. A rate would also run at every creation of the rule, before the first migration has made the roles. */
function rotationSchedule({ database: { hours } }: Environment): Schedule {
	if (!hours) return Schedule.cron({ day: "1", hour: "3", minute: "30" });
	// The database is stopped at night and at weekends. In UTC a Wednesday is a weekday in every time zone.
	const { hour, minute } = middleInUtc(hours);
	return Schedule.cron({ weekDay: "4#1", hour: String(hour), minute: String(minute) });
}
