import { readFile } from "node:fs/promises";
import { type AwsResponse, notImplemented } from "../../endpoint/types.ts";
import type { S3Call } from "./call.ts";
import { readableObject } from "./get-object.ts";
import { storableHeaders, versionHeader } from "./headers.ts";
import { copySource } from "./permissions.ts";
import type { Buckets } from "./store.ts";
import { xmlResponse } from "./xml.ts";

export async function putObject(call: S3Call, buckets: Buckets): Promise<AwsResponse> {
	const { request, bucket, key } = call;
	const source = copySource(request.headers["x-amz-copy-source"]);
	if (source) return copyObject(call, source, buckets);
	const ifNoneMatch = request.headers["if-none-match"];
	if (request.headers["if-match"] || (ifNoneMatch && ifNoneMatch !== "*")) {
		throw notImplemented("A conditional PutObject other than If-None-Match: *");
	}
	const stored = await buckets.put({
		bucket,
		key,
		bytes: request.body,
		headers: storableHeaders(request.headers),
		requestId: request.requestId,
		reason: "PutObject",
		onlyIfAbsent: ifNoneMatch === "*",
	});
	return {
		status: 200,
		headers: {
			etag: `"${stored.etag}"`,
			...versionHeader(buckets, bucket, stored.versionId),
			...Object.fromEntries(Object.entries(stored.headers).filter(([name]) => name.startsWith("x-amz-checksum-"))),
		},
	};
}

async function copyObject(
	{ request, bucket, key }: S3Call,
	from: NonNullable<ReturnType<typeof copySource>>,
	buckets: Buckets,
): Promise<AwsResponse> {
	const source = readableObject(buckets, request.rights, from.bucket, from.key, from.versionId);
	const replaces = request.headers["x-amz-metadata-directive"] === "REPLACE";
	const stored = await buckets.put({
		bucket,
		key,
		bytes: await readFile(source.file),
		headers: replaces ? storableHeaders(request.headers) : source.headers,
		requestId: request.requestId,
		reason: "CopyObject",
	});
	return xmlResponse(
		"CopyObjectResult",
		{
			ETag: `"${stored.etag}"`,
			LastModified: new Date(stored.modifiedAt).toISOString(),
		},
		versionHeader(buckets, bucket, stored.versionId),
	);
}
