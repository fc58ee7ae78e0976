import {
	CloudFormationClient,
	DescribeStacksCommand,
	ListStackResourcesCommand,
	UpdateStackCommand,
} from "@aws-sdk/client-cloudformation";
import { CloudWatchLogsClient, FilterLogEventsCommand, paginateFilterLogEvents } from "@aws-sdk/client-cloudwatch-logs";
import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import {
	GetAccountSettingsCommand,
	GetFunctionConfigurationCommand,
	InvokeCommand,
	LambdaClient,
	UpdateFunctionCodeCommand,
} from "@aws-sdk/client-lambda";
import { GetBucketNotificationConfigurationCommand, S3Client } from "@aws-sdk/client-s3";
import {
	ListDeadLetterSourceQueuesCommand,
	ListMessageMoveTasksCommand,
	ReceiveMessageCommand,
	SendMessageCommand,
	SQSClient,
	StartMessageMoveTaskCommand,
} from "@aws-sdk/client-sqs";
import { DeleteParameterCommand, GetParameterCommand, PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { strToU8, zipSync } from "fflate";
import { afterAll, beforeAll, expect, test } from "vitest";
import { allowRules, eventually, startTestApp, type TestApp, testFunction } from "../test-app.ts";

/** Tests the calls of the operator of an environment; the other files test those of its functions. */
let app: TestApp;
let client: { region: string; endpoint: string; credentials: TestApp["operator"] };
beforeAll(async () => {
	app = await startTestApp(
		{
			Resources: {
				Worker: testFunction({ FunctionName: "worker" }),
				DeadLetters: { Type: "AWS::SQS::Queue", Properties: {} },
				Queue: {
					Type: "AWS::SQS::Queue",
					Properties: {
						RedrivePolicy: { deadLetterTargetArn: { "Fn::GetAtt": ["DeadLetters", "Arn"] }, maxReceiveCount: 1 },
					},
				},
				Undelivered: { Type: "AWS::SQS::Queue", Properties: {} },
				OpenUndelivered: allowRules("Undelivered"),
				Bus: { Type: "AWS::Events::EventBus", Properties: { Name: "bus" } },
				Rule: {
					Type: "AWS::Events::Rule",
					Properties: {
						EventBusName: { Ref: "Bus" },
						EventPattern: { source: ["test"] },
						Targets: [
							{
								Id: "Target0",
								Arn: "arn:aws:sqs:eu-central-1:000000000000:gone",
								DeadLetterConfig: { Arn: { "Fn::GetAtt": ["Undelivered", "Arn"] } },
							},
						],
					},
				},
				Notifying: {
					Type: "AWS::S3::Bucket",
					Properties: { NotificationConfiguration: { EventBridgeConfiguration: { EventBridgeEnabled: true } } },
				},
				Silent: { Type: "AWS::S3::Bucket", Properties: {} },
			},
			Outputs: {
				WorkerName: { Value: { Ref: "Worker" } },
				QueueUrl: { Value: { Ref: "Queue" } },
				DeadLettersUrl: { Value: { Ref: "DeadLetters" } },
				DeadLettersArn: { Value: { "Fn::GetAtt": ["DeadLetters", "Arn"] } },
				UndeliveredUrl: { Value: { Ref: "Undelivered" } },
				NotifyingName: { Value: { Ref: "Notifying" } },
				SilentName: { Value: { Ref: "Silent" } },
			},
		},
		`export const handler = async ({ say }) => {
			for (const line of say ?? []) console.log(line);
			return "as built";
		};`,
	);
	client = { region: "eu-central-1", endpoint: app.endpoint, credentials: app.operator };
});
afterAll(() => app?.destroy());

const output = (name: string) => String(app.outputs[name]);
const invoke = async (event: object = {}) => {
	const { Payload } = await new LambdaClient(client).send(
		new InvokeCommand({ FunctionName: "worker", Payload: JSON.stringify(event) }),
	);
	return JSON.parse(Payload?.transformToString() ?? "null");
};

test("STS identifies the caller", async () => {
	const answer = await new STSClient(client).send(new GetCallerIdentityCommand({}));
	expect(answer).toMatchObject({
		Account: "000000000000",
		Arn: "arn:aws:sts::000000000000:assumed-role/operator/local",
	});
});

test("CloudFormation describes the stacks of the assembly, and refuses to change them", async () => {
	const formation = new CloudFormationClient(client);
	const { Stacks } = await formation.send(new DescribeStacksCommand({ StackName: "tiny" }));
	expect(Stacks).toHaveLength(1);
	expect(Stacks?.[0]).toMatchObject({
		StackName: "tiny",
		StackStatus: "CREATE_COMPLETE",
		CreationTime: expect.any(Date),
	});
	expect(Stacks?.[0]?.Outputs).toContainEqual(
		expect.objectContaining({ OutputKey: "WorkerName", OutputValue: "worker" }),
	);
	const { StackResourceSummaries } = await formation.send(new ListStackResourcesCommand({ StackName: "tiny" }));
	expect(StackResourceSummaries).toContainEqual(
		expect.objectContaining({
			LogicalResourceId: "Worker",
			PhysicalResourceId: "worker",
			ResourceType: "AWS::Lambda::Function",
		}),
	);
	await expect(formation.send(new DescribeStacksCommand({ StackName: "other" }))).rejects.toMatchObject({
		name: "ValidationError",
		message: "Stack with id other does not exist",
	});
	await expect(formation.send(new UpdateStackCommand({ StackName: "tiny" }))).rejects.toThrow(
		/UpdateStack is not implemented by cdk-local/,
	);
});

test("CloudWatch Logs finds a function's lines by time and by terms, page by page", async () => {
	const at = (time: string, message: string) => JSON.stringify({ timestamp: time, message });
	await invoke({
		say: [
			at("2026-01-01T00:00:00.000Z", "first red"),
			"a line of its own",
			at("2026-01-01T00:01:00.000Z", "second red"),
			at("2026-01-01T00:02:00.000Z", "third blue"),
		],
	});
	const { LoggingConfig } = await new LambdaClient(client).send(
		new GetFunctionConfigurationCommand({ FunctionName: "worker" }),
	);
	const logs = new CloudWatchLogsClient(client);
	const find = async (input: Partial<ConstructorParameters<typeof FilterLogEventsCommand>[0]>) => {
		const { events = [] } = await logs.send(
			new FilterLogEventsCommand({ logGroupName: LoggingConfig?.LogGroup, ...input }),
		);
		return events.map(({ message = "", timestamp = 0 }) => [
			new Date(timestamp).toISOString().slice(14, 19),
			/(first|second|third|own)/.exec(message)?.[0],
		]);
	};
	await eventually(async () => (await find({ filterPattern: "third" })).length);
	expect(await find({ filterPattern: '"first red"' })).toEqual([["00:00", "first"]]);
	// A plain line takes the time of the line before it.
	expect(await find({ filterPattern: "own" })).toEqual([["00:00", "own"]]);
	expect(await find({ filterPattern: "red", startTime: Date.parse("2026-01-01T00:00:30Z") })).toEqual([
		["01:00", "second"],
	]);
	expect(await find({ filterPattern: "timestamp", endTime: Date.parse("2026-01-01T00:01:00Z") })).toEqual([
		["00:00", "first"],
	]);

	const pages: number[] = [];
	for await (const { events = [] } of paginateFilterLogEvents(
		{ client: logs, pageSize: 2 },
		{ logGroupName: LoggingConfig?.LogGroup, filterPattern: "timestamp" },
	)) {
		pages.push(events.length);
	}
	expect(pages).toEqual([2, 1]);
	await expect(find({ filterPattern: "{ $.level = error }" })).rejects.toThrow(/not implemented/);
	await expect(find({ logGroupName: "/aws/lambda/other" })).rejects.toMatchObject({
		name: "ResourceNotFoundException",
	});
});

test("Lambda returns the account's quota", async () => {
	const { AccountLimit } = await new LambdaClient(client).send(new GetAccountSettingsCommand({}));
	expect(AccountLimit?.ConcurrentExecutions).toBe(10);
});

test("Lambda runs new code from the next invocation on, and keeps the old code if the new is not a zip file", async () => {
	const lambda = new LambdaClient(client);
	expect(await invoke()).toBe("as built");
	const update = (ZipFile: Uint8Array) =>
		lambda.send(new UpdateFunctionCodeCommand({ FunctionName: "worker", ZipFile }));
	await expect(update(strToU8("no zip"))).rejects.toMatchObject({ name: "InvalidParameterValueException" });
	await expect(update(zipSync({ "../../outside.mjs": strToU8("") }))).rejects.toMatchObject({
		name: "InvalidParameterValueException",
	});
	expect(await invoke()).toBe("as built");
	await update(
		zipSync({
			"handler.mjs": strToU8('import { text } from "./deeper/text.mjs"; export const handler = async () => text;'),
			"deeper/text.mjs": strToU8('export const text = "replaced";'),
		}),
	);
	expect(await invoke()).toBe("replaced");
});

test("SQS lists the sources of a dead-letter queue, moves messages back and reports how many", async () => {
	const sqs = new SQSClient(client);
	const QueueUrl = output("QueueUrl");
	const receive = () => sqs.send(new ReceiveMessageCommand({ QueueUrl, VisibilityTimeout: 0 }));
	await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "poison" }));
	await receive();
	expect((await receive()).Messages).toBeUndefined();

	const { queueUrls } = await sqs.send(new ListDeadLetterSourceQueuesCommand({ QueueUrl: output("DeadLettersUrl") }));
	expect(queueUrls).toEqual([QueueUrl]);
	const SourceArn = output("DeadLettersArn");
	await sqs.send(new StartMessageMoveTaskCommand({ SourceArn }));
	const { Results } = await sqs.send(new ListMessageMoveTasksCommand({ SourceArn }));
	expect(Results).toMatchObject([{ Status: "COMPLETED", ApproximateNumberOfMessagesMoved: 1 }]);
	expect((await receive()).Messages?.[0]?.Body).toBe("poison");
});

test("a dead letter of a rule names its target", async () => {
	await new EventBridgeClient(client).send(
		new PutEventsCommand({ Entries: [{ EventBusName: "bus", Source: "test", DetailType: "T", Detail: "{}" }] }),
	);
	const { Messages } = await new SQSClient(client).send(
		new ReceiveMessageCommand({
			QueueUrl: output("UndeliveredUrl"),
			WaitTimeSeconds: 10,
			MessageAttributeNames: ["All"],
		}),
	);
	expect(Messages?.[0]?.MessageAttributes).toMatchObject({
		TARGET_ARN: { StringValue: "arn:aws:sqs:eu-central-1:000000000000:gone" },
		RULE_ARN: { StringValue: expect.stringContaining(":rule/bus/") },
		ERROR_MESSAGE: { StringValue: expect.stringContaining("gone") },
	});
});

test("S3 returns which bucket notifies EventBridge", async () => {
	const s3 = new S3Client({ ...client, forcePathStyle: true });
	const configuration = (Bucket: string) => s3.send(new GetBucketNotificationConfigurationCommand({ Bucket }));
	expect((await configuration(output("NotifyingName"))).EventBridgeConfiguration).toBeDefined();
	expect((await configuration(output("SilentName"))).EventBridgeConfiguration).toBeUndefined();
});

test("Parameter Store deletes a parameter", async () => {
	const store = new SSMClient(client);
	const Name = "/test/deleted";
	await store.send(new PutParameterCommand({ Name, Value: "x", Type: "SecureString" }));
	await store.send(new DeleteParameterCommand({ Name }));
	await expect(store.send(new GetParameterCommand({ Name }))).rejects.toMatchObject({ name: "ParameterNotFound" });
	await expect(store.send(new DeleteParameterCommand({ Name }))).rejects.toMatchObject({ name: "ParameterNotFound" });
});
