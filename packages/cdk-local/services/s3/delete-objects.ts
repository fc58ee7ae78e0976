import { AwsError, type AwsResponse } from "../../endpoint/types.ts";
import { parseXml, type Xml } from "../../endpoint/xml.ts";
import type { S3Call } from "./call.ts";
import { deletePermission } from "./permissions.ts";
import type { Buckets } from "./store.ts";
import { xmlResponse } from "./xml.ts";

export async function deleteObject({ bucket, key, query }: S3Call, buckets: Buckets): Promise<AwsResponse> {
	const deleted = await buckets.delete(bucket, key, query.get("versionId") ?? undefined);
	return {
		status: 204,
		headers: {
			...(deleted.versionId ? { "x-amz-version-id": deleted.versionId } : {}),
			...(deleted.deleteMarker ? { "x-amz-delete-marker": "true" } : {}),
		},
	};
}

export async function deleteObjects({ request, bucket }: S3Call, buckets: Buckets): Promise<AwsResponse> {
	const { Delete: deletion } = parseXml(request.body, {
		lists: ["Object"],
	}) as {
		Delete?: {
			Object?: { Key: string; VersionId?: string }[];
			Quiet?: string;
		};
	};
	const objects = deletion?.Object ?? [];
	if (objects.length === 0 || objects.length > 1_000) {
		throw new AwsError("MalformedXML", `DeleteObjects takes 1 to 1000 objects, not ${objects.length}.`);
	}
	const deleted: Xml[] = [];
	const refused: Xml[] = [];
	for (const { Key, VersionId } of objects) {
		try {
			request.rights.require([deletePermission(bucket, Key, VersionId)]);
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
			DeleteMarkerVersionId: result.deleteMarker && result.versionId ? result.versionId : undefined,
		});
	}
	return xmlResponse("DeleteResult", {
		Deleted: deletion?.Quiet === "true" ? [] : deleted,
		Error: refused,
	});
}
