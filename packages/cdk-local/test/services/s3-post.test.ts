import { spawn } from "node:child_process";
import { createHmac, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { createPresignedPost, type PresignedPost } from "@aws-sdk/s3-presigned-post";
import { XMLParser } from "fast-xml-parser";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { useApis } from "./apis.ts";

const Bucket = "pictures";
const origin = "https://app.example.com";
const apis = await useApis();
const s3 = new S3Client(apis.client);
let Key: string;
let count = 0;

const cors = [{ allowedOrigins: [origin], allowedMethods: ["POST"], maxAgeSeconds: 60 }];
apis.buckets.ensure(Bucket, { versioned: true, notifiesEventBridge: true, cors });
apis.buckets.ensure("other", { versioned: true });
beforeEach(() => {
	count += 1;
	Key = `originals/ada/${count}.jpg`;
});

/** A form for 5 to 10 bytes of JPEG. */
const presign = (overrides: Partial<Parameters<typeof createPresignedPost>[1]> = {}) =>
	createPresignedPost(s3, {
		Bucket,
		Key,
		Fields: { "Content-Type": "image/jpeg", ...overrides.Fields },
		Conditions: [["content-length-range", 5, 10], ...(overrides.Conditions ?? [])],
		Expires: overrides.Expires ?? 60,
		...(overrides.Key ? { Key: overrides.Key } : {}),
	});

const file = (bytes: string | Uint8Array<ArrayBuffer>, name = "photo.jpg") => new File([bytes], name);

interface Changes {
	/** Fields to replace or, undefined, to leave out. */
	fields?: Record<string, string | undefined>;
	file?: File | null;
	url?: string;
	headers?: Record<string, string>;
}

async function post(form: PresignedPost, changes: Changes = {}) {
	const body = new FormData();
	for (const [name, value] of Object.entries({ ...form.fields, ...changes.fields })) {
		if (value !== undefined) body.append(name, value);
	}
	const upload = changes.file === undefined ? file("12345") : changes.file;
	if (upload) body.append("file", upload);
	return answer(await fetch(changes.url ?? form.url, { method: "POST", body, headers: changes.headers }));
}

async function answer(response: Response) {
	const text = await response.text();
	const { Error: error, PostResponse } = new XMLParser().parse(text);
	return { status: response.status, headers: Object.fromEntries(response.headers), text, error, PostResponse };
}

const stored = async (key = Key) => {
	const { Body, ContentType, Metadata } = await s3.send(new GetObjectCommand({ Bucket, Key: key }));
	return { text: await Body?.transformToString(), ContentType, Metadata };
};
const nothingStored = () => expect(stored()).rejects.toMatchObject({ name: "NoSuchKey" });

const files = () => readdirSync(join(apis.dir, "s3")).length;

/** Signs any policy as createPresignedPost does. */
async function signed(policy: string): Promise<PresignedPost> {
	const form = await presign();
	const [, day = "", region = ""] = form.fields["X-Amz-Credential"]?.split("/") ?? [];
	const key = [day, region, "s3", "aws4_request"].reduce<string | Buffer>(
		(secret, text) => createHmac("sha256", secret).update(text).digest(),
		`AWS4${apis.keys.secretAccessKey}`,
	);
	const Policy = Buffer.from(policy).toString("base64");
	const signature = createHmac("sha256", key).update(Policy).digest("hex");
	return { url: form.url, fields: { ...form.fields, Policy, "X-Amz-Signature": signature } };
}

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
		const folder = `uploads/${count}/`;
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

describe("a form is refused", () => {
	afterEach(nothingStored);

	test.each([
		["one byte too large", "1".repeat(11), "EntityTooLarge", { ProposedSize: 11, MaxSizeAllowed: 10 }],
		["much too large", "1".repeat(3_000_000), "EntityTooLarge", { ProposedSize: 3_000_000 }],
		["one byte too small", "1234", "EntityTooSmall", { ProposedSize: 4, MinSizeAllowed: 5 }],
		["empty", "", "EntityTooSmall", { ProposedSize: 0 }],
	])("whose file is %s, and leaves no bytes", async (_, bytes, Code, details) => {
		const before = files();
		const { status, error } = await post(await presign(), { file: file(bytes) });
		expect(status).toBe(400);
		expect(error).toMatchObject({ Code, ...details });
		expect(files()).toBe(before);
	});

	test.each<[string, string, string | undefined, RegExp]>([
		["of another type", "Content-Type", "text/html", /\["eq","\$Content-Type","image\/jpeg"\]/],
		["without its type", "Content-Type", undefined, /\["eq","\$Content-Type","image\/jpeg"\]/],
		["under another key", "key", "originals/bob/1.jpg", /\["eq","\$key","originals\/ada/],
		["for another bucket", "bucket", "other", /\$bucket/],
		["dated before its credentials", "X-Amz-Date", "20200101T000000Z", /X-Amz-Date|credential/i],
	])("%s", async (_, name, value, reason) => {
		const { status, error } = await post(await presign(), { fields: { [name]: value } });
		expect(status).toBe(403);
		expect(error.Message).toMatch(reason);
	});

	test("posted to another bucket", async () => {
		const { url, ...form } = await presign();
		const elsewhere = url.replace(Bucket, "other");
		const { status, error } = await post({ url, ...form }, { url: elsewhere });
		expect(status).toBe(403);
		expect(error).toMatchObject({ Code: "AccessDenied", Message: expect.stringContaining("$bucket") });
		const without = await post({ url, ...form }, { url: elsewhere, fields: { bucket: undefined } });
		expect(without.status).toBe(403);
		expect(without.error.Message).toContain(`["eq","$bucket","${Bucket}"]`);
	});

	test("posted to a missing bucket", async () => {
		const form = await presign();
		const url = form.url.replace(Bucket, "missing");
		expect(await post(form, { url })).toMatchObject({ status: 404, error: { Code: "NoSuchBucket" } });
	});

	test("posted to the key's address", async () => {
		const form = await presign();
		expect(await post(form, { url: `${form.url}/${Key}` })).toMatchObject({
			status: 405,
			error: { Code: "MethodNotAllowed" },
		});
	});

	test("with a field that its policy does not name", async () => {
		const { status, error } = await post(await presign(), { fields: { acl: "public-read" } });
		expect(status).toBe(403);
		expect(error).toMatchObject({
			Code: "AccessDenied",
			Message: "Invalid according to Policy: Extra input fields: acl",
		});
	});

	test("with an unsupported field, by name", async () => {
		const form = await presign({ Fields: { acl: "public-read" } });
		expect(await post(form)).toMatchObject({
			status: 501,
			error: { Code: "NotImplemented", Message: expect.stringContaining("acl") },
		});
	});

	test("when its policy has expired", async () => {
		const form = await presign({ Expires: 60 });
		apis.passSeconds(62);
		const { status, error } = await post(form);
		expect(status).toBe(403);
		expect(error).toMatchObject({ Code: "AccessDenied", Message: "Invalid according to Policy: Policy expired." });
	});

	test("with a policy other than the one that was signed", async () => {
		const form = await presign();
		const policy = JSON.parse(Buffer.from(form.fields.Policy ?? "", "base64").toString());
		policy.conditions = [["starts-with", "$key", ""]];
		const Policy = Buffer.from(JSON.stringify(policy)).toString("base64");
		expect(await post(form, { fields: { Policy } })).toMatchObject({
			status: 403,
			error: { Code: "SignatureDoesNotMatch" },
		});
	});

	test.each<[string, Record<string, string | undefined>, number, string]>([
		["a false signature", { "X-Amz-Signature": "0".repeat(64) }, 403, "SignatureDoesNotMatch"],
		["half a signature", { "X-Amz-Signature": "abc" }, 403, "SignatureDoesNotMatch"],
		["another's session token", { "X-Amz-Security-Token": "another" }, 403, "InvalidToken"],
		["no session token", { "X-Amz-Security-Token": undefined }, 403, "InvalidToken"],
		[
			"unknown keys",
			{ "X-Amz-Credential": "ASIANOBODY/20260101/eu-central-1/s3/aws4_request" },
			403,
			"InvalidAccessKeyId",
		],
		["no signature", { "X-Amz-Signature": undefined }, 400, "InvalidArgument"],
		["no key", { key: undefined }, 400, "InvalidArgument"],
		["no policy", { Policy: undefined }, 403, "AccessDenied"],
	])("with %s", async (_, fields, status, Code) => {
		expect(await post(await presign(), { fields })).toMatchObject({ status, error: { Code } });
	});

	test("with credentials for another region or service", async () => {
		const form = await presign();
		const credential = form.fields["X-Amz-Credential"] ?? "";
		for (const wrong of [credential.replace("/eu-central-1/", "/us-east-1/"), credential.replace("/s3/", "/sqs/")]) {
			const { error } = await post(form, { fields: { "X-Amz-Credential": wrong } });
			expect(error.Code).toBe("AuthorizationHeaderMalformed");
		}
	});

	test("without a file, or with two", async () => {
		const form = await presign();
		const Code = "IncorrectNumberOfFilesInPostRequest";
		expect(await post(form, { file: null })).toMatchObject({ status: 400, error: { Code } });
		const body = new FormData();
		for (const [name, value] of Object.entries(form.fields)) {
			body.append(name, value);
		}
		body.append("file", file("12345"));
		body.append("file", file("12345"));
		const before = files();
		const twoFiles = await fetch(form.url, { method: "POST", body });
		expect((await answer(twoFiles)).error.Code).toBe(Code);
		expect(files()).toBe(before);
	});

	test("before its file is read, and the client gets the response", async () => {
		const bytes = new Uint8Array(20 * 1024 * 1024);
		const fields = { "X-Amz-Signature": "0".repeat(64) };
		for (let time = 0; time < 3; time++) {
			const { status } = await post(await presign(), { fields, file: file(bytes) });
			expect(status).toBe(403);
		}
	});

	test("with more than 20 KB before its file", async () => {
		const fields = { "x-ignore-this": "x".repeat(21_000) };
		expect(await post(await presign(), { fields })).toMatchObject({
			status: 400,
			error: { Code: "MaxPostPreDataLengthExceededError" },
		});
	});

	test.each<[string, string]>([
		["is no JSON", "{"],
		["has no expiration", '{"conditions": []}'],
		["has no conditions", '{"expiration": "2099-01-01T00:00:00Z"}'],
		["has an unknown condition", '{"expiration": "2099-01-01T00:00:00Z", "conditions": [["matches", "$key", "x"]]}'],
		["expires on no date", '{"expiration": "tomorrow", "conditions": []}'],
	])("whose policy %s", async (_, policy) => {
		expect(await post(await signed(policy))).toMatchObject({ status: 400, error: { Code: "InvalidPolicyDocument" } });
	});

	test("that is not multipart, or breaks off", async () => {
		const { url, fields } = await presign();
		const plain = await fetch(url, { method: "POST", body: new URLSearchParams(fields) });
		expect(await answer(plain)).toMatchObject({ status: 412, error: { Code: "PreconditionFailed" } });
		const part = '--x\r\ncontent-disposition: form-data; name="key"\r\n\r\n';
		for (const [body, Code] of [
			["", "MalformedPOSTRequest"],
			["--x", "MalformedPOSTRequest"],
			[part, "MalformedPOSTRequest"],
			// A part without headers is no field and no file.
			[`${part}a\r\n--x\r\n\r\n\r\n--x--`, "IncorrectNumberOfFilesInPostRequest"],
		] as const) {
			const broken = await fetch(url, {
				method: "POST",
				body,
				headers: { "content-type": "multipart/form-data; boundary=x" },
			});
			expect(await answer(broken)).toMatchObject({ status: 400, error: { Code } });
		}
	});

	test("without Content-Length", async () => {
		const { url } = await presign();
		const chunked = await fetch(url, {
			method: "POST",
			body: new Blob(["--x--"]).stream(),
			duplex: "half",
			headers: { "content-type": "multipart/form-data; boundary=x" },
		} as RequestInit);
		expect(await answer(chunked)).toMatchObject({ status: 411, error: { Code: "MissingContentLength" } });
	});

	test("whose client disconnects in the middle of the file, and leaves no bytes", async () => {
		const before = files();
		const { url, fields } = await presign();
		const parts = Object.entries(fields).map(
			([name, value]) => `--x\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
		);
		const upload = httpRequest(url, {
			method: "POST",
			headers: { "content-type": "multipart/form-data; boundary=x", "content-length": "100000" },
		});
		upload.on("error", () => {});
		upload.write(
			`${parts.join("")}--x\r\ncontent-disposition: form-data; name="file"\r\n\r\n123456${"\r".repeat(100)}`,
		);
		await expect.poll(files).toBe(before + 1);
		upload.destroy();
		await expect.poll(files).toBe(before);
	});
});

describe("a policy's conditions", () => {
	const conditions = async (...list: unknown[]) => {
		const { fields } = await presign();
		const bound = ["X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Security-Token"];
		return signed(
			JSON.stringify({
				expiration: new Date(Date.now() + 60_000).toISOString(),
				conditions: [{ bucket: Bucket }, ...bound.map((name) => ({ [name]: fields[name] })), ...list],
			}),
		);
	};

	test("may require a prefix", async () => {
		const form = await conditions(
			["starts-with", "$key", "originals/ada/"],
			["starts-with", "$content-type", "image/"],
		);
		expect((await post(form)).status).toBe(204);
		const { status } = await post(form, { fields: { key: "originals/bob/x" } });
		expect(status).toBe(403);
		for (const [type, expected] of [
			["image/png,image/gif", 204],
			["image/png,text/html", 403],
		] as const) {
			const fields = { "Content-Type": type };
			expect((await post(form, { fields })).status).toBe(expected);
		}
	});

	test("match field names in any case, and values exactly", async () => {
		const form = await conditions(["eq", "$KEY", Key], ["eq", "$CONTENT-type", "image/jpeg"]);
		expect((await post(form)).status).toBe(204);
		const fields = { "Content-Type": "image/JPEG" };
		expect((await post(form, { fields })).status).toBe(403);
	});

	test("must all hold, the narrower of two ranges included", async () => {
		const form = await conditions(
			{ key: Key },
			["starts-with", "$Content-Type", ""],
			["content-length-range", 0, 100],
			["content-length-range", 3, 4],
		);
		expect((await post(form)).error.Code).toBe("EntityTooLarge");
		const { status } = await post(form, { file: file("1234") });
		expect(status).toBe(204);
	});
});

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
