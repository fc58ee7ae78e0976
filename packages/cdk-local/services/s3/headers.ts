import type { Buckets } from "./store.ts";

/** Headers stored with an object; a `response-...` parameter replaces one of them in a single response. */
export const storedHeaders = [
	"content-type",
	"content-disposition",
	"content-encoding",
	"content-language",
	"cache-control",
	"expires",
];

/** Selects the request headers that are stored with the object. */
export function storableHeaders(headers: Record<string, string>): Record<string, string> {
	const encoding = (headers["content-encoding"] ?? "")
		.split(",")
		.map((coding) => coding.trim())
		.filter((coding) => coding && coding !== "aws-chunked")
		.join(",");
	return Object.fromEntries(
		Object.entries({ ...headers, "content-encoding": encoding }).filter(
			([name, value]) => value && (storedHeaders.includes(name) || /^x-amz-(meta-|checksum-(?!algorithm))/.test(name)),
		),
	);
}

/** Names the version in a versioned bucket; empty in any other. */
export function versionHeader(buckets: Buckets, bucket: string, versionId: string): Record<string, string> {
	return buckets.bucket(bucket).versioned ? { "x-amz-version-id": versionId } : {};
}

/** Tests whether the value of `If-Match` or `If-None-Match` names an object by its entity tag. */
export function namesTag(header: string | undefined, etag: string): boolean {
	const tags = header?.split(",").map((tag) => tag.trim().replace(/^W\/|"/g, "")) ?? [];
	return tags.includes(etag) || tags.includes("*");
}
