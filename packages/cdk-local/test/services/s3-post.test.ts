import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { createPresignedPost } from "@aws-sdk/s3-presigned-post";
import { beforeEach, describe, expect, test } from "vitest";
import { Bucket, file, origin, post, useForms } from "./s3-forms.ts";

const { apis, nextKey, presign, stored } = await useForms();
let Key: string;
beforeEach(() => {
	Key = nextKey();
});

describe("a form", () => {
	test("stores its file under the key and type of its policy, and sends an event", async () => {
		const { status, text, headers } = await post(await presign());
		expect([status, text]).toEqual([204, ""]);
		expect(await stored()).toMatchObject({ text: "12345", ContentType: "image/jpeg" });
		expect(apis.created.at(-1)).toMatchObject({
			bucket: Bucket,
			key: Key,
			size: 5,
			etag: headers.etag?.replaceAll('"', ""),
			versionId: headers["x-amz-version-id"],
			reason: "PostObject",
		});
	});

	test.each([
		["200", 200],
		["204", 204],
		["400", 204],
	])("with success_action_status %s is answered %i without a body", async (requested, status) => {
		const form = await presign({ Fields: { success_action_status: requested } });
		expect(await post(form)).toMatchObject({ status, text: "" });
	});

	test("with success_action_status 201 is answered with the location of its file", async () => {
		const form = await presign({ Fields: { success_action_status: "201" } });
		const { status, PostResponse, headers } = await post(form);
		expect(status).toBe(201);
		expect(PostResponse).toMatchObject({
			Bucket,
			Key,
			ETag: headers.etag,
			Location: `${apis.state.endpoint}/${Bucket}/${encodeURIComponent(Key)}`,
		});
	});

	test("keeps metadata and headers that its policy names", async () => {
		await post(await presign({ Fields: { "x-amz-meta-owner": "ada", "Cache-Control": "no-store" } }));
		expect((await stored()).Metadata).toEqual({ owner: "ada" });
	});

	test.each([
		["photo.jpg", "photo.jpg"],
		["C:\\pictures\\photo.jpg", "photo.jpg"],
		["/home/ada/$& ü.jpg", "$& ü.jpg"],
	])("puts the name of the file %j into its key as %j", async (name, expected) => {
		const folder = `${Key}/`;
		const form = await presign({ Key: `${folder}\${filename}` });
		const { status } = await post(form, { file: file("12345", name) });
		expect(status).toBe(204);
		expect((await stored(folder + expected)).text).toBe("12345");
	});

	test("can be used twice: the second file is a new version", async () => {
		const form = await presign();
		const first = await post(form);
		const second = await post(form, { file: file("67890") });
		expect(second.headers["x-amz-version-id"]).not.toBe(first.headers["x-amz-version-id"]);
		expect((await stored()).text).toBe("67890");
	});

	test("may have x-ignore fields, and fields after the file", async () => {
		const form = await presign();
		const body = new FormData();
		for (const [name, value] of Object.entries(form.fields)) {
			body.append(name, value);
		}
		body.append("x-ignore-me", "yes");
		body.append("file", file("12345"));
		body.append("submit", "Upload");
		const { status } = await fetch(form.url, { method: "POST", body });
		expect(status).toBe(204);
	});

	test("is read in the formats of curl and other clients", async () => {
		const { url, fields } = await presign();
		const parts = Object.entries(fields).map(
			([name, value]) => `--x\r\ncontent-disposition: form-data; name=${name}\r\n\r\n${value}\r\n`,
		);
		const body = `a preamble\r\n${parts.join("")}--x\r\nContent-Disposition: form-data; name="file"; filename="a \\"b\\".jpg"\r\nContent-Type: image/jpeg\r\n\r\n\r\n--y\r\n\r\n--x--`;
		const { status } = await fetch(url, {
			method: "POST",
			body,
			headers: { "content-type": 'multipart/form-data; boundary="x"' },
		});
		expect(status).toBe(204);
		expect((await stored()).text).toBe("\r\n--y\r\n");
	});
});

const onLinux = process.platform === "linux";
test.skipIf(!onLinux)(
	`a form of 100 MB goes to disk as it arrives${onLinux ? "" : " (skipped: only Linux reports a process's peak memory)"}`,
	async () => {
		const dir = mkdtempSync(join(tmpdir(), "aws-apis-"));
		const script = fileURLToPath(new URL("serve-apis.ts", import.meta.url));
		const child = spawn(process.execPath, [script, dir], { stdio: ["ignore", "pipe", "inherit"], timeout: 100_000 });
		const [line] = await once(child.stdout, "data");
		const { client } = JSON.parse(String(line));
		const peakMegabytes = () => {
			const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
			return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024;
		};
		const send = async (bytes: Uint8Array<ArrayBuffer>) => {
			const form = await createPresignedPost(new S3Client(client), {
				Bucket: "bucket",
				Key,
				Conditions: [["content-length-range", 1, bytes.length]],
			});
			expect((await post(form, { file: file(bytes) })).status).toBe(204);
		};
		await send(new Uint8Array(1));
		const before = peakMegabytes();
		// Twice what an upload may have, since up to 50 MB of chunks wait for the garbage collector.
		const bytes = new Uint8Array(100 * 1024 * 1024).fill(13);
		bytes.set(randomBytes(1024), 1_000_000);
		await send(bytes);
		const growthMegabytes = peakMegabytes() - before;
		const downloaded = await new S3Client(client).send(new GetObjectCommand({ Bucket: "bucket", Key }));
		const stored = (await downloaded.Body?.transformToByteArray()) ?? new Uint8Array();
		expect(Buffer.compare(bytes, stored)).toBe(0);
		child.kill("SIGKILL");
		await once(child, "exit");
		rmSync(dir, { recursive: true });
		expect(growthMegabytes).toBeLessThan(80);
	},
);

describe("a web page on another origin", () => {
	const sendPreflight = (from: string) =>
		fetch(`${apis.state.endpoint}/${Bucket}`, {
			method: "OPTIONS",
			headers: { origin: from, "access-control-request-method": "POST" },
		});

	test("may post a form if a CORS rule of the bucket names it", async () => {
		const preflight = await sendPreflight(origin);
		expect(preflight.status).toBe(200);
		expect(preflight.headers.get("access-control-allow-origin")).toBe(origin);
		const form = await presign();
		const { status, headers } = await post(form, { headers: { origin } });
		expect(status).toBe(204);
		expect(headers["access-control-allow-origin"]).toBe(origin);
	});

	test("may read why its form was refused", async () => {
		const { status, headers } = await post(await presign(), { file: file(""), headers: { origin } });
		expect(status).toBe(400);
		expect(headers["access-control-allow-origin"]).toBe(origin);
	});

	test("may not post a form if no CORS rule names it", async () => {
		const evil = "https://evil.example";
		expect((await sendPreflight(evil)).status).toBe(403);
		const { headers } = await post(await presign(), { headers: { origin: evil } });
		expect(headers["access-control-allow-origin"]).toBeUndefined();
	});
});
