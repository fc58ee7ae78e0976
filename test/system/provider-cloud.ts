import path from "node:path";
import { DeleteItemCommand, DynamoDBClient, ScanCommand } from "@aws-sdk/client-dynamodb";
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

/** Lets the next chat ask a model that has failed before: fresh sandboxes find no circuit. */
async function closeCircuits({ client, control, outputs }: OwnCloud): Promise<void> {
	const dynamodb = new DynamoDBClient(client);
	const TableName = String(outputs.CheckpointTableName);
	const { Items = [] } = await dynamodb.send(
		new ScanCommand({
			TableName,
			ProjectionExpression: "pk, sk",
			FilterExpression: "begins_with(pk, :circuit)",
			ExpressionAttributeValues: { ":circuit": { S: "circuit#" } },
		}),
	);
	for (const Key of Items) await dynamodb.send(new DeleteItemCommand({ TableName, Key }));
	for (const name of [outputs.ApiFunctionName, outputs.StreamFunctionName]) await control.replaceSandbox(String(name));
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
		closeCircuits: () => closeCircuits(cloud),
		async stop() {
			await cloud.remove();
			await Promise.all(keys.map((name) => servers[name].close()));
		},
	};
}

export type ProviderCloud<Name extends string> = Awaited<ReturnType<typeof startProviderCloud<Name>>>;
