import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DynamoDBClient, GetItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { expect, test } from "vitest";
import { openState } from "../state.ts";
import { startApis } from "./services/apis.ts";

test("confirmed writes survive a kill of the process", async () => {
	const dir = mkdtempSync(join(tmpdir(), "aws-apis-"));
	const script = fileURLToPath(new URL("services/serve-apis.ts", import.meta.url));
	const child = spawn(process.execPath, [script, dir], { stdio: ["ignore", "pipe", "inherit"], timeout: 20_000 });
	const [line] = await once(child.stdout, "data");
	const { client, QueueUrl } = JSON.parse(String(line));
	await new S3Client(client).send(new PutObjectCommand({ Bucket: "bucket", Key: "key", Body: "bytes" }));
	for (let message = 0; message < 20; message += 1) {
		await new SQSClient(client).send(new SendMessageCommand({ QueueUrl, MessageBody: `${message}` }));
	}
	const Item = { pk: { S: "a" }, sk: { S: "b" }, n: { N: "1" } };
	await new DynamoDBClient(client).send(new PutItemCommand({ TableName: "table", Item }));
	child.kill("SIGKILL");
	await once(child, "exit");
	writeFileSync(join(dir, "s3", "half-written"), "byt");

	const apis = await startApis(dir);
	const { Body } = await new S3Client(apis.client).send(new GetObjectCommand({ Bucket: "bucket", Key: "key" }));
	expect(await Body?.transformToString()).toBe("bytes");
	expect(readdirSync(join(dir, "s3"))).toHaveLength(1);
	expect(apis.queues.depth("queue").visible).toBe(20);
	expect(apis.keys).toEqual(client.credentials);
	apis.tables.ensure("table", { key: { hash: "pk", range: "sk" }, indexes: {}, timeToLive: null });
	const stored = await new DynamoDBClient(apis.client).send(
		new GetItemCommand({ TableName: "table", Key: { pk: Item.pk, sk: Item.sk } }),
	);
	expect(stored.Item).toEqual(Item);
	await apis.destroy();
});

test("state of another version is refused, with a remedy", () => {
	const dir = mkdtempSync(join(tmpdir(), "aws-apis-"));
	const state = openState(dir);
	state.db.exec("pragma user_version = 99");
	state.close();
	expect(() => openState(dir)).toThrow(/version 99.*delete the folder/);
	rmSync(dir, { recursive: true });
});

test("only its owner can read the state", () => {
	const dir = join(mkdtempSync(join(tmpdir(), "aws-apis-")), "state");
	const state = openState(dir);
	expect(statSync(dir).mode & 0o077).toBe(0);
	expect(statSync(join(dir, "state.db")).mode & 0o077).toBe(0);
	state.close();
	rmSync(dir, { recursive: true });
});

test("a failed transaction is rolled back, and a nested one rolls back only itself", () => {
	const dir = mkdtempSync(join(tmpdir(), "aws-apis-"));
	const state = openState(dir);
	state.db.exec("create table t (x integer) strict");
	const insert = (x: number) => state.sql("insert into t values (?)").run(x);
	const fail = (x: number) =>
		state.transaction(() => {
			insert(x);
			throw new Error("no");
		});
	state.transaction(() => {
		insert(1);
		expect(() => fail(2)).toThrow("no");
		insert(3);
	});
	expect(() => fail(4)).toThrow("no");
	expect(state.sql("select x from t").all()).toEqual([{ x: 1 }, { x: 3 }]);
	state.close();
	rmSync(dir, { recursive: true });
});
