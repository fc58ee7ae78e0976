import { randomBytes } from "node:crypto";
import { z } from "zod";
import { operation } from "../../endpoint/json-api.ts";
import { AwsError, notImplemented } from "../../endpoint/types.ts";
import { userOfToken } from "./access-tokens.ts";
import { answerFactor, isFactor, secondFactor } from "./mfa.ts";
import { requireValidPassword, verifyPassword } from "./passwords.ts";
import type { UserPools } from "./store.ts";
import type { User, UserPoolClient } from "./user-pool.ts";
import { expiredCode, requireEnabled, requireUser, text, userNotFound, writeAttributes } from "./users.ts";

const authParameters = z.record(z.string(), z.string()).default({});

/** The operations that exchange a password or a refresh token for tokens. */
export function signInOperations(pools: UserPools) {
	return {
		InitiateAuth: operation({ ClientId: text, AuthFlow: text, AuthParameters: authParameters }, (input) =>
			initiateAuth(pools, pools.client(input.ClientId), input.AuthFlow, input.AuthParameters),
		),
		RespondToAuthChallenge: operation(
			{
				ClientId: text,
				ChallengeName: text,
				Session: text,
				ChallengeResponses: authParameters,
			},
			async (input) => {
				const client = pools.client(input.ClientId);
				const { USERNAME = "", NEW_PASSWORD = "", SOFTWARE_TOKEN_MFA_CODE = "" } = input.ChallengeResponses;
				const user = requireUser(pools, client, USERNAME, expiredCode);
				if (input.ChallengeName === "NEW_PASSWORD_REQUIRED") {
					requireValidPassword(NEW_PASSWORD, pools.pool(client.pool).passwordPolicy);
					pools.codes.consume(user, "new-password", input.Session);
					await pools.setPassword(user, NEW_PASSWORD, "CONFIRMED");
					return secondFactor(pools, user) ?? signedIn(pools, client, user);
				}
				if (!isFactor(input.ChallengeName)) throw notImplemented(`The challenge ${input.ChallengeName}`);
				answerFactor(pools, user, input.ChallengeName, input.Session, SOFTWARE_TOKEN_MFA_CODE);
				return signedIn(pools, client, user);
			},
		),
		GetTokensFromRefreshToken: operation({ ClientId: text, RefreshToken: text }, async (input) => ({
			AuthenticationResult: await refreshed(pools, pools.client(input.ClientId), input.RefreshToken),
		})),
		RevokeToken: operation({ ClientId: text, Token: text }, (input) =>
			pools.tokens.revoke(pools.client(input.ClientId).id, input.Token),
		),
		GetUser: operation({ AccessToken: text }, async (input) => {
			const user = await userOfToken(pools, input.AccessToken);
			return {
				Username: user.sub,
				UserAttributes: writeAttributes(user),
				...(pools.softwareTokens.isEnabled(user) && {
					UserMFASettingList: ["SOFTWARE_TOKEN_MFA"],
					PreferredMfaSetting: "SOFTWARE_TOKEN_MFA",
				}),
			};
		}),
		ChangePassword: operation(
			{ AccessToken: text, PreviousPassword: z.string(), ProposedPassword: z.string() },
			async (input) => {
				const user = await userOfToken(pools, input.AccessToken);
				if (!(await verifyPassword(input.PreviousPassword, user.passwordHash))) {
					throw new AwsError("NotAuthorizedException", "Incorrect username or password.");
				}
				requireValidPassword(input.ProposedPassword, pools.pool(user.pool).passwordPolicy);
				await pools.setPassword(user, input.ProposedPassword, "CONFIRMED");
			},
		),
		GlobalSignOut: operation({ AccessToken: text }, async (input) =>
			pools.signOut(await userOfToken(pools, input.AccessToken)),
		),
	};
}

async function initiateAuth(
	pools: UserPools,
	client: UserPoolClient,
	flow: string,
	parameters: Record<string, string>,
) {
	const name = flow === "REFRESH_TOKEN" ? "REFRESH_TOKEN_AUTH" : flow;
	// A client that rotates refresh tokens renews them by GetTokensFromRefreshToken alone.
	const isRotated = name === "REFRESH_TOKEN_AUTH" && client.refreshTokenGraceSeconds !== null;
	if (isRotated || !client.explicitAuthFlows.includes(`ALLOW_${name}`)) {
		throw new AwsError("InvalidParameterException", `${flow} flow not enabled for this client`);
	}
	const parameter = (key: string) => {
		const value = parameters[key];
		if (value === undefined) {
			throw new AwsError("InvalidParameterException", `Missing required parameter ${key}`);
		}
		return value;
	};
	if (name === "REFRESH_TOKEN_AUTH") {
		return {
			ChallengeParameters: {},
			AuthenticationResult: await refreshed(pools, client, parameter("REFRESH_TOKEN")),
		};
	}
	if (name !== "USER_PASSWORD_AUTH") {
		throw notImplemented(`Cognito's flow ${flow}`);
	}
	const password = parameter("PASSWORD");
	const user = pools.findUser(client.pool, parameter("USERNAME"));
	const isCorrect = await verifyPassword(password, user?.passwordHash ?? null);
	if (!user && !client.preventUserExistenceErrors) throw userNotFound();
	if (!user || !isCorrect) {
		throw new AwsError("NotAuthorizedException", "Incorrect username or password.");
	}
	requireEnabled(user);
	if (user.status === "UNCONFIRMED") {
		throw new AwsError("UserNotConfirmedException", "User is not confirmed.");
	}
	if (user.status === "FORCE_CHANGE_PASSWORD") {
		return {
			ChallengeName: "NEW_PASSWORD_REQUIRED",
			ChallengeParameters: {
				USER_ID_FOR_SRP: user.sub,
				requiredAttributes: "[]",
				userAttributes: JSON.stringify(user.attributes),
			},
			Session: pools.codes.issue(user, "new-password", randomBytes(32).toString("base64url")),
		};
	}
	return secondFactor(pools, user) ?? signedIn(pools, client, user);
}

function refreshed(pools: UserPools, client: UserPoolClient, refreshToken: string) {
	return pools.tokens.refresh(pools.issuer(client.pool), client, refreshToken, (sub) =>
		pools.findUser(client.pool, sub),
	);
}

async function signedIn(pools: UserPools, client: UserPoolClient, user: User) {
	// They may have been disabled since the challenge.
	requireEnabled(user);
	return {
		ChallengeParameters: {},
		AuthenticationResult: await pools.tokens.issue(pools.issuer(client.pool), client, user),
	};
}
