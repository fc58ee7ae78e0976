import { cpSync } from "node:fs";
import { join } from "node:path";
import { PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import type { JsonObject, Template } from "#cdk-local/template/assembly.ts";
import { startTestStacks, type TestApp, testFunction } from "#cdk-local/testing/index.ts";
import { serveAccount } from "./account-server.ts";
import type { Run, ScriptHost } from "./script-host.ts";
import { createScriptRunner, type ScriptRunner } from "./script-runner.ts";

/** Records that it ran; fails where the folder of the scripts has a file that says so. */
const bundle = `
import { appendFileSync, existsSync } from "node:fs";
export const handler = async () => {
	const { RUNNER_FOLDER } = process.env;
	if (!RUNNER_FOLDER) return "as deployed";
	appendFileSync(RUNNER_FOLDER + "/steps.txt", "migrate\\n");
	if (existsSync(RUNNER_FOLDER + "/migration-fails")) throw new Error('column "colour" contains null values');
	return { applied: ["0009_colours"], version: "0009_colours" };
};
`;

/** A deployed environment dev: cdk-local stands in for AWS, and the five stacks are small. */
export interface DeployedDev extends ScriptRunner {
	cloud: TestApp;
	/** Runs a script with the credentials of the account. */
	operate(script: string, env?: Record<string, string>): Promise<Run>;
	/** The credentials as environment variables. */
	credentials: Record<string, string>;
	end(): Promise<void>;
}

export async function deployedDev(dev: object = {}, host?: ScriptHost): Promise<DeployedDev> {
	const runner = createScriptRunner(dev, host);
	const cloud = await startTestStacks(fiveStacks(runner.folder), bundle);
	// The files that synth would write for the later steps.
	cpSync(join(cloud.folder, "cdk.out"), join(runner.folder, "cdk.out"), {
		recursive: true,
	});
	const account = await serveAccount();
	const { accessKeyId, secretAccessKey, sessionToken } = cloud.operator;
	const credentials = {
		AWS_ENDPOINT_URL: cloud.endpoint,
		// cdk-local has no machines, and no quotas but Lambda's.
		...account.capacity,
		AWS_ACCESS_KEY_ID: accessKeyId,
		AWS_SECRET_ACCESS_KEY: secretAccessKey,
		AWS_SESSION_TOKEN: sessionToken ?? "",
	};
	return {
		...runner,
		cloud,
		credentials,
		operate: (script, env = {}) => runner.run(script, { ENV: "dev", ...credentials, ...env }),
		end: async () => {
			account.close();
			await cloud.destroy();
			runner.remove();
		},
	};
}

/** Creates the part of `cdk bootstrap`'s stack that a preflight checks. */
export async function bootstrapped({ cloud }: DeployedDev, version = "28"): Promise<void> {
	await new SSMClient({
		region: "eu-central-1",
		endpoint: cloud.endpoint,
		credentials: cloud.operator,
	}).send(
		new PutParameterCommand({
			Name: "/cdk-bootstrap/hnb659fds/version",
			Value: version,
			Type: "String",
			Overwrite: true,
		}),
	);
}

function fiveStacks(folder: string): Record<string, Template> {
	const outputs = (values: JsonObject) =>
		Object.fromEntries(Object.entries(values).map(([name, Value]) => [name, { Value }]));
	const ref = (logicalId: string) => ({ Ref: logicalId });
	return {
		"CollectionsDB-dev": {
			Resources: {
				Migrate: priced({ RUNNER_FOLDER: folder }),
				Login: {
					Type: "AWS::SecretsManager::Secret",
					Properties: {
						GenerateSecretString: {
							SecretStringTemplate: '{"username":"collections_app"}',
							GenerateStringKey: "password",
						},
					},
				},
			},
			Outputs: outputs({
				Environment: "dev",
				Region: ref("AWS::Region"),
				DatabaseEndpoint: "127.0.0.1:5432",
				DatabaseName: "collections",
				DatabaseSecretArn: ref("Login"),
				MigrationFunctionName: ref("Migrate"),
				// An export between stacks, which clients must not see.
				ExportsOutputRefLogin: ref("Login"),
			}),
		},
		"CollectionsStorage-dev": {
			Resources: {
				Images: { Type: "AWS::S3::Bucket", Properties: {} },
				People: {
					Type: "AWS::Cognito::UserPool",
					Properties: { UsernameAttributes: ["email"] },
				},
				Client: {
					Type: "AWS::Cognito::UserPoolClient",
					Properties: {
						UserPoolId: ref("People"),
						ExplicitAuthFlows: ["ALLOW_USER_PASSWORD_AUTH"],
					},
				},
			},
			Outputs: outputs({
				BucketName: ref("Images"),
				UserPoolId: ref("People"),
				UserPoolClientId: ref("Client"),
				CliClientId: ref("Client"),
				CognitoEndpoint: "https://cognito-idp.eu-central-1.amazonaws.com",
			}),
		},
		"CollectionsCompute-dev": {
			Resources: {
				Api: priced(),
				Cleanup: priced(),
				Given: { Type: "AWS::SQS::Queue", Properties: {} },
			},
			Outputs: outputs({
				ApiFunctionName: ref("Api"),
				CleanupFunctionName: ref("Cleanup"),
				DeadLetterQueueUrls: ref("Given"),
			}),
		},
		"CollectionsAPI-dev": {
			Resources: {},
			Outputs: outputs({ ApiUrl: "https://api.collections.app" }),
		},
		"CollectionsMonitoring-dev": { Resources: {} },
	};
}

/** The properties that a cost estimate reads of a function, too. */
function priced(variables: JsonObject = {}) {
	return testFunction({
		MemorySize: 512,
		Architectures: ["arm64"],
		Environment: { Variables: variables },
	});
}
