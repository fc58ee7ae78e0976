import type { Construct } from "constructs";
import { apiEnv } from "#lambdas/api/env.ts";
import { NodeFunction } from "../constructs/node-function.ts";
import { checkpoints, derived, dynamoDbActions, originals, s3DeleteActions, s3ListActions } from "./actions.ts";
import { type FunctionResources, itemVariables, variablesOf } from "./variables.ts";

interface ApiFunctionProps extends FunctionResources {
	bundle: string;
	/** `/version` answers both. */
	version: string;
	gitSha: string;
}

export function apiFunction(
	scope: Construct,
	{ bundle, version, gitSha, ...resources }: ApiFunctionProps,
): NodeFunction {
	const { environment, database, storage } = resources;
	const { bucket, bus } = storage;
	const table = database.checkpoints.tableArn;
	const groups = variablesOf(resources);
	const api: NodeFunction = new NodeFunction(scope, "Api", "api", {
		environment,
		network: database.functionNetwork,
		bundle,
		contract: apiEnv,
		variables: {
			...itemVariables(groups),
			...groups.userPool,
			...groups.embedding,
			...groups.chat,
			...groups.webSearch,
			...groups.tracing,
			VERSION: version,
			GIT_SHA: gitSha,
			LIMITS: JSON.stringify(environment.limits),
			TOKEN_ISSUER: storage.tokenIssuer,
			JWKS_URL: storage.jwksUrl,
			USER_POOL_CLIENT_IDS: storage.userPoolClients.map(({ userPoolClientId }) => userPoolClientId).join(),
			TRACE_INPUTS: environment.traces.inputs,
			TRACE_OUTPUTS: environment.traces.outputs,
		},
	})
		.allow(["secretsmanager:GetSecretValue"], [database.applicationSecret.secretArn]) // logs in to Postgres
		.allowKeys(environment, "embedding", "chat", "webSearch", "tracing") // embeds queries, answers questions, searches the web, traces turns
		.allowObjects(["s3:PutObject"], bucket, [originals]) // stores uploads, signs forms that do
		.allowObjects(["s3:GetObject"], bucket, [originals, derived]) // signs URLs that read
		.allowObjects(s3DeleteActions, bucket, [originals, derived]) // deletes items
		.allow(s3ListActions, [bucket.bucketArn]) // finds every version of them
		.allow(["events:PutEvents"], [bus.eventBusArn]) // asks stages to do work again
		.allow(dynamoDbActions, [table]) // stores conversations, counts requests
		.allow(["dynamodb:Query"], [`${table}/index/gsi1`]) // lists a user's sessions
		.allowObjects(["s3:GetObject", "s3:PutObject", ...s3DeleteActions], bucket, [checkpoints]) // stores the parts of a conversation that are too large for the table
		.allow(["cognito-idp:AdminGetUser"], [storage.userPool.userPoolArn]) // tells a person their own address
		.allow(["cognito-idp:AdminUserGlobalSignOut", "cognito-idp:AdminDeleteUser"], [storage.userPool.userPoolArn]); // deletes accounts
	if (environment.chatProvider === "bedrock") {
		api.allowBedrock(environment.chatModels.bedrock); // answers questions
		if (environment.bedrock.subscribe) api.allowBedrockSubscription(); // enables the model at its first answer
	}
	return api;
}
