import { readdirSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import {
	CopyObjectCommand,
	DeleteObjectCommand,
	DeleteObjectsCommand,
	GetBucketLocationCommand,
	GetObjectCommand,
	HeadBucketCommand,
	HeadObjectCommand,
	ListObjectsV2Command,
	ListObjectVersionsCommand,
	PutObjectAclCommand,
	PutObjectCommand,
	S3Client,
} from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { beforeEach, describe, expect, test } from "vitest";
import { corsGrant } from "../cors.ts";
import { region, useApis } from "./apis.ts";

const Bucket = "pictures";
const apis = await useApis();
const s3 = new S3Client(apis.client);
let folder: string;
let count = 0;

apis.buckets.ensure(Bucket, {
	versioned: true,
	notifiesEventBridge: true,
	cors: [
		{
			allowedOrigins: ["http://localhost:5173", "https://*.example.com"],
			allowedMethods: ["GET", "PUT"],
			allowedHeaders: ["content-type", "x-amz-*"],
			exposedHeaders: ["ETag"],
			maxAgeSeconds: 300,
		},
	],
});
apis.buckets.ensure("plain", { versioned: false });
beforeEach(() => {
	count += 1;
	folder = `test-${count}/`;
});

const put = (Key: string, Body: Buffer | string = "bytes", bucket = Bucket) =>
	s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body }));
const get = async (Key: string, bucket = Bucket) => {
	const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key }));
	return Buffer.from((await Body?.transformToByteArray()) ?? []);
};

describe("an object", () => {
	test("comes back with its bytes, type, metadata and checksum", async () => {
		const Key = `${folder}a`;
		const stored = await s3.send(
			new PutObjectCommand({
				Bucket,
				Key,
				Body: Buffer.from([0, 255, 13, 10]),
				ContentType: "image/png",
				Metadata: { owner: "me" },
			}),
		);
		const read = await s3.send(new GetObjectCommand({ Bucket, Key, ChecksumMode: "ENABLED" }));
		expect(await read.Body?.transformToByteArray()).toEqual(new Uint8Array([0, 255, 13, 10]));
		expect(read).toMatchObject({
			ContentType: "image/png",
			ContentLength: 4,
			Metadata: { owner: "me" },
			ETag: stored.ETag,
			VersionId: stored.VersionId,
			ChecksumCRC32: stored.ChecksumCRC32,
		});
		expect(stored.ChecksumCRC32).toBeTruthy();
	});

	test("arrives whole as a stream with a trailing checksum", async () => {
		const bytes = Buffer.alloc(300_000, "0123456789");
		const chunks = [bytes.subarray(0, 70_000), bytes.subarray(70_000)];
		await s3.send(
			new PutObjectCommand({
				Bucket,
				Key: `${folder}stream`,
				Body: Readable.from(chunks),
				ContentLength: bytes.length,
			}),
		);
		expect((await get(`${folder}stream`)).equals(bytes)).toBe(true);
	});

	test("is refused if its checksum does not match its bytes", async () => {
		await expect(
			s3.send(new PutObjectCommand({ Bucket, Key: `${folder}broken`, Body: "bytes", ChecksumCRC32: "AAAAAA==" })),
		).rejects.toMatchObject({ name: "BadDigest" });
		await expect(get(`${folder}broken`)).rejects.toMatchObject({ name: "NoSuchKey" });
	});

	test.each([
		"with space + plus",
		"ümläut/日本語/😀",
		"!'()*~&=?#%25;@,$:[]",
		"../../../etc/passwd",
		"./dot/./../dot",
		"//double//slash//",
		"line\nbreak\r<tag>&amp;",
		" trailing space ",
		"1e3",
	])("keeps its key %j", async (name) => {
		const Key = `${folder}${name}`;
		await put(Key, name);
		expect((await get(Key)).toString()).toBe(name);
		const listed = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: folder, EncodingType: "url" }));
		expect(listed.Contents?.map((each) => decodeURIComponent(each.Key ?? ""))).toEqual([Key]);
		await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key }] } }));
		await expect(get(Key)).rejects.toMatchObject({ name: "NoSuchKey" });
	});

	test("whose key contains .. stays in its bucket", async () => {
		await put("../escaped", "bytes");
		expect((await get("../escaped")).toString()).toBe("bytes");
		expect(readdirSync(apis.dir).sort()).not.toContain("escaped");
		expect(readdirSync(join(apis.dir, "s3"))).not.toContain("escaped");
	});

	test("is read in part", async () => {
		const Key = `${folder}range`;
		await put(Key, "0123456789");
		const part = async (Range: string) => {
			const { Body, ContentRange } = await s3.send(new GetObjectCommand({ Bucket, Key, Range }));
			return [await Body?.transformToString(), ContentRange];
		};
		expect(await part("bytes=2-4")).toEqual(["234", "bytes 2-4/10"]);
		expect(await part("bytes=7-")).toEqual(["789", "bytes 7-9/10"]);
		expect(await part("bytes=-3")).toEqual(["789", "bytes 7-9/10"]);
		expect(await part("bytes=8-99")).toEqual(["89", "bytes 8-9/10"]);
		await expect(part("bytes=10-")).rejects.toMatchObject({ name: "InvalidRange" });
	});

	test("that exists is not overwritten with If-None-Match", async () => {
		const Key = `${folder}once`;
		const once = () => s3.send(new PutObjectCommand({ Bucket, Key, Body: "x", IfNoneMatch: "*" }));
		await once();
		await expect(once()).rejects.toMatchObject({ name: "PreconditionFailed" });
	});

	test("unchanged since the caller's ETag is not sent again", async () => {
		const Key = `${folder}cached`;
		const { ETag } = await put(Key);
		await expect(s3.send(new GetObjectCommand({ Bucket, Key, IfNoneMatch: ETag }))).rejects.toMatchObject({
			$metadata: { httpStatusCode: 304 },
		});
	});

	test("is copied with its type", async () => {
		await s3.send(new PutObjectCommand({ Bucket, Key: `${folder}from ü`, Body: "x", ContentType: "image/webp" }));
		await s3.send(
			new CopyObjectCommand({
				Bucket,
				Key: `${folder}to`,
				CopySource: encodeURIComponent(`${Bucket}/${folder}from ü`),
			}),
		);
		const copy = await s3.send(new HeadObjectCommand({ Bucket, Key: `${folder}to` }));
		expect(copy).toMatchObject({ ContentType: "image/webp", ContentLength: 1 });
	});

	test("is an event with bucket, key, size, ETag and version", async () => {
		const Key = `${folder}event ü`;
		const { ETag, VersionId } = await put(Key, "12345");
		expect(apis.created.at(-1)).toMatchObject({
			bucket: Bucket,
			key: Key,
			size: 5,
			etag: ETag?.replaceAll('"', ""),
			versionId: VersionId,
			reason: "PutObject",
		});
	});

	test("that does not exist is NotFound to Head and NoSuchKey to Get", async () => {
		const missing = { Bucket, Key: `${folder}missing` };
		await expect(s3.send(new HeadObjectCommand(missing))).rejects.toMatchObject({ name: "NotFound" });
		await expect(s3.send(new GetObjectCommand(missing))).rejects.toMatchObject({ name: "NoSuchKey" });
	});
});

describe("a versioned bucket", () => {
	test("keeps overwritten and deleted objects until every version is deleted", async () => {
		const Key = `${folder}v`;
		const first = await put(Key, "one");
		await put(Key, "two");
		const deleted = await s3.send(new DeleteObjectCommand({ Bucket, Key }));
		expect(deleted.DeleteMarker).toBe(true);
		await expect(get(Key)).rejects.toMatchObject({ name: "NoSuchKey" });
		const old = await s3.send(new GetObjectCommand({ Bucket, Key, VersionId: first.VersionId }));
		expect(await old.Body?.transformToString()).toBe("one");

		const listed = await s3.send(new ListObjectVersionsCommand({ Bucket, Prefix: Key }));
		expect(listed.Versions).toHaveLength(2);
		expect(listed.DeleteMarkers).toMatchObject([{ Key, IsLatest: true }]);
		const files = readdirSync(join(apis.dir, "s3")).length;
		const versions = [...(listed.Versions ?? []), ...(listed.DeleteMarkers ?? [])];
		await s3.send(
			new DeleteObjectsCommand({
				Bucket,
				Delete: { Objects: versions.map(({ VersionId }) => ({ Key, VersionId })), Quiet: true },
			}),
		);
		const remaining = await s3.send(new ListObjectVersionsCommand({ Bucket, Prefix: Key }));
		expect(remaining.Versions ?? remaining.DeleteMarkers ?? []).toEqual([]);
		expect(readdirSync(join(apis.dir, "s3"))).toHaveLength(files - 2);
	});

	test("lists its versions page by page", async () => {
		for (const name of ["a", "a", "a", "b", "c"]) await put(folder + name);
		const listedKeys: string[] = [];
		let KeyMarker: string | undefined;
		let VersionIdMarker: string | undefined;
		do {
			const page = await s3.send(
				new ListObjectVersionsCommand({ Bucket, Prefix: folder, MaxKeys: 2, KeyMarker, VersionIdMarker }),
			);
			listedKeys.push(...(page.Versions ?? []).map((each) => `${each.Key}@${each.VersionId}`));
			KeyMarker = page.NextKeyMarker;
			VersionIdMarker = page.NextVersionIdMarker;
		} while (KeyMarker);
		expect(new Set(listedKeys).size).toBe(5);
		expect(listedKeys.map((each) => each.split("@")[0])).toEqual(
			["a", "a", "a", "b", "c"].map((name) => folder + name),
		);
	});
});

test("an unversioned bucket keeps only the last object of a key", async () => {
	const before = readdirSync(join(apis.dir, "s3")).length;
	await put(`${folder}p`, "one", "plain");
	await put(`${folder}p`, "two", "plain");
	expect((await get(`${folder}p`, "plain")).toString()).toBe("two");
	expect(readdirSync(join(apis.dir, "s3"))).toHaveLength(before + 1);
	await s3.send(new DeleteObjectCommand({ Bucket: "plain", Key: `${folder}p` }));
	expect(readdirSync(join(apis.dir, "s3"))).toHaveLength(before);
});

describe("a listing", () => {
	test.each([1, 2, 3])("is in order across pages of %i, with common prefixes grouped", async (MaxKeys) => {
		const keys = ["a/1", "a/2", "b", "c/1", "c/2", "d", "z"];
		for (const key of keys) await put(folder + key);
		const listedKeys: (string | undefined)[] = [];
		let ContinuationToken: string | undefined;
		do {
			const page = await s3.send(
				new ListObjectsV2Command({ Bucket, Prefix: folder, Delimiter: "/", MaxKeys, ContinuationToken }),
			);
			listedKeys.push(...(page.Contents ?? []).map((each) => each.Key));
			listedKeys.push(...(page.CommonPrefixes ?? []).map((each) => each.Prefix));
			ContinuationToken = page.NextContinuationToken;
		} while (ContinuationToken);
		expect(listedKeys.sort()).toEqual(["a/", "b", "c/", "d", "z"].map((key) => folder + key));
	});

	test("takes a prefix literally", async () => {
		for (const key of ["50%", "50_", "50x"]) await put(folder + key);
		const listed = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: `${folder}50_` }));
		expect(listed.Contents?.map((each) => each.Key)).toEqual([`${folder}50_`]);
		expect(listed.KeyCount).toBe(1);
	});
});

describe("a presigned URL", () => {
	const presign = (expiresIn: number, extra = {}) =>
		getSignedUrl(s3, new GetObjectCommand({ Bucket, Key: `${folder}signed ü`, ...extra }), { expiresIn });

	test("reads one object without any header, under the name it was signed with", async () => {
		await put(`${folder}signed ü`, "picture");
		const response = await fetch(await presign(60, { ResponseContentDisposition: 'attachment; filename="a b.png"' }));
		expect(response.status).toBe(200);
		expect(response.headers.get("content-disposition")).toBe('attachment; filename="a b.png"');
		expect(await response.text()).toBe("picture");
	});

	test("ends at its expiry", async () => {
		await put(`${folder}signed ü`);
		const url = await presign(5);
		expect((await fetch(url)).status).toBe(200);
		apis.passSeconds(10);
		const late = await fetch(url);
		apis.passSeconds(-10);
		expect(late.status).toBe(403);
		expect(await late.text()).toContain("Request has expired");
	});

	test("is valid for no other object, bucket or method", async () => {
		await put(`${folder}signed ü`);
		await put(`${folder}other`);
		const url = await presign(60);
		const otherObject = await fetch(url.replace("signed%20%C3%BC", "other"));
		expect(otherObject.status).toBe(403);
		expect(await otherObject.text()).toContain("SignatureDoesNotMatch");
		expect((await fetch(url, { method: "DELETE" })).status).toBe(403);
		expect((await fetch(url.replace("Expires=60", "Expires=600"))).status).toBe(403);
	});

	test("takes an upload", async () => {
		const url = await getSignedUrl(
			new S3Client({ ...apis.client, requestChecksumCalculation: "WHEN_REQUIRED" }),
			new PutObjectCommand({ Bucket, Key: `${folder}uploaded`, ContentType: "image/png" }),
			{ expiresIn: 60, signableHeaders: new Set(["content-type"]) },
		);
		const upload = (type: string) => fetch(url, { method: "PUT", body: "picture", headers: { "content-type": type } });
		expect((await upload("text/html")).status).toBe(403);
		expect((await upload("image/png")).status).toBe(200);
		expect((await get(`${folder}uploaded`)).toString()).toBe("picture");
	});
});

describe("a browser on another origin", () => {
	const sendPreflight = (origin: string, method: string, headers = "content-type") =>
		fetch(`${apis.state.endpoint}/${Bucket}/x`, {
			method: "OPTIONS",
			headers: { origin, "access-control-request-method": method, "access-control-request-headers": headers },
		});

	test("may send what a CORS rule of the bucket allows", async () => {
		const answer = await sendPreflight("https://app.example.com", "PUT");
		expect(answer.status).toBe(200);
		expect(corsGrant(answer)).toEqual(["https://app.example.com", "GET, PUT", "content-type", "300"]);
	});

	test("may send nothing else", async () => {
		expect((await sendPreflight("https://evil.example", "PUT")).status).toBe(403);
		expect((await sendPreflight("http://localhost:5173", "DELETE")).status).toBe(403);
		expect((await sendPreflight("http://localhost:5173", "PUT", "authorization")).status).toBe(403);
	});

	test("may read responses and errors", async () => {
		await put(`${folder}c`);
		const url = await getSignedUrl(s3, new GetObjectCommand({ Bucket, Key: `${folder}c` }));
		const headers = { origin: "http://localhost:5173" };
		for (const address of [url, `${url}0`]) {
			const answer = await fetch(address, { headers });
			expect(answer.headers.get("access-control-allow-origin")).toBe(headers.origin);
			expect(answer.headers.get("access-control-expose-headers")).toBe("ETag");
		}
	});
});

test("an error has no XML namespace, so that the AWS CLI finds its code", async () => {
	const refused = await fetch(`${apis.client.endpoint}/${Bucket}/secret`);
	const text = await refused.text();
	expect(text).toMatch(/<Error><Code>AccessDenied<\/Code>/);
});

test("an unsigned request is refused", async () => {
	await put(`${folder}private`);
	const answer = await fetch(`${apis.state.endpoint}/${Bucket}/${folder}private`);
	expect(answer.status).toBe(403);
	expect(await answer.text()).toContain("<Code>AccessDenied</Code>");
});

test("a bucket has its region, and a missing bucket is NoSuchBucket", async () => {
	await s3.send(new HeadBucketCommand({ Bucket }));
	const { LocationConstraint } = await s3.send(new GetBucketLocationCommand({ Bucket }));
	expect(LocationConstraint).toBe(region);
	await expect(put("x", "x", "missing")).rejects.toMatchObject({ name: "NoSuchBucket" });
});

test("an unknown operation is refused by name", async () => {
	await put(`${folder}acl`);
	await expect(s3.send(new PutObjectAclCommand({ Bucket, Key: `${folder}acl`, ACL: "private" }))).rejects.toMatchObject(
		{ name: "NotImplemented", message: expect.stringContaining("?acl") },
	);
	await expect(
		s3.send(
			new CopyObjectCommand({ Bucket, Key: `${folder}copy`, CopySource: `${Bucket}/${folder}acl`, ACL: "public-read" }),
		),
	).rejects.toMatchObject({ name: "NotImplemented", message: expect.stringContaining("x-amz-acl") });
});

test("an object whose event fails is not stored", async () => {
	const push = apis.created.push;
	apis.created.push = () => {
		throw new Error("no bus");
	};
	const { error } = console;
	console.error = () => {};
	await expect(put(`${folder}lost`)).rejects.toMatchObject({
		$metadata: { httpStatusCode: 500 },
	});
	console.error = error;
	apis.created.push = push;
	await expect(get(`${folder}lost`)).rejects.toMatchObject({ name: "NoSuchKey" });
});
