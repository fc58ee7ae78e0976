import type { Readable } from "node:stream";
import type { Denial, Rights } from "../services/iam/permission.ts";

/** The owner of the keys that signed a call: a function, by its ARN, or the operator. */
export interface Principal {
	name: string;
	accessKeyId: string;
}

/** One call to an AWS API whose signature has been verified. */
export interface AwsRequest {
	method: string;
	/** Holds the query. Its `pathname` is normalised: S3 keys with `..` are only in `path`. */
	url: URL;
	/** As sent, percent-encoded, without the query. */
	path: string;
	/** By name in lower case; values of a repeated header are joined by commas. */
	headers: Record<string, string>;
	/** Decoded where the client sent `aws-chunked`. */
	body: Buffer;
	/** Null for an unsigned call. */
	principal: Principal | null;
	/** The caller's rights, which every operation checks before it does anything. */
	rights: Rights;
	requestId: string;
	/** Aborts when the client goes away or the endpoint closes. */
	signal: AbortSignal;
}

export interface AwsResponse {
	status: number;
	headers?: Record<string, string>;
	body?: string | Uint8Array | Readable;
}

/** A form's signed policy, which stands for a signed request. */
export interface SignedPolicy {
	/** Base64, as signed. */
	policy: string;
	algorithm: string;
	credential: string;
	/** `20261120T104557Z` */
	time: string;
	signature: string;
	token: string | undefined;
}

/** The API of one AWS service behind the endpoint; an `AwsError` that it throws becomes the response. */
export interface AwsApi {
	/** As in a SigV4 credential scope: `s3`, `sqs`, `events` ... */
	readonly service: string;
	/** Names of the operations it implements. */
	readonly operations: readonly string[];
	/** The error for a caller without permission. @default that of the JSON protocols */
	readonly denial?: Denial;
	handle(request: AwsRequest): Promise<AwsResponse>;
	/** Handles a form (`multipart/form-data`), which is signed by a field instead of a header; the body streams. */
	handleForm?(
		request: AwsRequest,
		body: AsyncIterable<Buffer>,
		/** Sets the request's principal to the signer. @throws AwsError where the signature does not match the policy */
		verify: (policy: SignedPolicy) => Promise<void>,
	): Promise<AwsResponse>;
	/** Formats an error. @default as the JSON protocols do */
	errorResponse?(error: AwsError, request: AwsRequest): AwsResponse;
	/** Changes every response, errors of the endpoint included: CORS headers. */
	finish?(request: AwsRequest, response: AwsResponse): AwsResponse;
}

/** An error with AWS's code, which SDKs turn into an exception of that name. */
export class AwsError extends Error {
	override name = "AwsError";
	readonly code: string;
	readonly status: number;
	readonly headers: Record<string, string>;
	/** Further elements of the response, for the services that have some. */
	readonly details: Record<string, string>;

	constructor(
		code: string,
		message: string,
		status = 400,
		headers: Record<string, string> = {},
		details: Record<string, string> = {},
	) {
		super(message);
		this.code = code;
		this.status = status;
		this.headers = headers;
		this.details = details;
	}
}

/** Refuses by name what is not implemented: nothing succeeds silently. */
export const notImplemented = (feature: string) =>
	new AwsError(
		"NotImplemented",
		`${feature} is not implemented by cdk-local: use it on AWS, or add it to the folder services.`,
		501,
	);
