import { randomUUID } from "node:crypto";
import {
	CreateTableCommand,
	DeleteTableCommand,
	DynamoDBClient,
	UpdateTimeToLiveCommand,
} from "@aws-sdk/client-dynamodb";
import { region, startApis } from "./apis.ts";

/** A table on a server with DynamoDB's API: keys `pk` and `sk`, index `gsi1`, time to live `expires_at`. */
export interface TableServer {
	dynamodb: DynamoDBClient;
	table: string;
	stop(): Promise<void>;
}

async function startCdkLocal(): Promise<TableServer> {
	const apis = await startApis();
	apis.tables.ensure("table", {
		key: { hash: "pk", range: "sk" },
		indexes: { gsi1: { hash: "gsi1pk", range: "gsi1sk" } },
		timeToLive: "expires_at",
	});
	return { dynamodb: new DynamoDBClient(apis.client), table: "table", stop: () => apis.destroy() };
}

/** Creates a table with a random name, since other tests may use the same server. */
async function createTable(endpoint: string): Promise<TableServer> {
	const credentials = { accessKeyId: "test", secretAccessKey: "test" };
	const dynamodb = new DynamoDBClient({ endpoint, region, credentials });
	const TableName = `test-${randomUUID()}`;
	const keys = (hash: string, range: string) => [
		{ AttributeName: hash, KeyType: "HASH" as const },
		{ AttributeName: range, KeyType: "RANGE" as const },
	];
	const index = {
		IndexName: "gsi1",
		KeySchema: keys("gsi1pk", "gsi1sk"),
		Projection: { ProjectionType: "ALL" as const },
	};
	const names = ["pk", "sk", "gsi1pk", "gsi1sk"];
	await dynamodb.send(
		new CreateTableCommand({
			TableName,
			BillingMode: "PAY_PER_REQUEST",
			AttributeDefinitions: names.map((AttributeName) => ({ AttributeName, AttributeType: "S" })),
			KeySchema: keys("pk", "sk"),
			GlobalSecondaryIndexes: [index],
		}),
	);
	const TimeToLiveSpecification = { AttributeName: "expires_at", Enabled: true };
	await dynamodb.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification }));
	return {
		dynamodb,
		table: TableName,
		async stop() {
			// moto copies every table for each transaction: those of earlier tests make it take a second.
			await dynamodb.send(new DeleteTableCommand({ TableName }));
			dynamodb.destroy();
		},
	};
}

const endpoint = process.env.TEST_AWS_ENDPOINT_URL;

/** cdk-local, and the server at `TEST_AWS_ENDPOINT_URL` where that is set. */
export const tableServers: { name: string; start(): Promise<TableServer> }[] = [
	{ name: "cdk-local", start: startCdkLocal },
	...(endpoint ? [{ name: "TEST_AWS_ENDPOINT_URL", start: () => createTable(endpoint) }] : []),
];
