import { AwsError } from "./types.ts";

export type SignatureErrors = ReturnType<typeof signatureErrors>;

/** The errors of a rejected signature: S3, SQS and the other JSON services give the same error different codes. */
export function signatureErrors(service: string) {
	const s3 = service === "s3";
	const error = (s3Code: string, jsonCode: string, message: string) =>
		new AwsError(s3 ? s3Code : jsonCode, message, s3 ? 403 : 400);
	return {
		unknownKey: () =>
			error(
				"InvalidAccessKeyId",
				service === "sqs" ? "InvalidClientTokenId" : "UnrecognizedClientException",
				s3
					? "The AWS Access Key Id you provided does not exist in our records."
					: "The security token included in the request is invalid.",
			),
		badToken: () =>
			error(
				"InvalidToken",
				service === "sqs" ? "InvalidClientTokenId" : "UnrecognizedClientException",
				s3
					? "The provided token is malformed or otherwise invalid."
					: "The security token included in the request is invalid.",
			),
		malformed: (message: string) => error("AuthorizationHeaderMalformed", "InvalidSignatureException", message),
		mismatch: () =>
			error(
				"SignatureDoesNotMatch",
				service === "sqs" ? "SignatureDoesNotMatch" : "InvalidSignatureException",
				"The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.",
			),
		skewed: (time: string) =>
			error(
				"RequestTimeTooSkewed",
				"InvalidSignatureException",
				`The difference between the request time (${time}) and the current time is too large.`,
			),
		unsignedHeader: (name: string) =>
			error(
				"AccessDenied",
				"InvalidSignatureException",
				`There were headers present in the request which were not signed: ${name}`,
			),
	};
}
