import { randomUUID } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import sharp from "sharp";
import { beforeAll, describe, expect, test } from "vitest";
import { CollectionsClient } from "#client/index.ts";
import { ensureUser, signIn } from "#deployment/users.ts";
import { hashUser } from "#lambda-kit/log.ts";
import { metrics } from "#lambda-kit/metrics.ts";
import { operator, outputs, password, stateDir } from "./environment.ts";

interface LogLine {
	timestamp: string;
	level: string;
	message: string;
	function: string;
	[field: string]: unknown;
}

/** A word that occurs only in text that the user wrote. */
const mark = `zq${randomUUID().replaceAll("-", "")}`;
const email = `${mark}.person@example.com`;

// A deployed environment logs the same lines to CloudWatch.
describe.skipIf(!stateDir)("the functions' log of a user's day", () => {
	let text: string;
	let lines: LogLine[];
	let token: string;
	let userId: string;
	let itemId: string;

	beforeAll(async () => {
		await ensureUser(outputs, operator, email, password);
		token = (await signIn(outputs, email, password)).idToken;
		userId = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()).sub;
		const user = new CollectionsClient({ apiUrl: outputs.ApiUrl, session: token });
		const bytes = await sharp({
			create: { width: 300, height: 200, channels: 3, background: "teal" },
		})
			.withExif({ IFD0: { Model: `${mark}-camera` } })
			.jpeg()
			.toBuffer();
		const uploaded = await user.upload(`${mark}-diary.jpg`, new Uint8Array(bytes));
		itemId = uploaded.id;
		const item = await user.settled(itemId);
		expect(item.status).toBe("ready");
		expect(item.thumbnail_url).toContain("X-Amz-Signature=");
		await user.search(`${mark} query for ${email}`);

		const form = await user.call<object>("POST", "/uploads", {
			filename: `${mark}-form.png`,
			content_type: "image/png",
			size: 1_000,
		});
		expect(JSON.stringify(form)).toMatch(/X-Amz-Signature/i);
		// Refusals and failures have reasons that a careless log would quote.
		const raw = (method: string, where: string, init: RequestInit = {}) =>
			fetch(`${outputs.ApiUrl}${where}`, {
				method,
				...init,
				headers: { authorization: `Bearer ${token}`, ...init.headers },
			}).then((answer) => answer.status);
		const json = { "content-type": "application/json" };
		expect(
			await raw("POST", "/search", {
				headers: json,
				body: `{"query": "${mark} unfinished`,
			}),
		).toBe(400);
		expect(
			await raw("POST", "/search", {
				headers: json,
				body: JSON.stringify({ [`${mark}`]: email }),
			}),
		).toBe(422);
		expect(await raw("GET", `/items/${mark}?token=${token}`)).toBe(422);
		expect(await raw("GET", `/${mark}/nothing?email=${email}`)).toBe(404);
		expect(
			await raw("GET", "/items", {
				headers: { authorization: `Bearer ${token}${mark}` },
			}),
		).toBe(401);

		const folder = path.join(stateDir ?? "", "logs");
		const read = async () =>
			(await Promise.all((await readdir(folder)).map((file) => readFile(path.join(folder, file), "utf8")))).join("\n");
		// The last answer may arrive before its log line.
		const end = Date.now() + 20_000;
		const last = new RegExp(`"stage".*${itemId}.*"Stage":"embed"`);
		do {
			await sleep(200);
			text = await read();
		} while (!last.test(text) && Date.now() < end);
		lines = text
			.split("\n")
			.filter((line) => line.startsWith("{"))
			.map((line) => JSON.parse(line));
	}, 120_000);

	test("is one JSON object a line, with time, level and function", () => {
		expect(lines.length).toBeGreaterThan(8);
		for (const line of lines) {
			expect(line).toMatchObject({
				timestamp: expect.stringMatching(/Z$/),
				level: expect.stringMatching(/^(info|warn|error)$/),
				message: expect.any(String),
				function: expect.any(String),
			});
		}
	});

	test("has each request's id, route, status and duration, and its user as a hash", () => {
		const mine = lines.filter(({ message, user }) => message === "request" && user === hashUser(userId));
		expect(mine.length).toBeGreaterThan(4);
		for (const line of mine) {
			expect(line).toMatchObject({
				request_id: expect.any(String),
				route: expect.stringMatching(/^\/[a-z]/),
				status: expect.any(Number),
				duration_ms: expect.any(Number),
			});
		}
	});

	test("follows an upload through its stages by one correlation id, with durations", () => {
		const stages = lines.filter(({ message, item_id }) => message === "stage" && item_id === itemId);
		const committed = stages.filter(({ outcome }) => outcome === "committed");
		expect(committed.map(({ Stage }) => Stage)).toEqual(expect.arrayContaining(["process", "analyze", "embed"]));
		expect(new Set(committed.map(({ correlation_id }) => correlation_id)).size).toBe(1);
		for (const line of committed) {
			expect(line).toMatchObject({
				correlation_id: expect.any(String),
				StageDuration: expect.any(Number),
				Environment: "local",
				_aws: {
					CloudWatchMetrics: expect.arrayContaining([
						{
							Namespace: "Collections",
							Dimensions: [["Environment", "Stage"]],
							Metrics: [{ Name: "StageDuration", Unit: "Milliseconds" }],
						},
					]),
				},
			});
		}
		const [ready] = committed.filter(({ Stage }) => Stage === "embed");
		expect(ready?.UploadToReady).toEqual(expect.any(Number));
	});

	test("has only the metrics that the table of metrics names", () => {
		const measured = lines.flatMap(({ _aws }) =>
			((_aws as { CloudWatchMetrics: { Metrics: { Name: string }[] }[] })?.CloudWatchMetrics ?? []).flatMap(
				({ Metrics }) => Metrics.map(({ Name }) => Name),
			),
		);
		expect(measured.length).toBeGreaterThan(3);
		for (const name of measured) {
			expect(Object.keys(metrics)).toContain(name);
		}
	});

	test("holds no token, signed URL, e-mail address, user id or word that the user wrote", () => {
		expect(text).not.toContain(mark);
		expect(text).not.toContain(userId);
		expect(text).not.toContain(password);
		for (const part of token.split(".")) expect(text).not.toContain(part);
		expect(text).not.toMatch(/eyJ[\w-]{8}/);
		expect(text).not.toMatch(/X-Amz-(Signature|Credential)/i);
		expect(text).not.toMatch(/[\w.]+@example\.com/);
	});
});
