import { CloudWatchLogsClient, DeleteLogGroupCommand } from "@aws-sdk/client-cloudwatch-logs";
import { CognitoIdentityProviderClient, DeleteUserPoolCommand } from "@aws-sdk/client-cognito-identity-provider";
import { DeleteTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DeleteBucketCommand, DeleteObjectsCommand, ListObjectVersionsCommand, S3Client } from "@aws-sdk/client-s3";
import { DeleteParametersCommand, SSMClient } from "@aws-sdk/client-ssm";
import { postgresLogGroup } from "#lib/environments.ts";
import type { Target } from "../environment/target.ts";
import { providerKeys } from "../secrets/provider-keys.ts";
import { type Part, resourcesOf, type StackState } from "./stacks.ts";

/** The outputs that name what outlives its stack, by the type of resource. */
const retained: Partial<Record<Part, Record<string, string>>> = {
	DB: { "AWS::DynamoDB::Table": "CheckpointTableName" },
	Storage: { "AWS::S3::Bucket": "BucketName", "AWS::Cognito::UserPool": "UserPoolId" },
	Web: { "AWS::S3::Bucket": "WebBucketName" },
};

/** Finds what outlives the stacks. A stack whose creation or removal failed has no outputs, but still resources. */
export async function findRetained(target: Target, stacks: StackState[]): Promise<Record<string, string>> {
	const found = await Promise.all(
		stacks.map(async (stack) => {
			const outputs = retained[stack.part];
			if (!outputs) return [];
			return (await resourcesOf(target, stack)).flatMap(({ ResourceType = "", PhysicalResourceId }) => {
				const output = outputs[ResourceType];
				return output && PhysicalResourceId ? [[output, PhysicalResourceId] as const] : [];
			});
		}),
	);
	return Object.fromEntries(found.flat());
}

/**
 * Removes resources that CloudFormation retains or does not manage: the buckets with every version in them, the user pool,
 * the chat table, the log of Postgres, and the providers' API keys.
 */
export async function deleteRetained(
	{ client, name }: Pick<Target, "client" | "name">,
	{ BucketName, WebBucketName, UserPoolId, CheckpointTableName }: Record<string, string | null>,
): Promise<void> {
	for (const Bucket of [BucketName, WebBucketName]) {
		if (!Bucket) continue;
		await unlessGone("NoSuchBucket", async () => {
			const s3 = new S3Client({ ...client, forcePathStyle: true });
			const count = await emptyBucket(s3, Bucket);
			await s3.send(new DeleteBucketCommand({ Bucket }));
			console.log(`Bucket ${Bucket} is removed, with ${count} versions of objects.`);
		});
	}
	if (UserPoolId) {
		await unlessGone("ResourceNotFoundException", async () => {
			await new CognitoIdentityProviderClient(client).send(new DeleteUserPoolCommand({ UserPoolId }));
			console.log(`User pool ${UserPoolId} is removed.`);
		});
	}
	if (CheckpointTableName) {
		await unlessGone("ResourceNotFoundException", async () => {
			await new DynamoDBClient(client).send(new DeleteTableCommand({ TableName: CheckpointTableName }));
			console.log(`Table ${CheckpointTableName} is removed.`);
		});
	}
	await deletePostgresLog({ client, name });
	const { DeletedParameters = [] } = await new SSMClient(client).send(
		new DeleteParametersCommand({
			Names: providerKeys({ name }).map(({ parameter }) => parameter),
		}),
	);
	for (const parameter of DeletedParameters) {
		console.log(`Parameter ${parameter} is removed.`);
	}
}

/**
 * Removes the log group that RDS makes anew for a database's last lines, after the instance is gone. A stack, which makes
 * the group itself, could not be created while it exists.
 */
export async function deletePostgresLog({ client, name }: Pick<Target, "client" | "name">): Promise<void> {
	await unlessGone("ResourceNotFoundException", async () => {
		const logGroupName = postgresLogGroup({ name });
		await new CloudWatchLogsClient(client).send(new DeleteLogGroupCommand({ logGroupName }));
		console.log(`Log group ${logGroupName} is removed.`);
	});
}

/** Deletes every version and delete marker, optionally only below a prefix. @returns the number deleted */
export async function emptyBucket(s3: S3Client, bucket: string, Prefix?: string): Promise<number> {
	let count = 0;
	for (;;) {
		// Lists from the start each time, since the previous page is deleted by now.
		const { Versions = [], DeleteMarkers = [] } = await s3.send(
			new ListObjectVersionsCommand({ Bucket: bucket, Prefix }),
		);
		const Objects = [...Versions, ...DeleteMarkers].map(({ Key, VersionId }) => ({ Key, VersionId }));
		if (Objects.length === 0) return count;
		const { Errors = [] } = await s3.send(
			new DeleteObjectsCommand({
				Bucket: bucket,
				Delete: { Objects, Quiet: true },
			}),
		);
		const [refused] = Errors;
		if (refused) {
			throw new Error(
				`${refused.Key} in ${bucket} was not deleted (${refused.Code}: ${refused.Message}): run this command again to continue.`,
			);
		}
		count += Objects.length;
	}
}

/** Removes a resource that may not exist, which AWS reports by the error `code`. */
export async function unlessGone(code: string, remove: () => Promise<unknown>): Promise<void> {
	try {
		await remove();
	} catch (error) {
		if ((error as Error).name !== code) throw error;
	}
}
