import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { freePort } from "#cli/free-port.ts";
import { readOutputsFile } from "#cli/outputs.ts";
import { RestClient } from "#cli/rest-client.ts";
import { ensureUser, signIn } from "#cli/users.ts";
import { invoke, operatorOf, synthesize } from "#scripts/local/local.ts";
import {
	type ProviderServer,
	serveProvider,
} from "../contracts/providers/server.ts";
import { startCloudProcess } from "./cloud-process.ts";

/** A cloud of its own, whose providers are servers on this machine: by provider the API key that is set for it. */
export async function startProviderCloud<Name extends string>(
	apiKeys: Record<Name, string>,
	machine: { visionProvider?: string } = {},
) {
	const keys = Object.keys(apiKeys) as Name[];
	const directory = await mkdtemp(
		path.join(tmpdir(), "collections-providers-"),
	);
	const servers = Object.fromEntries(
		await Promise.all(keys.map(async (name) => [name, await serveProvider()])),
	) as Record<Name, ProviderServer>;
	const options = {
		assembly: path.join(directory, "cdk.out"),
		stateDir: path.join(directory, "state"),
		outputsFile: path.join(directory, "outputs.json"),
		port: await freePort(),
	};
	await synthesize(options.assembly, {
		keys,
		providerUrls: Object.fromEntries(
			keys.map((name) => [name, servers[name].url]),
		),
		...machine,
	});
	const cloud = await startCloudProcess(options);
	const outputs = await readOutputsFile(options.outputsFile, "start");
	const operator = await operatorOf(options.stateDir);
	await invoke(outputs, operator, outputs.MigrationFunctionName);
	const parameters = new SSMClient({
		region: outputs.Region,
		endpoint: outputs.AwsEndpointUrl ?? undefined,
		credentials: operator,
	});
	for (const name of keys) {
		await parameters.send(
			new PutParameterCommand({
				Name: `/collections/local/${name}-api-key`,
				Value: apiKeys[name],
				Type: "SecureString",
			}),
		);
	}
	return {
		servers,
		/** One file a function. */
		logs: path.join(options.stateDir, "logs"),
		async person(email: string): Promise<RestClient> {
			await ensureUser(outputs, operator, email, "correct-Horse-9");
			return new RestClient(
				outputs.ApiUrl,
				await signIn(outputs, email, "correct-Horse-9"),
			);
		},
		async stop() {
			await cloud.stop();
			await Promise.all(keys.map((name) => servers[name].close()));
			await rm(directory, { recursive: true, force: true });
		},
	};
}

export type ProviderCloud<Name extends string> = Awaited<
	ReturnType<typeof startProviderCloud<Name>>
>;
