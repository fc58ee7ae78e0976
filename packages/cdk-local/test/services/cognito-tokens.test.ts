import {
	GetTokensFromRefreshTokenCommand,
	GetUserCommand,
	RevokeTokenCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import { JwtVerifier } from "aws-jwt-verify";
import { SimpleJwksCache } from "aws-jwt-verify/jwk";
import { decodeJwt, SignJWT } from "jose";
import { beforeEach, describe, expect, test } from "vitest";
import { ClientId, clientOptions, Password, UserPoolId, useUserPool } from "./cognito-user-pool.ts";

const { apis, cognito, nextPerson, initiate, signIn, member } = await useUserPool();
let email: string;
beforeEach(() => {
	email = nextPerson();
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
