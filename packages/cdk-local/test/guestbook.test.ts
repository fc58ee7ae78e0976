import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GetObjectCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type CdkLocal, cdkLocal } from "../index.ts";
import { synthesizeGuestbook } from "./guestbook/app.ts";
import { eventually } from "./test-app.ts";

const folder = mkdtempSync(join(tmpdir(), "guestbook-"));
const stateDir = join(folder, "state");
let assembly: string;
let app: CdkLocal;

beforeAll(async () => {
	assembly = await synthesizeGuestbook(folder);
	app = await cdkLocal({ assembly, stateDir });
});
afterAll(async () => {
	await app?.stop();
	rmSync(folder, { recursive: true, force: true });
});

const post = (text: string) =>
	fetch(`${app.url}/entries`, {
		method: "POST",
		body: JSON.stringify({ text }),
	});
async function entries(): Promise<string[]> {
	const response = await fetch(`${app.url}/entries`);
	return ((await response.json()) as { entries: string[] }).entries;
}

test("an entry posted over HTTP is listed, and archived through the queue", async () => {
	const response = await post("hello");
	expect(response.status).toBe(201);
	const id = await response.text();
	expect(await entries()).toEqual(["hello"]);

	const Bucket = String(app.outputs.BucketName);
	const s3 = new S3Client({
		endpoint: app.endpoint,
		region: "us-east-1",
		credentials: app.operator,
		forcePathStyle: true,
	});
	const [key] = await eventually(async () => {
		const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket }));
		return Contents?.map(({ Key }) => Key);
	}, 60);
	expect(key).toBe(`${id}.json`);
	const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: key }));
	expect(JSON.parse((await Body?.transformToString()) ?? "")).toEqual({
		id,
		text: "hello",
	});
	s3.destroy();
});

test("a call whose grant is withheld is refused until the grant is restored", async () => {
	const grants = app.access.grants.filter(({ id, action }) => id.includes("Web") && action === "dynamodb:PutItem");
	expect(grants.length).toBeGreaterThan(0);
	for (const grant of grants) grant.withheld = true;
	const refused = await post("unwelcome");
	expect(refused.status).toBe(403);
	expect(await refused.text()).toMatch(/is not authorized to perform: dynamodb:PutItem on resource: arn:aws:dynamodb:/);
	for (const grant of grants) grant.withheld = false;
	expect((await post("welcome")).status).toBe(201);
	expect(await entries()).not.toContain("unwelcome");
});

test("the entries and the URL of the AWS APIs survive a restart", async () => {
	const { endpoint } = app;
	const before = await entries();
	await app.stop();
	app = await cdkLocal({ assembly, stateDir });
	expect(app.endpoint).toBe(endpoint);
	expect(await entries()).toEqual(before);
});
