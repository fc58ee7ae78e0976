import { createReadStream } from "node:fs";
import { AwsError, type AwsResponse } from "../../endpoint/types.ts";
import type { Rights } from "../iam/permission.ts";
import type { S3Call } from "./call.ts";
import { namesTag, storedHeaders, versionHeader } from "./headers.ts";
import { onBucket } from "./permissions.ts";
import type { Buckets, StoredObject } from "./store.ts";

export async function getObject({ request, bucket, key, query }: S3Call, buckets: Buckets): Promise<AwsResponse> {
	const object = readableObject(buckets, request.rights, bucket, key, query.get("versionId"));
	const headers: Record<string, string> = {
		"content-type": "binary/octet-stream",
		...object.headers,
		...versionHeader(buckets, bucket, object.versionId),
		etag: `"${object.etag}"`,
		"last-modified": new Date(object.modifiedAt).toUTCString(),
		"accept-ranges": "bytes",
		"content-length": String(object.size),
	};
	for (const name of storedHeaders) {
		const value = query.get(`response-${name}`);
		if (value !== null) headers[name] = value;
	}
	requireConditions(request.headers, object.etag, headers);

	const range = readRange(request.headers.range, object.size);
	if (range) {
		headers["content-range"] = `bytes ${range.start}-${range.end}/${object.size}`;
		headers["content-length"] = String(range.end - range.start + 1);
	}
	if (range || request.headers["x-amz-checksum-mode"] !== "ENABLED") {
		// The checksum covers the whole object; a client would verify the range against it.
		for (const name of Object.keys(headers)) {
			if (name.startsWith("x-amz-checksum-")) delete headers[name];
		}
	}
	return {
		status: range ? 206 : 200,
		headers,
		...(request.method === "GET" ? { body: createReadStream(object.file, range) } : {}),
	};
}

/** Finds an object whose bytes can be read. @throws AwsError if it is missing or a delete marker */
export function readableObject(
	buckets: Buckets,
	rights: Rights,
	bucket: string,
	key: string,
	versionId: string | null,
): StoredObject {
	const object = buckets.find(bucket, key, versionId ?? undefined);
	if (!object || (object.deleteMarker && !versionId)) {
		// Only a caller who may list the bucket learns that a key is missing.
		rights.require([onBucket("ListBucket", bucket)]);
	}
	if (!object) {
		throw versionId
			? new AwsError("NoSuchVersion", "The specified version does not exist.", 404)
			: new AwsError("NoSuchKey", "The specified key does not exist.", 404);
	}
	if (object.deleteMarker) {
		const headers = {
			"x-amz-delete-marker": "true",
			"x-amz-version-id": object.versionId,
		};
		throw versionId
			? new AwsError("MethodNotAllowed", "The specified method is not allowed against this resource.", 405, headers)
			: new AwsError("NoSuchKey", "The specified key does not exist.", 404, headers);
	}
	return object;
}

function requireConditions(headers: Record<string, string>, etag: string, answer: Record<string, string>): void {
	const matching = headers["if-match"];
	if (matching !== undefined && !namesTag(matching, etag)) {
		throw new AwsError("PreconditionFailed", "At least one of the pre-conditions you specified did not hold", 412);
	}
	if (namesTag(headers["if-none-match"], etag)) {
		throw new AwsError("NotModified", "Not Modified", 304, {
			etag: answer.etag ?? "",
		});
	}
}

function readRange(header: string | undefined, size: number): { start: number; end: number } | undefined {
	const [, from = "", to = ""] = /^bytes=(\d*)-(\d*)$/.exec(header ?? "") ?? [];
	if (!from && !to) return undefined;
	const start = from ? Number(from) : Math.max(0, size - Number(to));
	const end = from && to ? Math.min(Number(to), size - 1) : size - 1;
	if (start > end) {
		throw new AwsError("InvalidRange", "The requested range is not satisfiable", 416, {
			"content-range": `bytes */${size}`,
		});
	}
	return { start, end };
}
