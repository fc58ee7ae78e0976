import { type AwsApi, AwsError, type AwsResponse, notImplemented } from "../../endpoint/types.ts";
import { xmlDocument } from "../../endpoint/xml.ts";
import type { State } from "../../state.ts";
import { type Permission, xmlDenial } from "../iam/permission.ts";

import { parseCall, type S3Call } from "./call.ts";
import { corsHeaders, preflight } from "./cors.ts";
import { deleteObject, deleteObjects } from "./delete-objects.ts";
import { getObject } from "./get-object.ts";
import { storedHeaders } from "./headers.ts";
import { listObjects, listVersions } from "./listing.ts";
import { deletePermission, listPermissions, onBucket, readPermissions, writePermissions } from "./permissions.ts";
import { postObject } from "./post-object.ts";
import { putObject } from "./put-object.ts";
import type { Buckets } from "./store.ts";
import { xmlResponse } from "./xml.ts";

interface S3Operation {
	/** AWS's name of the operation. */
	name: string;
	method: string;
	on: "bucket" | "object";
	/** The query parameter that selects it among operations of the same method (`?delete`). */
	marker?: string;
	/** Optional query parameters; any other is refused. */
	parameters?: string[];
	/** Permissions the caller needs. An operation on many objects checks each object itself. */
	permissions(call: S3Call): Permission[];
	run(call: S3Call, buckets: Buckets, state: State): Promise<AwsResponse>;
}

const operations: S3Operation[] = [
	{
		name: "GetObject",
		method: "GET",
		on: "object",
		parameters: ["versionId", ...storedHeaders.map((name) => `response-${name}`)],
		permissions: readPermissions,
		run: getObject,
	},
	{
		name: "HeadObject",
		method: "HEAD",
		on: "object",
		parameters: ["versionId"],
		// S3 has no action for the headers alone.
		permissions: readPermissions,
		run: getObject,
	},
	{
		name: "PutObject",
		method: "PUT",
		on: "object",
		permissions: writePermissions,
		run: putObject,
	},
	{
		name: "DeleteObject",
		method: "DELETE",
		on: "object",
		parameters: ["versionId"],
		permissions: ({ bucket, key, query }) => [deletePermission(bucket, key, query.get("versionId"))],
		run: deleteObject,
	},
	{
		name: "HeadBucket",
		method: "HEAD",
		on: "bucket",
		permissions: ({ bucket }) => [onBucket("ListBucket", bucket)],
		run: headBucket,
	},
	{
		name: "GetBucketLocation",
		method: "GET",
		on: "bucket",
		marker: "location",
		permissions: ({ bucket }) => [onBucket("GetBucketLocation", bucket)],
		run: getBucketLocation,
	},
	{
		name: "GetBucketNotificationConfiguration",
		method: "GET",
		on: "bucket",
		marker: "notification",
		permissions: ({ bucket }) => [onBucket("GetBucketNotification", bucket)],
		run: getNotifications,
	},
	{
		name: "DeleteObjects",
		method: "POST",
		on: "bucket",
		marker: "delete",
		// Each object is checked by itself.
		permissions: () => [],
		run: deleteObjects,
	},
	{
		name: "ListObjectsV2",
		method: "GET",
		on: "bucket",
		marker: "list-type",
		permissions: listPermissions("ListBucket"),
		parameters: ["prefix", "delimiter", "max-keys", "continuation-token", "start-after", "encoding-type"],
		run: listObjects,
	},
	{
		name: "ListObjectVersions",
		method: "GET",
		on: "bucket",
		marker: "versions",
		permissions: listPermissions("ListBucketVersions"),
		parameters: ["prefix", "max-keys", "key-marker", "version-id-marker", "encoding-type"],
		run: listVersions,
	},
];

/** Supported headers; any other `x-amz-*` requests a feature that the emulator lacks. */
const knownHeaders =
	/^x-amz-(date|content-sha256|security-token|user-agent|sdk-checksum-algorithm|checksum-.*|trailer|decoded-content-length|meta-.*|copy-source|metadata-directive)$/;

/** Serves S3's REST protocol over the buckets, with path-style addresses. */
export function s3Api(buckets: Buckets, state: State): AwsApi {
	return {
		service: "s3",
		operations: [...operations.map(({ name }) => name), "PostObject"],
		denial: xmlDenial,
		async handle(request) {
			const call = parseCall(request);
			if (request.method === "OPTIONS") return preflight(call, buckets);
			const operation = findOperation(call);
			if (!request.principal) {
				throw new AwsError("AccessDenied", "Access Denied", 403);
			}
			// A missing bucket is NoSuchBucket, whatever the caller's permissions.
			buckets.bucket(call.bucket);
			request.rights.require(operation.permissions(call));
			return operation.run(call, buckets, state);
		},
		handleForm: (request, body, verify) => postObject(parseCall(request), body, verify, buckets, state),
		errorResponse(error, request) {
			return {
				status: error.status,
				headers: { "content-type": "application/xml", ...error.headers },
				// Errors have no namespace: the AWS CLI and boto3 find no code in one that has.
				body: xmlDocument("Error", {
					Code: error.code,
					Message: error.message,
					...error.details,
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

function findOperation({ request, key, query }: S3Call): S3Operation {
	const on = key ? "object" : "bucket";
	const names = [...query.keys()].filter((name) => name !== "x-id" && !/^x-amz-/i.test(name));
	const described = `S3 ${request.method} on ${on === "bucket" ? "a bucket" : "an object"}${names.length > 0 ? ` with ?${names.join("&")}` : ""}`;
	if (request.method === "POST" && on === "bucket" && names.length === 0) {
		throw new AwsError(
			"PreconditionFailed",
			"At least one of the pre-conditions you specified did not hold",
			412,
			{},
			{
				Condition: "Bucket POST must be of the enclosure-type multipart/form-data",
			},
		);
	}
	const operation = operations.find(
		(candidate) =>
			candidate.method === request.method &&
			candidate.on === on &&
			(candidate.marker ? names.includes(candidate.marker) : true) &&
			names.every((name) => name === candidate.marker || candidate.parameters?.includes(name)),
	);
	if (!operation) throw notImplemented(described);
	const header = Object.keys(request.headers).find((name) => name.startsWith("x-amz-") && !knownHeaders.test(name));
	if (header) throw notImplemented(`The S3 header ${header}`);
	return operation;
}

async function headBucket({ bucket }: S3Call, buckets: Buckets, state: State): Promise<AwsResponse> {
	buckets.bucket(bucket);
	return { status: 200, headers: { "x-amz-bucket-region": state.region } };
}

async function getBucketLocation({ bucket }: S3Call, buckets: Buckets, state: State): Promise<AwsResponse> {
	buckets.bucket(bucket);
	return xmlResponse("LocationConstraint", state.region === "us-east-1" ? "" : state.region);
}

async function getNotifications({ bucket }: S3Call, buckets: Buckets): Promise<AwsResponse> {
	buckets.bucket(bucket);
	return xmlResponse(
		"NotificationConfiguration",
		buckets.notifiesEventBridge(bucket) ? { EventBridgeConfiguration: {} } : {},
	);
}
