import type { ObjectCreated } from "./store.ts";

/** Returns the "Object Created" event that S3 sends to EventBridge. */
export function objectCreatedEvent(object: ObjectCreated, account: string) {
	return {
		source: "aws.s3",
		detailType: "Object Created",
		resources: [`arn:aws:s3:::${object.bucket}`],
		detail: {
			version: "0",
			bucket: { name: object.bucket },
			object: {
				key: object.key,
				size: object.size,
				etag: object.etag,
				...(object.versionId && { "version-id": object.versionId }),
				sequencer: object.sequencer,
			},
			"request-id": object.requestId,
			requester: account,
			"source-ip-address": "127.0.0.1",
			reason: object.reason,
		},
	};
}
