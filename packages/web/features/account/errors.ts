import type { Key } from "#web/i18n/en.ts";
import { CognitoError } from "./cognito.ts";

const sentences: Record<string, Key> = {
	NotAuthorizedException: "account.error.password",
	UserNotFoundException: "account.error.password",
	UsernameExistsException: "account.error.exists",
	CodeMismatchException: "account.error.code",
	EnableSoftwareTokenMFAException: "account.error.code",
	ExpiredCodeException: "account.error.expired",
	InvalidPasswordException: "account.error.weak",
	LimitExceededException: "account.error.limit",
	TooManyRequestsException: "account.error.limit",
	TooManyFailedAttemptsException: "account.error.limit",
};

/** The sentence for a refusal of Cognito; null where its own has to do. */
export function sentenceKey(error: Error): Key | null {
	if (error instanceof TypeError) return "error.network";
	if (!(error instanceof CognitoError)) return null;
	// One name for many refusals: only a wrong password has a sentence of ours.
	if (error.code === "NotAuthorizedException" && !/incorrect/i.test(error.message)) return null;
	if (error.code === "ExpiredCodeException" && /used/i.test(error.message)) return "account.error.used";
	return sentences[error.code] ?? null;
}
