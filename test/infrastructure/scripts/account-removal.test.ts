import {
	CloudWatchLogsClient,
	CreateLogGroupCommand,
	DeleteLogGroupCommand,
	DescribeLogGroupsCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import {
	AdminCreateUserCommand,
	CognitoIdentityProviderClient,
	CreateUserPoolCommand,
	DeleteUserPoolCommand,
	ListUserPoolsCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import { CreateTableCommand, DynamoDBClient, ListTablesCommand } from "@aws-sdk/client-dynamodb";
import {
	CreateBucketCommand,
	DeleteObjectCommand,
	HeadBucketCommand,
	PutBucketVersioningCommand,
	PutObjectCommand,
	S3Client,
} from "@aws-sdk/client-s3";
import { GetParameterCommand, PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { unlessGone } from "#scripts/deploy/retained.ts";
import { hasMoto, motoAccount, skipNote, withOutputs } from "./moto-account.ts";

describe.skipIf(!hasMoto)(`an environment is removed from an account${skipNote}`, () => {
	const account = motoAccount("ap-southeast-3");
	const { runner, operate } = account;
	const s3 = new S3Client({ ...account.client, forcePathStyle: true });
	const cognito = new CognitoIdentityProviderClient(account.client);
	const dynamodb = new DynamoDBClient(account.client);
	const logs = new CloudWatchLogsClient(account.client);
	const ssm = new SSMClient(account.client);
	const bucket = `collections-removed-${Date.now()}`;
	const logGroupName = "/aws/rds/instance/collections-dev/postgresql";
	const forget = async () => {
		await account.forget();
		await unlessGone("ResourceNotFoundException", () => logs.send(new DeleteLogGroupCommand({ logGroupName })));
	};
	beforeEach(forget);
	afterAll(async () => {
		await forget();
		const { UserPools = [] } = await cognito.send(new ListUserPoolsCommand({ MaxResults: 60 }));
		for (const { Id } of UserPools) {
			await cognito.send(new DeleteUserPoolCommand({ UserPoolId: Id }));
		}
		runner.remove();
	});
	const CONFIRM = "dev";

	test("only after its name is confirmed", async () => {
		await account.createStack("DB", withOutputs({}));
		const silent = await operate("infra-destroy", { YES: "1" });
		expect(silent.code).toBe(1);
		expect(silent.stderr).toContain("YES=1 CONFIRM=dev");
		const wrong = await operate("infra-destroy", {
			YES: "1",
			CONFIRM: "prod",
		});
		expect(wrong.code).toBe(1);
		expect(wrong.stderr).toContain("prod is not dev");
		expect(runner.steps()).toEqual([]);
	});

	test("not while it is protected, in cdk.json or in the account", async () => {
		await account.createStack("DB", withOutputs({}), true);
		const inAccount = await operate("infra-destroy", { YES: "1", CONFIRM });
		expect(inAccount.code).toBe(1);
		expect(inAccount.stderr).toContain("is protected");

		const kept = account.variant({ deletionProtection: true });
		const inTable = await kept.operate("infra-destroy", { YES: "1", CONFIRM });
		expect(inTable.code).toBe(1);
		expect(inTable.stderr).toContain("set environments.dev.deletionProtection to false in cdk.json");
		expect(kept.runner.steps()).toEqual([]);
		kept.runner.remove();
	});

	test("with every version in its bucket, every user and API key; writing stacks before stacks with state", async () => {
		const { UserPool } = await cognito.send(new CreateUserPoolCommand({ PoolName: "people" }));
		await cognito.send(
			new AdminCreateUserCommand({
				UserPoolId: UserPool?.Id,
				Username: "someone",
			}),
		);
		const table = `${bucket}-checkpoints`;
		await dynamodb.send(
			new CreateTableCommand({
				TableName: table,
				BillingMode: "PAY_PER_REQUEST",
				AttributeDefinitions: [{ AttributeName: "pk", AttributeType: "S" }],
				KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
			}),
		);
		await s3.send(
			new CreateBucketCommand({
				Bucket: bucket,
				CreateBucketConfiguration: { LocationConstraint: account.region },
			}),
		);
		await s3.send(
			new PutBucketVersioningCommand({
				Bucket: bucket,
				VersioningConfiguration: { Status: "Enabled" },
			}),
		);
		for (const Body of ["one", "two"]) {
			await s3.send(new PutObjectCommand({ Bucket: bucket, Key: "originals/a", Body }));
		}
		await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: "originals/a" }));
		const key = {
			Name: "/collections/dev/openai-api-key",
			Type: "SecureString",
		} as const;
		await ssm.send(new PutParameterCommand({ ...key, Value: "sk-test" }));
		await logs.send(new CreateLogGroupCommand({ logGroupName }));
		await account.createStack("Storage", withOutputs({ BucketName: bucket, UserPoolId: UserPool?.Id ?? "" }));
		await account.createStack("DB", withOutputs({ CheckpointTableName: table }));

		const { code, stderr, stdout } = await operate("infra-destroy", {
			YES: "1",
			CONFIRM,
		});
		expect(stderr).toBe("");
		expect(code).toBe(0);
		expect(stdout).toContain("with 3 versions of objects");
		const destroy = (...names: string[]) =>
			`cdk destroy ${names.map((part) => `Collections${part}-dev`).join(" ")} --app cdk.out --exclusively --force --no-notices --ci`;
		expect(runner.steps().slice(1)).toEqual([destroy("Monitoring", "API", "Compute"), destroy("Storage", "DB")]);
		await expect(s3.send(new HeadBucketCommand({ Bucket: bucket }))).rejects.toMatchObject({ name: "NotFound" });
		const { UserPools = [] } = await cognito.send(new ListUserPoolsCommand({ MaxResults: 60 }));
		expect(UserPools.map(({ Id }) => Id)).not.toContain(UserPool?.Id);
		const { TableNames } = await dynamodb.send(new ListTablesCommand({}));
		expect(TableNames).not.toContain(table);
		expect(stdout).toContain(`Log group ${logGroupName} is removed.`);
		expect((await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: logGroupName }))).logGroups).toEqual([]);
		expect(stdout).toContain(`Parameter ${key.Name} is removed.`);
		await expect(ssm.send(new GetParameterCommand({ Name: key.Name }))).rejects.toMatchObject({
			name: "ParameterNotFound",
		});

		// The stand-in for cdk removed no stack, so a second run finds the bucket gone and continues.
		const again = await operate("infra-destroy", { YES: "1", CONFIRM });
		expect(again.stderr).toBe("");
		expect(again.code).toBe(0);
		expect(() => runner.read(".aws-outputs-dev.json")).toThrow();
	});

	test("whose creation failed half-way, so that a stack has resources and no outputs", async () => {
		const name = `${bucket}-half`;
		const Images = { Type: "AWS::S3::Bucket", DeletionPolicy: "Retain", Properties: { BucketName: name } };
		await account.createStack("Storage", { Resources: { Images } });
		const { code, stdout, stderr } = await operate("infra-destroy", { YES: "1", CONFIRM });
		expect(stderr).toBe("");
		expect(code).toBe(0);
		expect(stdout).toContain(`Bucket ${name} is removed`);
	});

	test("and continue a run that was interrupted after the stacks were gone", async () => {
		await s3.send(
			new CreateBucketCommand({
				Bucket: bucket,
				CreateBucketConfiguration: { LocationConstraint: account.region },
			}),
		);
		runner.write(".aws-outputs-dev.json", JSON.stringify({ BucketName: bucket, UserPoolId: null }));
		const { code, stdout } = await operate("infra-destroy", {
			YES: "1",
			CONFIRM,
		});
		expect(code).toBe(0);
		expect(stdout).toContain(`Bucket ${bucket} is removed`);
		expect(runner.steps()).toEqual([]);
		const nothing = await operate("infra-destroy", { YES: "1", CONFIRM });
		expect(nothing.stdout).toContain("nothing is left to remove");
	});
});
