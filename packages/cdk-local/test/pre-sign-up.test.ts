import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
	AdminCreateUserCommand,
	CognitoIdentityProviderClient,
	ListUsersCommand,
	SignUpCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import { afterAll, beforeAll, expect, test } from "vitest";
import { allowInvoke, eventually, startTestApp, type TestApp, testFunction } from "./test-app.ts";

const handler = `
export const handler = async (event) => {
	const [name] = event.request.userAttributes.email.split("@");
	if (name === "stranger") throw new Error("Strangers may not");
	if (name === "silent") return {};
	if (name === "confirmed") return { ...event, response: { ...event.response, autoConfirmUser: true } };
	console.log("ASKED " + JSON.stringify(event));
	return event;
};
`;
const pool = (trigger: string) => ({
	Type: "AWS::Cognito::UserPool",
	Properties: { UsernameAttributes: ["email"], LambdaConfig: { PreSignUp: { "Fn::GetAtt": [trigger, "Arn"] } } },
});
const client = (poolId: string) => ({
	Type: "AWS::Cognito::UserPoolClient",
	Properties: { UserPoolId: { Ref: poolId } },
});

let app: TestApp;
let cognito: CognitoIdentityProviderClient;
beforeAll(async () => {
	app = await startTestApp(
		{
			Resources: {
				Asked: testFunction({ FunctionName: "asked" }),
				Allowed: allowInvoke("Asked", "cognito-idp.amazonaws.com"),
				People: pool("Asked"),
				Client: client("People"),
				Unasked: testFunction(),
				Others: pool("Unasked"),
				OtherClient: client("Others"),
			},
			Outputs: {
				Pool: { Value: { Ref: "People" } },
				Client: { Value: { Ref: "Client" } },
				OtherClient: { Value: { Ref: "OtherClient" } },
			},
		},
		handler,
	);
	cognito = new CognitoIdentityProviderClient({
		region: "eu-central-1",
		endpoint: app.endpoint,
		credentials: app.operator,
		maxAttempts: 1,
	});
});
afterAll(() => app?.destroy());

const signUp = (Username: string, ClientId = String(app.outputs.Client)) =>
	cognito.send(new SignUpCommand({ ClientId, Username, Password: "correct horse battery" }));

test("the function is asked for each new account, and its refusal reaches the person", async () => {
	const { UserSub } = await signUp("ada@example.com");
	await expect(signUp("stranger@example.com")).rejects.toMatchObject({
		name: "UserLambdaValidationException",
		message: "PreSignUp failed with error Strangers may not.",
	});
	const UserPoolId = String(app.outputs.Pool);
	await expect(
		cognito.send(new AdminCreateUserCommand({ UserPoolId, Username: "stranger@example.com" })),
	).rejects.toMatchObject({ name: "UserLambdaValidationException" });
	await cognito.send(new AdminCreateUserCommand({ UserPoolId, Username: "bob@example.com" }));
	const { Users = [] } = await cognito.send(new ListUsersCommand({ UserPoolId }));
	expect(Users.map(({ UserStatus }) => UserStatus)).toEqual(["UNCONFIRMED", "FORCE_CHANGE_PASSWORD"]);
	const events = () => {
		const log = readFileSync(join(app.folder, "state/logs/asked.log"), "utf8");
		return [...log.matchAll(/ASKED (.*)/g)].map(([, event = ""]) => JSON.parse(event));
	};
	await eventually(() => events().length === 2);
	expect(events()).toMatchObject([
		{
			version: "1",
			region: "eu-central-1",
			triggerSource: "PreSignUp_SignUp",
			userPoolId: UserPoolId,
			userName: UserSub,
			callerContext: { clientId: app.outputs.Client },
			request: { userAttributes: { email: "ada@example.com" }, validationData: null },
			response: { autoConfirmUser: false, autoVerifyEmail: false, autoVerifyPhone: false },
		},
		{
			triggerSource: "PreSignUp_AdminCreateUser",
			callerContext: { clientId: "CLIENT_ID_NOT_APPLICABLE" },
			request: { userAttributes: { email: "bob@example.com" } },
		},
	]);
});

test.each([
	["an answer that is not the event", "silent", "InvalidLambdaResponseException", "Unrecognizable lambda output"],
	["an answer that confirms the account, which is not supported,", "confirmed", "NotImplemented", "autoConfirmUser"],
])("%s creates no account", async (_, name, error, message) => {
	await expect(signUp(`${name}@example.com`)).rejects.toMatchObject({
		name: error,
		message: expect.stringContaining(message),
	});
});

test("a function whose policy does not allow Cognito creates no account", async () => {
	await expect(signUp("ada@example.com", String(app.outputs.OtherClient))).rejects.toMatchObject({
		name: "UnexpectedLambdaException",
		message: "PreSignUp invocation failed due to error AccessDeniedException.",
	});
});
