import {
	DescribeTableCommand,
	DescribeTimeToLiveCommand,
	DynamoDBClient,
	type KeySchemaElement,
} from "@aws-sdk/client-dynamodb";
import {
	GetBucketNotificationConfigurationCommand,
	GetObjectCommand,
	PutObjectCommand,
	S3Client,
} from "@aws-sdk/client-s3";
import { DeleteParameterCommand, GetParameterCommand, PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { output } from "../deploy/outputs-file.ts";
import { emptyBucket, unlessGone } from "../deploy/retained.ts";
import type { Check, Inspection } from "./check.ts";

const s3 = ({ target }: Inspection) => new S3Client({ ...target.client, forcePathStyle: target.isLocal });

const keys = (schema: KeySchemaElement[] = []) => schema.map(({ AttributeName }) => AttributeName).join(", ");

export const stores: Check[] = [
	{
		name: "DynamoDB table and keys",
		async run({ target }) {
			const TableName = await output(target, "CheckpointTableName");
			const { Table } = await new DynamoDBClient(target.client).send(new DescribeTableCommand({ TableName }));
			if (Table?.TableStatus !== "ACTIVE") {
				throw new Error(`${TableName} is ${Table?.TableStatus}`);
			}
			const index = Table.GlobalSecondaryIndexes?.[0];
			const found = `${keys(Table.KeySchema)}; ${index?.IndexName}: ${keys(index?.KeySchema)}`;
			if (found !== "pk, sk; gsi1: gsi1pk, gsi1sk") {
				throw new Error(`${TableName} has unexpected keys: ${found}`);
			}
			return found;
		},
	},
	{
		name: "DynamoDB time to live",
		async run({ target }) {
			const { TimeToLiveDescription: found } = await new DynamoDBClient(target.client).send(
				new DescribeTimeToLiveCommand({
					TableName: await output(target, "CheckpointTableName"),
				}),
			);
			if (found?.TimeToLiveStatus !== "ENABLED" || found.AttributeName !== "expires_at") {
				throw new Error(`time to live is ${found?.TimeToLiveStatus}, by ${found?.AttributeName} instead of expires_at`);
			}
			return "by expires_at";
		},
	},
	{
		name: "Parameter Store round trip",
		async run({ target, id, afterwards }) {
			const ssm = new SSMClient(target.client);
			const Name = `/collections/${target.name}/infra-test-${id}`;
			afterwards(() => unlessGone("ParameterNotFound", () => ssm.send(new DeleteParameterCommand({ Name }))));
			await ssm.send(new PutParameterCommand({ Name, Value: id, Type: "SecureString" }));
			const { Parameter } = await ssm.send(new GetParameterCommand({ Name, WithDecryption: true }));
			if (Parameter?.Value !== id || Parameter.Type !== "SecureString") {
				throw new Error("the value read differs from the value written");
			}
			return "a SecureString was written and read back decrypted";
		},
	},
	{
		name: "S3 round trip",
		async run(inspection) {
			const client = s3(inspection);
			// Not below originals/, where it would start the pipeline.
			const object = {
				Bucket: inspection.outputs.BucketName,
				Key: `infra-test/${inspection.id}`,
			};
			// Deletes every version: deleting without a version only hides the object.
			inspection.afterwards(() => emptyBucket(client, object.Bucket, object.Key));
			const { VersionId } = await client.send(new PutObjectCommand({ ...object, Body: inspection.id }));
			if (!VersionId) throw new Error("the bucket keeps no versions");
			const { Body } = await client.send(new GetObjectCommand(object));
			if ((await Body?.transformToString()) !== inspection.id) {
				throw new Error("the object read differs from the object written");
			}
			return "an object was written and read back, in a version of its own";
		},
	},
	{
		name: "S3 notifies EventBridge",
		async run(inspection) {
			const { EventBridgeConfiguration } = await s3(inspection).send(
				new GetBucketNotificationConfigurationCommand({
					Bucket: inspection.outputs.BucketName,
				}),
			);
			if (!EventBridgeConfiguration) {
				throw new Error("the bucket does not send its events to EventBridge");
			}
			return "on";
		},
	},
];
