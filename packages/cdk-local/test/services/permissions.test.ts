import { AdminGetUserCommand, CognitoIdentityProviderClient } from "@aws-sdk/client-cognito-identity-provider";
import {
	BatchGetItemCommand,
	BatchWriteItemCommand,
	DynamoDBClient,
	GetItemCommand,
	PutItemCommand,
	QueryCommand,
	TransactWriteItemsCommand,
} from "@aws-sdk/client-dynamodb";
import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import {
	CopyObjectCommand,
	DeleteObjectCommand,
	DeleteObjectsCommand,
	GetObjectCommand,
	HeadObjectCommand,
	ListObjectsV2Command,
	ListObjectVersionsCommand,
	PutObjectCommand,
	S3Client,
} from "@aws-sdk/client-s3";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SendMessageBatchCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { GetParameterCommand, GetParametersCommand, SSMClient } from "@aws-sdk/client-ssm";
import { createPresignedPost } from "@aws-sdk/s3-presigned-post";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Apis, region, startApis } from "./apis.ts";

let apis: Apis;
let jobs: string;
let login: string;

beforeAll(async () => {
	apis = await startApis();
	apis.buckets.ensure("images", { versioned: true });
	const queue = { visibilitySeconds: 30, retentionSeconds: 345_600 };
	jobs = apis.queues.ensure("jobs", queue).url;
	apis.tables.ensure("table", {
		key: { hash: "pk", range: "sk" },
		indexes: { gsi1: { hash: "gsi1pk", range: "gsi1sk" } },
		timeToLive: null,
	});
	apis.buses.ensureBus("own");
	login = apis.secrets.ensure("login", () => "secret").arn;
});
afterAll(() => apis.destroy());

const arn = (service: string, resource: string) => `arn:aws:${service}:${region}:000000000000:${resource}`;
const object = (key: string) => `arn:aws:s3:::images/${key}`;
const table = arn("dynamodb", "table/table");

let count = 0;
/** Returns the options of a client that is allowed these actions on these resources, and nothing else. */
function allowed(...grants: [action: string | string[], resource: string][]) {
	count += 1;
	const credentials = apis.keysOf(
		`role-${count}`,
		...grants.map(([Action, Resource]) => ({
			Effect: "Allow",
			Action,
			Resource,
		})),
	);
	return { ...apis.client, credentials };
}
const s3 = (...grants: Parameters<typeof allowed>) => new S3Client({ ...allowed(...grants), forcePathStyle: true });
const put = (Key: string) =>
	new S3Client({ ...apis.client, forcePathStyle: true }).send(
		new PutObjectCommand({ Bucket: "images", Key, Body: "12345" }),
	);

interface Refusal {
	name: string;
	message: string;
	status: number | undefined;
}
/** Returns the error of a refused call, or null for an allowed one. */
const refusal = (call: Promise<unknown>): Promise<Refusal | null> =>
	call.then(
		() => null,
		({ name, message, $metadata }) => ({
			name,
			message,
			status: $metadata?.httpStatusCode,
		}),
	);

describe("a refusal has the shape of its service", () => {
	const key = { pk: { S: "a" }, sk: { S: "b" } };
	test.each<[string, () => Promise<unknown>, string, number, string]>([
		[
			"S3",
			() => s3().send(new GetObjectCommand({ Bucket: "images", Key: "a" })),
			"AccessDenied",
			403,
			`s3:GetObject on resource: ${object("a")}`,
		],
		[
			"SQS",
			() => new SQSClient(allowed()).send(new SendMessageCommand({ QueueUrl: jobs, MessageBody: "x" })),
			"AccessDeniedException",
			400,
			`sqs:SendMessage on resource: ${arn("sqs", "jobs")}`,
		],
		[
			"DynamoDB",
			() => new DynamoDBClient(allowed()).send(new GetItemCommand({ TableName: "table", Key: key })),
			"AccessDeniedException",
			400,
			`dynamodb:GetItem on resource: ${table}`,
		],
		[
			"EventBridge",
			() => new EventBridgeClient(allowed()).send(new PutEventsCommand({ Entries: [{ EventBusName: "own" }] })),
			"AccessDeniedException",
			400,
			`events:PutEvents on resource: ${arn("events", "event-bus/own")}`,
		],
		[
			"Parameter Store",
			() => new SSMClient(allowed()).send(new GetParameterCommand({ Name: "/preset/parameter" })),
			"AccessDeniedException",
			400,
			`ssm:GetParameter on resource: ${arn("ssm", "parameter/preset/parameter")}`,
		],
		[
			"Secrets Manager",
			() => new SecretsManagerClient(allowed()).send(new GetSecretValueCommand({ SecretId: "login" })),
			"AccessDeniedException",
			400,
			"secretsmanager:GetSecretValue on resource: arn:aws:secretsmanager:",
		],
		[
			"Cognito",
			() =>
				new CognitoIdentityProviderClient(allowed()).send(
					new AdminGetUserCommand({ UserPoolId: "pool", Username: "x" }),
				),
			"AccessDeniedException",
			400,
			`cognito-idp:AdminGetUser on resource: ${arn("cognito-idp", "userpool/pool")}`,
		],
	])("%s", async (_, call, name, status, denied) => {
		expect(await refusal(call())).toEqual({
			name,
			status,
			message: expect.stringMatching(
				/^User: arn:aws:sts::000000000000:assumed-role\/role-\d+\/tests is not authorized to perform: /,
			),
		});
		expect((await refusal(call()))?.message).toContain(denied);
	});
});

describe("on S3", () => {
	const list: [string, string] = ["s3:ListBucket", "arn:aws:s3:::images"];
	const get = (client: S3Client, Key: string, VersionId?: string) =>
		refusal(client.send(new GetObjectCommand({ Bucket: "images", Key, VersionId })));

	test("reading a version needs s3:GetObjectVersion", async () => {
		const { VersionId } = await put("versions");
		const plain = s3(["s3:GetObject", object("versions")]);
		expect(await get(plain, "versions")).toBeNull();
		expect(await get(plain, "versions", VersionId)).toMatchObject({
			name: "AccessDenied",
			message: expect.stringContaining("s3:GetObjectVersion"),
		});
		const versionReader = s3(["s3:GetObjectVersion", object("versions")]);
		expect(await get(versionReader, "versions", VersionId)).toBeNull();
		expect(await get(versionReader, "versions")).not.toBeNull();
	});

	test("reading an object's headers needs s3:GetObject", async () => {
		await put("headers");
		const head = (client: S3Client) => client.send(new HeadObjectCommand({ Bucket: "images", Key: "headers" }));
		expect(await refusal(head(s3(list)))).toMatchObject({ status: 403 });
		await head(s3(["s3:GetObject", object("headers")]));
	});

	test("a missing object is a 404 to callers who may list the bucket, and a 403 to others", async () => {
		const read: [string, string] = ["s3:GetObject", object("*")];
		expect(await get(s3(read), "missing")).toMatchObject({
			name: "AccessDenied",
			status: 403,
			message: expect.stringContaining("s3:ListBucket"),
		});
		expect(await get(s3(read, list), "missing")).toMatchObject({
			name: "NoSuchKey",
			status: 404,
		});
		await put("hidden");
		await s3(["s3:DeleteObject", object("hidden")]).send(new DeleteObjectCommand({ Bucket: "images", Key: "hidden" }));
		expect(await get(s3(read), "hidden")).toMatchObject({ status: 403 });
	});

	test("a missing bucket is NoSuchBucket, not a refusal", async () => {
		const call = s3().send(new GetObjectCommand({ Bucket: "elsewhere", Key: "a" }));
		expect(await refusal(call)).toMatchObject({ name: "NoSuchBucket" });
	});

	test("a copy needs permission to read and to write", async () => {
		await put("source");
		const copy = (client: S3Client) =>
			refusal(
				client.send(
					new CopyObjectCommand({
						Bucket: "images",
						Key: "target",
						CopySource: "images/source",
					}),
				),
			);
		const read: [string, string] = ["s3:GetObject", object("source")];
		const write: [string, string] = ["s3:PutObject", object("target")];
		expect((await copy(s3(read)))?.message).toContain("s3:PutObject");
		expect((await copy(s3(write)))?.message).toContain("s3:GetObject");
		expect(await copy(s3(read, write))).toBeNull();
	});

	test("DeleteObjects deletes the permitted objects and reports an error for each of the others", async () => {
		const retained = await put("retained/a");
		const removed = await put("removed/a");
		const Objects = [
			{ Key: "retained/a", VersionId: retained.VersionId },
			{ Key: "removed/a", VersionId: removed.VersionId },
		];
		const { Deleted, Errors } = await s3(["s3:DeleteObjectVersion", object("removed/*")]).send(
			new DeleteObjectsCommand({ Bucket: "images", Delete: { Objects } }),
		);
		expect(Deleted).toMatchObject([{ Key: "removed/a" }]);
		expect(Errors).toMatchObject([
			{
				Key: "retained/a",
				VersionId: retained.VersionId,
				Code: "AccessDenied",
				Message: expect.stringContaining("s3:DeleteObjectVersion"),
			},
		]);
	});

	test("deleting a version and adding a delete marker are two permissions", async () => {
		const { VersionId } = await put("marked");
		const remove = (client: S3Client, version?: string) =>
			refusal(
				client.send(
					new DeleteObjectCommand({
						Bucket: "images",
						Key: "marked",
						VersionId: version,
					}),
				),
			);
		const marks = s3(["s3:DeleteObject", object("marked")]);
		expect(await remove(marks, VersionId)).toMatchObject({ status: 403 });
		expect(await remove(marks)).toBeNull();
		const removes = s3(["s3:DeleteObjectVersion", object("marked")]);
		expect(await remove(removes)).toMatchObject({ status: 403 });
		expect(await remove(removes, VersionId)).toBeNull();
	});

	test("listing objects and listing versions are two permissions, and a condition can limit the prefix", async () => {
		const objects = (client: S3Client, Prefix?: string) =>
			refusal(client.send(new ListObjectsV2Command({ Bucket: "images", Prefix })));
		const versions = (client: S3Client) => refusal(client.send(new ListObjectVersionsCommand({ Bucket: "images" })));
		expect(await objects(s3(list))).toBeNull();
		expect(await versions(s3(list))).toMatchObject({ status: 403 });
		count += 1;
		const credentials = apis.keysOf(`role-${count}`, {
			Effect: "Allow",
			Action: "s3:ListBucket",
			Resource: "arn:aws:s3:::images",
			Condition: { StringLike: { "s3:prefix": "mine/*" } },
		});
		const bounded = new S3Client({
			...apis.client,
			credentials,
			forcePathStyle: true,
		});
		expect(await objects(bounded, "mine/a")).toBeNull();
		expect(await objects(bounded, "theirs/a")).toMatchObject({ status: 403 });
		expect(await objects(bounded)).toMatchObject({ status: 403 });
	});

	test("a presigned URL has the permissions of its signer", async () => {
		await put("signed");
		const presign = (client: S3Client) =>
			getSignedUrl(client, new GetObjectCommand({ Bucket: "images", Key: "signed" }));
		const readable = await presign(s3(["s3:GetObject", object("signed")]));
		expect((await fetch(readable)).status).toBe(200);
		const refused = await fetch(await presign(s3()));
		expect(refused.status).toBe(403);
		expect(await refused.text()).toContain("<Code>AccessDenied</Code>");
	});

	test("a presigned form has the permissions of its signer", async () => {
		const post = async (client: S3Client) => {
			const { url, fields } = await createPresignedPost(client, {
				Bucket: "images",
				Key: "originals/form",
			});
			const form = new FormData();
			for (const [name, value] of Object.entries(fields)) {
				form.append(name, value);
			}
			form.append("file", new Blob(["12345"]));
			return fetch(url, { method: "POST", body: form });
		};
		const refused = await post(s3(["s3:PutObject", object("derived/*")]));
		expect(refused.status).toBe(403);
		expect(await refused.text()).toContain(`s3:PutObject on resource: ${object("originals/form")}`);
		const accepted = await post(s3(["s3:PutObject", object("originals/*")]));
		expect(accepted.status).toBe(204);
	});
});

describe("on DynamoDB", () => {
	const item = { pk: { S: "a" }, sk: { S: "b" } };
	const client = (...grants: Parameters<typeof allowed>) => new DynamoDBClient(allowed(...grants));

	test("an index is a resource of its own", async () => {
		const query = (IndexName?: string) =>
			new QueryCommand({
				TableName: "table",
				IndexName,
				KeyConditionExpression: `${IndexName ?? ""}pk = :pk`,
				ExpressionAttributeValues: { ":pk": { S: "a" } },
			});
		const tableReader = client(["dynamodb:Query", table]);
		expect(await refusal(tableReader.send(query()))).toBeNull();
		expect((await refusal(tableReader.send(query("gsi1"))))?.message).toContain(
			`dynamodb:Query on resource: ${table}/index/gsi1`,
		);
		const indexReader = client(["dynamodb:Query", `${table}/index/gsi1`]);
		expect(await refusal(indexReader.send(query("gsi1")))).toBeNull();
		expect(await refusal(indexReader.send(query()))).not.toBeNull();
	});

	test("a transaction needs the permissions of its parts, and writes nothing without them", async () => {
		const transaction = new TransactWriteItemsCommand({
			TransactItems: [
				{ Put: { TableName: "table", Item: item } },
				{ Delete: { TableName: "table", Key: { ...item, sk: { S: "c" } } } },
				{
					ConditionCheck: {
						TableName: "table",
						Key: { ...item, sk: { S: "d" } },
						ConditionExpression: "attribute_not_exists(pk)",
					},
				},
				{
					Update: {
						TableName: "table",
						Key: { ...item, sk: { S: "e" } },
						UpdateExpression: "set v = :v",
						ExpressionAttributeValues: { ":v": { S: "1" } },
					},
				},
			],
		});
		const required = ["PutItem", "DeleteItem", "ConditionCheckItem", "UpdateItem"];
		for (const missing of required) {
			const otherActions = required.filter((action) => action !== missing).map((action) => `dynamodb:${action}`);
			const refused = await refusal(client([otherActions, table]).send(transaction));
			expect(refused?.message).toContain(`dynamodb:${missing} on`);
		}
		const read = client(["dynamodb:GetItem", table]).send(new GetItemCommand({ TableName: "table", Key: item }));
		expect((await read).Item).toBeUndefined();
		const allActions = required.map((action) => `dynamodb:${action}`);
		expect(await refusal(client([allActions, table]).send(transaction))).toBeNull();
	});

	test("of one item may be limited to partitions", async () => {
		const credentials = apis.keysOf("role-of-a-partition", {
			Effect: "Allow",
			Action: ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"],
			Resource: table,
			Condition: { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["mine#*"] } },
		});
		const limited = new DynamoDBClient({ ...apis.client, credentials });
		const put = (pk: string) =>
			refusal(limited.send(new PutItemCommand({ TableName: "table", Item: { pk: { S: pk }, sk: { S: "1" } } })));
		const get = (pk: string) =>
			refusal(limited.send(new GetItemCommand({ TableName: "table", Key: { pk: { S: pk }, sk: { S: "1" } } })));
		expect([await put("mine#1"), await get("mine#1")]).toEqual([null, null]);
		for (const refused of [await put("theirs#1"), await get("theirs#1")]) {
			expect(refused).toMatchObject({ name: "AccessDeniedException" });
		}
	});

	test("batches have permissions of their own", async () => {
		const write = new BatchWriteItemCommand({
			RequestItems: { table: [{ PutRequest: { Item: item } }] },
		});
		const read = new BatchGetItemCommand({
			RequestItems: { table: { Keys: [item] } },
		});
		const single = client([["dynamodb:PutItem", "dynamodb:GetItem"], table]);
		for (const command of [write, read] as const) {
			expect(await refusal(single.send(command as never))).not.toBeNull();
		}
		const batches = client([["dynamodb:BatchWriteItem", "dynamodb:BatchGetItem"], table]);
		for (const command of [write, read] as const) {
			expect(await refusal(batches.send(command as never))).toBeNull();
		}
	});
});

test("a batch of messages needs the permission to send one", async () => {
	const sqs = new SQSClient(allowed(["sqs:SendMessage", arn("sqs", "jobs")]));
	await sqs.send(
		new SendMessageBatchCommand({
			QueueUrl: jobs,
			Entries: [{ Id: "1", MessageBody: "x" }],
		}),
	);
});

test("an entry for a forbidden bus refuses the whole request", async () => {
	const event = { Source: "tests", DetailType: "Test", Detail: "{}" };
	const events = new EventBridgeClient(allowed(["events:PutEvents", arn("events", "event-bus/own")]));
	const send = (...buses: string[]) =>
		refusal(
			events.send(
				new PutEventsCommand({
					Entries: buses.map((EventBusName) => ({ ...event, EventBusName })),
				}),
			),
		);
	expect(await send("own", arn("events", "event-bus/own"))).toBeNull();
	expect((await send("own", "default"))?.message).toContain(arn("events", "event-bus/default"));
});

test("a parameter's ARN has one slash if its name begins with one", async () => {
	const read = (resource: string) =>
		refusal(
			new SSMClient(allowed([["ssm:GetParameter"], arn("ssm", resource)])).send(
				new GetParameterCommand({ Name: "/preset/parameter" }),
			),
		);
	expect(await read("parameter/preset/parameter")).toBeNull();
	expect(await read("parameter//preset/parameter")).not.toBeNull();
	const several = new SSMClient(allowed(["ssm:GetParameters", arn("ssm", "parameter/preset/parameter")]));
	const readAll = (...Names: string[]) => refusal(several.send(new GetParametersCommand({ Names })));
	expect(await readAll("/preset/parameter")).toBeNull();
	expect(await readAll("/preset/parameter", "/another")).not.toBeNull();
});

test("a policy for a secret matches its ARN with the random suffix, by name or ARN", async () => {
	const read = (resource: string, SecretId: string) =>
		refusal(
			new SecretsManagerClient(allowed(["secretsmanager:GetSecretValue", resource])).send(
				new GetSecretValueCommand({ SecretId }),
			),
		);
	expect(await read(login, login)).toBeNull();
	expect(await read(login, "login")).toBeNull();
	expect(await read(`${login.slice(0, -6)}??????`, "login")).toBeNull();
	expect(await read(login.slice(0, -7), "login")).not.toBeNull();
});

test("keys of an earlier start without a role have no permissions", async () => {
	const credentials = apis.keysOf("known");
	apis.access.identify("known", { arn: "known", role: null });
	const client = new S3Client({
		...apis.client,
		credentials,
		forcePathStyle: true,
	});
	const call = client.send(new GetObjectCommand({ Bucket: "images", Key: "a" }));
	expect(await refusal(call)).toMatchObject({ status: 403 });
});
