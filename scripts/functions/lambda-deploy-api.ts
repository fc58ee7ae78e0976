// make lambda-deploy-api: replaces only the api's code, by the same asset that a deployment would send.
import { readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { LambdaClient, UpdateFunctionCodeCommand, waitUntilFunctionUpdatedV2 } from "@aws-sdk/client-lambda";
import { assemblyFolder, synth } from "../deploy/cdk.ts";
import { output } from "../deploy/outputs-file.ts";
import { stackName } from "../deploy/stacks.ts";
import { operate, type Target } from "../environment/target.ts";
import { zip } from "./zip.ts";

/** Lambda's limit for code in the call itself; larger code must go through S3. */
const maxBytes = 50_000_000;

await operate(async (target) => {
	if (target.name === "prod") {
		throw new Error("Code alone is refused for prod, whose stacks must match what runs: make infra-deploy ENV=prod.");
	}
	const FunctionName = await output(target, "ApiFunctionName");
	await synth(target);
	const ZipFile = zip(filesOf(apiAsset(target)));
	if (ZipFile.length > maxBytes) {
		throw new Error(
			`The api's zip has ${ZipFile.length} bytes, and Lambda accepts ${maxBytes} in a call: run make infra-deploy ENV=${target.name}.`,
		);
	}
	const client = new LambdaClient(target.client);
	await client.send(new UpdateFunctionCodeCommand({ FunctionName, ZipFile }));
	await waitUntilFunctionUpdatedV2({ client, maxWaitTime: 60 }, { FunctionName });
	console.log(
		`${FunctionName} runs the new code (${Math.round(ZipFile.length / 1000)} KB). The stack still has the old code: the next make infra-deploy replaces this one.`,
	);
});

/** Returns the folder of the api's asset in the compute stack's template. */
function apiAsset(target: Target): string {
	const stack = stackName("Compute", target);
	const read = (file: string) => JSON.parse(readFileSync(path.join(assemblyFolder, file), "utf8"));
	const { Resources, Outputs } = read(`${stack}.template.json`);
	const { S3Key } = Resources[Outputs.ApiFunctionName.Value.Ref].Properties.Code;
	const { files } = read(`${stack}.assets.json`) as {
		files: Record<
			string,
			{
				source: { path: string };
				destinations: Record<string, { objectKey: string }>;
			}
		>;
	};
	const asset = Object.values(files).find(({ destinations }) =>
		Object.values(destinations).some(({ objectKey }) => objectKey === S3Key),
	);
	if (!asset) throw new Error(`${stack} has no asset ${S3Key} for the api.`);
	return path.resolve(assemblyFolder, asset.source.path);
}

function filesOf(folder: string): Map<string, Buffer> {
	return new Map(
		readdirSync(folder, { recursive: true, encoding: "utf8" })
			.filter((file) => statSync(path.join(folder, file)).isFile())
			.sort()
			.map((file) => [file, readFileSync(path.join(folder, file))] as const),
	);
}
