import {
	DeleteObjectsCommand,
	GetObjectCommand,
	ListObjectVersionsCommand,
	NoSuchKey,
	PutObjectCommand,
	type S3Client,
} from "@aws-sdk/client-s3";
import type { PayloadStore } from "./payloads.ts";

/** Keeps payloads in a bucket, versioned or not, below one prefix. @param prefix ends in `/` */
export function s3Payloads(s3: Pick<S3Client, "send">, Bucket: string, prefix = "checkpoints/"): PayloadStore {
	return {
		async put(key, Body) {
			await s3.send(new PutObjectCommand({ Bucket, Key: prefix + key, Body, ContentType: "application/octet-stream" }));
		},

		async get(key) {
			try {
				const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: prefix + key }));
				return await Body?.transformToByteArray();
			} catch (error) {
				if (error instanceof NoSuchKey) return undefined;
				throw error;
			}
		},

		async *list(below) {
			let KeyMarker: string | undefined;
			let VersionIdMarker: string | undefined;
			do {
				const page = await s3.send(
					new ListObjectVersionsCommand({ Bucket, Prefix: prefix + below, KeyMarker, VersionIdMarker }),
				);
				yield [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])].map(
					({ Key = "", VersionId, LastModified }) => ({
						key: Key.slice(prefix.length),
						version: VersionId,
						modified: LastModified ?? new Date(0),
					}),
				);
				KeyMarker = page.NextKeyMarker;
				VersionIdMarker = page.NextVersionIdMarker;
			} while (KeyMarker);
		},

		async delete(payloads) {
			if (payloads.length === 0) return;
			const { Errors = [] } = await s3.send(
				new DeleteObjectsCommand({
					Bucket,
					Delete: {
						Objects: payloads.map(({ key, version }) => ({ Key: prefix + key, VersionId: version })),
						Quiet: true,
					},
				}),
			);
			if (Errors.length > 0) {
				throw new Error(
					`S3 did not delete ${Errors.length} payloads of checkpoints from ${Bucket}: ${Errors[0]?.Code} ${Errors[0]?.Message}`,
				);
			}
		},
	};
}
