import type { PreSignUpTriggerEvent } from "aws-lambda";
import { readEnv } from "#lambda-kit/env.ts";
import { preSignUpEnv } from "./env.ts";

const allowed = readEnv(preSignUpEnv).SIGN_UP_DOMAINS;

/** Called by Cognito before it creates an account. An error refuses it, and its message reaches the person. */
export const handler = async (event: PreSignUpTriggerEvent): Promise<PreSignUpTriggerEvent> => {
	// An administrator may invite anyone.
	if (event.triggerSource === "PreSignUp_AdminCreateUser") return event;
	if (event.triggerSource === "PreSignUp_ExternalProvider") {
		const { linkGoogle } = await import("./link-google.ts");
		await linkGoogle(event, requireSignUp);
	} else {
		requireSignUp(event.request.userAttributes.email);
	}
	return event;
};

/** @throws where nobody may create an account for the address by themselves. Cognito ends the sentence. */
function requireSignUp(email = ""): void {
	if (allowed === "any") return;
	if (allowed === "none") {
		throw new Error("There is no account with this address: ask an administrator for an invitation");
	}
	const domains = allowed.split(",");
	const domain = /@([^@]+)$/.exec(email.toLowerCase())?.[1];
	if (domain && domains.includes(domain)) return;
	throw new Error(
		`This address may not sign up: use one of ${domains.join(" or ")}, or ask an administrator for an invitation`,
	);
}
