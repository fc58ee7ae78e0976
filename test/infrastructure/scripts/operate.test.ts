import { randomUUID } from "node:crypto";
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CloudFormationClient, ListStackResourcesCommand } from "@aws-sdk/client-cloudformation";
import { DescribeRuleCommand, EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { GetQueueAttributesCommand, ListQueuesCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CollectionsClient } from "#client/index.ts";
import type { Outputs } from "#deployment/outputs.ts";
import { signIn } from "#deployment/users.ts";
import { rotation } from "#lambdas/migrate/schedule.ts";
import { OwnCloud } from "../../system/own-cloud.ts";
import { listResources, stageIsDone } from "./environment-probes.ts";
import { madeUpLegacy } from "./made-up-legacy.ts";
import { createScriptRunner as openWorkshop, type ScriptRunner as Workshop } from "./script-runner.ts";

// The scripts change an environment and count its users, objects and dead letters.
let cloud: OwnCloud;
let outputs: Outputs;
let client: OwnCloud["client"];
let workshop: Workshop;
const operate = (script: string, env: Record<string, string> = {}) => workshop.run(script, { ENV: "local", ...env });

beforeAll(async () => {
	cloud = await OwnCloud.start();
	({ client, outputs } = cloud);
	workshop = openWorkshop();
	mkdirSync(path.join(workshop.folder, ".local"));
	copyFileSync(cloud.outputsFile, path.join(workshop.folder, ".aws-outputs-local.json"));
	copyFileSync(path.join(cloud.stateDir, "operator.json"), path.join(workshop.folder, ".local/operator.json"));
});
afterAll(async () => {
	workshop?.remove();
	await cloud?.remove();
});

test("status and outputs describe the running cloud", async () => {
	const status = await operate("infra-status");
	expect(status).toMatchObject({ code: 0, stderr: "" });
	expect(status.stdout).toContain(outputs.ApiUrl);
	const before = JSON.parse(workshop.read(".aws-outputs-local.json"));
	const outputFile = await operate("infra-outputs");
	expect(outputFile).toMatchObject({ code: 0, stderr: "" });
	expect(JSON.parse(workshop.read(".aws-outputs-local.json"))).toMatchObject(before);
});

test("test-infra finds every part in order, reports it and leaves nothing behind", async () => {
	const users = async () => /(\d+) users/.exec((await operate("cognito-list")).stdout)?.[1];
	const before = await users();
	const { code, stdout, stderr } = await operate("test-infra");
	expect(stderr).toBe("");
	expect(stdout).not.toContain("✗");
	expect(stdout).toContain("17 passed, 0 failed, 0 not applicable");
	expect(code).toBe(0);
	const file = /Written to (\S+)\.\n/.exec(stdout)?.[1] ?? "";
	expect(file).toMatch(/^reports\/infra-test-local-.*\.md$/);
	expect(workshop.read(file)).toContain("| ✓ | an image, end to end |");
	expect(await users()).toBe(before);
});

test("test-infra names the failed checks, runs all others and exits with 1", async () => {
	const whole = workshop.read(".aws-outputs-local.json");
	workshop.write(".aws-outputs-local.json", JSON.stringify({ ...JSON.parse(whole), CheckpointTableName: "gone" }));
	try {
		const { code, stdout, stderr } = await operate("test-infra");
		expect(code).toBe(1);
		expect(stdout).toMatch(/✗ DynamoDB table and keys/);
		expect(stdout).toMatch(/✗ DynamoDB time to live/);
		expect(stdout).toContain("15 passed, 2 failed");
		expect(stderr).toContain("2 checks failed");
	} finally {
		workshop.write(".aws-outputs-local.json", whole);
	}
});

test("test-infra leaves nothing behind if Ctrl-C ends it while an image is processed", async () => {
	const before = await listResources({ client, outputs });
	const running = workshop.start("test-infra", { ENV: "local" });
	let during = before;
	const end = Date.now() + 60_000;
	const originals = ({ objects }: typeof before) => objects.filter((key) => key?.startsWith("originals/")).length;
	while (originals(during) === originals(before) && Date.now() < end) {
		await sleep(20);
		during = await listResources({ client, outputs });
	}
	process.kill(-running.pid, "SIGINT");
	const { code, stdout, stderr } = await running.ended;
	expect(during.users).toHaveLength(before.users.length + 1);
	expect(stdout).toMatch(/✗ an image, end to end .*Ended early \(SIGINT\)/);
	expect(stdout, stdout).toMatch(/✓ nothing is left behind/);
	expect(stderr.trim()).toBe("Ended early (SIGINT).");
	expect(code).toBe(1);
	// A stage that was at work when its item was deleted removes what it wrote, and only then is done with its message.
	await stageIsDone({ client }, "ImageProcessor");
	expect(await listResources({ client, outputs })).toEqual(before);
});

test("test-infra leaves nothing behind if its new user cannot sign in", async () => {
	const before = await listResources({ client, outputs });
	const whole = workshop.read(".aws-outputs-local.json");
	workshop.write(".aws-outputs-local.json", JSON.stringify({ ...JSON.parse(whole), CliClientId: "gone" }));
	try {
		const { code, stdout } = await operate("test-infra");
		expect(code).toBe(1);
		expect(stdout).toMatch(/✗ Cognito pool and token/);
		expect(stdout).toMatch(/✓ nothing is left behind .*3 cleanups/);
	} finally {
		workshop.write(".aws-outputs-local.json", whole);
	}
	expect(await listResources({ client, outputs })).toEqual(before);
});

test("a user is created with a password from the environment, which appears in no output", async () => {
	const EMAIL = `setup-${randomUUID()}@example.com`;
	const PASSWORD = `${randomUUID()}-Aa1`;
	const none = await operate("cognito-setup", { EMAIL });
	expect(none.code).toBe(1);
	expect(none.stderr).toContain("PASSWORD must be set in the environment");
	const made = await operate("cognito-setup", { EMAIL, PASSWORD });
	expect(made).toMatchObject({ code: 0, stderr: "" });
	expect(made.stdout).not.toContain(PASSWORD);
	expect((await signIn(outputs, EMAIL, PASSWORD)).idToken).toMatch(/^ey/);
	const { stdout } = await operate("cognito-list");
	expect(stdout).toMatch(new RegExp(`${EMAIL} .*CONFIRMED`));
});

test("a person's tier is shown, set and taken back, and their next token names it", async () => {
	const EMAIL = `tier-${randomUUID()}@example.com`;
	const PASSWORD = `${randomUUID()}-Aa1`;
	await operate("cognito-setup", { EMAIL, PASSWORD });
	const tokenGroups = async () => {
		const [, claims = ""] = (await signIn(outputs, EMAIL, PASSWORD)).idToken.split(".");
		return JSON.parse(Buffer.from(claims, "base64url").toString())["cognito:groups"];
	};
	const set = await operate("quota", { EMAIL, TIER: "pro" });
	expect(set).toMatchObject({ code: 0, stderr: "" });
	expect(set.stdout).toMatch(/tier free.*messages +5000 +50000.*tier pro.*messages +10000 +100000/s);
	expect(await tokenGroups()).toEqual(["pro"]);
	expect((await operate("quota", { EMAIL })).stdout).toMatch(/^\S+ has\ntier pro/);
	expect((await operate("quota", { EMAIL, TIER: "free" })).code).toBe(0);
	expect(await tokenGroups()).toBeUndefined();
	const wrong = await operate("quota", { EMAIL, TIER: "gold" });
	expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining("There is no tier gold")]);
});

test("a folder of images, large ones too, becomes a user's items once; files that are no images are named", async () => {
	const EMAIL = `seed-${randomUUID()}@example.com`;
	const PASSWORD = `${randomUUID()}-Aa1`;
	await operate("cognito-setup", { EMAIL, PASSWORD });
	const plain = (width: number, height: number) =>
		sharp({ create: { width, height, channels: 3, background: "teal" } })
			.png({ compressionLevel: 0 })
			.toBuffer();
	const images = path.join(workshop.folder, "dataset/images");
	mkdirSync(images, { recursive: true });
	writeFileSync(path.join(images, "small.png"), await plain(40, 30));
	const large = await plain(1_300, 1_100);
	expect(large.length).toBeGreaterThan(4_000_000);
	writeFileSync(path.join(images, "large.png"), large);
	writeFileSync(path.join(images, "words.png"), "no image");
	const seed = () => operate("db-seed-golden", { EMAIL, PASSWORD, DATASET: "dataset" });
	const first = await seed();
	expect(first.code).toBe(1);
	expect(first.stderr).toMatch(/1 of 3 images failed, the others are ready:\nwords\.png: .*PNG, JPEG, WebP, GIF/);
	rmSync(path.join(images, "words.png"));
	for (let run = 0; run < 2; run++) {
		const again = await seed();
		expect(again).toMatchObject({ code: 0, stderr: "" });
		expect(again.stdout).toContain(`2 images of ${EMAIL} are ready`);
	}
	const user = new CollectionsClient({ apiUrl: outputs.ApiUrl, session: await signIn(outputs, EMAIL, PASSWORD) });
	expect(await user.call("GET", "/items?status=ready")).toMatchObject({ total: 2 });
	expect(await user.call("GET", "/items?status=failed")).toMatchObject({ items: [{ original_filename: "words.png" }] });
}, 120_000);

test("migrate-legacy carries a predecessor's data over once, names what it cannot, and takes it out again", async () => {
	const email = "legacy@example.com";
	const user = await cloud.newUser(email);
	const own = await user.upload(
		"own.png",
		await sharp({ create: { width: 9, height: 9, channels: 3, background: "red" } })
			.png()
			.toBuffer(),
	);
	const ids = await madeUpLegacy(path.join(workshop.folder, "legacy"), 3);
	const migrate = (env = {}) => operate("migrate-legacy", { SOURCE: "legacy", EMAIL: email, ...env });
	const report = () => JSON.parse(workshop.read("reports/migrate-legacy.json"));
	const total = async () => (await user.call<{ total: number }>("GET", "/items")).total;

	expect(await migrate({ DRY_RUN: "1" })).toMatchObject({ code: 0, stderr: "" });
	expect(await total()).toBe(1);
	rmSync(path.join(workshop.folder, `legacy/images/${ids[0]}.jpg`), { force: true });
	const partly = await migrate();
	expect(partly).toMatchObject({
		code: 1,
		stderr: expect.stringContaining(`Item ${ids[0]}: there is no legacy/images/`),
	});
	expect(report()).toMatchObject({
		migrated: { written: 2 },
		verification: {
			vectors: { stored: 2, equal: true },
			analyses: { stored: 4, equal: true },
			neighbours: { meanOverlap: 1 },
		},
		chroma: { unchanged: true },
	});
	expect(await user.item(ids[1] ?? "")).toMatchObject({
		status: "ready",
		created_at: "2025-01-02T10:00:00.123Z",
		updated_at: "2025-01-02T11:00:00.500Z",
		original_filename: "photo 1.jpg",
		latest_analysis: { version: 2, provider_used: "openai", raw_response: { headline: "Harbour 1" } },
	});

	await user.call("PATCH", `/items/${ids[2]}`, { favorite: true });
	const back = await migrate({ ROLLBACK: "1" });
	expect(back).toMatchObject({ code: 1, stderr: expect.stringContaining(`1 items stay`) });
	await user.call("PATCH", `/items/${ids[2]}`, { favorite: false });
	expect((await migrate({ ROLLBACK: "1" })).stdout).toContain("1 items were removed");
	expect(await total()).toBe(1);
	expect(await user.item(own.id)).toMatchObject({ id: own.id });
	const { objects } = await listResources({ client, outputs });
	expect(objects.filter((key) => ids.some((id) => key?.includes(id)))).toEqual([]);
});

test("the database's passwords are rotated without a failed request", async () => {
	const user = await cloud.newUser("rotation@example.com");
	const password = async () => {
		const { SecretString = "" } = await new SecretsManagerClient(client).send(
			new GetSecretValueCommand({ SecretId: outputs.DatabaseSecretArn }),
		);
		return JSON.parse(SecretString).password;
	};
	expect(await user.call("GET", "/items")).toMatchObject({ items: [] });
	const before = await password();
	const unasked = await operate("db-rotate");
	expect(unasked.code).toBe(1);
	expect(await password()).toBe(before);

	// Twice in a row, while the api answers requests and holds connections.
	let isOver = false;
	const failures: unknown[] = [];
	const traffic = [1, 2, 3].map(async () => {
		while (!isOver) await user.call("GET", "/items").catch((error) => failures.push(error));
	});
	await operate("db-rotate", { YES: "1" });
	const between = await password();
	const { code, stdout, stderr } = await operate("db-rotate", { YES: "1" });
	isOver = true;
	await Promise.all(traffic);
	expect(failures).toEqual([]);
	expect(stderr).toBe("");
	expect(code).toBe(0);
	expect(stdout).toContain("collections_migration and collections_app, with new passwords");
	const after = await password();
	expect(after).not.toBe(between);
	expect(after).not.toBe(before);
	expect(stdout).not.toContain(after);
	expect(await user.call("GET", "/items")).toMatchObject({ items: [] });
	expect((await operate("db-migrate")).stdout).toContain("No migration was due.");
});

test("a function's log is filtered by a word", async () => {
	const { code, stdout } = await operate("lambda-logs", {
		FUNC: "migrate",
		FILTER: "REPORT",
		SINCE: "1h",
	});
	expect(code).toBe(0);
	const lines = stdout.trim().split("\n");
	expect(lines.length).toBeGreaterThan(0);
	for (const line of lines) expect(line).toContain("REPORT RequestId");
	const unknown = await operate("lambda-logs", { FUNC: "apis" });
	expect(unknown.code).toBe(1);
	expect(unknown.stderr).toContain("There is no function apis");
});

test("dead letters are listed with their subject, and retried", async () => {
	const sqs = new SQSClient(client);
	const urls = [...String(outputs.DeadLetterQueueUrls).split(","), String(outputs.FailedRotationQueueUrl)];
	const url = (part: string) => urls.find((url) => url.includes(part)) ?? "";
	const { Attributes } = await sqs.send(
		new GetQueueAttributesCommand({
			QueueUrl: url("AnalyzerDeadLetters"),
			AttributeNames: ["QueueArn"],
		}),
	);
	const event = (item: string) =>
		JSON.stringify({
			source: "collections.imageprocessor",
			"detail-type": "ImageProcessed",
			detail: {
				version: 1,
				correlation_id: randomUUID(),
				item_id: item,
				user_id: "nobody",
				bucket: "none",
				original_key: "none",
				thumbnail_key: "none",
			},
		});
	const [unprocessed, undelivered] = [randomUUID(), randomUUID()];
	await sqs.send(
		new SendMessageCommand({
			QueueUrl: url("AnalyzerDeadLetters"),
			MessageBody: event(unprocessed),
		}),
	);
	const queue = Attributes?.QueueArn?.replace(/AnalyzerDeadLetters\w*$/, "AnalyzerQueue");
	const { QueueUrls = [] } = await sqs.send(
		new ListQueuesCommand({
			QueueNamePrefix: queue?.split(":").at(-1),
		}),
	);
	await sqs.send(
		new SendMessageCommand({
			QueueUrl: url("AnalyzerUndelivered"),
			MessageBody: event(undelivered),
			MessageAttributes: {
				TARGET_ARN: {
					DataType: "String",
					StringValue: queue?.replace(/[^:]+$/, QueueUrls[0]?.split("/").at(-1) ?? ""),
				},
			},
		}),
	);
	await sqs.send(
		new SendMessageCommand({
			QueueUrl: url("FailedCleanups"),
			MessageBody: "{}",
		}),
	);
	await sqs.send(
		new SendMessageCommand({
			QueueUrl: url("FailedRotations"),
			MessageBody: JSON.stringify(rotation),
		}),
	);
	const listed = await operate("dlq-list");
	expect(listed.stdout).toContain(`ImageProcessed  item ${unprocessed}`);
	expect(listed.stdout).toContain(`ImageProcessed  item ${undelivered}`);
	expect(listed.stdout).toContain("4 dead letters.");
	expect(listed.stdout).not.toContain("nobody");

	const redriven = await operate("dlq-redrive", { YES: "1" });
	expect(redriven).toMatchObject({ code: 0, stderr: "" });
	expect(redriven.stdout).toContain("1 moved back to the stage's queue");
	expect(redriven.stdout).toContain("1 sent to their queue");
	expect(redriven.stdout).toContain("cleanup ran once in place of 1 failed runs");
	expect(redriven.stdout).toContain("passwords were rotated once in place of 1 failed rotations");
	expect((await operate("dlq-list")).stdout).toContain("There are no dead letters.");
});

test("the database is stopped with its schedules, and started again", async () => {
	const health = async () => (await fetch(`${outputs.ApiUrl}/health`)).status;
	const rule = async () => {
		const { StackResourceSummaries = [] } = await new CloudFormationClient(client).send(
			new ListStackResourcesCommand({ StackName: "CollectionsCompute-local" }),
		);
		const { PhysicalResourceId: Name } =
			StackResourceSummaries.find(({ LogicalResourceId }) => LogicalResourceId?.startsWith("CleanupSchedule")) ?? {};
		return (await new EventBridgeClient(client).send(new DescribeRuleCommand({ Name }))).State;
	};
	const stopped = await operate("infra-stop", { YES: "1" });
	expect(stopped).toMatchObject({ code: 0, stderr: "" });
	expect(stopped.stdout).toContain("Off until make infra-start ENV=local: schedules (3)");
	expect(await rule()).toBe("DISABLED");
	expect(await health()).toBe(503);
	// PGlite ends within a second; until then it cannot be started.
	for (const end = Date.now() + 20_000; ; ) {
		const { code, stderr, stdout } = await operate("infra-start");
		if (stderr.includes("still stopping") && Date.now() < end) continue;
		expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
		expect(stdout).toContain("On again: schedules (3)");
		break;
	}
	expect(await rule()).toBe("ENABLED");
	expect(await health()).toBe(200);
});

test("a command that makes no sense on the local cloud says so", async () => {
	const bootstrap = await operate("infra-bootstrap");
	expect(bootstrap).toMatchObject({ code: 0, stderr: "" });
	expect(bootstrap.stdout).toContain("needs no preparation");
	workshop.write(".env", "VOYAGE_API_KEY=pa-of-this-test\n");
	const populate = await operate("secrets-populate");
	expect(populate.stdout).toMatch(/voyage-api-key +is not read yet/);
	expect(populate.stdout).toContain("make down up");
	expect(populate.stdout).not.toContain("pa-of-this-test");
});
