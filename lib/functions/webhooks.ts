import type { Construct } from "constructs";
import { webhookWorker } from "#core/pipeline/stages.ts";
import { webhooksEnv } from "#lambdas/webhooks/env.ts";
import { NodeFunction } from "../constructs/node-function.ts";
import { type FunctionResources, queueVariables, variablesOf } from "./variables.ts";

/** Makes the function that tells people's own addresses of changes. It stands where the others do, and reaches the internet like them. */
export function webhooksFunction(
	scope: Construct,
	bundle: string,
	queueUrl: string,
	resources: FunctionResources,
): NodeFunction {
	const { environment, database } = resources;
	const groups = variablesOf(resources);
	const webhooks = new NodeFunction(scope, "Worker", "webhooks", {
		environment,
		network: database.functionNetwork,
		behindQueue: true,
		sendsToItself: true,
		bundle,
		contract: webhooksEnv,
		variables: {
			...groups.environment,
			...groups.database,
			...queueVariables(environment, webhookWorker, queueUrl),
			LOOPBACK_RECEIVERS: environment.loopbackReceivers ? "allowed" : "refused",
		},
	});
	return webhooks.allow(["secretsmanager:GetSecretValue"], [database.applicationSecret.secretArn]); // logs in to Postgres
}
