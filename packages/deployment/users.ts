import {
	AdminCreateUserCommand,
	AdminSetUserPasswordCommand,
	CognitoIdentityProviderClient,
	UsernameExistsException,
} from "@aws-sdk/client-cognito-identity-provider";
import { type CognitoSession, signIn as cognitoSignIn } from "#client/index.ts";
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

/** Signs in as scripts do. */
export function signIn(outputs: Outputs, email: string, password: string): Promise<CognitoSession> {
	return cognitoSignIn({ clientId: outputs.CliClientId, endpoint: outputs.CognitoEndpoint }, { email, password });
}
