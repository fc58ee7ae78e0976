import {
	type AuthFlowType,
	CognitoIdentityProviderClient,
	ConfirmSignUpCommand,
	InitiateAuthCommand,
	SignUpCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import type { UserPoolClientOptions } from "../../services/cognito/user-pool.ts";
import { userPoolOptions } from "../../testing/user-pool-options.ts";
import { useApis } from "./apis.ts";

export const UserPoolId = "eu-central-1_TestPool1";
export const ClientId = "testclient";
export const Password = "Correct-horse-1";
export const clientOptions: UserPoolClientOptions = {
	explicitAuthFlows: ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
	refreshTokenSeconds: 86_400,
};

/** Serves a user pool for the tests of a file. Its calls are by default about the person of the last `nextPerson`. */
export async function useUserPool() {
	const apis = await useApis();
	const cognito = new CognitoIdentityProviderClient(apis.client);
	apis.pools.ensurePool(UserPoolId, userPoolOptions);
	apis.pools.ensureClient(UserPoolId, ClientId, clientOptions);
	let email = "";
	let count = 0;

	/** Returns an address that no other test uses. */
	const nextPerson = () => {
		count += 1;
		email = `person-${count}@example.com`;
		return email;
	};
	const signUp = (password = Password, Username = email) =>
		cognito.send(new SignUpCommand({ ClientId, Username, Password: password }));
	const confirm = (code = apis.codes.get(email) ?? "", Username = email) =>
		cognito.send(new ConfirmSignUpCommand({ ClientId, Username, ConfirmationCode: code }));
	const initiate = (AuthFlow: string, AuthParameters: Record<string, string>, client = ClientId) =>
		cognito.send(
			new InitiateAuthCommand({
				ClientId: client,
				AuthFlow: AuthFlow as AuthFlowType,
				AuthParameters,
			}),
		);
	const signIn = async (password = Password, username = email) => {
		const { AuthenticationResult } = await initiate("USER_PASSWORD_AUTH", {
			USERNAME: username,
			PASSWORD: password,
		});
		return AuthenticationResult as Required<NonNullable<typeof AuthenticationResult>>;
	};
	const member = async () => {
		const { UserSub } = await signUp();
		await confirm();
		return UserSub ?? "";
	};
	return { apis, cognito, nextPerson, signUp, confirm, initiate, signIn, member };
}
