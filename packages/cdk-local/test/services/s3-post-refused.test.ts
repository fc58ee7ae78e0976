import { request as httpRequest } from "node:http";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { answer, Bucket, file, post, useForms } from "./s3-forms.ts";

const { apis, files, nextKey, presign, signed, stored } = await useForms();
let Key: string;
beforeEach(() => {
	Key = nextKey();
});

describe("a form is refused", () => {
	afterEach(() => expect(stored()).rejects.toMatchObject({ name: "NoSuchKey" }));

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
