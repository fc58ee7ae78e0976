import type { Construct } from "constructs";
import { jobWorker } from "#core/pipeline/stages.ts";
import { jobsEnv } from "#lambdas/jobs/env.ts";
import { NodeFunction } from "../constructs/node-function.ts";
import { derived, exported, originals, s3DeleteActions, s3ListActions } from "./actions.ts";
import { type FunctionResources, itemVariables, queueVariables, variablesOf } from "./variables.ts";

/** Makes the function that works off jobs: what a person does to more items than a request can. */
export function jobsFunction(
	scope: Construct,
	bundle: string,
	queueUrl: string,
	resources: FunctionResources,
): NodeFunction {
	const { environment, database, storage } = resources;
	const { bucket, bus } = storage;
	const groups = variablesOf(resources);
	const jobs: NodeFunction = new NodeFunction(scope, "Worker", "jobs", {
		environment,
		network: database.functionNetwork,
		behindQueue: true,
		sendsToItself: true,
		bundle,
		contract: jobsEnv,
		variables: {
			...itemVariables(groups),
			...queueVariables(environment, jobWorker, queueUrl),
			LIMITS: JSON.stringify(environment.limits),
		},
	});
	return jobs
		.allow(["secretsmanager:GetSecretValue"], [database.applicationSecret.secretArn]) // logs in to Postgres
		.allowObjects(s3DeleteActions, bucket, [originals, derived]) // deletes items
		.allow(s3ListActions, [bucket.bucketArn]) // finds every version of them; without it a missing picture is a 403
		.allowObjects(["s3:GetObject"], bucket, [originals]) // copies pictures to archives
		.allowObjects(["s3:PutObject"], bucket, [exported]) // stores archives
		.allow(["dynamodb:GetItem", "dynamodb:Query"], [database.checkpoints.tableArn]) // reads chats for them
		.allow(["dynamodb:Query"], [`${database.checkpoints.tableArn}/index/gsi1`]) // lists a person's chats
		.allow(["dynamodb:UpdateItem"], [database.checkpoints.tableArn]) // takes new analyses from the person's limits
		.allow(["events:PutEvents"], [bus.eventBusArn]); // asks for new analyses
}
