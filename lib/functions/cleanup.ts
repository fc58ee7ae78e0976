import { Duration } from "aws-cdk-lib";
import { Rule, RuleTargetInput, Schedule } from "aws-cdk-lib/aws-events";
import { LambdaFunction } from "aws-cdk-lib/aws-events-targets";
import type { Queue } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import { cleanupEnv } from "#lambdas/cleanup/env.ts";
import { hourly } from "#lambdas/cleanup/schedule.ts";
import { NodeFunction } from "../constructs/node-function.ts";
import { deadLetterQueue } from "../constructs/queue-worker.ts";
import { checkpoints, derived, exported, originals, s3DeleteActions, s3ListActions } from "./actions.ts";
import { type FunctionResources, itemVariables, variablesOf } from "./variables.ts";

/** The sweeper: its function, what starts it, and where its failed runs go. */
export function cleanupFunction(
	scope: Construct,
	{ bundle, ...resources }: FunctionResources & { bundle: string },
): { cleanup: NodeFunction; failedCleanups: Queue } {
	const { environment, database, storage } = resources;
	const { bucket, bus } = storage;
	const table = database.checkpoints.tableArn;
	const groups = variablesOf(resources);
	const failedCleanups = deadLetterQueue(scope, "FailedCleanups");
	const cleanup: NodeFunction = new NodeFunction(scope, "Cleanup", "cleanup", {
		environment,
		network: database.functionNetwork,
		bundle,
		contract: cleanupEnv,
		variables: {
			...itemVariables(groups),
			...groups.userPool,
		},
		deadLetters: failedCleanups,
	})
		.allow(["secretsmanager:GetSecretValue"], [database.applicationSecret.secretArn]) // logs in to Postgres
		.allow(s3ListActions, [bucket.bucketArn]) // finds orphans; without it a missing object is a 403
		.allowObjects(["s3:GetObject"], bucket, [originals]) // learns whether an upload arrived: HeadObject takes it
		.allowObjects(s3DeleteActions, bucket, [originals, derived, checkpoints, exported]) // sweeps orphans and what a deleted account left
		.allow(["dynamodb:Scan"], [`${table}/index/gsi1`]) // counts sessions; the index has nothing else
		.allow(["dynamodb:BatchGetItem"], [table]) // learns which payloads are referred to
		.allow(["dynamodb:Query"], [`${table}/index/gsi1`]) // finds the chats of a person who deleted an item
		.allow(["dynamodb:UpdateItem", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:BatchWriteItem"], [table]) // removes what they hold of the item
		.allow(["dynamodb:DeleteItem"], [table]) // removes the sessions of a deleted account
		.allow(["cognito-idp:AdminUserGlobalSignOut", "cognito-idp:AdminDeleteUser"], [storage.userPool.userPoolArn]) // signs its person out and removes them
		.allow(["events:PutEvents"], [bus.eventBusArn]) // sends lost events again
		.allow(["sqs:SendMessage"], [failedCleanups.queueArn]); // Lambda puts failed runs there with this role
	const run = (event?: RuleTargetInput) =>
		new LambdaFunction(cleanup.function, {
			...(event && { event }),
			deadLetterQueue: failedCleanups,
			retryAttempts: 2,
		});
	new Rule(scope, "CleanupSchedule", { schedule: Schedule.rate(Duration.minutes(5)), targets: [run()] });
	new Rule(scope, "SessionSchedule", {
		schedule: Schedule.rate(Duration.hours(1)),
		targets: [run(RuleTargetInput.fromObject(hourly))],
	});
	return { cleanup, failedCleanups };
}
