import { decodeUri } from "../../endpoint/signature.ts";
import type { Permission } from "../iam/permission.ts";

import type { S3Call } from "./call.ts";

export const onBucket = (action: string, bucket: string): Permission => ({
	action: `s3:${action}`,
	resource: `arn:aws:s3:::${bucket}`,
});

/** A version is read and deleted by a right of its own. */
const onObject = (
	action: string,
	bucket: string,
	key: string,
	versionId: string | null | undefined,
): Permission => ({
	action: `s3:${action}${versionId ? "Version" : ""}`,
	resource: `arn:aws:s3:::${bucket}/${key}`,
});

export const deleting = (
	bucket: string,
	key: string,
	versionId: string | null | undefined,
): Permission => onObject("DeleteObject", bucket, key, versionId);

export const putting = (bucket: string, key: string): Permission =>
	onObject("PutObject", bucket, key, null);

export const reading = ({ bucket, key, query }: S3Call): Permission[] => [
	onObject("GetObject", bucket, key, query.get("versionId")),
];

/** A copy reads its source, too. */
export function writing({ request, bucket, key }: S3Call): Permission[] {
	const source = copySource(request.headers["x-amz-copy-source"]);
	return [
		...(source
			? [onObject("GetObject", source.bucket, source.key, source.versionId)]
			: []),
		putting(bucket, key),
	];
}

export const listing =
	(action: string) =>
	({ bucket, query }: S3Call): Permission[] => [
		{
			...onBucket(action, bucket),
			context: {
				"s3:prefix": query.get("prefix") ?? "",
				"s3:delimiter": query.get("delimiter") ?? "",
			},
		},
	];

/** What `x-amz-copy-source` names. */
export function copySource(header: string | undefined) {
	if (header === undefined) return null;
	const [path = "", query = ""] = header.split("?");
	const [, bucket = "", key = ""] =
		/^\/?([^/]+)\/(.+)$/s.exec(decodeUri(path)) ?? [];
	return {
		bucket,
		key,
		versionId: new URLSearchParams(query).get("versionId"),
	};
}
