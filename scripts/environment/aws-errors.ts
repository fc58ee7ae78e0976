/** Runs `work`; an AWS error that a person can resolve becomes a sentence that says how. */
export async function withRemedy<T>(work: () => Promise<T>, endpoint: string | undefined): Promise<T> {
	try {
		return await work();
	} catch (error) {
		const sentence = remedy(error as Error & { code?: string }, endpoint);
		throw sentence ? new Error(sentence, { cause: error }) : error;
	}
}

function remedy(error: Error & { code?: string }, endpoint: string | undefined): string | undefined {
	switch (error.name) {
		case "CredentialsProviderError":
		case "TokenProviderError":
			return `There are no AWS credentials (${error.message}): sign in by aws login or aws sso login, or set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.`;
		case "ExpiredToken":
		case "ExpiredTokenException":
			return "The AWS credentials have expired: sign in again.";
		case "InvalidClientTokenId":
		case "UnrecognizedClientException":
		case "SignatureDoesNotMatch":
		case "InvalidSignatureException":
		case "AuthFailure":
			return `AWS does not know these credentials (${error.name}): check AWS_PROFILE or AWS_ACCESS_KEY_ID, or sign in again.`;
		case "AccessDenied":
		case "AccessDeniedException":
		case "UnauthorizedOperation":
			return `These credentials may not do that: ${error.message}`;
		default:
	}
	if (error.message.includes("Deserialization error")) {
		// The SDK's message for an answer that no AWS protocol can parse.
		return `The server${endpoint ? ` at ${endpoint}` : ""} does not answer as AWS does: ${
			endpoint ? "it lacks this call, or AWS_ENDPOINT_URL is wrong" : "check for a proxy between this machine and AWS"
		}.`;
	}
	if (error.code === "ECONNREFUSED") {
		return `Nothing answers${endpoint ? ` at ${endpoint}` : ""}: ${
			endpoint ? "start it (make up, for ENV=local), or unset AWS_ENDPOINT_URL" : "check the network"
		}.`;
	}
	if (error.code === "ENOTFOUND" || error.code === "EAI_AGAIN") {
		return `AWS cannot be reached (${error.message}): check the network, and the region in cdk.json.`;
	}
	return undefined;
}
