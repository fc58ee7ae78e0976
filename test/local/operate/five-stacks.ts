import { join } from "node:path";
import type { JsonObject, Template } from "#local-cloud/assembly.ts";
import {
	startStacks,
	type TinyCloud,
	tinyFunction,
} from "../engine/tiny-cloud.ts";
import { openWorkshop, type Run, type Workshop } from "./workshop.ts";

/** Writes down that it ran; fails where its workshop says so. */
const bundle = `
import { appendFileSync, existsSync } from "node:fs";
export const handler = async () => {
	const { WORKSHOP } = process.env;
	appendFileSync(WORKSHOP + "/steps.txt", "migrate\\n");
	if (existsSync(WORKSHOP + "/migration-fails")) throw new Error('column "colour" contains null values');
	return { applied: ["0009_colours"], version: "0009_colours" };
};
`;

/** An environment dev that is deployed in an account: the local cloud stands in for AWS, the five stacks are small. */
export interface DeployedDev extends Workshop {
	cloud: TinyCloud;
	/** Runs a script with the credentials of the account. */
	operate(script: string, env?: Record<string, string>): Promise<Run>;
	end(): Promise<void>;
}

export async function deployedDev(dev: object = {}): Promise<DeployedDev> {
	const workshop = openWorkshop(dev);
	const cloud = await startStacks(fiveStacks(workshop.folder), bundle);
	const { accessKeyId, secretAccessKey, sessionToken } = cloud.operator;
	return {
		...workshop,
		cloud,
		operate: (script, env = {}) =>
			workshop.run(script, {
				ENV: "dev",
				AWS_ENDPOINT_URL: cloud.endpoint,
				AWS_ACCESS_KEY_ID: accessKeyId,
				AWS_SECRET_ACCESS_KEY: secretAccessKey,
				AWS_SESSION_TOKEN: sessionToken,
				...env,
			}),
		end: async () => {
			await cloud.forget();
			workshop.remove();
		},
	};
}

function fiveStacks(folder: string): Record<string, Template> {
	const outputs = (values: JsonObject) =>
		Object.fromEntries(
			Object.entries(values).map(([name, Value]) => [name, { Value }]),
		);
	const ref = (logicalId: string) => ({ Ref: logicalId });
	return {
		"CollectionsDB-dev": {
			Resources: {
				Migrate: tinyFunction({
					Environment: { Variables: { WORKSHOP: join(folder) } },
				}),
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
				// What the CDK hands from stack to stack is no client's.
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
				CognitoEndpoint: "https://cognito-idp.eu-central-1.amazonaws.com",
			}),
		},
		"CollectionsCompute-dev": {
			Resources: {
				Api: tinyFunction(),
				Cleanup: tinyFunction(),
			},
			Outputs: outputs({
				ApiFunctionName: ref("Api"),
				CleanupFunctionName: ref("Cleanup"),
			}),
		},
		"CollectionsAPI-dev": {
			Resources: {},
			Outputs: outputs({ ApiUrl: "https://api.collections.app" }),
		},
		"CollectionsMonitoring-dev": { Resources: {} },
	};
}
