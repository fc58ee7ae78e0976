import type { ModelCapability } from "#ai/providers.ts";
import type { NodeFunction } from "../constructs/node-function.ts";
import type { Environment } from "../environments.ts";
import { listedModels } from "../providers.ts";

/** Allows the models of Amazon Bedrock that do some tasks where a request names none, and no others. */
export function allowBedrockModels(
	made: NodeFunction,
	environment: Environment,
	...tasks: ModelCapability[]
): NodeFunction {
	const models = new Set(tasks.flatMap((task) => listedModels(environment, task, "bedrock")));
	for (const model of models) made.allowBedrock(model);
	// It enables a model at its first answer.
	if (models.size > 0 && environment.bedrock.subscribe) made.allowBedrockSubscription();
	return made;
}
