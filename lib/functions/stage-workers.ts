import type { Construct } from "constructs";
import { type StageName, stages } from "#core/pipeline/stages.ts";
import { stageContract, stageGroups } from "#lambda-kit/env.ts";
import { allocator } from "#lambdas/image-processor/allocator.ts";
import { NodeFunction } from "../constructs/node-function.ts";
import { functionKey } from "../environments.ts";
import { derived, originals, s3DeleteActions, s3ListActions } from "./actions.ts";
import { type FunctionResources, queueVariables, variablesOf } from "./variables.ts";

/** Allows each stage what its work needs, beside the database, the bus and its queue. */
const grants: Record<StageName, (worker: NodeFunction, resources: FunctionResources) => void> = {
	process: (worker, { storage: { bucket } }) =>
		worker
			.allowObjects(["s3:GetObject", "s3:GetObjectVersion"], bucket, [originals]) // reads what was uploaded, and what came after it under the same key
			.allowObjects(["s3:PutObject"], bucket, [derived]) // stores thumbnail and vision image
			.allowObjects(s3DeleteActions, bucket, [originals, derived]) // removes duplicates, and the images of an item deleted meanwhile
			.allow(s3ListActions, [bucket.bucketArn]), // finds their versions; without it a missing object is a 403

	analyze: (worker, { environment, storage: { bucket } }) =>
		worker
			.allowKeys(environment, "vision") // describes images
			.allowObjects(["s3:GetObject"], bucket, [originals, derived]) // reads the vision image, and the text of the original
			.allow(["s3:ListBucket"], [bucket.bucketArn]), // without it a missing object is a 403

	embed: (worker, { environment }) => worker.allowKeys(environment, "embedding"), // embeds descriptions
};

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
	}).allow(["secretsmanager:GetSecretValue"], [database.applicationSecret.secretArn]); // logs in to Postgres
	grants[name](worker, resources);
	return worker.allow(["events:PutEvents"], [storage.bus.eventBusArn]); // announces its results
}
