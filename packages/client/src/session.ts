/** Gives the token that a request is sent with. */
export interface Session {
	/** Returns a token that is valid for a minute at least. */
	token(signal?: AbortSignal): Promise<string>;
	/** Returns another token after one was refused; null where there is no other. */
	renewed(refused: string, signal?: AbortSignal): Promise<string | null>;
}

/** Sends requests with one token until it expires. */
export function fixedToken(token: string): Session {
	return { token: async () => token, renewed: async () => null };
}

export interface Pool {
	/** The id of the app client in the user pool. */
	clientId: string;
	/** The user pool's address, or its region on AWS. */
	endpoint: string | { region: string };
}

/** Cognito's refusal of a password or a refresh token. */
export class SignInRefused extends Error {
	override name = "SignInRefused";
	/** Cognito's name of the error, as `NotAuthorizedException`, or of the step that it requires first. */
	readonly code: string;

	constructor(code: string, message: string) {
		super(message);
		this.code = code;
	}
}

export interface CognitoSession extends Session {
	/** The token of now, whose claims say who is signed in. */
	readonly idToken: string;
	/** Resumes the session elsewhere. It changes where the pool rotates refresh tokens: keep the newest. */
	readonly refreshToken: string;
}

/** Tokens are renewed this long before they expire. */
const renewalSeconds = 60;

/** Signs in with a password, and again with it once the refresh token has expired. @throws SignInRefused */
export async function signIn(
	pool: Pool,
	{ email, password }: { email: string; password: string },
	signal?: AbortSignal,
): Promise<CognitoSession> {
	const withPassword = async (aborted?: AbortSignal) => {
		const answer = await cognito(
			pool,
			"InitiateAuth",
			{
				ClientId: pool.clientId,
				AuthFlow: "USER_PASSWORD_AUTH",
				AuthParameters: { USERNAME: email, PASSWORD: password },
			},
			aborted,
		);
		if (!answer.AuthenticationResult) {
			throw new SignInRefused(
				answer.ChallengeName ?? "Unknown",
				`Cognito requires a further step of ${email} before it issues a token: set a permanent password first.`,
			);
		}
		return answer.AuthenticationResult;
	};
	return renewing(pool, await withPassword(signal), withPassword);
}

/** Resumes a session by its refresh token. @throws SignInRefused where it has expired or was revoked */
export async function resumeSession(pool: Pool, refreshToken: string, signal?: AbortSignal): Promise<CognitoSession> {
	return renewing(pool, await refresh(pool, refreshToken, signal), null);
}

/** Ends a session: its refresh token, and every token made of it, is good for nothing more. */
export async function revokeSession(pool: Pool, refreshToken: string, signal?: AbortSignal): Promise<void> {
	await cognito(pool, "RevokeToken", { ClientId: pool.clientId, Token: refreshToken }, signal);
}

interface Tokens {
	IdToken: string;
	RefreshToken?: string;
	ExpiresIn: number;
}

async function refresh(pool: Pool, refreshToken: string, signal?: AbortSignal): Promise<Tokens> {
	const answer = await cognito(
		pool,
		"GetTokensFromRefreshToken",
		{ ClientId: pool.clientId, RefreshToken: refreshToken },
		signal,
	);
	const tokens = answer.AuthenticationResult as Tokens;
	return { ...tokens, RefreshToken: tokens.RefreshToken ?? refreshToken };
}

function renewing(
	pool: Pool,
	first: Tokens,
	signInAgain: ((signal?: AbortSignal) => Promise<Tokens>) | null,
): CognitoSession {
	let current = held(first);
	let renewal: Promise<string> | null = null;

	const renew = async (signal?: AbortSignal) => {
		const tokens = await refresh(pool, current.refreshToken, signal).catch((error: unknown) => {
			if (error instanceof SignInRefused && signInAgain) return signInAgain(signal);
			throw error;
		});
		current = held(tokens, current.refreshToken);
		return current.token;
	};
	/** Requests that run side by side share one renewal, which none of them may abort for the others. */
	const renewOnce = () => {
		renewal ??= renew().finally(() => {
			renewal = null;
		});
		return renewal;
	};

	return {
		get idToken() {
			return current.token;
		},
		get refreshToken() {
			return current.refreshToken;
		},
		async token() {
			return Date.now() < current.renewAt ? current.token : renewOnce();
		},
		async renewed(refused) {
			// Another request has renewed it meanwhile.
			return refused === current.token ? renewOnce() : current.token;
		},
	};
}

const held = ({ IdToken, RefreshToken, ExpiresIn }: Tokens, refreshToken = "") => ({
	token: IdToken,
	refreshToken: RefreshToken ?? refreshToken,
	renewAt: Date.now() + (ExpiresIn - renewalSeconds) * 1_000,
});

interface CognitoAnswer {
	AuthenticationResult?: Tokens;
	ChallengeName?: string;
}

const cognitoTimeoutMs = 15_000;

/** Calls an operation of Cognito that takes no signature. */
async function cognito(
	{ endpoint }: Pool,
	operation: string,
	input: object,
	signal?: AbortSignal,
): Promise<CognitoAnswer> {
	const address = typeof endpoint === "string" ? endpoint : `https://cognito-idp.${endpoint.region}.amazonaws.com/`;
	const timeout = AbortSignal.timeout(cognitoTimeoutMs);
	const response = await fetch(address, {
		method: "POST",
		headers: {
			"content-type": "application/x-amz-json-1.1",
			"x-amz-target": `AWSCognitoIdentityProviderService.${operation}`,
		},
		body: JSON.stringify(input),
		signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
	});
	// A revocation is answered by nothing.
	const body = JSON.parse((await response.text()) || "{}") as CognitoAnswer & { __type?: string; message?: string };
	if (response.ok) return body;
	const code = body.__type?.split("#").at(-1) ?? `${response.status}`;
	throw new SignInRefused(code, `Cognito refused ${operation}: ${body.message ?? code}`);
}
