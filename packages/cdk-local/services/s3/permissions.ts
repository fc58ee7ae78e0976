import { decodeUri } from "../../endpoint/signature.ts";
import type { Permission } from "../iam/permission.ts";

import type { S3Call } from "./call.ts";

export const onBucket = (action: string, bucket: string): Permission => ({
	action: `s3:${action}`,
	resource: `arn:aws:s3:::${bucket}`,
});

/** Reading or deleting a version is an action of its own. */
const onObject = (action: string, bucket: string, key: string, versionId: string | null | undefined): Permission => ({
	action: `s3:${action}${versionId ? "Version" : ""}`,
	resource: `arn:aws:s3:::${bucket}/${key}`,
});

export const deletePermission = (bucket: string, key: string, versionId: string | null | undefined): Permission =>
	onObject("DeleteObject", bucket, key, versionId);

export const putPermission = (bucket: string, key: string): Permission => onObject("PutObject", bucket, key, null);

export const readPermissions = ({ bucket, key, query }: S3Call): Permission[] => [
	onObject("GetObject", bucket, key, query.get("versionId")),
];

/** Lists the permissions for a write; a copy also reads its source. */
export function writePermissions({ request, bucket, key }: S3Call): Permission[] {
	const source = copySource(request.headers["x-amz-copy-source"]);
	return [
		...(source ? [onObject("GetObject", source.bucket, source.key, source.versionId)] : []),
		putPermission(bucket, key),
	];
}

export const listPermissions =
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

/** Parses `x-amz-copy-source`; null without the header. */
export function copySource(header: string | undefined) {
	if (header === undefined) return null;
	const [path = "", query = ""] = header.split("?");
	const [, bucket = "", key = ""] = /^\/?([^/]+)\/(.+)$/s.exec(decodeUri(path)) ?? [];
	return {
		bucket,
		key,
		versionId: new URLSearchParams(query).get("versionId"),
	};
}
