import { randomBytes } from "node:crypto";
import { decodeJwt } from "jose";
import { z } from "zod";
import { jsonApi, operation } from "../json-api.ts";
import { type AwsApi, AwsError, notImplemented } from "../types.ts";
import { isPassword, requireGoodPassword } from "./passwords.ts";
import type { User, UserPoolClient, UserPools } from "./user-pools.ts";

const text = z.string().min(1);
const attributeList = z
	.array(z.strictObject({ Name: text, Value: z.string().optional() }))
	.default([]);
const ofUser = { ClientId: text, Username: text };
const ofPool = { UserPoolId: text, Username: text };
const authParameters = z.record(z.string(), z.string()).default({});

/** What an app calls before it has credentials. */
const unsigned = new Set([
	"SignUp",
	"ConfirmSignUp",
	"ResendConfirmationCode",
	"InitiateAuth",
	"RespondToAuthChallenge",
	"GetUser",
	"ForgotPassword",
	"ConfirmForgotPassword",
	"RevokeToken",
]);

/** Cognito's JSON protocol over the user pools, and the key sets of their tokens. */
export function cognitoApi(pools: UserPools): AwsApi {
	const rpc = jsonApi({
		service: "cognito-idp",
		target: "AWSCognitoIdentityProviderService",
		version: "1.1",
		unsigned,
		operations: { ...publicOperations(pools), ...adminOperations(pools) },
	});
	return {
		service: rpc.service,
		async handle(request) {
			if (request.method === "OPTIONS") return { status: 200 };
			const [, pool, document] =
				/^\/([^/]+)\/\.well-known\/([^/]+)$/.exec(request.path) ?? [];
			return pool && document
				? wellKnown(pools, pool, document)
				: rpc.handle(request);
		},
		// A web page signs in from any origin, as on AWS.
		finish: (_request, response) => ({
			...response,
			headers: {
				...response.headers,
				"access-control-allow-origin": "*",
				"access-control-allow-headers": "*",
				"access-control-expose-headers": "x-amzn-errortype, x-amzn-requestid",
			},
		}),
	};
}

function wellKnown(pools: UserPools, pool: string, document: string) {
	const issuer = pools.issuer(pool);
	const documents: Record<string, () => object> = {
		"jwks.json": () => pools.jwks(pool),
		"openid-configuration": () => ({
			issuer,
			jwks_uri: `${issuer}/.well-known/jwks.json`,
			id_token_signing_alg_values_supported: ["RS256"],
			subject_types_supported: ["public"],
		}),
	};
	pools.pool(pool);
	const build = Object.hasOwn(documents, document) && documents[document];
	if (!build) throw notImplemented(`The document ${document}`);
	return {
		status: 200,
		headers: { "content-type": "application/json" },
		body: JSON.stringify(build()),
	};
}

function publicOperations(pools: UserPools) {
	return {
		SignUp: operation(
			{
				...ofUser,
				Password: z.string(),
				UserAttributes: attributeList,
			},
			async (input) => {
				const client = pools.client(input.ClientId);
				const pool = pools.pool(client.pool);
				if (!pool.selfSignUp) {
					throw new AwsError(
						"NotAuthorizedException",
						"SignUp is not permitted for this user pool",
					);
				}
				const attributes = readAttributes(input.Username, input.UserAttributes);
				const { email_verified: _, ...rest } = attributes;
				requireGoodPassword(input.Password, pool.passwordPolicy);
				const user = await pools.createUser(
					client.pool,
					input.Username,
					input.Password,
					rest,
					"UNCONFIRMED",
				);
				return {
					UserConfirmed: false,
					UserSub: user.sub,
					...(pool.autoVerifyEmail ? sendCode(pools, user, "confirm") : {}),
				};
			},
		),
		ConfirmSignUp: operation({ ...ofUser, ConfirmationCode: text }, (input) => {
			const client = pools.client(input.ClientId);
			const user = knownUser(pools, client, input.Username, expiredCode);
			requireUnconfirmed(user);
			pools.takeCode(user, "confirm", input.ConfirmationCode);
			pools.confirm(user);
		}),
		ResendConfirmationCode: operation(ofUser, (input) => {
			const client = pools.client(input.ClientId);
			const user = pools.findUser(client.pool, input.Username);
			if (!user && client.preventUserExistenceErrors) {
				return delivery(input.Username);
			}
			const known = knownUser(pools, client, input.Username, expiredCode);
			if (known.status !== "UNCONFIRMED") {
				throw new AwsError(
					"InvalidParameterException",
					"User is already confirmed.",
				);
			}
			return sendCode(pools, known, "confirm");
		}),
		InitiateAuth: operation(
			{ ClientId: text, AuthFlow: text, AuthParameters: authParameters },
			(input) =>
				initiateAuth(
					pools,
					pools.client(input.ClientId),
					input.AuthFlow,
					input.AuthParameters,
				),
		),
		RespondToAuthChallenge: operation(
			{
				ClientId: text,
				ChallengeName: text,
				Session: text,
				ChallengeResponses: authParameters,
			},
			async (input) => {
				if (input.ChallengeName !== "NEW_PASSWORD_REQUIRED") {
					throw notImplemented(`The challenge ${input.ChallengeName}`);
				}
				const client = pools.client(input.ClientId);
				const { USERNAME = "", NEW_PASSWORD = "" } = input.ChallengeResponses;
				const user = knownUser(pools, client, USERNAME, expiredCode);
				requireGoodPassword(
					NEW_PASSWORD,
					pools.pool(client.pool).passwordPolicy,
				);
				pools.takeCode(user, "new-password", input.Session);
				await pools.setPassword(user, NEW_PASSWORD, "CONFIRMED");
				return signedIn(pools, client, user);
			},
		),
		RevokeToken: operation({ ClientId: text, Token: text }, (input) =>
			pools.tokens.revoke(pools.client(input.ClientId).id, input.Token),
		),
		GetUser: operation({ AccessToken: text }, async (input) => {
			const pool = poolOfToken(pools, input.AccessToken);
			const sub = await pools.tokens.verifyAccess(
				pool,
				pools.issuer(pool),
				input.AccessToken,
			);
			const user = pools.findUser(pool, sub);
			if (!user) throw userNotFound();
			return { Username: user.sub, UserAttributes: writeAttributes(user) };
		}),
		ForgotPassword: operation(ofUser, (input) => {
			const client = pools.client(input.ClientId);
			const user = pools.findUser(client.pool, input.Username);
			if (!user && client.preventUserExistenceErrors) {
				return delivery(input.Username);
			}
			if (!user) throw userNotFound();
			if (user.attributes.email_verified !== "true") {
				throw new AwsError(
					"InvalidParameterException",
					"Cannot reset password for the user as there is no registered/verified email or phone_number",
				);
			}
			return sendCode(pools, user, "reset");
		}),
		ConfirmForgotPassword: operation(
			{ ...ofUser, ConfirmationCode: text, Password: z.string() },
			async (input) => {
				const client = pools.client(input.ClientId);
				const user = knownUser(pools, client, input.Username, expiredCode);
				requireGoodPassword(
					input.Password,
					pools.pool(client.pool).passwordPolicy,
				);
				pools.takeCode(user, "reset", input.ConfirmationCode);
				await pools.setPassword(user, input.Password, "CONFIRMED");
			},
		),
	};
}

function adminOperations(pools: UserPools) {
	const find = (input: { UserPoolId: string; Username: string }): User => {
		pools.pool(input.UserPoolId);
		const user = pools.findUser(input.UserPoolId, input.Username);
		if (!user) throw userNotFound();
		return user;
	};
	return {
		AdminCreateUser: operation(
			{
				...ofPool,
				TemporaryPassword: z.string().optional(),
				UserAttributes: attributeList,
				MessageAction: z.literal("SUPPRESS").optional(),
			},
			async (input) => {
				const { passwordPolicy } = pools.pool(input.UserPoolId);
				const password =
					input.TemporaryPassword ??
					`${randomBytes(18).toString("base64")}aA1!`;
				requireGoodPassword(password, passwordPolicy);
				const user = await pools.createUser(
					input.UserPoolId,
					input.Username,
					password,
					readAttributes(input.Username, input.UserAttributes),
					"FORCE_CHANGE_PASSWORD",
				);
				if (!input.MessageAction) {
					pools.deliverCode(user.attributes.email ?? "", password);
				}
				return { User: describeUser(user, "Attributes") };
			},
		),
		AdminSetUserPassword: operation(
			{
				...ofPool,
				Password: z.string(),
				Permanent: z.boolean().default(false),
			},
			async (input) => {
				const user = find(input);
				requireGoodPassword(
					input.Password,
					pools.pool(user.pool).passwordPolicy,
				);
				await pools.setPassword(
					user,
					input.Password,
					input.Permanent ? "CONFIRMED" : "FORCE_CHANGE_PASSWORD",
				);
			},
		),
		AdminConfirmSignUp: operation(ofPool, (input) => {
			const user = find(input);
			requireUnconfirmed(user);
			pools.confirm(user);
		}),
		AdminGetUser: operation(ofPool, (input) =>
			describeUser(find(input), "UserAttributes"),
		),
		AdminDeleteUser: operation(ofPool, (input) =>
			pools.deleteUser(find(input)),
		),
		ListUsers: operation(
			{
				UserPoolId: text,
				Filter: z.string().optional(),
				Limit: z.int().min(0).max(60).default(60),
				PaginationToken: text.optional(),
			},
			(input) => {
				const [, name, value] =
					/^\s*"?([\w:]+)"?\s*=\s*"(.*)"\s*$/.exec(input.Filter ?? "") ?? [];
				if (input.Filter && !name) {
					throw notImplemented(`The ListUsers filter ${input.Filter}`);
				}
				const users = pools
					.listUsers(input.UserPoolId)
					.filter((user) => !name || user.attributes[name] === value);
				const start = input.PaginationToken
					? users.findIndex((user) => user.sub === input.PaginationToken) + 1
					: 0;
				const page = users.slice(start, start + input.Limit);
				const more = start + page.length < users.length;
				return {
					Users: page.map((user) => describeUser(user, "Attributes")),
					...(more ? { PaginationToken: page.at(-1)?.sub } : {}),
				};
			},
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
	if (!client.explicitAuthFlows.includes(`ALLOW_${name}`)) {
		throw new AwsError(
			"InvalidParameterException",
			`${flow} flow not enabled for this client`,
		);
	}
	const parameter = (wanted: string) => {
		const value = parameters[wanted];
		if (value === undefined) {
			throw new AwsError(
				"InvalidParameterException",
				`Missing required parameter ${wanted}`,
			);
		}
		return value;
	};
	if (name === "REFRESH_TOKEN_AUTH") {
		return {
			ChallengeParameters: {},
			AuthenticationResult: await pools.tokens.refresh(
				pools.issuer(client.pool),
				client,
				parameter("REFRESH_TOKEN"),
				(sub) => pools.findUser(client.pool, sub),
			),
		};
	}
	if (name !== "USER_PASSWORD_AUTH") {
		throw notImplemented(`Cognito's flow ${flow}`);
	}
	const password = parameter("PASSWORD");
	const user = pools.findUser(client.pool, parameter("USERNAME"));
	const fits = await isPassword(password, user?.passwordHash ?? null);
	if (!user && !client.preventUserExistenceErrors) throw userNotFound();
	if (!user || !fits) {
		throw new AwsError(
			"NotAuthorizedException",
			"Incorrect username or password.",
		);
	}
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
			Session: pools.newCode(
				user,
				"new-password",
				randomBytes(32).toString("base64url"),
			),
		};
	}
	return signedIn(pools, client, user);
}

async function signedIn(pools: UserPools, client: UserPoolClient, user: User) {
	return {
		ChallengeParameters: {},
		AuthenticationResult: await pools.tokens.issue(
			pools.issuer(client.pool),
			client,
			user,
		),
	};
}

/** Where the client hides who exists, an unknown user is answered by `hidden`. */
function knownUser(
	pools: UserPools,
	client: UserPoolClient,
	username: string,
	hidden: () => AwsError,
): User {
	const user = pools.findUser(client.pool, username);
	if (user) return user;
	throw client.preventUserExistenceErrors
		? hidden()
		: new AwsError(
				"UserNotFoundException",
				"Username/client id combination not found.",
			);
}

function requireUnconfirmed(user: User): void {
	if (user.status !== "UNCONFIRMED") {
		throw new AwsError(
			"NotAuthorizedException",
			`User cannot be confirmed. Current status is ${user.status}`,
		);
	}
}

/** The pool that claims to have issued the token; its signature is checked afterwards. */
function poolOfToken(pools: UserPools, token: string): string {
	try {
		const pool = decodeJwt(token).iss?.split("/").at(-1) ?? "";
		pools.pool(pool);
		return pool;
	} catch {
		throw new AwsError("NotAuthorizedException", "Invalid Access Token");
	}
}

function sendCode(pools: UserPools, user: User, purpose: "confirm" | "reset") {
	const { email = "" } = user.attributes;
	pools.deliverCode(email, pools.newCode(user, purpose));
	return delivery(email);
}

function delivery(email: string) {
	const [name = "", host = ""] = email.split("@");
	return {
		CodeDeliveryDetails: {
			AttributeName: "email",
			DeliveryMedium: "EMAIL",
			Destination: `${name.slice(0, 1)}***@${host.slice(0, 1)}***`,
		},
	};
}

function readAttributes(
	username: string,
	list: { Name: string; Value?: string | undefined }[],
): Record<string, string> {
	if (!/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(username) || username.length > 128) {
		throw new AwsError(
			"InvalidParameterException",
			"Username should be an email.",
		);
	}
	const attributes = Object.fromEntries(
		list.map(({ Name, Value }) => [Name, Value ?? ""]),
	);
	if (
		attributes.email !== undefined &&
		attributes.email.toLowerCase() !== username.toLowerCase()
	) {
		throw new AwsError(
			"InvalidParameterException",
			"Username and the attribute email must be the same address.",
		);
	}
	if ("sub" in attributes) {
		throw new AwsError(
			"InvalidParameterException",
			"sub: Attribute cannot be updated.",
		);
	}
	return attributes;
}

function writeAttributes(user: User) {
	return Object.entries(user.attributes).map(([Name, Value]) => ({
		Name,
		Value,
	}));
}

/** The member that holds the attributes is called differently by each operation. */
function describeUser(user: User, member: "Attributes" | "UserAttributes") {
	return {
		Username: user.sub,
		[member]: writeAttributes(user),
		Enabled: true,
		UserStatus: user.status,
		UserCreateDate: user.createdAt / 1_000,
		UserLastModifiedDate: user.updatedAt / 1_000,
	};
}

function userNotFound(): AwsError {
	return new AwsError("UserNotFoundException", "User does not exist.");
}

function expiredCode(): AwsError {
	return new AwsError(
		"ExpiredCodeException",
		"Invalid code provided, please request a code again.",
	);
}
