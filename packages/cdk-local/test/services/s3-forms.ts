import { createHmac } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { createPresignedPost, type PresignedPost } from "@aws-sdk/s3-presigned-post";
import { XMLParser } from "fast-xml-parser";
import { useApis } from "./apis.ts";

export const Bucket = "pictures";
/** The origin that the bucket's CORS rule names. */
export const origin = "https://app.example.com";
const cors = [{ allowedOrigins: [origin], allowedMethods: ["POST"], maxAgeSeconds: 60 }];

interface Changes {
	/** Fields to replace or, undefined, to leave out. */
	fields?: Record<string, string | undefined>;
	file?: File | null;
	url?: string;
	headers?: Record<string, string>;
}

export const file = (bytes: string | Uint8Array<ArrayBuffer>, name = "photo.jpg") => new File([bytes], name);

export async function post(form: PresignedPost, changes: Changes = {}) {
	const body = new FormData();
	for (const [name, value] of Object.entries({ ...form.fields, ...changes.fields })) {
		if (value !== undefined) body.append(name, value);
	}
	const upload = changes.file === undefined ? file("12345") : changes.file;
	if (upload) body.append("file", upload);
	return answer(await fetch(changes.url ?? form.url, { method: "POST", body, headers: changes.headers }));
}

export async function answer(response: Response) {
	const text = await response.text();
	const { Error: error, PostResponse } = new XMLParser().parse(text);
	return { status: response.status, headers: Object.fromEntries(response.headers), text, error, PostResponse };
}

/** Serves two buckets for the tests of a file. A form is by default for the key of the last `nextKey`. */
export async function useForms() {
	const apis = await useApis();
	const s3 = new S3Client(apis.client);
	apis.buckets.ensure(Bucket, { versioned: true, notifiesEventBridge: true, cors });
	apis.buckets.ensure("other", { versioned: true });
	let Key = "";
	let count = 0;

	/** Returns a key that no other test uses. */
	const nextKey = () => {
		count += 1;
		Key = `originals/ada/${count}.jpg`;
		return Key;
	};

	/** Returns a form for 5 to 10 bytes of JPEG. */
	const presign = (overrides: Partial<Parameters<typeof createPresignedPost>[1]> = {}) =>
		createPresignedPost(s3, {
			Bucket,
			Key,
			Fields: { "Content-Type": "image/jpeg", ...overrides.Fields },
			Conditions: [["content-length-range", 5, 10], ...(overrides.Conditions ?? [])],
			Expires: overrides.Expires ?? 60,
			...(overrides.Key ? { Key: overrides.Key } : {}),
		});

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

	const stored = async (key = Key) => {
		const { Body, ContentType, Metadata } = await s3.send(new GetObjectCommand({ Bucket, Key: key }));
		return { text: await Body?.transformToString(), ContentType, Metadata };
	};

	/** Counts the files on disk, of any state. */
	const files = () => readdirSync(join(apis.dir, "s3")).length;

	return { apis, nextKey, presign, signed, stored, files };
}
