import type { PreSignUpTriggerEvent } from "aws-lambda";
import { readEnv } from "#lambda-kit/env.ts";
import { preSignUpEnv } from "./env.ts";

const domains = readEnv(preSignUpEnv).SIGN_UP_DOMAINS.split(",");

/** Called by Cognito before it creates an account. An error refuses it, and its message reaches the person. */
export const handler = async (event: PreSignUpTriggerEvent): Promise<PreSignUpTriggerEvent> => {
	// An administrator may invite anyone.
	if (event.triggerSource === "PreSignUp_AdminCreateUser") return event;
	const { email = "" } = event.request.userAttributes;
	const domain = /@([^@]+)$/.exec(email.toLowerCase())?.[1];
	if (domain && domains.includes(domain)) return event;
	// Cognito ends the sentence.
	throw new Error(
		`This address may not sign up: use one of ${domains.join(" or ")}, or ask an administrator for an invitation`,
	);
};
