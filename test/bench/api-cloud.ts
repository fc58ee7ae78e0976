import { randomUUID } from "node:crypto";
import path from "node:path";
import { GetFunctionConfigurationCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { readOutputsFile } from "#deployment/outputs.ts";
import { ensureUser, signIn } from "#deployment/users.ts";
import { busyLimits, invoke, operatorOf, synthesize } from "#tools/local/local-environment.ts";
import { startCloudProcess } from "../system/cloud-process.ts";

/**
 * Starts a local cloud with the token issuer, secret and database that the api's first request needs.
 * @param change rewrites the templates before
 */
export async function startCloud(directory: string, change?: (assembly: string) => Promise<void>) {
	const options = {
		assembly: path.join(directory, "cdk.out"),
		stateDir: path.join(directory, "state"),
		outputsFile: path.join(directory, "outputs.json"),
	};
	await synthesize(options.assembly, { limits: busyLimits });
	await change?.(options.assembly);
	const { stop } = await startCloudProcess(options);
	const outputs = await readOutputsFile(options.outputsFile, "start");
	const operator = await operatorOf(options.stateDir);
	await invoke(outputs, operator, outputs.MigrationFunctionName);
	const password = `${randomUUID()}-Aa1`;
	await ensureUser(outputs, operator, "bench@example.com", password);
	const session = await signIn(outputs, "bench@example.com", password);
	const lambda = new LambdaClient({
		region: outputs.Region,
		endpoint: outputs.AwsEndpointUrl ?? undefined,
		credentials: operator,
	});
	const { Environment } = await lambda.send(
		new GetFunctionConfigurationCommand({
			FunctionName: String(outputs.ApiFunctionName),
		}),
	);
	return {
		stop,
		outputs,
		operator,
		session,
		token: session.idToken,
		variables: {
			...Environment?.Variables,
			AWS_REGION: outputs.Region,
			AWS_ACCESS_KEY_ID: operator.accessKeyId,
			AWS_SECRET_ACCESS_KEY: operator.secretAccessKey,
			...(operator.sessionToken && {
				AWS_SESSION_TOKEN: operator.sessionToken,
			}),
			...(outputs.AwsEndpointUrl && {
				AWS_ENDPOINT_URL: outputs.AwsEndpointUrl,
			}),
		},
	};
}
