import { randomBytes } from "node:crypto";
import {
	AdminCreateUserCommand,
	AdminGetUserCommand,
	type AdminGetUserCommandOutput,
	AdminLinkProviderForUserCommand,
	AdminSetUserPasswordCommand,
	CognitoIdentityProviderClient,
} from "@aws-sdk/client-cognito-identity-provider";
import type { PreSignUpTriggerEvent } from "aws-lambda";

// Cognito waits 5 s: an attempt that hangs must leave time for another.
const cognito = new CognitoIdentityProviderClient({ maxAttempts: 2, requestHandler: { requestTimeout: 1_500 } });

/**
 * Makes a Google account a way to sign in to the one account of its address, which is created where there is none. So a
 * person has one collection however they come, and every username is a `sub`, by which the API finds and deletes people:
 * that of a user whom Cognito makes for Google is not.
 * @throws a sentence for the person, which Cognito ends
 */
export async function linkGoogle(
	{ userPoolId: UserPoolId, userName, request: { userAttributes } }: PreSignUpTriggerEvent,
	requireSignUp: (email: string) => void,
): Promise<void> {
	// A pool whose names have no case writes the provider in lower case.
	const googleId = /^google_(\d+)$/i.exec(userName)?.[1];
	if (!googleId) throw new Error(`The user ${userName} does not come from Google: sign in with a password`);
	const { email, email_verified: isVerified } = userAttributes;
	// An address that anyone may claim at Google would open the account of its owner.
	if (!email || isVerified?.toLowerCase() !== "true") {
		throw new Error("Google has not verified your address: verify it there, or sign up with a password");
	}
	const person = await findPerson(UserPoolId, email);
	if (!person) requireSignUp(email);
	const Username = person?.Username ?? (await createPerson(UserPoolId, email));
	if (!person || isUnused(person)) await discardPassword(UserPoolId, Username);
	else requireOwner(person);
	await cognito.send(
		new AdminLinkProviderForUserCommand({
			UserPoolId,
			DestinationUser: { ProviderName: "Cognito", ProviderAttributeValue: Username },
			SourceUser: {
				ProviderName: "Google",
				ProviderAttributeName: "Cognito_Subject",
				ProviderAttributeValue: googleId,
			},
		}),
	);
}

/** Finds the account that an address signs in to, in any case; null where there is none. */
async function findPerson(UserPoolId: string, email: string): Promise<AdminGetUserCommandOutput | null> {
	try {
		return await cognito.send(new AdminGetUserCommand({ UserPoolId, Username: email }));
	} catch (error) {
		if ((error as Error).name === "UserNotFoundException") return null;
		throw error;
	}
}

/** Creates an account as an administrator does, without a mail. @returns its username */
async function createPerson(UserPoolId: string, email: string): Promise<string> {
	const { User } = await cognito.send(
		new AdminCreateUserCommand({
			UserPoolId,
			Username: email,
			MessageAction: "SUPPRESS",
			UserAttributes: [
				{ Name: "email", Value: email },
				{ Name: "email_verified", Value: "true" },
			],
		}),
	);
	return User?.Username ?? email;
}

/** Tells accounts that wait for their code or for the password of an invitation: nobody has been in them. */
const isUnused = ({ UserStatus }: AdminGetUserCommandOutput) =>
	UserStatus === "UNCONFIRMED" || UserStatus === "FORCE_CHANGE_PASSWORD";

/** Confirms an account with a password that nobody knows. A stranger may have signed up with the address, and know the former. */
async function discardPassword(UserPoolId: string, Username: string): Promise<void> {
	const Password = `${randomBytes(32).toString("base64url")}aA1!`;
	await cognito.send(new AdminSetUserPasswordCommand({ UserPoolId, Username, Password, Permanent: true }));
}

/** @throws where somebody else may be in the account, or it is guarded by more than the address */
function requireOwner({ UserAttributes = [], UserMFASettingList = [] }: AdminGetUserCommandOutput): void {
	// Whoever is signed in may give their account the address of another, unverified.
	if (UserAttributes.find(({ Name }) => Name === "email_verified")?.Value !== "true") {
		throw new Error("An account has this address without proof that it is theirs: ask an administrator");
	}
	if (UserMFASettingList.length > 0) {
		throw new Error("Your account asks for a code of an authenticator app: sign in with your password");
	}
}
