import { ArnFormat, Stack } from "aws-cdk-lib";
import type { UserPoolClient } from "aws-cdk-lib/aws-cognito";
import type { Construct } from "constructs";
import { apiEnv } from "#lambdas/api/env.ts";
import { streamEnv } from "#lambdas/stream/env.ts";
import { NodeFunction } from "../constructs/node-function.ts";
import {
	checkpoints,
	derived,
	dynamoDbActions,
	exported,
	originals,
	s3DeleteActions,
	s3ListActions,
} from "./actions.ts";
import { allowBedrockModels } from "./bedrock.ts";
import { type FunctionResources, itemVariables, variablesOf } from "./variables.ts";

const administersPeople = [
	"ListUsers",
	"AdminListGroupsForUser",
	"AdminAddUserToGroup",
	"AdminRemoveUserFromGroup",
	"AdminDisableUser",
	"AdminEnableUser",
].map((action) => `cognito-idp:${action}`);

interface ApiFunctionProps extends FunctionResources {
	bundle: string;
	/** Web pages that may call. */
	origins: string[];
	/** `/version` answers both. */
	version: string;
	gitSha: string;
}

export function apiFunction(
	scope: Construct,
	{ bundle, version, gitSha, origins, ...resources }: ApiFunctionProps,
): NodeFunction {
	const { environment, database, storage } = resources;
	const { bucket, bus } = storage;
	const table = database.checkpoints.tableArn;
	const api: NodeFunction = new NodeFunction(scope, "Api", "api", {
		environment,
		network: database.functionNetwork,
		bundle,
		contract: apiEnv,
		variables: {
			...apiVariables({ ...resources, version, gitSha, origins }),
			// The gateway lets agents call `/mcp` alone, and the streams know none of their tokens.
			USER_POOL_CLIENT_IDS: idsOf([
				...storage.userPoolClients,
				...(storage.agentSignIn ? [storage.agentSignIn.client] : []),
			]),
		},
	})
		.allow(["secretsmanager:GetSecretValue"], [database.applicationSecret.secretArn]) // logs in to Postgres
		.allowKeys(environment, "embedding", "chat", "webSearch", "tracing") // embeds queries, answers questions, searches the web, traces turns
		.allowObjects(["s3:PutObject"], bucket, [originals]) // stores uploads, signs forms that do
		.allowObjects(["s3:GetObject"], bucket, [originals, derived, exported]) // signs URLs that read
		.allowObjects(s3DeleteActions, bucket, [originals, derived, exported]) // deletes items and archives
		.allow(s3ListActions, [bucket.bucketArn]) // finds every version of them
		.allow(["events:PutEvents"], [bus.eventBusArn]) // asks stages to do work again
		.allow(dynamoDbActions, [table]) // stores conversations, counts requests
		.allow(["dynamodb:Query"], [`${table}/index/gsi1`]) // lists a user's sessions
		.allowObjects(["s3:GetObject", "s3:PutObject", ...s3DeleteActions], bucket, [checkpoints]) // stores the parts of a conversation that are too large for the table
		.allow(["cognito-idp:AdminGetUser"], [storage.userPool.userPoolArn]) // tells a person their own address
		.allow(["cognito-idp:AdminUserGlobalSignOut", "cognito-idp:AdminDeleteUser"], [storage.userPool.userPoolArn]) // deletes accounts
		.allow(administersPeople, [storage.userPool.userPoolArn]); // shows people to administrators, moves them between tiers, disables them
	if (environment.stripe) {
		// The ARN of a secret ends with six characters of its own.
		const secret = Stack.of(scope).formatArn({
			service: "secretsmanager",
			resource: "secret",
			resourceName: `${environment.stripe.secretName}-??????`,
			arnFormat: ArnFormat.COLON_RESOURCE_NAME,
		});
		api.allow(["secretsmanager:GetSecretValue"], [secret]); // verifies what Stripe sends
	}
	return allowBedrockModels(api, environment, "embedding", "chat"); // embeds queries, answers questions
}

/** Streams the answers of searches and chats, which an HTTP API cannot. */
export function streamFunction(
	scope: Construct,
	{ bundle, version, gitSha, origins, ...resources }: ApiFunctionProps,
): NodeFunction {
	const { environment, database, storage } = resources;
	const { bucket } = storage;
	const stream: NodeFunction = new NodeFunction(scope, "Stream", "stream", {
		environment,
		network: database.functionNetwork,
		bundle,
		contract: streamEnv,
		variables: apiVariables({ ...resources, version, gitSha, origins }),
	})
		.allow(["secretsmanager:GetSecretValue"], [database.applicationSecret.secretArn]) // logs in to Postgres
		.allowKeys(environment, "embedding", "chat", "webSearch", "tracing") // embeds queries, answers questions, searches the web, traces turns
		.allowObjects(["s3:GetObject"], bucket, [derived]) // signs URLs of thumbnails
		.allow(s3ListActions, [bucket.bucketArn]) // finds every version of a deleted conversation's parts
		.allow(dynamoDbActions, [database.checkpoints.tableArn]) // stores conversations, counts requests
		.allowObjects(["s3:GetObject", "s3:PutObject", ...s3DeleteActions], bucket, [checkpoints]); // stores the parts of a conversation that are too large for the table
	return allowBedrockModels(stream, environment, "embedding", "chat"); // embeds queries, answers questions
}

function apiVariables({ version, gitSha, origins, ...resources }: Omit<ApiFunctionProps, "bundle">) {
	const { environment, storage } = resources;
	const groups = variablesOf(resources);
	return {
		...itemVariables(groups),
		...groups.userPool,
		...groups.embedding,
		...groups.chat,
		...groups.webSearch,
		...groups.tracing,
		VERSION: version,
		GIT_SHA: gitSha,
		LIMITS: JSON.stringify(environment.limits),
		QUERY_CACHE_MINUTES: String(environment.queryCacheMinutes),
		VERIFICATION_CACHE_MINUTES: String(environment.verificationCacheMinutes),
		STRIPE: environment.stripe ? JSON.stringify(environment.stripe) : "none",
		CORS_ORIGINS: origins.join(),
		TOKEN_ISSUER: storage.tokenIssuer,
		JWKS_URL: storage.jwksUrl,
		USER_POOL_CLIENT_IDS: idsOf(storage.userPoolClients),
		SIGN_IN_URL: storage.agentSignIn?.url ?? "none",
		TRACE_INPUTS: environment.traces.inputs,
		TRACE_OUTPUTS: environment.traces.outputs,
	};
}

const idsOf = (clients: readonly UserPoolClient[]) => clients.map(({ userPoolClientId }) => userPoolClientId).join();
