import { CloudFormationClient, CreateStackCommand, DeleteStackCommand } from "@aws-sdk/client-cloudformation";
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
import { DescribeRuleCommand, EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { DeleteDBInstanceCommand, DescribeDBInstancesCommand, RDSClient } from "@aws-sdk/client-rds";
import {
	CreateBucketCommand,
	DeleteObjectCommand,
	HeadBucketCommand,
	PutBucketVersioningCommand,
	PutObjectCommand,
	S3Client,
} from "@aws-sdk/client-s3";
import { DeleteParametersCommand, GetParameterCommand, PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { readEnvironment } from "#lib/read-environment.ts";
import { unlessGone } from "#scripts/deploy/retained.ts";
import { partsOf } from "#scripts/deploy/stacks.ts";
import { providerKeys } from "#scripts/secrets/provider-keys.ts";
import cdk from "../../../cdk.json" with { type: "json" };
import { createScriptRunner } from "./script-runner.ts";

const endpoint = process.env.TEST_AWS_ENDPOINT_URL;
/** The account of all credentials on this server. */
const account = "123456789012";
const parts = partsOf({ environment: readEnvironment(cdk.context.environments, "dev") });

/** A region that no other test uses, since names of stacks and parameters depend only on the environment. */
const region = "ap-southeast-4";
const zones = { region, availabilityZones: [`${region}a`, `${region}b`] };

describe.skipIf(!endpoint)(
	`scripts in an account${endpoint ? "" : " (skipped: TEST_AWS_ENDPOINT_URL is not set)"}`,
	() => {
		const credentials = { accessKeyId: "any", secretAccessKey: "any" };
		const client = { region, credentials, ...(endpoint && { endpoint }) };
		const s3 = new S3Client({ ...client, forcePathStyle: true });
		const stacks = new CloudFormationClient(client);
		const cognito = new CognitoIdentityProviderClient(client);
		const dynamodb = new DynamoDBClient(client);
		const logs = new CloudWatchLogsClient(client);
		const ssm = new SSMClient(client);
		const runner = createScriptRunner({ account, ...zones });
		const operate = (script: string, env: Record<string, string> = {}) =>
			runner.run(script, {
				ENV: "dev",
				AWS_ENDPOINT_URL: endpoint ?? "",
				AWS_ACCESS_KEY_ID: "any",
				AWS_SECRET_ACCESS_KEY: "any",
				...env,
			});
		const bucket = `collections-operate-${Date.now()}`;
		const logGroupName = "/aws/rds/instance/collections-dev/postgresql";

		const create = (part: string, outputs: Record<string, string>, protection = false) =>
			stacks.send(
				new CreateStackCommand({
					StackName: `Collections${part}-dev`,
					// The server reads false as true.
					...(protection && { EnableTerminationProtection: true }),
					TemplateBody: JSON.stringify({
						Resources: {
							Topic: { Type: "AWS::SNS::Topic", Properties: {} },
						},
						Outputs: Object.fromEntries(Object.entries(outputs).map(([name, Value]) => [name, { Value }])),
					}),
				}),
			);
		const forget = async () => {
			runner.forgetSteps();
			for (const part of parts) {
				await stacks.send(new DeleteStackCommand({ StackName: `Collections${part}-dev` }));
			}
			await unlessGone("ResourceNotFoundException", () => logs.send(new DeleteLogGroupCommand({ logGroupName })));
			await ssm.send(
				new DeleteParametersCommand({
					Names: providerKeys({ name: "dev" }).map((key) => key.parameter),
				}),
			);
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

		test("distinguish a missing environment from an incomplete one", async () => {
			const nothing = await operate("infra-status");
			expect(nothing.code).toBe(1);
			expect(nothing.stderr.trim()).toBe(`Environment dev is not deployed in ${region}: make infra-deploy ENV=dev.`);

			await create("DB", { Environment: "dev" });
			const half = await operate("infra-status");
			expect(half.code).toBe(1);
			expect(half.stdout).toMatch(/CollectionsDB-dev\s+CREATE_COMPLETE/);
			expect(half.stdout).toMatch(/CollectionsStorage-dev\s+not deployed/);
			expect(half.stderr).toContain("CollectionsStorage-dev does not exist: run make infra-deploy ENV=dev.");

			const outputs = await operate("infra-outputs");
			expect(outputs.code).toBe(1);
			expect(outputs.stderr).toContain("CollectionsStorage-dev does not exist");
			expect(() => runner.read(".aws-outputs-dev.json")).toThrow();
		});

		test("store API keys as SecureStrings and export them, without a value on the terminal", async () => {
			const secret = "sk-ant-of-this-test";
			runner.write(".env", `ANTHROPIC_API_KEY=${secret}\nVOYAGE_API_KEY=\n`);
			const first = await operate("secrets-populate");
			expect(first.stderr).toBe("");
			expect(first.stdout).toMatch(/\/collections\/dev\/anthropic-api-key +created/);
			expect(first.stdout).toMatch(/voyage-api-key +not set/);
			const { Parameter } = await ssm.send(
				new GetParameterCommand({
					Name: "/collections/dev/anthropic-api-key",
					WithDecryption: true,
				}),
			);
			expect(Parameter).toMatchObject({ Type: "SecureString", Value: secret });

			const again = await operate("secrets-populate");
			expect(again.stdout).toMatch(/anthropic-api-key +unchanged/);
			runner.write(".env", `ANTHROPIC_API_KEY=${secret}-2\n`);
			const changed = await operate("secrets-populate");
			expect(changed.stdout).toMatch(/anthropic-api-key +changed/);

			const exported = await operate("secrets-export");
			expect(exported.code).toBe(0);
			expect(runner.read(".env.dev")).toBe(`ANTHROPIC_API_KEY="${secret}-2"\n`);
			expect(runner.mode(".env.dev")).toBe(0o600);
			const twice = await operate("secrets-export");
			expect(twice.code).toBe(1);
			expect(twice.stderr).toContain(".env.dev already exists");

			for (const run of [first, again, changed, exported, twice]) {
				expect(run.stdout + run.stderr).not.toContain(secret);
			}
		});

		test("report a missing or empty .env", async () => {
			runner.forget(".env");
			const missing = await operate("secrets-populate");
			expect(missing.code).toBe(1);
			expect(missing.stderr.trim()).toBe("There is no .env: cp .env.example .env, and fill in the keys you have.");
			runner.write(".env", "OPENAI_API_KEY=\n");
			const empty = await operate("secrets-populate");
			expect(empty.code).toBe(1);
			expect(empty.stderr).toContain("sets none of ANTHROPIC_API_KEY");
		});

		describe("remove an environment", () => {
			const CONFIRM = "dev";

			test("only after its name is confirmed", async () => {
				await create("DB", {});
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
				await create("DB", {}, true);
				const inAccount = await operate("infra-destroy", { YES: "1", CONFIRM });
				expect(inAccount.code).toBe(1);
				expect(inAccount.stderr).toContain("is protected");

				const prod = createScriptRunner({
					account,
					...zones,
					deletionProtection: true,
				});
				const inTable = await prod.run("infra-destroy", {
					ENV: "dev",
					AWS_ENDPOINT_URL: endpoint ?? "",
					AWS_ACCESS_KEY_ID: "any",
					AWS_SECRET_ACCESS_KEY: "any",
					YES: "1",
					CONFIRM,
				});
				expect(inTable.code).toBe(1);
				expect(inTable.stderr).toContain("set environments.dev.deletionProtection to false in cdk.json");
				expect(prod.steps()).toEqual([]);
				prod.remove();
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
						CreateBucketConfiguration: { LocationConstraint: region },
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
				await create("Storage", {
					BucketName: bucket,
					UserPoolId: UserPool?.Id ?? "",
				});
				await create("DB", { CheckpointTableName: table });

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
				expect((await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: logGroupName }))).logGroups).toEqual(
					[],
				);
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
				await stacks.send(
					new CreateStackCommand({
						StackName: "CollectionsStorage-dev",
						TemplateBody: JSON.stringify({ Resources: { Images } }),
					}),
				);
				const { code, stdout, stderr } = await operate("infra-destroy", { YES: "1", CONFIRM });
				expect(stderr).toBe("");
				expect(code).toBe(0);
				expect(stdout).toContain(`Bucket ${name} is removed`);
			});

			test("and continue a run that was interrupted after the stacks were gone", async () => {
				await s3.send(
					new CreateBucketCommand({
						Bucket: bucket,
						CreateBucketConfiguration: { LocationConstraint: region },
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

		test("count what an account has, and its quotas, before a deployment", async () => {
			for (const part of parts) {
				runner.write(
					`cdk.out/Collections${part}-dev.template.json`,
					JSON.stringify({
						Resources: part === "DB" ? { Vpc: { Type: "AWS::EC2::VPC" } } : ({} as Record<string, object>),
					}),
				);
			}
			const { code, stdout } = await operate("preflight");
			expect(code).toBe(1);
			// Its default network is one.
			expect(stdout).toMatch(/✓ VPCs +1 of 5 are in use, 1 more are needed/);
			expect(stdout).toMatch(/✓ RDS instances +none needed/);
			expect(stdout).toMatch(/✓ zones +ap-southeast-4: ap-southeast-4a \(\w+-az\d\), ap-southeast-4b \(\w+-az\d\)/);
			expect(stdout).toMatch(/✓ account +123456789012/);
			expect(stdout).toMatch(/- account's plan +not checked: The server at http:\S+ does not answer as AWS does/);
			// The server lacks this call.
			expect(stdout).toMatch(/✗ Lambda concurrency +The server at http:\S+ does not answer as AWS does/);
		});

		test("name the newest image of a private network's hosts", async () => {
			const hosts = createScriptRunner({ account, ...zones, network: { mode: "private", nat: "gateway" } });
			for (const part of parts) hosts.write(`cdk.out/Collections${part}-dev.template.json`, '{"Resources":{}}');
			const { stdout } = await hosts.run("preflight", {
				ENV: "dev",
				AWS_ENDPOINT_URL: endpoint ?? "",
				AWS_ACCESS_KEY_ID: "any",
				AWS_SECRET_ACCESS_KEY: "any",
			});
			hosts.remove();
			expect(stdout).toMatch(
				/✗ hosts +cdk\.json: .*The newest Amazon Linux 2023 for arm64 in \S+ is ami-[0-9a-f]{17}\.\n/,
			);
		});

		test("stop a database with what would fail without it, and start both again", async () => {
			const stack = (part: string, Resources: object) =>
				stacks.send(
					new CreateStackCommand({
						StackName: `Collections${part}-dev`,
						TemplateBody: JSON.stringify({ Resources }),
					}),
				);
			const DBInstanceIdentifier = `${bucket}-db`;
			const rules = { schedule: `${bucket}-sweeps`, pattern: `${bucket}-uploads` };
			await stack("DB", {
				Database: {
					Type: "AWS::RDS::DBInstance",
					Properties: {
						DBInstanceIdentifier,
						Engine: "postgres",
						DBInstanceClass: "db.t4g.micro",
						AllocatedStorage: "20",
						MasterUsername: "master",
						MasterUserPassword: "not-a-secret",
					},
				},
			});
			await stack("Compute", {
				CleanupSchedule: {
					Type: "AWS::Events::Rule",
					Properties: { Name: rules.schedule, ScheduleExpression: "rate(5 minutes)", State: "ENABLED" },
				},
				Uploaded: {
					Type: "AWS::Events::Rule",
					Properties: { Name: rules.pattern, EventPattern: { source: ["aws.s3"] }, State: "ENABLED" },
				},
			});
			const rds = new RDSClient(client);
			const events = new EventBridgeClient(client);
			const state = async () => {
				const { DBInstances } = await rds.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier }));
				const rule = async (Name: string) => (await events.send(new DescribeRuleCommand({ Name }))).State;
				return {
					database: DBInstances?.[0]?.DBInstanceStatus,
					schedule: await rule(rules.schedule),
					pattern: await rule(rules.pattern),
				};
			};
			const unasked = await operate("infra-stop");
			expect(unasked.code).toBe(1);
			expect(unasked.stderr).toContain("YES=1 must give consent");
			expect(await state()).toMatchObject({ database: "available", schedule: "ENABLED" });

			const stopped = await operate("infra-stop", { YES: "1" });
			expect(stopped).toMatchObject({ code: 0, stderr: "" });
			expect(stopped.stdout).toContain("Off until make infra-start ENV=dev: schedules (1), mails of alarms (0).");
			expect(stopped.stdout).toMatch(/RDS starts a stopped database again after seven days, on 20\d\d-\d\d-\d\d/);
			expect(await state()).toEqual({
				database: "stopped",
				schedule: "DISABLED",
				pattern: "ENABLED",
			});
			const again = await operate("infra-stop", { YES: "1" });
			expect(again.code).toBe(0);
			expect(again.stdout).toContain("was stopped already");
			const hours = { from: "08:00", to: "18:00", timezone: "Europe/Berlin" };
			const scheduled = createScriptRunner({ account, ...zones, database: { hours } });
			const operateScheduled = (script: string) =>
				scheduled.run(script, {
					ENV: "dev",
					AWS_ENDPOINT_URL: endpoint ?? "",
					AWS_ACCESS_KEY_ID: "any",
					AWS_SECRET_ACCESS_KEY: "any",
					YES: "1",
				});
			const untilMorning = await operateScheduled("infra-stop");
			expect(untilMorning.stdout).toContain(
				"Off until make infra-start ENV=dev, or the next 08:00 (Europe/Berlin) of a weekday, by database.hours: schedules",
			);
			expect(untilMorning.stdout).not.toContain("seven days");
			expect((await operate("preflight")).stdout).toMatch(/✗ database .* is stopped.* make infra-start ENV=dev first/);

			const started = await operate("infra-start");
			expect(started).toMatchObject({ code: 0, stderr: "" });
			expect(await state()).toEqual({
				database: "available",
				schedule: "ENABLED",
				pattern: "ENABLED",
			});
			expect(started.stdout).not.toContain("database.hours");
			const untilEvening = await operateScheduled("infra-start");
			scheduled.remove();
			expect(untilEvening.stdout).toContain(
				"It runs, and costs, until the next 18:00 (Europe/Berlin) of a weekday, when database.hours stops it.",
			);
			await rds.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier, SkipFinalSnapshot: true }));
		});

		test("leave other accounts alone", async () => {
			const elsewhere = createScriptRunner({ account: "111122223333", ...zones });
			elsewhere.write(".env", "OPENAI_API_KEY=sk-test\n");
			const { code, stderr } = await elsewhere.run("secrets-populate", {
				ENV: "dev",
				AWS_ENDPOINT_URL: endpoint ?? "",
				AWS_ACCESS_KEY_ID: "any",
				AWS_SECRET_ACCESS_KEY: "any",
			});
			elsewhere.remove();
			expect(code).toBe(1);
			expect(stderr).toContain("Environment dev is in account 111122223333, but these credentials");
			await expect(
				ssm.send(new GetParameterCommand({ Name: "/collections/dev/openai-api-key" })),
			).rejects.toMatchObject({ name: "ParameterNotFound" });
		});
	},
);
