import { AwsError, type AwsResponse } from "../../endpoint/types.ts";
import type { Xml } from "../../endpoint/xml.ts";
import type { S3Call } from "./call.ts";
import type { Buckets, StoredObject } from "./store.ts";
import { xmlResponse } from "./xml.ts";

/** ListObjectsV2: lists current objects; keys that share a delimited prefix become one entry. */
export async function listObjects({ bucket, query }: S3Call, buckets: Buckets): Promise<AwsResponse> {
	const { prefix, limit, write } = readQuery(query);
	const delimiter = query.get("delimiter") ?? "";
	const token = query.get("continuation-token");
	const after = token ? Buffer.from(token, "base64url").toString() : (query.get("start-after") ?? "");

	const contents: Xml[] = [];
	const prefixes: string[] = [];
	let last = "";
	let truncated = false;
	for (const object of buckets.list(bucket, { prefix, from: after })) {
		if (!object.latest || object.deleteMarker || object.key === after) continue;
		const cut = delimiter ? object.key.indexOf(delimiter, prefix.length) : -1;
		const folder = cut < 0 ? null : object.key.slice(0, cut + delimiter.length);
		// After a page that ended with a folder, the next page skips the rest of that folder.
		if (folder && (folder === prefixes.at(-1) || folder === after)) continue;
		if (contents.length + prefixes.length === limit) {
			truncated = true;
			break;
		}
		last = folder ?? object.key;
		if (folder) prefixes.push(folder);
		else contents.push(entry(object, write));
	}
	return xmlResponse("ListBucketResult", {
		Name: bucket,
		Prefix: write(prefix),
		Delimiter: delimiter ? write(delimiter) : undefined,
		MaxKeys: String(limit),
		KeyCount: String(contents.length + prefixes.length),
		IsTruncated: String(truncated),
		EncodingType: query.get("encoding-type") ?? undefined,
		ContinuationToken: token ?? undefined,
		NextContinuationToken: truncated ? Buffer.from(last).toString("base64url") : undefined,
		Contents: contents,
		CommonPrefixes: prefixes.map((folder) => ({ Prefix: write(folder) })),
	});
}

/** ListObjectVersions: lists every version and delete marker, newest first within a key. */
export async function listVersions({ bucket, query }: S3Call, buckets: Buckets): Promise<AwsResponse> {
	const { prefix, limit, write } = readQuery(query);
	const keyMarker = query.get("key-marker") ?? "";
	const versionMarker = query.get("version-id-marker");
	const marker = versionMarker ? buckets.find(bucket, keyMarker, versionMarker) : undefined;

	const page: StoredObject[] = [];
	let truncated = false;
	for (const object of buckets.list(bucket, { prefix, from: keyMarker, ...(marker && { olderThan: marker.id }) })) {
		if (!marker && keyMarker !== "" && object.key === keyMarker) continue;
		if (page.length === limit) {
			truncated = true;
			break;
		}
		page.push(object);
	}
	const version = (object: StoredObject): Xml => ({
		...(entry(object, write) as Record<string, Xml>),
		VersionId: object.versionId,
		IsLatest: String(object.latest),
	});
	const last = page.at(-1);
	return xmlResponse("ListVersionsResult", {
		Name: bucket,
		Prefix: write(prefix),
		KeyMarker: write(keyMarker),
		MaxKeys: String(limit),
		IsTruncated: String(truncated),
		EncodingType: query.get("encoding-type") ?? undefined,
		NextKeyMarker: truncated && last ? write(last.key) : undefined,
		NextVersionIdMarker: truncated && last ? last.versionId : undefined,
		Version: page.filter(({ deleteMarker }) => !deleteMarker).map(version),
		DeleteMarker: page
			.filter(({ deleteMarker }) => deleteMarker)
			.map(({ key, versionId, latest, modifiedAt }) => ({
				Key: write(key),
				VersionId: versionId,
				IsLatest: String(latest),
				LastModified: new Date(modifiedAt).toISOString(),
			})),
	});
}

function readQuery(query: URLSearchParams) {
	const limit = Number(query.get("max-keys") ?? 1_000);
	if (!Number.isInteger(limit) || limit < 0) {
		throw new AwsError("InvalidArgument", "Provided max-keys not an integer or within integer range");
	}
	return {
		prefix: query.get("prefix") ?? "",
		limit: Math.min(limit, 1_000),
		write: query.get("encoding-type") === "url" ? (text: string) => encodeURIComponent(text) : (text: string) => text,
	};
}

function entry(object: StoredObject, write: (text: string) => string): Xml {
	return {
		Key: write(object.key),
		LastModified: new Date(object.modifiedAt).toISOString(),
		ETag: `"${object.etag}"`,
		Size: String(object.size),
		StorageClass: "STANDARD",
	};
}
