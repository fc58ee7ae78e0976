import {
	AdminCreateUserCommand,
	AdminSetUserPasswordCommand,
	CognitoIdentityProviderClient,
	InitiateAuthCommand,
	UsernameExistsException,
} from "@aws-sdk/client-cognito-identity-provider";
import type { Outputs } from "./outputs.ts";

export interface AwsCredentials {
	accessKeyId: string;
	secretAccessKey: string;
	sessionToken?: string;
}

function cognito(outputs: Outputs, credentials?: AwsCredentials) {
	return new CognitoIdentityProviderClient({
		region: outputs.Region,
		endpoint: outputs.CognitoEndpoint,
		credentials,
	});
}

/** Creates a confirmed user, or sets an existing user's password. */
export async function ensureUser(
	outputs: Outputs,
	credentials: AwsCredentials | undefined,
	email: string,
	password: string,
): Promise<void> {
	const client = cognito(outputs, credentials);
	const user = { UserPoolId: outputs.UserPoolId, Username: email };
	try {
		await client.send(
			new AdminCreateUserCommand({
				...user,
				MessageAction: "SUPPRESS",
				UserAttributes: [
					{ Name: "email", Value: email },
					{ Name: "email_verified", Value: "true" },
				],
			}),
		);
	} catch (error) {
		if (!(error instanceof UsernameExistsException)) throw error;
	}
	await client.send(
		new AdminSetUserPasswordCommand({
			...user,
			Password: password,
			Permanent: true,
		}),
	);
}

/** Signs in and returns the ID token that the API accepts. */
export async function signIn(outputs: Outputs, email: string, password: string): Promise<string> {
	const { AuthenticationResult } = await cognito(outputs, {
		// InitiateAuth is not signed, but without these values the SDK would look for credentials.
		accessKeyId: "unsigned",
		secretAccessKey: "unsigned",
	}).send(
		new InitiateAuthCommand({
			ClientId: outputs.CliClientId,
			AuthFlow: "USER_PASSWORD_AUTH",
			AuthParameters: { USERNAME: email, PASSWORD: password },
		}),
	);
	const token = AuthenticationResult?.IdToken;
	if (!token) {
		throw new Error(
			`Cognito requires a further step of ${email} before it issues a token: set a permanent password first.`,
		);
	}
	return token;
}
