import {
	AdminConfirmSignUpCommand,
	AdminCreateUserCommand,
	AdminDeleteUserCommand,
	AdminGetUserCommand,
	AdminSetUserPasswordCommand,
	AdminUserGlobalSignOutCommand,
	type AuthFlowType,
	ChangePasswordCommand,
	CognitoIdentityProviderClient,
	ConfirmForgotPasswordCommand,
	ConfirmSignUpCommand,
	ForgotPasswordCommand,
	GetTokensFromRefreshTokenCommand,
	GetUserCommand,
	GlobalSignOutCommand,
	InitiateAuthCommand,
	ListDevicesCommand,
	ListUsersCommand,
	ResendConfirmationCodeCommand,
	RespondToAuthChallengeCommand,
	RevokeTokenCommand,
	SignUpCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import { JwtVerifier } from "aws-jwt-verify";
import { SimpleJwksCache } from "aws-jwt-verify/jwk";
import { decodeJwt, SignJWT } from "jose";
import { beforeEach, describe, expect, test } from "vitest";
import type { UserPoolClientOptions, UserPoolOptions } from "../../services/cognito/user-pool.ts";
import { type Apis, startApis, useApis } from "./apis.ts";

const UserPoolId = "eu-central-1_TestPool1";
const ClientId = "testclient";
const Password = "Correct-horse-1";
const poolOptions: UserPoolOptions = {
	name: "users",
	passwordPolicy: {
		minimumLength: 12,
		requireLowercase: true,
		requireUppercase: true,
		requireNumbers: true,
		requireSymbols: true,
	},
	selfSignUp: true,
	autoVerifyEmail: true,
};
const clientOptions: UserPoolClientOptions = {
	explicitAuthFlows: ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
	refreshTokenSeconds: 86_400,
};

const apis = await useApis();
const cognito = new CognitoIdentityProviderClient(apis.client);
let email: string;
let count = 0;

apis.pools.ensurePool(UserPoolId, poolOptions);
apis.pools.ensureClient(UserPoolId, ClientId, clientOptions);
beforeEach(() => {
	count += 1;
	email = `person-${count}@example.com`;
});

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
			...poolOptions,
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

describe("a refresh token that its client rotates", () => {
	const web = "rotating";
	const renew = async (RefreshToken: string) => {
		const answer = await cognito.send(new GetTokensFromRefreshTokenCommand({ ClientId: web, RefreshToken }));
		return answer.AuthenticationResult?.RefreshToken ?? "";
	};
	let first: string;
	beforeEach(async () => {
		apis.pools.ensureClient(UserPoolId, web, { ...clientOptions, refreshTokenGraceSeconds: 60 });
		await member();
		const { AuthenticationResult } = await initiate("USER_PASSWORD_AUTH", { USERNAME: email, PASSWORD: Password }, web);
		first = AuthenticationResult?.RefreshToken ?? "";
	});

	test("is replaced at each use, and stays valid for the grace period that its first use begins", async () => {
		const second = await renew(first);
		apis.passSeconds(59);
		const again = await renew(first);
		expect(new Set([first, second, again]).size).toBe(3);
		apis.passSeconds(1);
		await expect(renew(first)).rejects.toMatchObject({ name: "RefreshTokenReuseException" });
		for (const valid of [second, again]) expect(await renew(valid)).not.toBe("");
	});

	test("is valid once where there is no grace period", async () => {
		apis.pools.ensureClient(UserPoolId, web, { ...clientOptions, refreshTokenGraceSeconds: 0 });
		const second = await renew(first);
		await expect(renew(first)).rejects.toMatchObject({ name: "RefreshTokenReuseException" });
		expect(await renew(second)).not.toBe("");
	});

	test("expires with the first token of its sign-in", async () => {
		const second = await renew(first);
		apis.passSeconds(86_401);
		await expect(renew(second)).rejects.toMatchObject({ message: "Refresh Token has expired" });
	});

	test("is refused by the flow REFRESH_TOKEN_AUTH", async () => {
		await expect(initiate("REFRESH_TOKEN_AUTH", { REFRESH_TOKEN: first }, web)).rejects.toMatchObject({
			name: "InvalidParameterException",
			message: "REFRESH_TOKEN_AUTH flow not enabled for this client",
		});
	});
});

describe("a token", () => {
	const verifier = async () => {
		const issuer = apis.pools.issuer(UserPoolId);
		const keys = new SimpleJwksCache({
			fetcher: {
				fetch: async (uri) => (await fetch(uri)).arrayBuffer(),
			},
		});
		return JwtVerifier.create(
			{ issuer, audience: null, jwksUri: `${issuer}/.well-known/jwks.json` },
			{ jwksCache: keys },
		);
	};

	test("verifies against the published keys and names its user", async () => {
		const sub = await member();
		const { IdToken, AccessToken, ExpiresIn } = await signIn();
		const verify = await verifier();
		const id = await verify.verify(IdToken);
		expect(id).toMatchObject({
			sub,
			email,
			email_verified: true,
			"cognito:username": sub,
			aud: ClientId,
			token_use: "id",
			iss: `${apis.state.endpoint}/${UserPoolId}`,
		});
		expect((id.exp ?? 0) - (id.iat ?? 0)).toBe(3_600);
		expect(await verify.verify(AccessToken)).toMatchObject({
			sub,
			client_id: ClientId,
			token_use: "access",
			scope: "aws.cognito.signin.user.admin",
		});
		expect(ExpiresIn).toBe(3_600);
		const [header, , signature] = IdToken.split(".");
		const forged = Buffer.from(JSON.stringify({ ...id, sub: "someone-else" })).toString("base64url");
		await expect(verify.verify(`${header}.${forged}.${signature}`)).rejects.toThrow("signature");
	});

	test("is refreshed for its own client until it expires or is revoked", async () => {
		const sub = await member();
		const { RefreshToken, IdToken } = await signIn();
		const refresh = (client = ClientId) => initiate("REFRESH_TOKEN_AUTH", { REFRESH_TOKEN: RefreshToken }, client);
		const { AuthenticationResult: fresh } = await refresh();
		expect(fresh?.RefreshToken).toBeUndefined();
		const before = decodeJwt(IdToken);
		expect(decodeJwt(fresh?.IdToken ?? "")).toMatchObject({
			sub,
			auth_time: before.auth_time,
			origin_jti: before.origin_jti,
		});
		apis.pools.ensureClient(UserPoolId, "other", clientOptions);
		await expect(refresh("other")).rejects.toMatchObject({
			name: "NotAuthorizedException",
			message: "Invalid Refresh Token",
		});
		apis.passSeconds(86_401);
		await expect(refresh()).rejects.toMatchObject({
			message: "Refresh Token has expired",
		});
		apis.passSeconds(-86_401);
		await cognito.send(new RevokeTokenCommand({ ClientId, Token: RefreshToken }));
		await expect(refresh()).rejects.toMatchObject({
			message: "Invalid Refresh Token",
		});
	});

	test("is renewed by GetTokensFromRefreshToken, which keeps the refresh token of a client that rotates none", async () => {
		await member();
		const { RefreshToken, IdToken } = await signIn();
		for (const _ of ["once", "twice"]) {
			const { AuthenticationResult: fresh } = await cognito.send(
				new GetTokensFromRefreshTokenCommand({ ClientId, RefreshToken }),
			);
			expect(fresh?.RefreshToken).toBeUndefined();
			expect(decodeJwt(fresh?.IdToken ?? "").origin_jti).toBe(decodeJwt(IdToken).origin_jti);
		}
	});

	test("identifies the user if it is an access token", async () => {
		const sub = await member();
		const { AccessToken, IdToken } = await signIn();
		const getUser = (token: string) => cognito.send(new GetUserCommand({ AccessToken: token }));
		const user = await getUser(AccessToken);
		expect(user.UserAttributes).toContainEqual({ Name: "sub", Value: sub });
		const foreign = await new SignJWT(decodeJwt(AccessToken))
			.setProtectedHeader({ alg: "HS256" })
			.sign(Buffer.alloc(32, 1));
		const none = `${Buffer.from('{"alg":"none"}').toString("base64url")}.${AccessToken.split(".")[1]}.`;
		for (const token of [IdToken, foreign, none, "x"]) {
			await expect(getUser(token)).rejects.toMatchObject({
				name: "NotAuthorizedException",
			});
		}
		apis.passSeconds(3_601);
		await expect(getUser(AccessToken)).rejects.toMatchObject({
			message: "Access Token has expired",
		});
	});

	test("verifies with the keys that the issuer publishes, and no others", async () => {
		const issuer = apis.pools.issuer(UserPoolId);
		const configuration = await fetch(`${issuer}/.well-known/openid-configuration`);
		expect(await configuration.json()).toMatchObject({
			issuer,
			jwks_uri: `${issuer}/.well-known/jwks.json`,
		});
		const keys = await (await fetch(`${issuer}/.well-known/jwks.json`)).json();
		expect(keys).toEqual(apis.pools.jwks(UserPoolId));
		expect(JSON.stringify(keys)).not.toContain('"d"');
		const missing = await fetch(`${apis.state.endpoint}/eu-central-1_Missing/.well-known/jwks.json`);
		expect(missing.status).toBe(400);
	});
});

describe("an administrator", () => {
	const create = () =>
		cognito.send(
			new AdminCreateUserCommand({
				UserPoolId,
				Username: email,
				MessageAction: "SUPPRESS",
				TemporaryPassword: Password,
				UserAttributes: [
					{ Name: "email", Value: email },
					{ Name: "email_verified", Value: "true" },
				],
			}),
		);

	test("creates a user who can sign in once the password is permanent", async () => {
		const { User } = await create();
		expect(User?.UserStatus).toBe("FORCE_CHANGE_PASSWORD");
		await cognito.send(
			new AdminSetUserPasswordCommand({
				UserPoolId,
				Username: email,
				Password: "Another-horse-2",
				Permanent: true,
			}),
		);
		const { IdToken } = await signIn("Another-horse-2");
		expect(decodeJwt(IdToken)).toMatchObject({ email, email_verified: true });
		await expect(
			cognito.send(
				new AdminSetUserPasswordCommand({
					UserPoolId,
					Username: email,
					Password: "weak",
				}),
			),
		).rejects.toMatchObject({ name: "InvalidPasswordException" });
	});

	test("creates a user who chooses a password at the first sign-in", async () => {
		await create();
		const challenge = await initiate("USER_PASSWORD_AUTH", {
			USERNAME: email,
			PASSWORD: Password,
		});
		expect(challenge.ChallengeName).toBe("NEW_PASSWORD_REQUIRED");
		const respond = () =>
			cognito.send(
				new RespondToAuthChallengeCommand({
					ClientId,
					ChallengeName: "NEW_PASSWORD_REQUIRED",
					Session: challenge.Session,
					ChallengeResponses: {
						USERNAME: email,
						NEW_PASSWORD: "Chosen-horse-3",
					},
				}),
			);
		expect((await respond()).AuthenticationResult?.IdToken).toBeTruthy();
		await expect(respond()).rejects.toThrow();
		await signIn("Chosen-horse-3");
	});

	test("confirms, lists, finds and deletes users", async () => {
		await signUp();
		await cognito.send(new AdminConfirmSignUpCommand({ UserPoolId, Username: email }));
		const { RefreshToken } = await signIn();
		const listed = await cognito.send(new ListUsersCommand({ UserPoolId, Filter: `email = "${email}"` }));
		expect(listed.Users).toHaveLength(1);
		await cognito.send(new AdminDeleteUserCommand({ UserPoolId, Username: email }));
		await expect(cognito.send(new AdminGetUserCommand({ UserPoolId, Username: email }))).rejects.toMatchObject({
			name: "UserNotFoundException",
		});
		await expect(initiate("REFRESH_TOKEN_AUTH", { REFRESH_TOKEN: RefreshToken })).rejects.toMatchObject({
			name: "NotAuthorizedException",
		});
	});

	test("signs a user out everywhere, who may sign in again", async () => {
		await member();
		const sessions = [await signIn(), await signIn()];
		await cognito.send(new AdminUserGlobalSignOutCommand({ UserPoolId, Username: email }));
		for (const { RefreshToken } of sessions) {
			await expect(initiate("REFRESH_TOKEN_AUTH", { REFRESH_TOKEN: RefreshToken })).rejects.toMatchObject({
				name: "NotAuthorizedException",
			});
		}
		const { RefreshToken } = await signIn();
		await initiate("REFRESH_TOKEN_AUTH", { REFRESH_TOKEN: RefreshToken });
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

	test("lists users page by page", async () => {
		for (let user = 0; user < 3; user += 1) {
			await signUp(Password, `page-${user}@example.com`);
		}
		const usernames: (string | undefined)[] = [];
		let PaginationToken: string | undefined;
		do {
			const page = await cognito.send(new ListUsersCommand({ UserPoolId, Limit: 2, PaginationToken }));
			usernames.push(...(page.Users ?? []).map((user) => user.Username));
			PaginationToken = page.PaginationToken;
		} while (PaginationToken);
		expect(usernames.length).toBe(apis.pools.listUsers(UserPoolId).length);
		expect(new Set(usernames).size).toBe(usernames.length);
	});

	test("must sign the request", async () => {
		const answer = await fetch(apis.state.endpoint, {
			method: "POST",
			headers: {
				"x-amz-target": "AWSCognitoIdentityProviderService.AdminGetUser",
			},
			body: JSON.stringify({ UserPoolId, Username: email }),
		});
		expect(answer.status).toBe(400);
		expect(await answer.json()).toMatchObject({
			__type: "MissingAuthenticationTokenException",
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

test("users, passwords, keys and refresh tokens survive a restart", async () => {
	const first = await startApis();
	first.pools.ensurePool(UserPoolId, poolOptions);
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
	second.pools.ensurePool(UserPoolId, poolOptions);
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
