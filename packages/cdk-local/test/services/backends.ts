import { randomUUID } from "node:crypto";
import {
	CreateTableCommand,
	DynamoDBClient,
	UpdateTimeToLiveCommand,
} from "@aws-sdk/client-dynamodb";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { region, startApis } from "./apis.ts";

/** A table with the product's keys, and a bucket, on a server that speaks AWS's APIs. */
export interface Backend {
	/** What both clients were made with. */
	client: ClientOptions;
	dynamodb: DynamoDBClient;
	s3: S3Client;
	table: string;
	bucket: string;
	stop(): Promise<void>;
}

interface ClientOptions {
	endpoint: string;
	region: string;
	credentials: { accessKeyId: string; secretAccessKey: string };
}

const key = { hash: "pk", range: "sk" };
const index = { hash: "gsi1pk", range: "gsi1sk" };

async function localCloud(): Promise<Backend> {
	const apis = await startApis();
	apis.tables.ensure("checkpoints", {
		key,
		indexes: { gsi1: index },
		timeToLive: "expires_at",
	});
	apis.buckets.ensure("bucket", { versioned: true });
	return {
		client: apis.client,
		dynamodb: new DynamoDBClient(apis.client),
		s3: new S3Client({ ...apis.client, forcePathStyle: true }),
		table: "checkpoints",
		bucket: "bucket",
		stop: () => apis.forget(),
	};
}

/** Shared with whoever else uses the server, so names are made up. */
async function independent(endpoint: string): Promise<Backend> {
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
			AttributeDefinitions: ["pk", "sk", "gsi1pk", "gsi1sk"].map(
				(AttributeName) => ({ AttributeName, AttributeType: "S" as const }),
			),
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
		dynamodb,
		s3,
		table: name,
		bucket: name,
		async stop() {
			dynamodb.destroy();
			s3.destroy();
		},
	};
}

const endpoint = process.env.TEST_AWS_ENDPOINT_URL;

/** The local cloud, and an implementation by others where `TEST_AWS_ENDPOINT_URL` names one. */
export const backends: { name: string; start(): Promise<Backend> }[] = [
	{ name: "the local cloud", start: localCloud },
	...(endpoint
		? [{ name: "TEST_AWS_ENDPOINT_URL", start: () => independent(endpoint) }]
		: []),
];
