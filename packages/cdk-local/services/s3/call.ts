import { decodeUri } from "../../endpoint/signature.ts";
import { AwsError, type AwsRequest } from "../../endpoint/types.ts";

const maxKeyBytes = 1024;

/** A call with its bucket and key, decoded. */
export interface S3Call {
	request: AwsRequest;
	bucket: string;
	/** Empty for a call on the bucket itself. */
	key: string;
	query: URLSearchParams;
}

/** Reads bucket and key from a path-style address. @throws AwsError `KeyTooLongError` */
export function parseCall(request: AwsRequest): S3Call {
	const [, bucket = "", key = ""] = /^\/([^/]*)\/?(.*)$/s.exec(request.path) ?? [];
	const decoded = decodeUri(key);
	requireKeyLength(decoded);
	return {
		request,
		bucket: decodeUri(bucket),
		key: decoded,
		query: request.url.searchParams,
	};
}

/** @throws AwsError `KeyTooLongError` */
export function requireKeyLength(key: string): void {
	if (Buffer.byteLength(key) > maxKeyBytes) {
		throw new AwsError("KeyTooLongError", "Your key is too long");
	}
}
