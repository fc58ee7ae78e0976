import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { XMLParser } from "fast-xml-parser";
import type { State } from "../state.ts";
import {
	type AwsApi,
	AwsError,
	type AwsRequest,
	type AwsResponse,
	notImplemented,
} from "../types.ts";
import type { Buckets, StoredObject } from "./buckets.ts";
import { corsHeaders, preflight } from "./s3-cors.ts";
import { listObjects, listVersions } from "./s3-listing.ts";
import { type Xml, xmlDocument } from "./xml.ts";

/** A call with its bucket and key, decoded. */
export interface S3Call {
	request: AwsRequest;
	bucket: string;
	key: string;
	query: URLSearchParams;
}

interface S3Operation {
	method: string;
	on: "bucket" | "object";
	/** The query parameter that distinguishes it from its neighbours (`?delete`). */
	marker?: string;
	/** Other query parameters it understands; any more are refused. */
	parameters?: string[];
	run(call: S3Call, buckets: Buckets, state: State): Promise<AwsResponse>;
}

const overrides = [
	"content-type",
	"content-disposition",
	"content-encoding",
	"content-language",
	"cache-control",
	"expires",
];

const operations: S3Operation[] = [
	{
		method: "GET",
		on: "object",
		parameters: ["versionId", ...overrides.map((name) => `response-${name}`)],
		run: getObject,
	},
	{ method: "HEAD", on: "object", parameters: ["versionId"], run: getObject },
	{ method: "PUT", on: "object", run: putObject },
	{
		method: "DELETE",
		on: "object",
		parameters: ["versionId"],
		run: deleteObject,
	},
	{ method: "HEAD", on: "bucket", run: headBucket },
	{ method: "GET", on: "bucket", marker: "location", run: getBucketLocation },
	{ method: "POST", on: "bucket", marker: "delete", run: deleteObjects },
	{
		method: "GET",
		on: "bucket",
		marker: "list-type",
		parameters: [
			"prefix",
			"delimiter",
			"max-keys",
			"continuation-token",
			"start-after",
			"encoding-type",
		],
		run: listObjects,
	},
	{
		method: "GET",
		on: "bucket",
		marker: "versions",
		parameters: [
			"prefix",
			"max-keys",
			"key-marker",
			"version-id-marker",
			"encoding-type",
		],
		run: listVersions,
	},
];

/** Headers a call may carry; any other `x-amz-*` asks for something that is not done here. */
const knownHeaders =
	/^x-amz-(date|content-sha256|security-token|user-agent|sdk-checksum-algorithm|checksum-.*|trailer|decoded-content-length|meta-.*|copy-source|metadata-directive)$/;

/** S3's REST protocol over the buckets, path style. */
export function s3Api(buckets: Buckets, state: State): AwsApi {
	return {
		service: "s3",
		async handle(request) {
			const call = parseCall(request);
			if (request.method === "OPTIONS") return preflight(call, buckets);
			const operation = findOperation(call);
			if (!request.principal) {
				throw new AwsError("AccessDenied", "Access Denied", 403);
			}
			return operation.run(call, buckets, state);
		},
		errorResponse(error, request) {
			return {
				status: error.status,
				headers: { "content-type": "application/xml", ...error.headers },
				body: xmlDocument("Error", {
					Code: error.code,
					Message: error.message,
					Resource: request.path,
					RequestId: request.requestId,
				}),
			};
		},
		finish(request, response) {
			return {
				...response,
				headers: { ...response.headers, ...corsHeaders(request, buckets) },
			};
		},
	};
}

function parseCall(request: AwsRequest): S3Call {
	const [, bucket = "", key = ""] =
		/^\/([^/]*)\/?(.*)$/s.exec(request.path) ?? [];
	const decoded = decodeURIComponent(key);
	if (Buffer.byteLength(decoded) > 1024) {
		throw new AwsError("KeyTooLongError", "Your key is too long");
	}
	return {
		request,
		bucket: decodeURIComponent(bucket),
		key: decoded,
		query: request.url.searchParams,
	};
}

function findOperation({ request, key, query }: S3Call): S3Operation {
	const on = key ? "object" : "bucket";
	const names = [...query.keys()].filter(
		(name) => name !== "x-id" && !/^x-amz-/i.test(name),
	);
	const described = `S3 ${request.method} on ${on === "bucket" ? "a bucket" : "an object"}${names.length > 0 ? ` with ?${names.join("&")}` : ""}`;
	if (request.method === "POST" && on === "bucket" && names.length === 0) {
		throw notImplemented("S3's presigned POST (a browser's form upload)");
	}
	const found = operations.find(
		(operation) =>
			operation.method === request.method &&
			operation.on === on &&
			(operation.marker ? names.includes(operation.marker) : true) &&
			names.every(
				(name) =>
					name === operation.marker || operation.parameters?.includes(name),
			),
	);
	if (!found) throw notImplemented(described);
	const header = Object.keys(request.headers).find(
		(name) => name.startsWith("x-amz-") && !knownHeaders.test(name),
	);
	if (header) throw notImplemented(`The S3 header ${header}`);
	return found;
}

async function getObject(
	{ request, bucket, key, query }: S3Call,
	buckets: Buckets,
): Promise<AwsResponse> {
	const object = readable(buckets, bucket, key, query.get("versionId"));
	const headers: Record<string, string> = {
		"content-type": "binary/octet-stream",
		...object.headers,
		...versionHeader(buckets, bucket, object.versionId),
		etag: `"${object.etag}"`,
		"last-modified": new Date(object.modifiedAt).toUTCString(),
		"accept-ranges": "bytes",
		"content-length": String(object.size),
	};
	for (const name of overrides) {
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

async function putObject(call: S3Call, buckets: Buckets): Promise<AwsResponse> {
	const { request, bucket, key } = call;
	if (request.headers["x-amz-copy-source"]) return copyObject(call, buckets);
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
	buckets: Buckets,
): Promise<AwsResponse> {
	const [path = "", query = ""] = (
		request.headers["x-amz-copy-source"] ?? ""
	).split("?");
	const [, fromBucket = "", fromKey = ""] =
		/^\/?([^/]+)\/(.+)$/s.exec(decodeURIComponent(path)) ?? [];
	const source = readable(
		buckets,
		fromBucket,
		fromKey,
		new URLSearchParams(query).get("versionId"),
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

async function deleteObject(
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

async function deleteObjects(
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
	for (const { Key, VersionId } of objects) {
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
	});
}

async function headBucket(
	{ bucket }: S3Call,
	buckets: Buckets,
	state: State,
): Promise<AwsResponse> {
	buckets.bucket(bucket);
	return { status: 200, headers: { "x-amz-bucket-region": state.region } };
}

async function getBucketLocation(
	{ bucket }: S3Call,
	buckets: Buckets,
	state: State,
): Promise<AwsResponse> {
	buckets.bucket(bucket);
	return xmlResponse(
		"LocationConstraint",
		state.region === "us-east-1" ? "" : state.region,
	);
}

/** @throws AwsError where the object is not there, or only its delete marker. */
function readable(
	buckets: Buckets,
	bucket: string,
	key: string,
	versionId: string | null,
): StoredObject {
	const object = buckets.find(bucket, key, versionId ?? undefined);
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
				(overrides.includes(name) ||
					/^x-amz-(meta-|checksum-(?!algorithm))/.test(name)),
		),
	);
}

function versionHeader(
	buckets: Buckets,
	bucket: string,
	versionId: string,
): Record<string, string> {
	return buckets.bucket(bucket).versioned
		? { "x-amz-version-id": versionId }
		: {};
}

/** An XML answer in S3's namespace. */
export function xmlResponse(
	root: string,
	content: Xml,
	headers: Record<string, string> = {},
): AwsResponse {
	return {
		status: 200,
		headers: { "content-type": "application/xml", ...headers },
		body: xmlDocument(root, content),
	};
}
