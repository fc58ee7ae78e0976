import { readFileSync } from "node:fs";
import { join } from "node:path";
import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually, openFunction, openQueue, startTiny, type TinyCloud, tinyFunction } from "./tiny-cloud.ts";

let cloud: TinyCloud;
let client: { region: string; endpoint: string; credentials: TinyCloud["operator"] };

const queue = (name: string) => ({ Type: "AWS::SQS::Queue", Properties: { QueueName: name } });
const arn = (id: string) => ({ "Fn::GetAtt": [id, "Arn"] });

beforeAll(async () => {
	cloud = await startTiny(
		{
			Resources: {
				Jobs: queue("jobs"),
				Uploads: queue("uploads"),
				Undelivered: queue("undelivered"),
				Failed: queue("failed"),
				Watcher: tinyFunction({ FunctionName: "watcher" }),
				Never: tinyFunction({ FunctionName: "never", Handler: "handler.broken" }),
				NeverAgain: {
					Type: "AWS::Lambda::EventInvokeConfig",
					Properties: {
						FunctionName: { Ref: "Never" },
						Qualifier: "$LATEST",
						MaximumRetryAttempts: 0,
						DestinationConfig: { OnFailure: { Destination: arn("Failed") } },
					},
				},
				OpenJobs: openQueue("Jobs"),
				OpenUploads: openQueue("Uploads"),
				OpenUndelivered: openQueue("Undelivered"),
				OpenWatcher: openFunction("Watcher", "events.amazonaws.com"),
				OpenNever: openFunction("Never", "events.amazonaws.com"),
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
							{ Id: "0", Arn: arn("Jobs") },
							{ Id: "1", Arn: arn("Watcher") },
							{ Id: "2", Arn: arn("Never") },
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
	client = { region: "eu-central-1", endpoint: cloud.endpoint, credentials: cloud.operator };
});
afterAll(() => cloud?.forget());

async function receive(name: string): Promise<string[]> {
	const sqs = new SQSClient(client);
	const { Messages = [] } = await sqs.send(
		new ReceiveMessageCommand({
			QueueUrl: `${cloud.endpoint}/000000000000/${name}`,
			MaxNumberOfMessages: 10,
			WaitTimeSeconds: 10,
		}),
	);
	sqs.destroy();
	return Messages.map(({ Body }) => Body as string);
}

test("a stored object is announced on the default bus, its key as it is; other buckets are silent", async () => {
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

test("an event of our bus reaches queue and function; what cannot be delivered, or fails in the end, is kept", async () => {
	const events = new EventBridgeClient(client);
	const { FailedEntryCount } = await events.send(
		new PutEventsCommand({
			Entries: [{ EventBusName: "own", Source: "tiny", DetailType: "Done", Detail: JSON.stringify({ number: 7 }) }],
		}),
	);
	events.destroy();
	expect(FailedEntryCount).toBe(0);
	const event = { source: "tiny", "detail-type": "Done", detail: { number: 7 } };
	const [body = "null"] = await receive("jobs");
	expect(JSON.parse(body)).toMatchObject(event);
	await eventually(() => readFileSync(join(cloud.folder, "state/logs/watcher.log"), "utf8").includes('"number":7'));
	const [undelivered = "null"] = await receive("undelivered");
	expect(JSON.parse(undelivered)).toMatchObject(event);
	const [failed = "null"] = await receive("failed");
	expect(JSON.parse(failed)).toMatchObject({
		requestPayload: event,
		responsePayload: { errorMessage: expect.stringContaining("handler.broken") },
	});
});
