import { join } from "node:path";
import type { queueFunctions } from "#core/pipeline/stages.ts";
import type { GroupEnv, VariableGroup } from "#lambda-kit/env.ts";
import { type Environment, functionKey } from "../environments.ts";
import { providerVariables } from "../providers.ts";
import type { DatabaseStack } from "../stacks/database-stack.ts";
import type { StorageStack } from "../stacks/storage-stack.ts";

/** The constructs that functions of the compute stack use. */
export interface FunctionResources {
	environment: Environment;
	database: DatabaseStack;
	storage: StorageStack;
}

/** The values of each group of variables. A stage gives the address of its own queue. */
type Variables = {
	[Group in Exclude<VariableGroup, "queue">]: GroupEnv<Group>;
};

/** Functions of environment `local` run on this machine, so they load the runtime from the repository. */
const onnxRuntime = join(import.meta.dirname, "../../packages/ai/onnx/runtime");

export function variablesOf({ environment, database, storage }: FunctionResources): Variables {
	return {
		environment: { ENVIRONMENT: environment.name },
		database: database.variables,
		bucket: { BUCKET_NAME: storage.bucket.bucketName },
		bus: { EVENT_BUS_NAME: storage.bus.eventBusName },
		checkpoints: { CHECKPOINT_TABLE_NAME: database.checkpoints.tableName },
		userPool: { USER_POOL_ID: storage.userPool.userPoolId },
		vision: {
			...providerVariables(environment, "vision"),
			...(environment.replayFolder && {
				REPLAY_FOLDER: environment.replayFolder,
			}),
		},
		embedding: {
			...providerVariables(environment, "embedding"),
			...(environment.onnxFolder && { ONNX_FOLDER: environment.onnxFolder, ONNX_RUNTIME: onnxRuntime }),
		},
		chat: providerVariables(environment, "chat"),
		webSearch: providerVariables(environment, "webSearch"),
		tracing: providerVariables(environment, "tracing"),
	};
}

/** Returns the variables of a function that changes everything that an item has: rows, objects, events, chats. */
export const itemVariables = ({ environment, database, bucket, bus, checkpoints }: Variables) => ({
	...environment,
	...database,
	...bucket,
	...bus,
	...checkpoints,
});

/** Returns the variables of a function's own queue. */
export const queueVariables = (
	{ functions }: Environment,
	{ id }: (typeof queueFunctions)[number],
	queueUrl: string,
): GroupEnv<"queue"> => ({ QUEUE_URL: queueUrl, QUEUE_CONCURRENCY: String(functions[functionKey(id)].concurrency) });
