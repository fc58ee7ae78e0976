import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { XMLParser } from "fast-xml-parser";
import {
	AwsError,
	type AwsResponse,
	notImplemented,
} from "../../endpoint/types.ts";
import type { Rights } from "../iam/permission.ts";
import type { S3Call } from "./api.ts";
import { copySource, deleting, onBucket } from "./permissions.ts";
import type { Buckets, StoredObject } from "./store.ts";
import { type Xml, xmlResponse } from "./xml.ts";

/** Headers kept with an object, which `response-...` parameters replace for one answer. */
export const storedHeaders = [
	"content-type",
	"content-disposition",
	"content-encoding",
	"content-language",
	"cache-control",
	"expires",
];

export async function getObject(
	{ request, bucket, key, query }: S3Call,
	buckets: Buckets,
): Promise<AwsResponse> {
	const object = readable(
		buckets,
		request.rights,
		bucket,
		key,
		query.get("versionId"),
	);
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
	checkConditions(request.headers, object.etag, headers);

	const range = readRange(request.headers.range, object.size);
	if (range) {
		headers["content-range"] =
			`bytes ${range.start}-${range.end}/${object.size}`;
		headers["content-length"] = String(range.end - range.start + 1);
	}
	if (range || request.headers["x-amz-checksum-mode"] !== "ENABLED") {
		// A checksum is of the whole object: the client would verify a part against it.
		for (const name of Object.keys(headers)) {
			if (name.startsWith("x-amz-checksum-")) delete headers[name];
		}
	}
	return {
		status: range ? 206 : 200,
		headers,
		...(request.method === "GET"
			? { body: createReadStream(object.file, range) }
			: {}),
	};
}

export async function putObject(
	call: S3Call,
	buckets: Buckets,
): Promise<AwsResponse> {
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
		headers: keptHeaders(request.headers),
		requestId: request.requestId,
		reason: "PutObject",
		onlyIfAbsent: ifNoneMatch === "*",
	});
	return {
		status: 200,
		headers: {
			etag: `"${stored.etag}"`,
			...versionHeader(buckets, bucket, stored.versionId),
			...Object.fromEntries(
				Object.entries(stored.headers).filter(([name]) =>
					name.startsWith("x-amz-checksum-"),
				),
			),
		},
	};
}

async function copyObject(
	{ request, bucket, key }: S3Call,
	from: NonNullable<ReturnType<typeof copySource>>,
	buckets: Buckets,
): Promise<AwsResponse> {
	const source = readable(
		buckets,
		request.rights,
		from.bucket,
		from.key,
		from.versionId,
	);
	const replaces = request.headers["x-amz-metadata-directive"] === "REPLACE";
	const stored = await buckets.put({
		bucket,
		key,
		bytes: await readFile(source.file),
		headers: replaces ? keptHeaders(request.headers) : source.headers,
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

export async function deleteObject(
	{ bucket, key, query }: S3Call,
	buckets: Buckets,
): Promise<AwsResponse> {
	const deleted = await buckets.delete(
		bucket,
		key,
		query.get("versionId") ?? undefined,
	);
	return {
		status: 204,
		headers: {
			...(deleted.versionId ? { "x-amz-version-id": deleted.versionId } : {}),
			...(deleted.deleteMarker ? { "x-amz-delete-marker": "true" } : {}),
		},
	};
}

// Keys are text: nothing is trimmed, and "1e3" stays "1e3".
const parser = new XMLParser({
	parseTagValue: false,
	trimValues: false,
	htmlEntities: true,
	isArray: (name) => name === "Object",
});

export async function deleteObjects(
	{ request, bucket }: S3Call,
	buckets: Buckets,
): Promise<AwsResponse> {
	const { Delete: wanted } = parser.parse(request.body) as {
		Delete?: {
			Object?: { Key: string; VersionId?: string }[];
			Quiet?: string;
		};
	};
	const objects = wanted?.Object ?? [];
	if (objects.length === 0 || objects.length > 1_000) {
		throw new AwsError(
			"MalformedXML",
			`DeleteObjects takes 1 to 1000 objects, not ${objects.length}.`,
		);
	}
	const deleted: Xml[] = [];
	const refused: Xml[] = [];
	for (const { Key, VersionId } of objects) {
		try {
			request.rights.require([deleting(bucket, Key, VersionId)]);
		} catch (error) {
			if (!(error instanceof AwsError)) throw error;
			const { code, message } = error;
			refused.push({ Key, VersionId, Code: code, Message: message });
			continue;
		}
		const result = await buckets.delete(bucket, Key, VersionId);
		deleted.push({
			Key,
			VersionId,
			DeleteMarker: result.deleteMarker ? "true" : undefined,
			DeleteMarkerVersionId:
				result.deleteMarker && result.versionId ? result.versionId : undefined,
		});
	}
	return xmlResponse("DeleteResult", {
		Deleted: wanted?.Quiet === "true" ? [] : deleted,
		Error: refused,
	});
}

/** @throws AwsError where the object is not there, or only its delete marker. */
function readable(
	buckets: Buckets,
	rights: Rights,
	bucket: string,
	key: string,
	versionId: string | null,
): StoredObject {
	const object = buckets.find(bucket, key, versionId ?? undefined);
	if (!object || (object.deleteMarker && !versionId)) {
		// That a key is missing learns only who may see which are there.
		rights.require([onBucket("ListBucket", bucket)]);
	}
	if (!object) {
		throw versionId
			? new AwsError(
					"NoSuchVersion",
					"The specified version does not exist.",
					404,
				)
			: new AwsError("NoSuchKey", "The specified key does not exist.", 404);
	}
	if (object.deleteMarker) {
		const headers = {
			"x-amz-delete-marker": "true",
			"x-amz-version-id": object.versionId,
		};
		throw versionId
			? new AwsError(
					"MethodNotAllowed",
					"The specified method is not allowed against this resource.",
					405,
					headers,
				)
			: new AwsError(
					"NoSuchKey",
					"The specified key does not exist.",
					404,
					headers,
				);
	}
	return object;
}

function checkConditions(
	headers: Record<string, string>,
	etag: string,
	answer: Record<string, string>,
): void {
	const names = (header: string | undefined) =>
		header?.split(",").map((tag) => tag.trim().replace(/^W\/|"/g, ""));
	const wanted = names(headers["if-match"]);
	if (wanted && !wanted.includes(etag) && !wanted.includes("*")) {
		throw new AwsError(
			"PreconditionFailed",
			"At least one of the pre-conditions you specified did not hold",
			412,
		);
	}
	const unwanted = names(headers["if-none-match"]);
	if (unwanted?.includes(etag) || unwanted?.includes("*")) {
		throw new AwsError("NotModified", "Not Modified", 304, {
			etag: answer.etag ?? "",
		});
	}
}

function readRange(
	header: string | undefined,
	size: number,
): { start: number; end: number } | undefined {
	const [, from = "", to = ""] = /^bytes=(\d*)-(\d*)$/.exec(header ?? "") ?? [];
	if (!from && !to) return undefined;
	const start = from ? Number(from) : Math.max(0, size - Number(to));
	const end = from && to ? Math.min(Number(to), size - 1) : size - 1;
	if (start > end) {
		throw new AwsError(
			"InvalidRange",
			"The requested range is not satisfiable",
			416,
			{ "content-range": `bytes */${size}` },
		);
	}
	return { start, end };
}

function keptHeaders(headers: Record<string, string>): Record<string, string> {
	const encoding = (headers["content-encoding"] ?? "")
		.split(",")
		.map((each) => each.trim())
		.filter((each) => each && each !== "aws-chunked")
		.join(",");
	return Object.fromEntries(
		Object.entries({ ...headers, "content-encoding": encoding }).filter(
			([name, value]) =>
				value &&
				(storedHeaders.includes(name) ||
					/^x-amz-(meta-|checksum-(?!algorithm))/.test(name)),
		),
	);
}

export function versionHeader(
	buckets: Buckets,
	bucket: string,
	versionId: string,
): Record<string, string> {
	return buckets.bucket(bucket).versioned
		? { "x-amz-version-id": versionId }
		: {};
}
