import type { IBucket } from "aws-cdk-lib/aws-s3";
import type { Construct } from "constructs";
import { type ObjectAccess, type Stage, type StageName, stages } from "#core/pipeline/stages.ts";
import { circuitPrefix } from "#core/ports/circuits.ts";
import { capabilitiesIn, stageContract, stageGroups } from "#lambda-kit/env.ts";
import { allocator } from "#lambdas/image-processor/allocator.ts";
import { NodeFunction } from "../constructs/node-function.ts";
import { functionKey } from "../environments.ts";
import { s3DeleteActions, s3ListActions } from "./actions.ts";
import { allowBedrockModels } from "./bedrock.ts";
import { type FunctionResources, queueVariables, variablesOf } from "./variables.ts";

/** Settings of a worker's process that no code reads. */
const processVariables: Partial<Record<StageName, Record<string, string>>> = {
	process: allocator,
};

/** Makes the function that works on a stage's queue. */
export function stageWorker(
	scope: Construct,
	name: StageName,
	bundle: string,
	queueUrl: string,
	resources: FunctionResources,
): NodeFunction {
	const { environment, database, storage } = resources;
	const values = { ...variablesOf(resources), queue: queueVariables(environment, stages[name], queueUrl) };
	const groups = [...stageGroups, ...stages[name].env];
	const worker: NodeFunction = new NodeFunction(scope, "Worker", functionKey(stages[name].id), {
		environment,
		network: database.functionNetwork,
		behindQueue: true,
		sendsToItself: true,
		bundle,
		contract: stageContract(name),
		variables: Object.assign({}, ...groups.map((group) => values[group]), processVariables[name]),
	})
		.allow(["secretsmanager:GetSecretValue"], [database.applicationSecret.secretArn]) // logs in to Postgres
		.allowKeys(environment, ...capabilitiesIn(stages[name].env)); // calls models
	const { objects, env }: Stage = stages[name];
	if (env.includes("checkpoints")) {
		worker.allowItems(["dynamodb:GetItem", "dynamodb:UpdateItem"], database.checkpoints.tableArn, circuitPrefix); // knows which models fail
	}
	if (objects) allowAccess(worker, storage.bucket, objects);
	const tasks = (["vision", "embedding"] as const).filter((task) => env.includes(task));
	allowBedrockModels(worker, environment, ...tasks); // describes images, embeds their text
	return worker.allow(["events:PutEvents"], [storage.bus.eventBusArn]); // announces its results
}

function allowAccess(
	worker: NodeFunction,
	bucket: IBucket,
	{ read, readVersions, write, delete: deleted }: ObjectAccess,
) {
	if (read) worker.allowObjects(["s3:GetObject", ...(readVersions ? ["s3:GetObjectVersion"] : [])], bucket, [...read]);
	if (write) worker.allowObjects(["s3:PutObject"], bucket, [...write]);
	if (deleted) worker.allowObjects(s3DeleteActions, bucket, [...deleted]);
	// Deleting finds versions; without the right to list, a missing object is a 403.
	worker.allow(deleted ? s3ListActions : ["s3:ListBucket"], [bucket.bucketArn]);
}
