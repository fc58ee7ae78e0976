import type { Construct } from "constructs";
import { jobWorker } from "#core/pipeline/stages.ts";
import { jobsEnv } from "#lambdas/jobs/env.ts";
import { NodeFunction } from "../constructs/node-function.ts";
import { derived, originals, s3DeleteActions } from "./actions.ts";
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
		.allow(["s3:ListBucketVersions"], [bucket.bucketArn]) // finds every version of them
		.allow(["dynamodb:UpdateItem"], [database.checkpoints.tableArn]) // takes new analyses from the person's limits
		.allow(["events:PutEvents"], [bus.eventBusArn]); // asks for new analyses
}
