import {
	AdminGetUserCommand,
	ChangePasswordCommand,
	CognitoIdentityProviderClient,
	ConfirmForgotPasswordCommand,
	ForgotPasswordCommand,
	GlobalSignOutCommand,
	InitiateAuthCommand,
	ListDevicesCommand,
	ResendConfirmationCodeCommand,
	SignUpCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import { decodeJwt } from "jose";
import { beforeEach, describe, expect, test } from "vitest";
import { userPoolOptions } from "../../testing/user-pool-options.ts";
import { type Apis, startApis } from "./apis.ts";
import { ClientId, clientOptions, Password, UserPoolId, useUserPool } from "./cognito-user-pool.ts";

const { apis, cognito, nextPerson, signUp, confirm, initiate, signIn, member } = await useUserPool();
let email: string;
beforeEach(() => {
	email = nextPerson();
});

describe("signing up", () => {
	test("creates an account that a code confirms and verifies", async () => {
		const { UserSub, UserConfirmed, CodeDeliveryDetails } = await signUp();
		expect(UserConfirmed).toBe(false);
		expect(CodeDeliveryDetails?.Destination).toBe("p***@e***");
		await expect(signIn()).rejects.toMatchObject({
			name: "UserNotConfirmedException",
		});
		await confirm();
		const user = await cognito.send(new AdminGetUserCommand({ UserPoolId, Username: email }));
		expect(user).toMatchObject({ Username: UserSub, UserStatus: "CONFIRMED" });
		expect(user.UserAttributes).toContainEqual({
			Name: "email_verified",
			Value: "true",
		});
	});

	test("accepts each address once, in any case", async () => {
		await signUp();
		await expect(signUp(Password, email.toUpperCase())).rejects.toMatchObject({
			name: "UsernameExistsException",
		});
	});

	test("cannot claim an address as verified", async () => {
		await cognito.send(
			new SignUpCommand({
				ClientId,
				Username: email,
				Password,
				UserAttributes: [{ Name: "email_verified", Value: "true" }],
			}),
		);
		const user = await cognito.send(new AdminGetUserCommand({ UserPoolId, Username: email }));
		expect(user.UserAttributes).toContainEqual({
			Name: "email_verified",
			Value: "false",
		});
	});

	test.each([
		["Short-1", "not long enough"],
		["correct-horse-1", "uppercase"],
		["CORRECT-HORSE-1", "lowercase"],
		["Correct-horse-x", "numeric"],
		["Correcthorse11", "symbol"],
	])("refuses the password %s", async (password, reason) => {
		await expect(signUp(password)).rejects.toMatchObject({
			name: "InvalidPasswordException",
			message: expect.stringContaining(reason),
		});
	});

	test("refuses a username that is not an address", async () => {
		await expect(signUp(Password, "me")).rejects.toMatchObject({
			name: "InvalidParameterException",
			message: "Username should be an email.",
		});
	});

	test("is refused if only administrators create users", async () => {
		apis.pools.ensurePool("eu-central-1_Closed", {
			...userPoolOptions,
			selfSignUp: false,
		});
		apis.pools.ensureClient("eu-central-1_Closed", "closed", clientOptions);
		await expect(
			cognito.send(new SignUpCommand({ ClientId: "closed", Username: email, Password })),
		).rejects.toMatchObject({ name: "NotAuthorizedException" });
	});
});

describe("a confirmation code", () => {
	test("is refused if wrong, and invalid after five wrong attempts", async () => {
		await signUp();
		const right = apis.codes.get(email) ?? "";
		const wrong = right === "000000" ? "000001" : "000000";
		for (let attempt = 0; attempt < 5; attempt += 1) {
			await expect(confirm(wrong)).rejects.toMatchObject({
				name: "CodeMismatchException",
			});
		}
		await expect(confirm(right)).rejects.toMatchObject({
			name: "LimitExceededException",
		});
	});

	test("expires after a day, and a new one works", async () => {
		await signUp();
		const old = apis.codes.get(email) ?? "";
		apis.passSeconds(86_401);
		await expect(confirm(old)).rejects.toMatchObject({
			name: "ExpiredCodeException",
		});
		// A signed call would fail here, since its client's clock has not moved; these are unsigned.
		await cognito.send(new ResendConfirmationCodeCommand({ ClientId, Username: email }));
		await confirm();
		apis.passSeconds(-86_401);
		await expect(confirm()).rejects.toMatchObject({
			name: "NotAuthorizedException",
			message: "User cannot be confirmed. Current status is CONFIRMED",
		});
	});
});

describe("signing in", () => {
	test("fails alike for a wrong password and an unknown address", async () => {
		await member();
		const refusal = {
			name: "NotAuthorizedException",
			message: "Incorrect username or password.",
		};
		await expect(signIn("Wrong-horse-12")).rejects.toMatchObject(refusal);
		await expect(signIn(Password, "nobody@example.com")).rejects.toMatchObject(refusal);
	});

	test("works by address in any case and by sub", async () => {
		const sub = await member();
		expect(decodeJwt((await signIn(Password, email.toUpperCase())).IdToken).sub).toBe(sub);
		expect(decodeJwt((await signIn(Password, sub)).IdToken).sub).toBe(sub);
	});

	test("accepts only the flows of its client", async () => {
		await expect(initiate("USER_SRP_AUTH", { USERNAME: email, SRP_A: "1" })).rejects.toMatchObject({
			name: "InvalidParameterException",
			message: "USER_SRP_AUTH flow not enabled for this client",
		});
		apis.pools.ensureClient(UserPoolId, "srp", {
			explicitAuthFlows: ["ALLOW_USER_SRP_AUTH"],
		});
		await expect(initiate("USER_PASSWORD_AUTH", { USERNAME: email, PASSWORD: Password }, "srp")).rejects.toMatchObject({
			name: "InvalidParameterException",
		});
		await expect(initiate("USER_SRP_AUTH", { USERNAME: email, SRP_A: "1" }, "srp")).rejects.toMatchObject({
			name: "NotImplemented",
		});
	});

	test("names a missing or unknown parameter", async () => {
		await expect(initiate("USER_PASSWORD_AUTH", { USERNAME: email })).rejects.toMatchObject({
			message: "Missing required parameter PASSWORD",
		});
		await expect(initiate("USER_PASSWORD_AUTH", {}, "no-client")).rejects.toMatchObject({
			name: "ResourceNotFoundException",
		});
	});
});

test("a code replaces a forgotten password, and old sign-ins end", async () => {
	await member();
	const { RefreshToken } = await signIn();
	await cognito.send(new ForgotPasswordCommand({ ClientId, Username: email }));
	await cognito.send(
		new ConfirmForgotPasswordCommand({
			ClientId,
			Username: email,
			ConfirmationCode: apis.codes.get(email),
			Password: "New-horse-4444",
		}),
	);
	await expect(signIn()).rejects.toMatchObject({
		name: "NotAuthorizedException",
	});
	await signIn("New-horse-4444");
	await expect(initiate("REFRESH_TOKEN_AUTH", { REFRESH_TOKEN: RefreshToken })).rejects.toMatchObject({
		name: "NotAuthorizedException",
	});
});

test("a user changes the password by naming the one before, and signs out everywhere", async () => {
	await member();
	const { AccessToken } = await signIn();
	const change = (PreviousPassword: string, ProposedPassword: string) =>
		cognito.send(new ChangePasswordCommand({ AccessToken, PreviousPassword, ProposedPassword }));
	await expect(change("Wrong-horse-1", "Fresh-horse-22")).rejects.toMatchObject({ name: "NotAuthorizedException" });
	await expect(change(Password, "weak")).rejects.toMatchObject({ name: "InvalidPasswordException" });
	await change(Password, "Fresh-horse-22");
	await expect(signIn()).rejects.toMatchObject({ name: "NotAuthorizedException" });
	const { RefreshToken } = await signIn("Fresh-horse-22");
	await initiate("REFRESH_TOKEN_AUTH", { REFRESH_TOKEN: RefreshToken });
	await cognito.send(new GlobalSignOutCommand({ AccessToken }));
	await expect(initiate("REFRESH_TOKEN_AUTH", { REFRESH_TOKEN: RefreshToken })).rejects.toMatchObject({
		name: "NotAuthorizedException",
	});
});

test("users, passwords, keys and refresh tokens survive a restart", async () => {
	const first = await startApis();
	first.pools.ensurePool(UserPoolId, userPoolOptions);
	first.pools.ensureClient(UserPoolId, ClientId, clientOptions);
	const auth = (target: Apis, AuthParameters: Record<string, string>) =>
		new CognitoIdentityProviderClient(target.client).send(
			new InitiateAuthCommand({
				ClientId,
				AuthFlow: AuthParameters.USERNAME ? "USER_PASSWORD_AUTH" : "REFRESH_TOKEN_AUTH",
				AuthParameters,
			}),
		);
	await first.pools.createUser(UserPoolId, email, Password, {}, "CONFIRMED", {
		triggerSource: "PreSignUp_AdminCreateUser",
	});
	const before = await auth(first, { USERNAME: email, PASSWORD: Password });
	const keys = first.pools.jwks(UserPoolId);
	await first.stop();

	const second = await startApis(first.dir);
	second.pools.ensurePool(UserPoolId, userPoolOptions);
	expect(second.pools.jwks(UserPoolId)).toEqual(keys);
	await auth(second, { USERNAME: email, PASSWORD: Password });
	await auth(second, {
		REFRESH_TOKEN: before.AuthenticationResult?.RefreshToken ?? "",
	});
	await second.destroy();
});

test("the state holds no readable password, code or token", async () => {
	await member();
	const { RefreshToken } = await signIn();
	const dump = JSON.stringify([
		apis.state.db.prepare("select * from users").all(),
		apis.state.db.prepare("select * from user_codes").all(),
		apis.state.db.prepare("select * from refresh_tokens").all(),
	]);
	expect(dump).not.toContain(Password);
	expect(dump).not.toContain(RefreshToken);
});

test("an unknown operation is refused by name", async () => {
	await expect(cognito.send(new ListDevicesCommand({ AccessToken: "x" }))).rejects.toMatchObject({
		name: "UnknownOperationException",
		message: expect.stringContaining("ListDevices"),
	});
});

test("a browser on any origin may sign in", async () => {
	const preflight = await fetch(apis.state.endpoint, {
		method: "OPTIONS",
		headers: {
			origin: "http://localhost:5173",
			"access-control-request-method": "POST",
			"access-control-request-headers": "content-type,x-amz-target",
		},
	});
	expect(preflight.ok).toBe(true);
	expect(preflight.headers.get("access-control-allow-origin")).toBe("*");
	expect(preflight.headers.get("access-control-allow-headers")).toBe("*");
});
