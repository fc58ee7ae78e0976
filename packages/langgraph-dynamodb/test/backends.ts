// The servers that the tests run on. Only this file refers to the repository around this package, by the entry point
// cdk-local/testing: elsewhere, start another server here.
import { randomUUID } from "node:crypto";
import {
	CreateTableCommand,
	DeleteTableCommand,
	DynamoDBClient,
	UpdateTimeToLiveCommand,
} from "@aws-sdk/client-dynamodb";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { startApis } from "../../cdk-local/testing/index.ts";

/** A table and a bucket on a server with AWS's APIs. */
export interface Backend {
	/** Options of both clients, for further ones. */
	client: ClientOptions;
	dynamodb: DynamoDBDocumentClient;
	s3: S3Client;
	table: string;
	bucket: string;
	stop(): Promise<void>;
}

interface ClientOptions {
	endpoint: string;
	region: string;
	credentials: { accessKeyId: string; secretAccessKey: string };
	maxAttempts?: number;
}

export const documentClient = (options: ClientOptions) => DynamoDBDocumentClient.from(new DynamoDBClient(options));

const region = "eu-central-1";
const key = { hash: "pk", range: "sk" };
const index = { hash: "gsi1pk", range: "gsi1sk" };

async function startCdkLocal(): Promise<Backend> {
	const apis = await startApis();
	apis.tables.ensure("checkpoints", {
		key,
		indexes: { gsi1: index },
		timeToLive: "expires_at",
	});
	apis.buckets.ensure("bucket", { versioned: true });
	return {
		client: apis.client,
		dynamodb: documentClient(apis.client),
		s3: new S3Client({ ...apis.client, forcePathStyle: true }),
		table: "checkpoints",
		bucket: "bucket",
		stop: () => apis.destroy(),
	};
}

/** Creates a table and a bucket with random names, since other tests may use the same server. */
async function independentServer(endpoint: string): Promise<Backend> {
	const client = {
		endpoint,
		region,
		credentials: { accessKeyId: "test", secretAccessKey: "test" },
	};
	const dynamodb = new DynamoDBClient(client);
	const s3 = new S3Client({ ...client, forcePathStyle: true });
	const name = `test-${randomUUID()}`;
	const schema = ({ hash, range }: typeof key) => [
		{ AttributeName: hash, KeyType: "HASH" as const },
		{ AttributeName: range, KeyType: "RANGE" as const },
	];
	await dynamodb.send(
		new CreateTableCommand({
			TableName: name,
			BillingMode: "PAY_PER_REQUEST",
			AttributeDefinitions: ["pk", "sk", "gsi1pk", "gsi1sk"].map((AttributeName) => ({
				AttributeName,
				AttributeType: "S" as const,
			})),
			KeySchema: schema(key),
			GlobalSecondaryIndexes: [
				{
					IndexName: "gsi1",
					KeySchema: schema(index),
					Projection: { ProjectionType: "ALL" },
				},
			],
		}),
	);
	await dynamodb.send(
		new UpdateTimeToLiveCommand({
			TableName: name,
			TimeToLiveSpecification: { AttributeName: "expires_at", Enabled: true },
		}),
	);
	await s3.send(
		new CreateBucketCommand({
			Bucket: name,
			CreateBucketConfiguration: { LocationConstraint: region },
		}),
	);
	return {
		client,
		dynamodb: DynamoDBDocumentClient.from(dynamodb),
		s3,
		table: name,
		bucket: name,
		async stop() {
			// moto copies every table for each transaction: those of earlier tests make it take a second.
			await dynamodb.send(new DeleteTableCommand({ TableName: name }));
			dynamodb.destroy();
			s3.destroy();
		},
	};
}

const endpoint = process.env.TEST_AWS_ENDPOINT_URL;

/** cdk-local, and the server at `TEST_AWS_ENDPOINT_URL` where that is set. */
export const backends: { name: string; start(): Promise<Backend> }[] = [
	{ name: "cdk-local", start: startCdkLocal },
	...(endpoint
		? [
				{
					name: "TEST_AWS_ENDPOINT_URL",
					start: () => independentServer(endpoint),
				},
			]
		: []),
];
