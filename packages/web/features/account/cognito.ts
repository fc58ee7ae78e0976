import { config } from "#web/app/config.ts";

/** An error of Cognito by its name, such as `NotAuthorizedException`. */
export class CognitoError extends Error {
	readonly code: string;

	constructor(code: string, message: string) {
		super(message);
		this.code = code;
	}
}

export interface Tokens {
	idToken: string;
	accessToken: string;
	refreshToken: string;
}

interface AuthenticationResult {
	IdToken: string;
	AccessToken: string;
	/** Missing in a refresh by a client without rotation: the former token stays. */
	RefreshToken?: string;
}

/** A step before tokens: a new password, a code of the authenticator app, or setting one up. */
export interface Challenge {
	challenge: keyof typeof answers;
	session: string;
	email: string;
}

/** The name of what is answered; setting up an app answers by its session alone. */
const answers = {
	NEW_PASSWORD_REQUIRED: "NEW_PASSWORD",
	SOFTWARE_TOKEN_MFA: "SOFTWARE_TOKEN_MFA_CODE",
	MFA_SETUP: null,
} as const;

interface AuthResponse {
	AuthenticationResult?: AuthenticationResult;
	ChallengeName?: string;
	Session?: string;
}

/**
 * Calls an operation of the user pool that needs no AWS credentials. A dozen of them are all that the app uses, each one
 * POST of JSON, so that a client library would weigh more than the rest of the sign-in page.
 */
export async function call<T>(operation: string, input: object, signal?: AbortSignal): Promise<T> {
	const response = await fetch(config().cognitoEndpoint, {
		method: "POST",
		signal,
		headers: {
			"content-type": "application/x-amz-json-1.1",
			"x-amz-target": `AWSCognitoIdentityProviderService.${operation}`,
		},
		body: JSON.stringify(input),
	});
	const text = await response.text();
	const body = text ? JSON.parse(text) : {};
	if (response.ok) return body as T;
	const code = String(body.__type ?? response.headers.get("x-amzn-errortype") ?? "UnknownError");
	throw new CognitoError(code.replace(/^.*#/, "").replace(/:.*$/, ""), body.message ?? body.Message ?? code);
}

const client = () => ({ ClientId: config().userPoolClientId });

function tokensOf({ IdToken, AccessToken, RefreshToken }: AuthenticationResult, former = ""): Tokens {
	return { idToken: IdToken, accessToken: AccessToken, refreshToken: RefreshToken ?? former };
}

function next(response: AuthResponse, email: string): Tokens | Challenge {
	if (response.AuthenticationResult) return tokensOf(response.AuthenticationResult);
	const { ChallengeName: challenge, Session: session = "" } = response;
	if (challenge && challenge in answers) return { challenge: challenge as Challenge["challenge"], session, email };
	throw new CognitoError("UnknownChallenge", `The sign-in demands ${challenge}, which this page does not know.`);
}

export async function signIn(email: string, password: string): Promise<Tokens | Challenge> {
	const response = await call<AuthResponse>("InitiateAuth", {
		...client(),
		AuthFlow: "USER_PASSWORD_AUTH",
		AuthParameters: { USERNAME: email, PASSWORD: password },
	});
	return next(response, email);
}

/** Answers a challenge with the new password, or with the authenticator's code. */
export async function answerChallenge({ challenge, session, email }: Challenge, answer: string) {
	const key = answers[challenge];
	const response = await call<AuthResponse>("RespondToAuthChallenge", {
		...client(),
		ChallengeName: challenge,
		Session: session,
		ChallengeResponses: { USERNAME: email, ...(key && { [key]: answer }) },
	});
	return next(response, email);
}

/** Exchanges a refresh token, which is void afterwards, for tokens. */
export async function refresh(refreshToken: string): Promise<Tokens> {
	const { AuthenticationResult } = await call<Required<AuthResponse>>("GetTokensFromRefreshToken", {
		...client(),
		RefreshToken: refreshToken,
	});
	return tokensOf(AuthenticationResult, refreshToken);
}

export const revoke = (refreshToken: string) => call("RevokeToken", { ...client(), Token: refreshToken });

export const signUp = (email: string, password: string) =>
	call("SignUp", {
		...client(),
		Username: email,
		Password: password,
		UserAttributes: [{ Name: "email", Value: email }],
	});

export const confirmSignUp = (email: string, code: string) =>
	call("ConfirmSignUp", { ...client(), Username: email, ConfirmationCode: code });

export const resendCode = (email: string) => call("ResendConfirmationCode", { ...client(), Username: email });

export const forgotPassword = (email: string) => call("ForgotPassword", { ...client(), Username: email });

export const confirmForgotPassword = (email: string, code: string, password: string) =>
	call("ConfirmForgotPassword", { ...client(), Username: email, ConfirmationCode: code, Password: password });

export const changePassword = (accessToken: string, former: string, password: string) =>
	call("ChangePassword", { AccessToken: accessToken, PreviousPassword: former, ProposedPassword: password });

export const signOutEverywhere = (accessToken: string) => call("GlobalSignOut", { AccessToken: accessToken });
