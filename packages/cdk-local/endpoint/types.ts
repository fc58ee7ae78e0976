import type { Readable } from "node:stream";
import type { Denial, Rights } from "../services/iam/permission.ts";

/** Who makes a call: a function by its ARN, or the operator. */
export interface Principal {
	name: string;
	accessKeyId: string;
}

/** One call to an AWS API whose signature has been verified. */
export interface AwsRequest {
	method: string;
	/** For the query; its `pathname` is normalised, so S3 keys with `..` are only in `path`. */
	url: URL;
	/** As sent, still percent-encoded, without the query. */
	path: string;
	/** Names in lower case, repeated ones joined by commas. */
	headers: Record<string, string>;
	/** Decoded where the client sent `aws-chunked`. */
	body: Buffer;
	/** Null where the call is unsigned. */
	principal: Principal | null;
	/** What the caller may do; every operation asks before it does anything. */
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

/** What a form carries instead of a signed request: a policy, and who signed it. */
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

/** One AWS service behind the endpoint; an `AwsError` it throws becomes the answer. */
export interface AwsApi {
	/** As in a SigV4 credential scope: `s3`, `sqs`, `events` ... */
	readonly service: string;
	/** How it refuses who may not; without it, as the JSON protocols do. */
	readonly denial?: Denial;
	handle(request: AwsRequest): Promise<AwsResponse>;
	/** Answers a form (`multipart/form-data`), whose fields and not whose headers are signed; the body is as it arrives. */
	handleForm?(
		request: AwsRequest,
		body: AsyncIterable<Buffer>,
		/** Makes the request its signer's. @throws AwsError where the signature is not of this policy */
		verify: (policy: SignedPolicy) => Promise<void>,
	): Promise<AwsResponse>;
	/** How this service writes an error; without it, as the JSON protocols do. */
	errorResponse?(error: AwsError, request: AwsRequest): AwsResponse;
	/** Every answer passes here, errors of the endpoint included: CORS headers. */
	finish?(request: AwsRequest, response: AwsResponse): AwsResponse;
}

/** An error as AWS names it, which its SDK turns back into an exception of that name. */
export class AwsError extends Error {
	override name = "AwsError";
	readonly code: string;
	readonly status: number;
	readonly headers: Record<string, string>;
	/** Further elements of the answer, where the service names some. */
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

/** What this endpoint does not do is refused by name: nothing succeeds silently. */
export const notImplemented = (what: string) =>
	new AwsError(
		"NotImplemented",
		`${what} is not implemented by the local cloud: use it on AWS, or add it to packages/cdk-local/services.`,
		501,
	);
