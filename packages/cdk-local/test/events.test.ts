import { readFileSync } from "node:fs";
import { join } from "node:path";
import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { type Message, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { allowInvoke, allowRules, eventually, startTestApp, type TestApp, testFunction } from "./test-app.ts";

let app: TestApp;
let client: { region: string; endpoint: string; credentials: TestApp["operator"] };

const queue = (name: string) => ({ Type: "AWS::SQS::Queue", Properties: { QueueName: name } });
const arn = (id: string) => ({ "Fn::GetAtt": [id, "Arn"] });

beforeAll(async () => {
	app = await startTestApp(
		{
			Resources: {
				Jobs: queue("jobs"),
				Uploads: queue("uploads"),
				Undelivered: queue("undelivered"),
				Failed: queue("failed"),
				Watcher: testFunction({ FunctionName: "watcher" }),
				Failing: testFunction({ FunctionName: "failing", Handler: "handler.broken" }),
				NoRetries: {
					Type: "AWS::Lambda::EventInvokeConfig",
					Properties: {
						FunctionName: { Ref: "Failing" },
						Qualifier: "$LATEST",
						MaximumRetryAttempts: 0,
						DestinationConfig: { OnFailure: { Destination: arn("Failed") } },
					},
				},
				OpenJobs: allowRules("Jobs"),
				OpenUploads: allowRules("Uploads"),
				OpenUndelivered: allowRules("Undelivered"),
				OpenWatcher: allowInvoke("Watcher", "events.amazonaws.com"),
				OpenFailing: allowInvoke("Failing", "events.amazonaws.com"),
				Bus: { Type: "AWS::Events::EventBus", Properties: { Name: "own" } },
				Bucket: {
					Type: "AWS::S3::Bucket",
					Properties: {
						BucketName: "images",
						VersioningConfiguration: { Status: "Enabled" },
						NotificationConfiguration: { EventBridgeConfiguration: { EventBridgeEnabled: true } },
					},
				},
				Silent: { Type: "AWS::S3::Bucket", Properties: { BucketName: "silent" } },
				OnUpload: {
					Type: "AWS::Events::Rule",
					Properties: {
						EventPattern: {
							source: ["aws.s3"],
							"detail-type": ["Object Created"],
							detail: { object: { key: [{ prefix: "originals/" }] } },
						},
						Targets: [{ Id: "0", Arn: arn("Uploads") }],
					},
				},
				OnJob: {
					Type: "AWS::Events::Rule",
					Properties: {
						EventBusName: { Ref: "Bus" },
						EventPattern: { source: ["tiny"] },
						Targets: [
							{ Id: "0", Arn: arn("Jobs"), SqsParameters: { MessageGroupId: "$.detail.number" } },
							{ Id: "1", Arn: arn("Watcher") },
							{ Id: "2", Arn: arn("Failing") },
							{
								Id: "3",
								Arn: "arn:aws:sqs:eu-central-1:000000000000:gone",
								DeadLetterConfig: { Arn: arn("Undelivered") },
							},
						],
					},
				},
			},
		},
		"export const handler = async (event) => console.log(JSON.stringify(event));",
	);
	client = { region: "eu-central-1", endpoint: app.endpoint, credentials: app.operator };
});
afterAll(() => app?.destroy());

async function receiveMessages(name: string): Promise<Message[]> {
	const sqs = new SQSClient(client);
	const { Messages = [] } = await sqs.send(
		new ReceiveMessageCommand({
			QueueUrl: `${app.endpoint}/000000000000/${name}`,
			MaxNumberOfMessages: 10,
			WaitTimeSeconds: 10,
			MessageSystemAttributeNames: ["All"],
		}),
	);
	sqs.destroy();
	return Messages;
}
const receive = async (name: string) => (await receiveMessages(name)).map(({ Body }) => Body as string);

test("an object of a bucket that notifies EventBridge is an event on the default bus, its key unencoded; other buckets send none", async () => {
	const s3 = new S3Client({ ...client, forcePathStyle: true });
	const put = (Bucket: string, Key: string) => s3.send(new PutObjectCommand({ Bucket, Key, Body: "12345" }));
	await put("silent", "originals/never");
	await put("images", "derived/never");
	const { VersionId, ETag } = await put("images", "originals/u 1/ü+1.png");
	s3.destroy();
	const bodies = await receive("uploads");
	expect(bodies).toHaveLength(1);
	expect(JSON.parse(bodies[0] as string)).toMatchObject({
		version: "0",
		source: "aws.s3",
		"detail-type": "Object Created",
		region: "eu-central-1",
		resources: ["arn:aws:s3:::images"],
		detail: {
			version: "0",
			bucket: { name: "images" },
			object: { key: "originals/u 1/ü+1.png", size: 5, etag: ETag?.replaceAll('"', ""), "version-id": VersionId },
			reason: "PutObject",
		},
	});
});

test("an event on a custom bus reaches a queue and a function; undelivered and failed events go to their dead-letter queues", async () => {
	const events = new EventBridgeClient(client);
	const { FailedEntryCount } = await events.send(
		new PutEventsCommand({
			Entries: [{ EventBusName: "own", Source: "tiny", DetailType: "Done", Detail: JSON.stringify({ number: 7 }) }],
		}),
	);
	events.destroy();
	expect(FailedEntryCount).toBe(0);
	const event = { source: "tiny", "detail-type": "Done", detail: { number: 7 } };
	const [job] = await receiveMessages("jobs");
	expect(JSON.parse(job?.Body ?? "null")).toMatchObject(event);
	expect(job?.Attributes?.MessageGroupId).toBe("7");
	await eventually(() => readFileSync(join(app.folder, "state/logs/watcher.log"), "utf8").includes('"number":7'));
	const [undelivered = "null"] = await receive("undelivered");
	expect(JSON.parse(undelivered)).toMatchObject(event);
	const [failed = "null"] = await receive("failed");
	expect(JSON.parse(failed)).toMatchObject({
		requestPayload: event,
		responsePayload: { errorMessage: expect.stringContaining("handler.broken") },
	});
});
