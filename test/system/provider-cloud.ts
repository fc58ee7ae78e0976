import path from "node:path";
import { PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import type { CollectionsClient } from "#client/index.ts";
import { type ProviderServer, serveProvider } from "#tools/provider-stubs/server.ts";
import { OwnCloud } from "./own-cloud.ts";

/** Stores a provider's API key in the parameter that the functions read. */
export async function putApiKey(cloud: OwnCloud, provider: string, apiKey: string): Promise<void> {
	await new SSMClient(cloud.client).send(
		new PutParameterCommand({
			Name: `/collections/local/${provider}-api-key`,
			Value: apiKey,
			Type: "SecureString",
		}),
	);
}

/** Starts a cloud whose providers are servers on this machine. @param apiKeys by provider */
export async function startProviderCloud<Name extends string>(
	apiKeys: Record<Name, string>,
	machine: { visionProvider?: string } = {},
) {
	const keys = Object.keys(apiKeys) as Name[];
	const servers = Object.fromEntries(
		await Promise.all(keys.map(async (name) => [name, await serveProvider()])),
	) as Record<Name, ProviderServer>;
	const cloud = await OwnCloud.start({
		machine: {
			keys,
			providerUrls: Object.fromEntries(keys.map((name) => [name, servers[name].url])),
			...machine,
		},
	});
	for (const name of keys) await putApiKey(cloud, name, apiKeys[name]);
	return {
		servers,
		/** The folder of the logs, one file a function. */
		logs: path.join(cloud.stateDir, "logs"),
		newUser: (email: string): Promise<CollectionsClient> => cloud.newUser(email),
		async stop() {
			await cloud.remove();
			await Promise.all(keys.map((name) => servers[name].close()));
		},
	};
}

export type ProviderCloud<Name extends string> = Awaited<ReturnType<typeof startProviderCloud<Name>>>;
